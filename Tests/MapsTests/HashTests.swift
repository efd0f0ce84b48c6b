import CMapsTesting
import Channel
import Maps
import Testing

@Suite struct HashTests {
    @Test("the answers of update and delete are Linux's")
    func answersLikeLinux() throws {
        let storage = try Storage(.hash, entries: 2)
        let map = storage.host
        #expect(try map.set(bytes(1), bytes(10, 8), mode: .replace) == -2)
        #expect(try map.set(bytes(1), bytes(10, 8), mode: .create) == 0)
        #expect(try map.set(bytes(1), bytes(11, 8), mode: .create) == -17)
        #expect(try map.set(bytes(1), bytes(12, 8), mode: .replace) == 0)
        #expect(try map.set(bytes(2), bytes(20, 8)) == 0)
        #expect(try map.set(bytes(3), bytes(30, 8)) == -7)
        #expect(try map.set(bytes(2), bytes(21, 8)) == 0)
        #expect(try map.value(bytes(1)) == bytes(12, 8))
        #expect(try map.value(bytes(2)) == bytes(21, 8))
        #expect(try map.value(bytes(3)) == nil)
        #expect(try map.remove(bytes(3)) == -2)
        #expect(try map.remove(bytes(1)) == 0)
        #expect(try map.remove(bytes(1)) == -2)
        #expect(try map.set(bytes(3), bytes(30, 8)) == 0)
        #expect(try map.audit() == 2)
    }

    @Test("an element's value stays at its address until the element is replaced")
    func addressesAreStable() throws {
        let storage = try Storage(.hash, entries: 64)
        let scratch = Scratch()
        let program = scratch.program(storage)
        _ = try storage.host.set(bytes(7), bytes(70, 8))
        let address = try program.lookup(key: scratch.put(bytes(7)))
        for other in UInt64(100)..<160 { _ = try storage.host.set(bytes(other), bytes(other, 8)) }
        for other in UInt64(100)..<130 { _ = try storage.host.remove(bytes(other)) }
        #expect(try program.lookup(key: scratch.put(bytes(7))) == address)
        #expect(address >= storage.descriptor.valuesStart && address + 8 <= storage.descriptor.valuesEnd)
        // What a program writes through its pointer is the value.
        storage.memory.store64(address, 71)
        #expect(try storage.host.value(bytes(7)) == bytes(71, 8))
    }

    @Test("keys and values of the wrong size are refused before they are read")
    func refusesWrongSizes() throws {
        let storage = try Storage(.hash, entries: 2)
        #expect(throws: MapAccessError.keySize(got: 3, expected: 4)) { _ = try storage.host.value([1, 2, 3]) }
        #expect(throws: MapAccessError.keySize(got: 5, expected: 4)) { _ = try storage.host.remove([1, 2, 3, 4, 5]) }
        #expect(throws: MapAccessError.valueSize(got: 7, expected: 8)) {
            _ = try storage.host.set(bytes(1), bytes(1, 7))
        }
        #expect(throws: MapAccessError.keySize(got: 0, expected: 4)) { _ = try storage.host.following([]) }
    }

    @Test(
        "random operations agree with a dictionary",
        arguments: [
            (4, 8, 1, 3, 60_000), (4, 8, 8, 12, 200_000), (1, 1, 100, 256, 160_000), (3, 5, 50, 80, 160_000),
            (8, 4, 256, 300, 160_000), (13, 24, 33, 40, 160_000), (16, 16, 1000, 1500, 160_000),
            (512, 100, 16, 20, 10_000),
        ])
    func agreesWithADictionary(key: Int, value: Int, entries: Int, keys: UInt64, operations: Int) throws {
        let storage = try Storage(.hash, key: UInt32(key), value: UInt32(value), entries: UInt32(entries))
        let map = storage.host
        var random = SplitMix(state: UInt64(key * 1000 + entries))
        var model: [[UInt8]: [UInt8]] = [:]
        for round in 0..<operations {
            let name = bytes(UInt64.random(in: 0..<keys, using: &random), key)
            switch UInt8.random(in: 0..<10, using: &random) {
            case 0..<5:
                let new = bytes(random.next(), value)
                let mode = [MapUpdate.createOrReplace, .createOrReplace, .create, .replace].randomElement(
                    using: &random)!
                let expected: Int64 =
                    switch (model[name] != nil, mode) {
                    case (true, .create): -17
                    case (false, .replace): -2
                    case (false, _) where model.count == entries: -7
                    default: 0
                    }
                let answer = try map.set(name, new, mode: mode)
                if answer != expected { Issue.record("round \(round): update gave \(answer), not \(expected)") }
                if expected == 0 { model[name] = new }
            case 5..<7:
                let answer = try map.remove(name)
                if answer != (model.removeValue(forKey: name) == nil ? -2 : 0) {
                    Issue.record("round \(round): delete gave \(answer)")
                }
            default:
                if try map.value(name) != model[name] { Issue.record("round \(round): another value") }
            }
            if round % (operations / 20) == 0 {
                #expect(try map.audit() == UInt32(model.count))
                let all = try map.elements()
                #expect(all.count == model.count)
                #expect(Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0.value) }) == model)
            }
        }
        #expect(try map.audit() == UInt32(model.count))
    }

    /// Computed with CPython 3.11 (`PYTHONHASHSEED=0`, whose hash of bytes is SipHash-1-3 under the zero key).
    @Test(
        "keys are hashed with SipHash-1-3",
        arguments: [
            (1, 0x68a9_1412_8e01_e473), (4, 0x7cc4_3f98_813e_4dbd), (7, 0x2f09_8ab0_c751_325a),
            (8, 0xead4_11e6_7ebe_2eea),
            (9, 0x7592_7f9d_9512_4362), (16, 0x8972_1884_33a5_c5b7), (63, 0x385d_3e39_e5f3_7359),
        ] as [(UInt32, UInt64)])
    func hashesAsPublished(size: UInt32, hash: UInt64) throws {
        let storage = try Storage(.hash, key: size, entries: 1, flags: 1 << 6)
        _ = try storage.host.set((0..<size).map(UInt8.init), bytes(0, 8))
        let stored = storage.memory.load32(storage.descriptor.nodesStart + 4)
        #expect(stored == UInt32(truncatingIfNeeded: hash ^ hash >> 32))
    }

    @Test("the seed decides where keys lie, and an unseeded map has one order")
    func seedsDecide() throws {
        let seeded = try Storage(.hash, entries: 64)
        let unseeded = try Storage(.hash, entries: 64, flags: 1 << 6)
        let again = try Storage(.hash, entries: 64, flags: 1 << 6)
        for key in UInt64(0)..<64 {
            for storage in [seeded, unseeded, again] { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        }
        let order = try unseeded.host.elements().map(\.key)
        #expect(try again.host.elements().map(\.key) == order)
        #expect(try seeded.host.elements().map(\.key) != order)
    }

    @Test("keys that an attacker may count through spread over the buckets")
    func spreads() throws {
        let storage = try Storage(.hash, entries: 1024)
        for key in UInt64(0)..<1024 { #expect(try storage.host.set(bytes(key << 8), bytes(key, 8)) == 0) }
        // The longest of 1024 chains with 1024 keys at random is 6 or so; 12 is one in ten million.
        var longest = 0
        for bucket in 0..<UInt64(1024) {
            var length = 0
            var node = storage.memory.load32(storage.descriptor.bucketsStart + bucket * 4)
            while node != .max {
                length += 1
                node = storage.memory.load32(
                    storage.descriptor.nodesStart + UInt64(node) * UInt64(storage.descriptor.nodeStride))
            }
            longest = max(longest, length)
        }
        #expect(longest > 1 && longest < 12)
    }
}
