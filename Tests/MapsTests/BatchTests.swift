import Channel
import Maps
import Synchronization
import Testing

@Suite("Batches of elements")
struct BatchTests {
    /// Everything, by batches of so many.
    static func all(_ map: Map, by count: Int, removes: Bool = false) throws -> (keys: [[UInt8]], calls: Int) {
        var (keys, calls): ([[UInt8]], Int) = ([], 0)
        var token: [UInt8]?
        while calls < 100_000 {
            let batch =
                removes ? try map.takeBatch(from: token, count: count) : try map.lookupBatch(from: token, count: count)
            calls += 1
            #expect(batch.keys.count == batch.count * Int(map.descriptor.keySize))
            #expect(batch.values.count == batch.count * map.batchValueSize && batch.count <= count)
            keys += stride(from: 0, to: batch.keys.count, by: Int(map.descriptor.keySize)).map {
                Array(batch.keys[$0..<$0 + Int(map.descriptor.keySize)])
            }
            if let next = batch.token { #expect(next.count == map.batchTokenSize) }
            guard batch.answer == 0 else {
                #expect(batch.answer == LinuxErrno.noEntry)
                return (keys, calls)
            }
            token = batch.token
        }
        Issue.record("no end")
        return (keys, calls)
    }

    @Test("look-ups by batches give each element once", arguments: [16, 17, 64, 1_000])
    func lookups(count: Int) throws {
        for kind in [MapKind.hash, .lruHash, .array, .lpmTrie] {
            let storage = try Storage(kind, key: kind == .lpmTrie ? 8 : 4, entries: 64)
            for key in 0..<UInt64(64) {
                let name = kind == .lpmTrie ? bytes(32) + bytes(key) : bytes(key)
                #expect(try storage.host.set(name, bytes(key * 3, 8)) == 0)
            }
            let (keys, calls) = try Self.all(storage.host, by: count)
            #expect(keys.count == 64 && Set(keys).count == 64, "\(kind)")
            #expect(calls >= (64 + count - 1) / count)
        }
    }

    @Test(
        "a bucket with more elements than there is room for is ENOSPC where it comes first, and the end of a batch after others"
    )
    func fullBucket() throws {
        let storage = try Storage(.hash, entries: 64)
        for key in 0..<UInt64(64) { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        let buckets = Int(storage.descriptor.bucketMask) + 1
        var largest = 0
        for bucket in 0..<buckets {
            let token = bytes(UInt64(bucket))
            let whole = try storage.host.lookupBatch(from: token, count: 64)
            let rest =
                bucket + 1 < buckets
                ? try storage.host.lookupBatch(from: bytes(UInt64(bucket) + 1), count: 64).count : 0
            let own = whole.count - rest
            largest = max(largest, own)
            guard own > 1 else { continue }
            for removes in [false, true] {
                let batch =
                    removes
                    ? try storage.host.takeBatch(from: token, count: own - 1)
                    : try storage.host.lookupBatch(from: token, count: own - 1)
                #expect(batch.answer == LinuxErrno.noSpace && batch.count == 0 && batch.token == token)
            }
        }
        #expect(largest > 1)
        #expect(try storage.host.audit() == 64)
    }

    @Test("taking out by batches empties the map, per CPU and LRU too")
    func takes() throws {
        for (kind, lanes) in [(MapKind.hash, 1), (.lruHash, 1), (.perCPUHash, 3), (.lruPerCPUHash, 2)]
            as [(MapKind, UInt32)]
        {
            let storage = try Storage(kind, value: 12, entries: 100, lanes: lanes)
            for key in 0..<UInt64(100) { _ = try storage.host.set(bytes(key), bytes(key, 12), lane: lanes - 1) }
            let (keys, _) = try Self.all(storage.host, by: 30, removes: true)
            #expect(Set(keys).count == 100 && keys.count == 100)
            #expect(try storage.host.audit() == 0)
            #expect(storage.host.lockHolder == 0)
            #expect(try storage.host.set(bytes(1), bytes(1, 12)) == 0)
        }
    }

    @Test("updates and deletes stop at the first that is refused, and say which")
    func stops() throws {
        let storage = try Storage(.hash, entries: 4)
        let keys = (0..<UInt64(6)).flatMap { bytes($0) }
        let values = (0..<UInt64(6)).flatMap { bytes($0, 8) }
        #expect(
            try storage.host.updateBatch(keys: keys, values: values, count: 6)
                == MapBatch(count: 4, answer: LinuxErrno.tooBig))
        let victims = bytes(1) + bytes(3) + bytes(9) + bytes(0)
        #expect(try storage.host.removeBatch(keys: victims, count: 4) == MapBatch(count: 2, answer: LinuxErrno.noEntry))
        #expect(Set(try Self.all(storage.host, by: 8).keys) == [bytes(0), bytes(2)])
    }

    @Test("what a kind has not, and arguments that do not fit, are refused")
    func refusals() throws {
        let none = LinuxErrno.noSuchOperation
        for kind in [MapKind.queue, .stack, .bloomFilter] {
            let map = try Storage(kind, key: 0, entries: 4).host
            #expect(try map.lookupBatch(from: nil, count: 1).answer == none)
            #expect(try map.takeBatch(from: nil, count: 1).answer == none)
            #expect(try map.updateBatch(keys: [], values: bytes(1, 8), count: 1).answer == none)
            #expect(try map.removeBatch(keys: [], count: 1).answer == none)
        }
        let array = try Storage(.array, entries: 4)
        #expect(try array.host.removeBatch(keys: bytes(1), count: 1).answer == none)
        #expect(try array.host.takeBatch(from: nil, count: 1).answer == none)
        let storage = try Storage(.hash, entries: 4)
        let hash = storage.host
        for flags in [1, 2, 4] as [UInt64] {
            #expect(try hash.lookupBatch(from: nil, count: 1, elementFlags: flags).answer == LinuxErrno.invalid)
            #expect(try hash.takeBatch(from: nil, count: 1, elementFlags: flags).answer == LinuxErrno.invalid)
            #expect(
                try hash.updateBatch(keys: bytes(1), values: bytes(1, 8), count: 1, elementFlags: flags).answer
                    == LinuxErrno.invalid)
            #expect(try hash.removeBatch(keys: bytes(1), count: 1, elementFlags: flags).answer == LinuxErrno.invalid)
        }
        #expect(try hash.lookupBatch(from: bytes(4), count: 1).answer == LinuxErrno.noEntry)
        #expect(try hash.lookupBatch(from: bytes(0xFFFF_FFFF), count: 1).answer == LinuxErrno.noEntry)
        #expect(throws: MapAccessError.keySize(got: 3, expected: 4)) {
            _ = try hash.lookupBatch(from: [1, 2, 3], count: 1)
        }
        #expect(throws: MapAccessError.keySize(got: 7, expected: 8)) {
            _ = try hash.removeBatch(keys: [UInt8](repeating: 0, count: 7), count: 2)
        }
        #expect(throws: MapAccessError.valueSize(got: 8, expected: 16)) {
            _ = try hash.updateBatch(keys: [UInt8](repeating: 0, count: 8), values: bytes(1, 8), count: 2)
        }
    }

    @Test("hostile storage gives batches, or typed errors, in bounded time; a repair makes the map whole")
    func hostile() throws {
        var random = SplitMix(state: 3)
        var refused = 0
        for kind in [MapKind.hash, .lruHash, .lpmTrie] {
            let keySize: UInt32 = kind == .lpmTrie ? 8 : 4
            let storage = try Storage(kind, key: keySize, entries: 16)
            for key in 0..<UInt64(16) {
                _ = try storage.host.set(kind == .lpmTrie ? bytes(32) + bytes(key) : bytes(key), bytes(key, 8))
            }
            let valid = storage.contents
            let structure = Int(storage.descriptor.valuesStart - storage.descriptor.storageStart)
            for _ in 0..<3_000 {
                storage.copyContents(from: valid)
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    let word = [0, 1, 16, 17, 18, 0x7fff_ffff, 0xffff_ffff, random.next()].randomElement(
                        using: &random)!
                    let place = UInt64(Int.random(in: 0..<structure / 4, using: &random) * 4)
                    storage.memory.store32(Storage.address + place, UInt32(truncatingIfNeeded: word))
                }
                let map = storage.host(patience: 4)
                var token: [UInt8]?
                do throws(MapAccessError) {
                    for _ in 0..<8 {
                        let batch = try map.lookupBatch(from: token, count: 5)
                        token = batch.token
                        if kind != .lpmTrie { _ = try map.takeBatch(from: nil, count: 3) }
                    }
                } catch { refused += 1 }
                _ = storage.host.repair()
                _ = try storage.host.audit()
            }
        }
        #expect(refused > 100)
    }

    @Test("batches end, and lose nothing that stays, while another writes as fast as it can")
    func concurrentWriter() throws {
        let storage = try Storage(.hash, entries: 64)
        for key in 0..<UInt64(16) { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        onThreads(2) { thread in
            let map = storage.host(patience: 1 << 24)
            if thread == 0 {
                for round in 0..<2_000 {
                    var seen: Set<[UInt8]> = []
                    var token: [UInt8]?
                    var ended = false
                    for _ in 0..<64 where !ended {
                        let batch = try map.lookupBatch(from: token, count: 64)
                        for place in 0..<batch.count { seen.insert(Array(batch.keys[place * 4..<place * 4 + 4])) }
                        (ended, token) = (batch.answer != 0, batch.token)
                    }
                    if !ended || !seen.isSuperset(of: (0..<UInt64(16)).map { bytes($0) }) {
                        storage.count.wrappingAdd(1, ordering: .relaxed)
                    }
                    if round % 64 == 0 { _ = try map.takeBatch(from: bytes(63), count: 64) }
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                var round: UInt64 = 0
                while !storage.flag.load(ordering: .acquiring) {
                    // The keys that stay are replaced, and put back where a batch took them.
                    for key in 0..<UInt64(16) { _ = try map.set(bytes(key), bytes(round, 8)) }
                    _ = try map.set(bytes(100 + round % 40), bytes(round, 8))
                    _ = try map.remove(bytes(100 + (round + 7) % 40))
                    round += 1
                }
            }
        }
        // Only the last bucket is ever taken out, and put back before the next but one look.
        #expect(storage.count.load(ordering: .relaxed) <= 64)
        _ = try storage.host.audit()
    }
}
