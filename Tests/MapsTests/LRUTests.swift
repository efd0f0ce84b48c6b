import Channel
import Maps
import Testing

@Suite(.serialized) struct LRUTests {
    @Test(
        "random operations agree with two lists and marks, element by element",
        arguments: [(1, 4, 4_000), (2, 5, 8_000), (8, 12, 30_000), (64, 100, 40_000), (300, 900, 20_000)])
    func agreesWithTheModel(entries: Int, keys: UInt64, operations: Int) throws {
        let storage = try Storage(.lruHash, entries: UInt32(entries))
        let scratch = Scratch()
        let program = scratch.program(storage)
        var model = RecencyModel(capacity: entries)
        var random = SplitMix(state: UInt64(entries))
        for round in 0..<operations {
            // Two out of three operations are on one key in four.
            let range = random.next() % 3 < 2 ? max(keys / 4, 1) : keys
            let key = bytes(random.next() % range)
            switch random.next() % 8 {
            case 0..<3:
                let value = bytes(random.next(), 8)
                #expect(try storage.host.set(key, value) == 0)
                model.set(key, value)
            case 3:
                let isThere = model.contents[key] != nil
                #expect(try storage.host.remove(key) == (isThere ? 0 : -2))
                model.remove(key)
            case 4:
                // The host looks without leaving a mark.
                #expect(try storage.host.value(key) == model.contents[key])
            default:
                let address = try program.lookup(key: scratch.put(key))
                let value = model.lookUp(key)
                #expect((address == 0) == (value == nil))
                if let value, address != 0 { #expect(bytes(storage.memory.load64(address), 8) == value) }
            }
            if round % (operations / 200) == 0 {
                #expect(try storage.host.audit() == UInt32(model.contents.count))
                let all = try storage.host.elements()
                let found = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.value) })
                #expect(found == model.contents, "round \(round)")
                if found != model.contents { return }
            }
        }
        #expect(model.mostMoves <= 256)
    }

    @Test(
        "a full map takes every new element and holds as many as it may", arguments: [MapKind.lruHash, .lruPerCPUHash])
    func neverFull(kind: MapKind) throws {
        let storage = try Storage(kind, entries: 50, lanes: 2)
        for key in UInt64(0)..<1_000 {
            #expect(try storage.host.set(bytes(key), bytes(key, 8), mode: .create) == 0)
            #expect(try storage.host.value(bytes(key)) == bytes(key, 8))
            if key >= 50 { #expect(try storage.host.audit() == 50) }
        }
        // Replacing gives up nothing, full or not.
        let before = Set(try storage.host.elements().map(\.key))
        for key in before { #expect(try storage.host.set(key, bytes(1, 8), mode: .replace) == 0) }
        #expect(Set(try storage.host.elements().map(\.key)) == before)
    }

    @Test("what is used again and again outlives ten thousand elements that are used once")
    func resistsScans() throws {
        let storage = try Storage(.lruHash, entries: 128)
        let scratch = Scratch()
        let program = scratch.program(storage)
        for key in UInt64(0)..<32 { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        for round in UInt64(0)..<10_000 {
            #expect(try program.lookup(key: scratch.put(bytes(round % 32))) != 0, "round \(round)")
            _ = try storage.host.set(bytes(1_000 + round), bytes(0, 8))
        }
    }

    @Test("it hits nearly as often as an exact LRU where some keys are more popular than others")
    func hitsLikeAnExactLRU() throws {
        let storage = try Storage(.lruHash, entries: 256)
        let scratch = Scratch()
        let program = scratch.program(storage)
        var random = SplitMix(state: 3)
        var stamps: [UInt64: Int] = [:]
        var (hits, exact) = (0, 0)
        for round in 0..<40_000 {
            // A product of two evenly distributed numbers: the smaller, the likelier.
            let key = (random.next() % 64) * (random.next() % 64)
            if try program.lookup(key: scratch.put(bytes(key))) != 0 {
                hits += 1
            } else {
                _ = try storage.host.set(bytes(key), bytes(key, 8))
            }
            if stamps[key] != nil { exact += 1 }
            stamps[key] = round
            if stamps.count > 256, let oldest = stamps.min(by: { $0.value < $1.value })?.key { stamps[oldest] = nil }
        }
        #expect(Double(hits) > Double(exact) * 0.97, "\(hits) hits, \(exact) of an exact one")
    }

    @Test("if everything is marked, the oldest goes, after a bounded search")
    func boundsTheSearch() throws {
        let storage = try Storage(.lruHash, entries: 4_096)
        let scratch = Scratch()
        let program = scratch.program(storage)
        for key in UInt64(0)..<4_096 { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        for key in UInt64(0)..<4_096 { _ = try program.lookup(key: scratch.put(bytes(key))) }
        #expect(try storage.host.set(bytes(9_999), bytes(0, 8)) == 0)
        // The 128 oldest became active, and the next one went.
        #expect(try storage.host.value(bytes(128)) == nil)
        #expect(try storage.host.value(bytes(127)) != nil && storage.host.value(bytes(129)) != nil)
        #expect(try storage.host.audit() == 4_096)
    }

    @Test(
        "threads that insert, use, delete and iterate at once leave a whole map",
        arguments: [(MapKind.lruHash, 4), (.lruHash, 64), (.lruPerCPUHash, 64), (.lruHash, 1_000)])
    func threadsLeaveAWholeMap(kind: MapKind, entries: Int) throws {
        let storage = try Storage(kind, value: 24, entries: UInt32(entries), lanes: kind == .lruHash ? 1 : 4)
        onThreads(4) { thread in
            let map = storage.host(patience: 1 << 24)
            let scratch = Scratch()
            let program = scratch.program(storage, lane: UInt32(thread))
            var random = SplitMix(state: UInt64(thread))
            for round in 0..<10_000 {
                let key = random.next() % UInt64(entries * 3)
                switch random.next() % 8 {
                case 0..<3: _ = try map.set(bytes(key), ConcurrencyTests.value(key, random.next() >> 32))
                case 3: _ = try map.remove(bytes(key))
                case 4 where round % 256 == 0: _ = try map.elements()
                case 5, 6: _ = try program.lookup(key: scratch.put(bytes(key)))
                default:
                    guard let value = try map.value(bytes(key)), kind == .lruHash else { break }
                    if value != ConcurrencyTests.value(key, number(value[0..<4])) {
                        Issue.record("\(value) is no value of \(key)")
                    }
                }
            }
        }
        let count = try storage.host.audit()
        #expect(try storage.host.elements().count == Int(count))
        #expect(count <= entries && storage.host.lockHolder == 0)
    }

    @Test("a repair keeps the elements, which list they are on, and their marks")
    func repairKeepsLists() throws {
        let storage = try Storage(.lruHash, entries: 64)
        let scratch = Scratch()
        let program = scratch.program(storage)
        for key in UInt64(0)..<64 { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        for key in UInt64(0)..<20 { _ = try program.lookup(key: scratch.put(bytes(key))) }
        _ = try storage.host.set(bytes(100), bytes(0, 8))
        let count = storage.memory.load32(storage.descriptor.storageStart + 40)
        #expect(count == 20)
        #expect(storage.host.repair() == MapRepair(elements: 64, dropped: 0))
        #expect(try storage.host.audit() == 64)
        #expect(storage.memory.load32(storage.descriptor.storageStart + 40) == count)
    }
}
