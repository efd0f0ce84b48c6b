import CMapsTesting
import Channel
import Maps
import Synchronization
import Testing

/// Storage in which a hostile cell has written whatever it likes. There is an unmapped page at each end: an access
/// outside ends the test run.
@Suite(.serialized) struct HostileStorageTests {
    /// Everything that a host does with a map. Returns how many operations were refused.
    static func exercise(_ storage: Storage, _ random: inout SplitMix) throws -> Int {
        let map = storage.host(patience: 4)
        let size = Int(storage.descriptor.keySize)
        var refused = 0
        func attempt(_ body: () throws(MapAccessError) -> Void) {
            do { try body() } catch { refused += 1 }
        }
        for _ in 0..<4 {
            let key = bytes(UInt64.random(in: 0..<40, using: &random), size)
            let scratch = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
            defer { scratch.deallocate() }
            UnsafeMutableRawBufferPointer(start: scratch, count: size).copyBytes(from: key)
            attempt { () throws(MapAccessError) in _ = try map.value(key) }
            attempt { () throws(MapAccessError) in
                let base = UInt(bitPattern: storage.start) &- UInt(Storage.address)
                let address = try map.lookup(key: UInt64(UInt(bitPattern: scratch) &- base))
                let (start, end) = (storage.descriptor.valuesStart, storage.descriptor.valuesEnd)
                #expect(address == 0 || start <= address && address + UInt64(storage.descriptor.valueSize) <= end)
            }
            attempt { () throws(MapAccessError) in _ = try map.set(key, bytes(7, Int(storage.descriptor.valueSize))) }
            attempt { () throws(MapAccessError) in _ = try map.remove(key) }
            attempt { () throws(MapAccessError) in _ = try map.following(key) }
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
    static func expectWhole(_ storage: Storage) throws {
        let repair = try #require(storage.host.repair())
        #expect(try storage.host.audit() == repair.elements)
        #expect(storage.host.lockHolder == 0)
        for element in try storage.host.elements() { while try storage.host.remove(element.key) == 0 {} }
        for key in UInt64(0)..<UInt64(storage.descriptor.maximumEntries) {
            let name = bytes(key, Int(storage.descriptor.keySize))
            #expect(try storage.host.set(name, bytes(key, Int(storage.descriptor.valueSize))) == 0)
        }
        #expect(try storage.host.audit() == storage.descriptor.maximumEntries)
    }

    static let geometries: [(UInt32, UInt32, UInt32)] = [(4, 8, 1), (4, 8, 7), (3, 5, 16), (20, 100, 33)]

    @Test("random bytes for storage give values, nothing, or typed errors", arguments: geometries, [true, false])
    func survivesRandomBytes(geometry: (UInt32, UInt32, UInt32), atEnd: Bool) throws {
        let storage = try Storage(.hash, key: geometry.0, value: geometry.1, entries: geometry.2, atEnd: atEnd)
        var random = SplitMix(state: UInt64(geometry.2))
        var refused = 0
        for _ in 0..<150 {
            storage.copyContents(from: (0..<storage.size).map { _ in UInt8.random(in: 0...255, using: &random) })
            refused += try Self.exercise(storage, &random)
            // Small words are plausible indices: they get further.
            storage.copyContents(
                from: (0..<storage.size).map {
                    $0 & 3 == 0 ? UInt8.random(in: 0...UInt8(geometry.2), using: &random) : 0
                })
            refused += try Self.exercise(storage, &random)
        }
        #expect(refused > 0)
        try Self.expectWhole(storage)
    }

    @Test(
        "a valid map with a few words changed gives values, nothing, or typed errors", arguments: geometries,
        [true, false])
    func survivesChangedWords(geometry: (UInt32, UInt32, UInt32), atEnd: Bool) throws {
        let storage = try Storage(.hash, key: geometry.0, value: geometry.1, entries: geometry.2, atEnd: atEnd)
        let map = storage.host
        for key in UInt64(0)..<UInt64(geometry.2) {
            _ = try map.set(bytes(key, Int(geometry.0)), bytes(key, Int(geometry.1)))
        }
        let valid = storage.contents
        var random = SplitMix(state: 5)
        let count = UInt64(storage.descriptor.nodeCount)
        var refused = 0
        for _ in 0..<600 {
            storage.copyContents(from: valid)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let word = [0, 1, 2, 3, count - 1, count, count + 1, 0x7fff_ffff, 0xffff_ffff, random.next()]
                    .randomElement(using: &random)!
                let structure = Int(storage.descriptor.valuesStart - storage.descriptor.storageStart)
                let offset = UInt64(Int.random(in: 0..<structure / 4, using: &random) * 4)
                storage.memory.store32(Storage.address + offset, UInt32(truncatingIfNeeded: word))
            }
            refused += try Self.exercise(storage, &random)
        }
        #expect(refused > 0)
        try Self.expectWhole(storage)
    }

    @Test("a cell that writes random words while the host works harms only what the map holds", arguments: geometries)
    func survivesAConcurrentWriter(geometry: (UInt32, UInt32, UInt32)) throws {
        let storage = try Storage(.hash, key: geometry.0, value: geometry.1, entries: geometry.2)
        onThreads(2) { thread in
            var random = SplitMix(state: UInt64(thread))
            if thread == 0 {
                for _ in 0..<400 { _ = try Self.exercise(storage, &random) }
                storage.flag.store(true, ordering: .releasing)
            } else {
                let words = storage.size / 4
                while !storage.flag.load(ordering: .acquiring) {
                    let draw = random.next()
                    let word =
                        draw & 1 == 0 ? UInt32(truncatingIfNeeded: draw >> 32) : UInt32(draw >> 32) % (geometry.2 + 2)
                    storage.memory.storeRelaxed32(
                        Storage.address + UInt64(Int(draw >> 1 & 0xfff_ffff) % words) * 4, word)
                }
            }
        }
        try Self.expectWhole(storage)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let offset: @Sendable (MapDescriptor) -> UInt64
        let word: UInt32
        let text: String
    }

    /// A map of 4 entries in which only key 1 lies, in node 0; it is looked up, or replaced.
    static let refusals: [Refusal] = [
        Refusal(
            testDescription: "a head past the nodes", offset: { $0.bucketsStart }, word: 5,
            text: "chain link 5, must be below 5"),
        Refusal(
            testDescription: "a head far past the nodes", offset: { $0.bucketsStart }, word: 0xffff_fffe,
            text: "chain link 4294967294, must be below 5"),
        Refusal(testDescription: "a ring", offset: { $0.nodesStart }, word: 0, text: "chain length 5, must be below 5"),
        Refusal(
            testDescription: "an impossible state", offset: { $0.nodesStart + 8 }, word: 7,
            text: "node state 3, must be below 3"),
        Refusal(
            testDescription: "a free list past the nodes", offset: { $0.storageStart + 16 }, word: 5,
            text: "free link 5, must be below 5"),
        Refusal(
            testDescription: "an empty free list", offset: { $0.storageStart + 16 }, word: 0xffff_ffff,
            text: "free link 4294967295, must be below 5"),
        Refusal(
            testDescription: "an element in the free list", offset: { $0.storageStart + 16 }, word: 0,
            text: "node state 1, must be below 1"),
        Refusal(
            testDescription: "a free link past the nodes", offset: { $0.nodesStart + 24 + 4 }, word: 9,
            text: "free link 9, must be below 5"),
        Refusal(
            testDescription: "a repair without end", offset: { $0.storageStart + 64 }, word: 1,
            text: "the map changed too often to be read"),
    ]

    @Test("each impossible word is refused with what it was and what it may be", arguments: refusals)
    func refusesImpossibleWords(refusal: Refusal) throws {
        let storage = try Storage(.hash, entries: 4)
        _ = try storage.host.set(bytes(1), bytes(10, 8))
        // Every bucket leads to node 0, so that each key's walk meets the word.
        for bucket in UInt64(0)..<4 { storage.memory.store32(storage.descriptor.bucketsStart + bucket * 4, 0) }
        let offset = refusal.offset(storage.descriptor)
        if offset == storage.descriptor.bucketsStart {
            for bucket in UInt64(0)..<4 { storage.memory.store32(offset + bucket * 4, refusal.word) }
        } else {
            storage.memory.store32(offset, refusal.word)
        }
        let error = #expect(throws: MapAccessError.self) { _ = try storage.host.set(bytes(2), bytes(20, 8)) }
        #expect(error?.description.contains(refusal.text) == true, "\(error?.description ?? "")")
        // The lock was given back, and nothing was written.
        #expect(storage.memory.load64(storage.descriptor.storageStart + 8) == 0)
        if refusal.word != 1 { #expect(storage.host.lockHolder == 0) }
        try Self.expectWhole(storage)
    }

    @Test("a key whose padding was dirtied is found again after a repair")
    func cleansPadding() throws {
        let storage = try Storage(.hash, key: 5, entries: 4)
        _ = try storage.host.set(bytes(1, 5), bytes(10, 8))
        storage.memory.store8(storage.descriptor.nodesStart + 16 + 6, 0xff)
        #expect(try storage.host.value(bytes(1, 5)) == nil)
        #expect(storage.host.repair() == MapRepair(elements: 1, dropped: 0))
        #expect(try storage.host.value(bytes(1, 5)) == bytes(10, 8))
    }

    @Test("a ring through a large map is refused after as many steps as it has nodes")
    func boundsLongWalks() throws {
        let storage = try Storage(.hash, entries: 1 << 16)
        _ = try storage.host.set(bytes(1), bytes(1, 8))
        let descriptor = storage.descriptor
        for node in UInt64(0)..<UInt64(descriptor.nodeCount) {
            let address = descriptor.nodesStart + node * UInt64(descriptor.nodeStride)
            storage.memory.store32(address, UInt32((node + 1) % UInt64(descriptor.nodeCount)))
            storage.memory.store64(address + 8, 5)
        }
        for bucket in 0...UInt64(descriptor.bucketMask) {
            storage.memory.store32(descriptor.bucketsStart + bucket * 4, 7)
        }
        let limit = UInt64(descriptor.nodeCount)
        let endless = MapAccessError.corrupt(MapCorruption(word: .chainLength, got: limit, limit: limit))
        #expect(throws: endless) { _ = try storage.host.value(bytes(99)) }
        #expect(throws: endless) { _ = try storage.host.elements() }
        #expect(throws: endless) { _ = try storage.host.remove(bytes(99)) }
        #expect(storage.host.repair() == MapRepair(elements: 1 << 16, dropped: 1))
        #expect(try storage.host.audit() == 1 << 16)
    }
}
