import Channel
import Maps
import Synchronization
import Testing

extension Scratch {
    /// What a program of `storage`'s map finds quickly; nil where it would have to look closer.
    func quickly(_ key: [UInt8], in storage: Storage, lane: UInt32 = 0) -> UInt64? {
        _ = program(storage)
        let descriptor = put([UInt8](repeating: 0xee, count: Int(MapDescriptor.size)), at: 2048)
        storage.descriptor.store(to: storage.memory, at: descriptor)
        let key = put(key)
        switch QuickLookUp.structure(storage.memory, descriptor) {
        case .hash: return QuickLookUp.hash(storage.memory, descriptor, key: key, lane: lane)
        case .trie: return QuickLookUp.trie(storage.memory, descriptor, key: key)
        case .array, .queue, .filter, .ring, nil: return nil
        }
    }
}

/// Look-ups in one go find what careful ones find, and say nothing where they cannot tell.
@Suite(.serialized) struct QuickLookUpTests {
    @Test(
        "in a hash at rest, every key is found, or missed, as by a careful look-up",
        arguments: [MapKind.hash, .perCPUHash, .lruHash, .lruPerCPUHash], [1, 3, 4, 7, 8, 13, 40] as [UInt32])
    func hashesAgree(kind: MapKind, size: UInt32) throws {
        let storage = try Storage(kind, key: size, value: 12, entries: 60, lanes: 3)
        let scratch = Scratch()
        var random = SplitMix(state: UInt64(size))
        var (hits, misses) = (0, 0)
        for _ in 0..<1_000 {
            let key = bytes(UInt64.random(in: 0..<90, using: &random), Int(size))
            let lane = UInt32.random(in: 0..<3, using: &random)
            if Bool.random(using: &random) {
                _ = try storage.host.set(key, bytes(random.next(), 12), lane: kind.isPerCPU ? lane : 0)
            } else {
                _ = try storage.host.remove(key)
            }
            let other = bytes(UInt64.random(in: 0..<90, using: &random), Int(size))
            let careful = try scratch.program(storage, lane: lane).lookup(key: scratch.put(other))
            #expect(scratch.quickly(other, in: storage, lane: lane) == careful)
            if careful == 0 { misses += 1 } else { hits += 1 }
        }
        #expect(hits > 200 && misses > 200)
    }

    @Test(
        "in a trie at rest, the longest prefix is the same as by a careful look-up",
        arguments: [5, 6, 8, 11, 12, 20] as [UInt32])
    func triesAgree(size: UInt32) throws {
        let storage = try Storage(.lpmTrie, key: size, entries: 50)
        let scratch = Scratch()
        var random = SplitMix(state: UInt64(size))
        var (hits, misses) = (0, 0)
        // Few different bytes, so that prefixes are in one another and part in every byte.
        func key() -> [UInt8] {
            let data = (4..<size).map { _ in [0x00, 0x01, 0x80, 0xff].randomElement(using: &random) ?? 0 } as [UInt8]
            return prefix(.random(in: 1...(size - 4) * 8, using: &random), data)
        }
        for _ in 0..<2_000 {
            if UInt8.random(in: 0..<5, using: &random) < 3 {
                _ = try storage.host.set(key(), bytes(random.next(), 8))
            } else if let element = try storage.host.elements().randomElement(using: &random) {
                _ = try storage.host.remove(element.key)
            }
            let other = key()
            let careful = try scratch.program(storage).lookup(key: scratch.put(other))
            #expect(scratch.quickly(other, in: storage) == careful)
            if careful == 0 { misses += 1 } else { hits += 1 }
        }
        #expect(hits > 100 && misses > 20)
    }

    @Test("a key longer than the trie's has no quick answer, and neither has a map that programs may not read")
    func leavesTheRest() throws {
        let scratch = Scratch()
        let trie = try Storage(.lpmTrie, key: 8, entries: 4)
        #expect(scratch.quickly(prefix(33, [1, 2, 3, 4]), in: trie) == nil)
        #expect(scratch.quickly(prefix(32, [1, 2, 3, 4]), in: trie) == 0)
        #expect(scratch.quickly(bytes(1), in: try Storage(.hash, entries: 4, flags: 1 << 8)) == nil)
        #expect(scratch.quickly(bytes(1), in: try Storage(.array, entries: 4)) == nil)
    }

    @Test("a key that is only ever replaced is never missed")
    func replacedKeysAreAlwaysFound() throws {
        // Two buckets, so that nodes change chains all the time.
        let storage = try Storage(.hash, entries: 2)
        _ = try storage.host.set(bytes(1), bytes(1, 8))
        let found = Atomic(0)
        onThreads(2) { thread in
            if thread == 0 {
                let map = storage.host(patience: 1 << 24)
                for round in UInt64(0)..<60_000 {
                    _ = try map.set(bytes(1), bytes(round, 8))
                    _ = try map.set(bytes(2 + round % 7), bytes(round, 8))
                    _ = try map.remove(bytes(2 + round % 7))
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                let scratch = Scratch()
                while !storage.flag.load(ordering: .acquiring) {
                    guard let address = scratch.quickly(bytes(1), in: storage) else { continue }
                    if address == 0 { storage.count.wrappingAdd(1, ordering: .relaxed) }
                    found.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
        #expect(found.load(ordering: .relaxed) > 0)
    }

    @Test("beside prefixes that come and go, the one that covers them is never missed, nor found where they all are")
    func coveringPrefixesAreAlwaysFound() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 8)
        _ = try storage.host.set(prefix(8, [10, 0, 0, 0]), bytes(0, 8))
        _ = try storage.host.set(prefix(24, [10, 1, 1, 0]), bytes(1, 8))
        let covering = try #require(Scratch().quickly(prefix(32, [10, 9, 9, 9]), in: storage))
        let found = Atomic(0)
        onThreads(2) { thread in
            if thread == 0 {
                let map = storage.host(patience: 1 << 24)
                for round in UInt64(0)..<40_000 {
                    // Branches and an element on the way to the one that stays.
                    let other = prefix(UInt32(9 + round % 14), [10, 1, UInt8(round % 5), 0])
                    _ = try map.set(other, bytes(round, 8))
                    _ = try map.set(prefix(24, [10, 1, 1, 0]), bytes(round, 8))
                    _ = try map.remove(other)
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                let scratch = Scratch()
                while !storage.flag.load(ordering: .acquiring) {
                    guard let address = scratch.quickly(prefix(32, [10, 1, 1, 7]), in: storage) else { continue }
                    if address == 0 || address == covering { storage.count.wrappingAdd(1, ordering: .relaxed) }
                    guard let outer = scratch.quickly(prefix(32, [10, 200, 0, 1]), in: storage) else { continue }
                    if outer != covering { storage.count.wrappingAdd(1, ordering: .relaxed) }
                    found.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
        #expect(found.load(ordering: .relaxed) > 0)
    }

    @Test("while a repair is under way, nothing is missed quickly, and what is there is found")
    func waitsForRepairs() throws {
        let scratch = Scratch()
        for kind in [MapKind.hash, .lpmTrie] {
            let storage = try Storage(kind, key: 8, entries: 4)
            let key = prefix(32, [1, 2, 3, 4])
            _ = try storage.host.set(key, bytes(7, 8))
            let repairs = storage.descriptor.storageStart + 64
            #expect(scratch.quickly(prefix(32, [9, 9, 9, 9]), in: storage) == 0)
            storage.memory.store32(repairs, storage.memory.load32(repairs) | 1)
            #expect(scratch.quickly(prefix(32, [9, 9, 9, 9]), in: storage) == nil)
            if kind == .hash { #expect(scratch.quickly(key, in: storage) != nil) }
        }
    }

    @Test(
        "in storage that is damaged, a look-up ends, and finds a value of the map, nothing, or no answer",
        arguments: [MapKind.hash, .lruHash, .lpmTrie], [true, false])
    func survivesDamage(kind: MapKind, atEnd: Bool) throws {
        let storage = try Storage(kind, key: 20, value: 12, entries: 5, atEnd: atEnd)
        let (start, end) = (storage.descriptor.valuesStart, storage.descriptor.valuesEnd)
        let scratch = Scratch()
        var random = SplitMix(state: 11)
        func key() -> [UInt8] {
            prefix(.random(in: 0...160, using: &random), (0..<16).map { _ in .random(in: 0..<2, using: &random) })
        }
        // Halves of words that are indices, end marks, parts of tags and lengths as often as not.
        func half() -> UInt32 {
            switch UInt8.random(in: 0..<8, using: &random) {
            case 0: .max
            case 1: UInt32(truncatingIfNeeded: random.next())
            default: .random(in: 0..<12, using: &random)
            }
        }
        var keys: [[UInt8]] = []
        var (found, none, unclear) = (0, 0, 0)
        for round in 0..<16_000 {
            if round % 16 == 0 {
                UnsafeMutableRawBufferPointer(start: storage.start, count: storage.size).copyBytes(
                    from: [UInt8](repeating: 0, count: storage.size))
                storage.host.format()
                keys = (0..<5).map { _ in key() }
                for key in keys { _ = try storage.host.set(key, bytes(1, 12)) }
            } else {
                let place = Int.random(in: 0..<storage.size / 4, using: &random) * 4
                storage.start.storeBytes(of: half(), toByteOffset: place, as: UInt32.self)
            }
            let asked = Bool.random(using: &random) ? keys.randomElement(using: &random) ?? key() : key()
            guard let address = scratch.quickly(asked, in: storage) else {
                unclear += 1
                continue
            }
            if address == 0 { none += 1 } else { found += 1 }
            #expect(address == 0 || start <= address && address + UInt64(storage.descriptor.valueSize) <= end)
        }
        #expect(unclear > 100 && none > 100 && found > 100)
    }

    @Test("chains and tries that lead back are no answer")
    func endsInRings() throws {
        let scratch = Scratch()
        for kind in [MapKind.hash, .lpmTrie] {
            let storage = try Storage(kind, key: 8, entries: 1)
            _ = try storage.host.set(prefix(8, [1, 0, 0, 0]), bytes(7, 8))
            let node = storage.descriptor.nodesStart
            for index in UInt64(0)..<UInt64(storage.descriptor.nodeCount) {
                let place = node + index * UInt64(storage.descriptor.nodeStride)
                // Live, and its own successor both ways.
                storage.memory.store32(place, UInt32(index))
                if kind == .lpmTrie { storage.memory.store32(place + 4, UInt32(index)) }
                storage.memory.store64(place + 8, 5)
            }
            let heads = kind == .hash ? storage.descriptor.bucketsStart : storage.descriptor.storageStart + 24
            storage.memory.store32(heads, 0)
            if kind == .hash { storage.memory.store32(heads + 4, 0) }
            #expect(scratch.quickly(prefix(32, [1, 2, 3, 4]), in: storage) == nil)
        }
    }
}
