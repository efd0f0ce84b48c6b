import Maps
import Synchronization
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

    @Test("an iteration ends although another puts a new key behind each that is given out", arguments: [8, 64, 512])
    func endsUnderUpdates(entries: Int) throws {
        let storage = try Storage(.hash, entries: UInt32(entries))
        for key in 0..<UInt64(entries / 2) { _ = try storage.host.set(bytes(key), bytes(key, 8)) }
        onThreads(2) { thread in
            let map = storage.host(patience: 1 << 24)
            if thread == 0 {
                let most = 2 * Int(storage.descriptor.nodeCount) + 4096
                for _ in 0..<200 {
                    var (key, value) = (bytes(0), bytes(0, 8))
                    var cursor = map.makeCursor()
                    var given = 0
                    // What a dump does. Its bound is the map's size, not what others leave it.
                    do throws(MapAccessError) {
                        while try map.advance(&cursor, &key, &value), given <= most { given += 1 }
                    } catch { guard case .busy = error else { throw error } }
                    if given > most { storage.count.wrappingAdd(1, ordering: .relaxed) }
                    // And what libbpf does: each step ends, although the key may be gone and the beginning come again.
                    var last: [UInt8]?
                    for _ in 0..<32 {
                        last = try map.following(last)
                        guard last != nil else { break }
                    }
                }
                storage.flag.store(true, ordering: .releasing)
            } else {
                var random = SplitMix(state: 9)
                var round = UInt64(entries)
                while !storage.flag.load(ordering: .acquiring) {
                    _ = try map.set(bytes(round), bytes(round, 8))
                    _ = try map.remove(bytes(round &- UInt64.random(in: 0...UInt64(entries), using: &random)))
                    round += 1
                }
            }
        }
        #expect(storage.count.load(ordering: .relaxed) == 0)
    }
}
