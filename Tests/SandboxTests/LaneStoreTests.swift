import Channel
import Maps
import ProgramPackage
import Testing

@testable import Sandbox

/// Maps that several lanes have, each by a store of its own, and what the death of one lane's cell leaves in them.
@Suite("Maps of several lanes")
struct LaneStoreTests {
    private static let definitions = [
        MapDefinition(name: "ring", type: 27, keySize: 0, valueSize: 0, maximumEntries: 4096),
        MapDefinition(name: "locked", type: 2, keySize: 4, valueSize: 16, maximumEntries: 2, spinLockOffset: 8),
        MapDefinition(name: "table", type: 1, keySize: 4, valueSize: 8, maximumEntries: 16),
    ]

    private static func map(_ index: Int, _ lane: UInt32, of store: borrowing MapStore) -> Map {
        Map(memory: store.memory, descriptor: store.descriptors[index], user: .program(lane: lane, generation: 1))
    }

    @Test(
        "a record that a cell had begun when it died keeps nobody from those behind it, and another lane's is waited for"
    )
    func records() throws {
        var store = try MapStore(Self.definitions, lanes: 2)
        let other = try MapStore(lane: 1, of: store)
        let (own, others) = (Self.map(0, 0, of: store), Self.map(0, 1, of: other))
        #expect(try own.reserve(size: 8) != 0)
        #expect(try others.reserve(size: 8) != 0)
        let whole = try others.reserve(size: 16)
        #expect(others.commit(whole, discards: false))
        var corrupt: UInt64 = 0
        #expect(store.takeRecords(limit: 8, corrupt: &corrupt).isEmpty)
        try store.recover(generation: 1)
        #expect(store.takeRecords(limit: 8, corrupt: &corrupt).isEmpty)
        try other.recover(generation: 1)
        #expect(store.takeRecords(limit: 8, corrupt: &corrupt).map(\.bytes.count) == [16])
        #expect(corrupt == 0)
    }

    @Test("a lock in a value is its dead holder's no more, and a living one's still")
    func values() throws {
        let store = try MapStore(Self.definitions, lanes: 2)
        let other = try MapStore(lane: 1, of: store)
        let descriptor = store.descriptors[1]
        let locks = (0..<2).map { descriptor.valuesStart + $0 * UInt64(descriptor.valueStride) + 8 }
        store.memory.store32(locks[0], 1)
        store.memory.store32(locks[1], 2)
        try store.recover(generation: 1)
        #expect(locks.map { store.memory.load32($0) } == [0, 2])
        try other.recover(generation: 1)
        #expect(locks.map { store.memory.load32($0) } == [0, 0])
    }

    @Test("a table that another lane has locked stays its own; one that nobody has who lives is free")
    func tables() throws {
        let store = try MapStore(Self.definitions, lanes: 2)
        let other = try MapStore(lane: 1, of: store)
        let lock = store.descriptors[2].storageStart
        let memory = store.memory
        func holder() -> UInt64 { memory.loadRelaxed64(lock) }
        let second = MapUser.program(lane: 1, generation: 1).identity
        store.memory.store64(lock, second)
        try store.recover(generation: 1)
        #expect(holder() == second)
        try other.recover(generation: 1)
        #expect(holder() == 0)
        // Its own, of another generation; of a lane that there is not; of the host, which has none while it recovers.
        for lie in [
            MapUser.program(lane: 0, generation: 7).identity, MapUser.program(lane: 5, generation: 1).identity,
            MapUser.host().identity, 77 << 32,
        ] {
            store.memory.store64(lock, lie)
            try store.recover(generation: 1)
            #expect(holder() == 0, "\(lie)")
        }
        #expect(
            try store.map(named: "table").set([1, 0, 0, 0, 0, 0, 0, 0], for: [1, 0, 0, 0], lane: 0, mode: .create) == 0)
        #expect(try other.map(named: "table").value(of: [1, 0, 0, 0], lane: 0)?.first == 1)
    }
}
