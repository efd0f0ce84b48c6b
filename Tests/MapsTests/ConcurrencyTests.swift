import CMapsTesting
import Channel
import Maps
import Synchronization
import Testing

/// Runs the body on real threads; whatever it throws is recorded.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
    final class Box {
        let body: @Sendable (Int) throws -> Void
        init(_ body: @escaping @Sendable (Int) throws -> Void) { self.body = body }
    }
    let box = Box(body)
    withExtendedLifetime(box) {
        mapstest_threads(
            Int32(count),
            { context, index in
                let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
                do { try box.body(Int(index)) } catch { Issue.record("thread \(index): \(error)") }
            }, Unmanaged.passUnretained(box).toOpaque())
    }
}

@Suite(.serialized) struct ConcurrencyTests {
    /// A value that says which key it belongs to, in each of its words: a torn or foreign one is seen.
    static func value(_ key: UInt64, _ salt: UInt64) -> [UInt8] {
        bytes(salt) + bytes(key) + bytes(salt) + bytes(key) + bytes(salt) + bytes(key)
    }

    @Test(
        "threads that update, delete, read and iterate at once leave a whole map",
        arguments: [(4, 8), (64, 80), (1024, 1400)])
    func threadsLeaveAWholeMap(entries: Int, keys: UInt64) throws {
        let storage = try Storage(.hash, value: 24, entries: UInt32(entries))
        onThreads(4) { thread in
            let map = storage.host(patience: 1 << 24)
            var random = SplitMix(state: UInt64(thread))
            for round in 0..<12_000 {
                let key = UInt64.random(in: 0..<keys, using: &random)
                switch UInt8.random(in: 0..<8, using: &random) {
                case 0..<3: _ = try map.set(bytes(key), Self.value(key, random.next() >> 32))
                case 3: _ = try map.remove(bytes(key))
                case 4 where round % 512 == 0:
                    for (key, value) in try map.elements() where Array(value[4..<8]) != key {
                        Issue.record("iteration gave \(value) for \(key)")
                    }
                default:
                    guard let value = try map.value(bytes(key)) else { break }
                    if value != Self.value(key, number(value[0..<4])) {
                        Issue.record("\(value) is no value of \(key)")
                    }
                }
            }
        }
        let count = try storage.host.audit()
        #expect(try storage.host.elements().count == Int(count))
        #expect(storage.host.lockHolder == 0)
    }

    @Test("a key that is only ever replaced is found by every lookup")
    func replacedKeysAreAlwaysFound() throws {
        // Two buckets, so that nodes change chains all the time.
        let storage = try Storage(.hash, entries: 2)
        _ = try storage.host.set(bytes(1), bytes(1, 8))
        onThreads(2) { thread in
            let map = storage.host(patience: 1 << 24)
            if thread == 0 {
                for round in UInt64(0)..<40_000 {
                    _ = try map.set(bytes(1), bytes(round, 8))
                    _ = try map.set(bytes(2 + round % 7), bytes(round, 8))
                    _ = try map.remove(bytes(2 + round % 7))
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                while !storage.flag.load(ordering: .acquiring) {
                    if try map.value(bytes(1)) == nil { storage.count.wrappingAdd(1, ordering: .relaxed) }
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
        #expect(try storage.host.audit() == 1)
    }

    @Test("a key that stays is given out by every iteration, whatever comes and goes beside it")
    func stayingKeysAreIterated() throws {
        let storage = try Storage(.hash, entries: 16)
        for key in UInt64(0)..<8 { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        onThreads(2) { thread in
            let map = storage.host(patience: 1 << 24)
            if thread == 0 {
                for round in UInt64(0)..<30_000 {
                    _ = try map.set(bytes(round % 8), bytes(round, 8))
                    _ = try map.set(bytes(100 + round % 5), bytes(round, 8))
                    _ = try map.remove(bytes(100 + (round + 2) % 5))
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                while !storage.flag.load(ordering: .acquiring) {
                    let keys = Set(try map.elements().map { number($0.key) })
                    if !keys.isSuperset(of: 0..<8) { storage.count.wrappingAdd(1, ordering: .relaxed) }
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
    }

    @Test("lookups stay true while the map is repaired")
    func lookupsDuringRepair() throws {
        let storage = try Storage(.hash, entries: 64)
        for key in UInt64(0)..<64 { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        onThreads(2) { thread in
            if thread == 0 {
                for _ in 0..<2_000 { _ = storage.host.repair() }
                storage.flag.store(true, ordering: .releasing)
            } else {
                var key: UInt64 = 0
                while !storage.flag.load(ordering: .acquiring) {
                    key = (key + 1) % 64
                    do throws(MapAccessError) {
                        if try storage.host.value(bytes(key)) != bytes(key, 8) {
                            storage.count.wrappingAdd(1, ordering: .relaxed)
                        }
                    } catch {
                        switch error {
                        case .busy: break
                        case .corrupt, .keySize, .valueSize, .noSuchLane: Issue.record("\(error)")
                        }
                    }
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
        #expect(try storage.host.audit() == 64)
    }

    @Test("a lock that is never given back makes writers busy, and hinders no reader")
    func heldLocksAreBounded() throws {
        let storage = try Storage(.hash, entries: 4)
        _ = try storage.host.set(bytes(1), bytes(10, 8))
        storage.memory.store64(storage.descriptor.storageStart, 77)
        #expect(throws: MapAccessError.busy(holder: 77)) {
            _ = try storage.host(patience: 1000).set(bytes(1), bytes(11, 8))
        }
        #expect(throws: MapAccessError.busy(holder: 77)) { _ = try storage.host(patience: 0).remove(bytes(1)) }
        #expect(MapAccessError.busy(holder: 77).errno == -16)
        #expect(try storage.host.value(bytes(1)) == bytes(10, 8))
        #expect(try storage.host.elements().count == 1)
        #expect(throws: MapAccessError.busy(holder: 77)) { _ = try storage.host.recover(fromDead: 78) }
        #expect(try storage.host.recover(fromDead: 77) == storage.host.repair())
        #expect(try storage.host.recover(fromDead: 77) == nil)
        #expect(try storage.host.set(bytes(1), bytes(11, 8)) == 0)
    }
}
