import Maps
import Testing

@Suite struct IterationTests {
    static func filled(_ count: UInt64 = 40, entries: UInt32 = 64) throws -> Storage {
        let storage = try Storage(.hash, entries: entries)
        for key in 0..<count { _ = try storage.host.set(bytes(key), bytes(key * 3, 8)) }
        return storage
    }

    @Test("next-key goes through every key once and ends", arguments: [0, 1, 40, 64] as [UInt64])
    func nextKeyVisitsAll(count: UInt64) throws {
        let storage = try Self.filled(count)
        var seen: [[UInt8]] = []
        var key: [UInt8]?
        while let next = try storage.host.following(key) {
            seen.append(next)
            key = next
            if seen.count > 100 { break }
        }
        #expect(seen.count == count && Set(seen) == Set((0..<count).map { bytes($0) }))
    }

    @Test("next-key of a key that is not there is the first")
    func nextKeyStartsOver() throws {
        let storage = try Self.filled()
        #expect(try storage.host.following(bytes(9999)) == storage.host.following(nil))
        let array = try Storage(.array, entries: 3)
        #expect(try array.host.following(bytes(3)) == bytes(0))
        #expect(try array.host.following(bytes(1)) == bytes(2))
        #expect(try array.host.following(bytes(2)) == nil)
        #expect(try array.host.following(bytes(0xffff_ffff)) == bytes(0))
    }

    @Test("replacing each element on the way neither skips nor repeats one")
    func replacingKeepsTheOrder() throws {
        let storage = try Self.filled(64)
        let order = try storage.host.elements().map(\.key)
        var (key, value) = (bytes(0), bytes(0, 8))
        var cursor = storage.host.makeCursor()
        var seen: [[UInt8]] = []
        while try storage.host.advance(&cursor, &key, &value) {
            seen.append(key)
            #expect(try storage.host.set(key, bytes(number(value) + 1, 8)) == 0)
        }
        #expect(seen == order)
        #expect(try storage.host.elements().allSatisfy { number($0.value) == number($0.key) * 3 + 1 })
    }

    @Test("deleting each element on the way empties the map")
    func deletingOnTheWay() throws {
        let storage = try Self.filled(64)
        var (key, value) = (bytes(0), bytes(0, 8))
        var cursor = storage.host.makeCursor()
        var seen: Set<[UInt8]> = []
        while try storage.host.advance(&cursor, &key, &value) {
            #expect(seen.insert(key).inserted)
            #expect(try storage.host.remove(key) == 0)
        }
        #expect(seen.count == 64)
        #expect(try storage.host.audit() == 0)
    }

    @Test("a finished iteration stays finished")
    func staysFinished() throws {
        let storage = try Self.filled(2)
        var (key, value) = (bytes(0), bytes(0, 8))
        var cursor = storage.host.makeCursor()
        while try storage.host.advance(&cursor, &key, &value) {}
        _ = try storage.host.set(bytes(50), bytes(1, 8))
        #expect(try !storage.host.advance(&cursor, &key, &value))
    }
}
