import Channel
import Maps
import Synchronization
import Testing

/// As `HostileStorageTests`, for the kinds with more structure than a hash: lists of recency, tries, rings.
@Suite(.serialized) struct HostileKindsTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let kind: MapKind
        var key: UInt32 = 4
        var value: UInt32 = 8
        let entries: UInt32
        var lanes: UInt32 = 1
        var testDescription: String { "\(kind) of \(entries)" }

        func storage(atEnd: Bool = true) throws -> Storage {
            try Storage(kind, key: key, value: value, entries: entries, lanes: lanes, atEnd: atEnd)
        }

        func name(_ number: UInt64) -> [UInt8] {
            guard kind == .lpmTrie else { return bytes(number, Int(key)) }
            let bits = (key - 4) * 8
            // Prefixes that nest, part and repeat.
            return prefix(
                bits - UInt32(number % 3) * (bits / 4),
                (0..<Int(key) - 4).map { UInt8(truncatingIfNeeded: number &* 0x9d >> UInt64($0 * 3)) })
        }
    }

    static let shapes = [
        Shape(kind: .perCPUHash, entries: 7, lanes: 3), Shape(kind: .lruHash, entries: 1),
        Shape(kind: .lruHash, key: 3, value: 5, entries: 16),
        Shape(kind: .lruPerCPUHash, entries: 33, lanes: 2), Shape(kind: .lpmTrie, key: 5, entries: 1),
        Shape(kind: .lpmTrie, key: 8, entries: 16), Shape(kind: .lpmTrie, key: 20, value: 100, entries: 33),
        Shape(kind: .queue, key: 0, entries: 7), Shape(kind: .stack, key: 0, value: 13, entries: 16),
    ]

    /// Everything that a host and a program do with a map. Returns how many operations were refused.
    static func exercise(_ shape: Shape, _ storage: Storage, _ random: inout SplitMix) -> Int {
        let map = storage.host(patience: 4)
        let value = bytes(7, Int(shape.value))
        let scratch = Scratch()
        let program = scratch.program(storage)
        var refused = 0
        func attempt(_ body: () throws(MapAccessError) -> Void) {
            do { try body() } catch { refused += 1 }
        }
        for _ in 0..<4 {
            let name = shape.name(random.next() % 40)
            attempt { () throws(MapAccessError) in _ = try map.value(name) }
            attempt { () throws(MapAccessError) in
                guard !name.isEmpty else { return }
                let address = try program.lookup(key: scratch.put(name))
                let (start, end) = (storage.descriptor.valuesStart, storage.descriptor.valuesEnd)
                #expect(address == 0 || start <= address && address + UInt64(shape.value) <= end)
            }
            attempt { () throws(MapAccessError) in _ = try map.set(name, value) }
            attempt { () throws(MapAccessError) in _ = try map.remove(name) }
            attempt { () throws(MapAccessError) in _ = try map.following(name) }
            attempt { () throws(MapAccessError) in _ = try map.push(value, mode: .replace) }
            attempt { () throws(MapAccessError) in _ = try map.take() }
        }
        attempt { () throws(MapAccessError) in
            let count = try map.elements().count
            #expect(count <= 2 * Int(storage.descriptor.nodeCount) + 4096)
        }
        attempt { () throws(MapAccessError) in _ = try map.audit() }
        attempt { () throws(MapAccessError) in _ = try map.recover(fromDead: map.lockHolder) }
        return refused
    }

    /// After a repair, whatever was there before, the map is a map.
    static func expectWhole(_ shape: Shape, _ storage: Storage) throws {
        let map = storage.host
        let repair = try #require(map.repair())
        #expect(try map.audit() == repair.elements)
        #expect(map.lockHolder == 0)
        let value = bytes(9, Int(shape.value))
        if shape.key == 0 {
            while try map.take().answer == 0 {}
            for _ in 0..<shape.entries { #expect(try map.push(value) == 0) }
            #expect(try map.push(value) == -7)
        } else {
            for element in try map.elements() { #expect(try map.remove(element.key) == 0) }
            #expect(try map.audit() == 0)
            var number: UInt64 = 0
            while try map.audit() < shape.entries {
                #expect(try map.set(shape.name(number), value) == 0)
                number += 1
            }
        }
        #expect(try map.audit() == shape.entries)
    }

    @Test("random bytes for storage give values, nothing, or typed errors", arguments: shapes, [true, false])
    func survivesRandomBytes(shape: Shape, atEnd: Bool) throws {
        let storage = try shape.storage(atEnd: atEnd)
        var random = SplitMix(state: UInt64(shape.entries))
        var refused = 0
        for _ in 0..<100 {
            storage.copyContents(from: (0..<storage.size).map { _ in UInt8.random(in: 0...255, using: &random) })
            refused += Self.exercise(shape, storage, &random)
            // Small words are plausible indices: they get further.
            storage.copyContents(
                from: (0..<storage.size).map {
                    $0 & 3 == 0 ? UInt8.random(in: 0...UInt8(shape.entries * 2), using: &random) : 0
                })
            refused += Self.exercise(shape, storage, &random)
        }
        #expect(refused > 0)
        try Self.expectWhole(shape, storage)
    }

    @Test(
        "a valid map with a few words changed gives values, nothing, or typed errors", arguments: shapes, [true, false])
    func survivesChangedWords(shape: Shape, atEnd: Bool) throws {
        let storage = try shape.storage(atEnd: atEnd)
        for number in UInt64(0)..<UInt64(shape.entries) * 2 {
            if shape.key == 0 {
                _ = try storage.host.push(bytes(number, Int(shape.value)), mode: .replace)
            } else {
                _ = try storage.host.set(shape.name(number), bytes(number, Int(shape.value)))
            }
        }
        let valid = storage.contents
        var random = SplitMix(state: 5)
        let count = UInt64(storage.descriptor.nodeCount)
        let structure = Int(storage.descriptor.valuesStart - storage.descriptor.storageStart)
        var refused = 0
        for _ in 0..<500 {
            storage.copyContents(from: valid)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let word = [0, 1, 2, 3, count - 1, count, count + 1, 0x7fff_ffff, 0xffff_ffff, random.next()]
                    .randomElement(using: &random)!
                // Mostly past the locks and the gaps of the header.
                let start = shape.key == 0 || random.next() & 1 == 0 ? 0 : 128
                let offset = UInt64(Int.random(in: start / 4..<max(structure / 4, start / 4 + 1), using: &random) * 4)
                storage.memory.store32(Storage.address + offset, UInt32(truncatingIfNeeded: word))
            }
            refused += Self.exercise(shape, storage, &random)
        }
        #expect(refused > 0)
        try Self.expectWhole(shape, storage)
    }

    @Test("a cell that writes random words while the host works harms only what the map holds", arguments: shapes)
    func survivesAConcurrentWriter(shape: Shape) throws {
        let storage = try shape.storage()
        onThreads(2) { thread in
            var random = SplitMix(state: UInt64(thread))
            if thread == 0 {
                for _ in 0..<300 {
                    _ = Self.exercise(shape, storage, &random)
                    _ = storage.host.repair()
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                let words = storage.size / 4
                while !storage.flag.load(ordering: .acquiring) {
                    let draw = random.next()
                    let word =
                        draw & 1 == 0
                        ? UInt32(truncatingIfNeeded: draw >> 32) : UInt32(draw >> 32) % (shape.entries + 2)
                    storage.memory.storeRelaxed32(
                        Storage.address + UInt64(Int(draw >> 1 & 0xfff_ffff) % words) * 4, word)
                }
            }
        }
        try Self.expectWhole(shape, storage)
    }

    @Test("a trie whose links form a ring is refused after as many steps as prefixes can grow")
    func boundsRings() throws {
        let storage = try Storage(.lpmTrie, key: 8, entries: 4)
        _ = try storage.host.set(prefix(8, [10, 0, 0, 0]), bytes(1, 8))
        // Node 0 goes on with itself.
        storage.memory.store32(storage.descriptor.nodesStart, 0)
        storage.memory.store32(storage.descriptor.nodesStart + 4, 0)
        let corrupt = MapAccessError.corrupt(MapCorruption(word: .prefixLength, got: 8, limit: 33))
        #expect(throws: corrupt) { _ = try storage.host.value(prefix(32, [10, 1, 1, 1])) }
        #expect(throws: corrupt) { _ = try storage.host.elements() }
        #expect(throws: corrupt) { _ = try storage.host.set(prefix(32, [10, 1, 1, 1]), bytes(1, 8)) }
        #expect(storage.host.repair() == MapRepair(elements: 1, dropped: 0))
        // A prefix longer than a key, and one that another element has, are dropped by a repair.
        storage.memory.store32(storage.descriptor.nodesStart + 16, 33)
        #expect(storage.host.repair() == MapRepair(elements: 0, dropped: 1))
        #expect(try storage.host.audit() == 0)
    }
}
