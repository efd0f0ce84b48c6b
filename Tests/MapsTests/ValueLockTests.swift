import Channel
import Maps
import Testing

@Suite("Locks in values")
struct ValueLockTests {
    @Test("a dead cell's locks are given back, everyone else's stay", arguments: [MapKind.array, .hash])
    func death(kind: MapKind) throws {
        let storage = try Storage(kind, value: 12, entries: 4)
        for (key, holder) in [(0, 1), (1, 2), (2, 0), (3, 1)] as [(UInt8, UInt8)] {
            #expect(try storage.host.set([key, 0, 0, 0], [9, 9, 9, 9, holder, 0, 0, 0, 1, 0, 0, 0]) == 0)
        }
        storage.host.unlockValues(ofDead: MapUser.program(lane: 0, generation: 5).identity, at: 4)
        for (key, holder) in [(0, 0), (1, 2), (2, 0), (3, 0)] as [(UInt8, UInt8)] {
            #expect(try storage.host.value([key, 0, 0, 0]) == [9, 9, 9, 9, holder, 0, 0, 0, 1, 0, 0, 0])
        }
    }

    @Test("an offset at which no lock can be changes nothing", arguments: [2, 9, 12, .max] as [UInt32])
    func wrongOffset(offset: UInt32) throws {
        let storage = try Storage(.array, value: 12, entries: 2)
        #expect(try storage.host.set([1, 0, 0, 0], [UInt8](repeating: 1, count: 12)) == 0)
        let before = storage.contents
        storage.host.unlockValues(ofDead: 0x0101_0101, at: offset)
        #expect(storage.contents == before)
    }
}
