import Channel
import Maps
import Testing

@Suite(.serialized) struct PerCPUHashTests {
    static let kinds: [MapKind] = [.perCPUHash, .lruPerCPUHash]

    @Test("an element has a value in each lane, zero until the lane gives one", arguments: kinds)
    func lanesAreApart(kind: MapKind) throws {
        let storage = try Storage(kind, value: 12, entries: 5, lanes: 3)
        let scratch = Scratch()
        let one = scratch.program(storage, lane: 1)
        #expect(try one.update(key: scratch.put(bytes(7)), value: scratch.put(bytes(70, 12), at: 64), flags: 0) == 0)
        #expect(try storage.host.value(bytes(7), lane: 0) == [UInt8](repeating: 0, count: 12))
        #expect(try storage.host.value(bytes(7), lane: 1) == bytes(70, 12))
        #expect(try storage.host.value(bytes(7), lane: 2) == [UInt8](repeating: 0, count: 12))
        let address = try one.lookup(key: scratch.put(bytes(7)))
        // A second update is in place: others of the lane hold the address.
        #expect(try one.update(key: scratch.put(bytes(7)), value: scratch.put(bytes(71, 12), at: 64), flags: 2) == 0)
        #expect(try one.lookup(key: scratch.put(bytes(7))) == address)
        let region = storage.descriptor.values(ofLane: 1)
        #expect(region.start <= address && address + 12 <= region.end)
        let two = scratch.program(storage, lane: 2)
        #expect(try two.update(key: scratch.put(bytes(7)), value: scratch.put(bytes(72, 12), at: 64), flags: 0) == 0)
        #expect(try storage.host.value(bytes(7), lane: 1) == bytes(71, 12))
        #expect(try storage.host.value(bytes(7), lane: 2) == bytes(72, 12))
        // What an element that is gone left behind, the next one in its node does not show.
        #expect(try storage.host.remove(bytes(7)) == 0)
        for key in UInt64(10)..<15 { #expect(try storage.host.set(bytes(key), bytes(1, 12), lane: 0) == 0) }
        for key in UInt64(10)..<15 {
            #expect(try storage.host.value(bytes(key), lane: 2) == [UInt8](repeating: 0, count: 12))
        }
        #expect(try storage.host.audit() == 5)
    }

    @Test("the value of another lane is found by its number", arguments: kinds + [.perCPUArray])
    func looksUpOtherLanes(kind: MapKind) throws {
        let storage = try Storage(kind, entries: 4, lanes: 4)
        let scratch = Scratch()
        for lane in UInt32(0)..<4 { _ = try storage.host.set(bytes(1), bytes(UInt64(lane) + 5, 8), lane: lane) }
        let program = scratch.program(storage, lane: 3)
        for lane in UInt32(0)..<4 {
            let address = try program.lookup(key: scratch.put(bytes(1)), lane: lane)
            #expect(storage.memory.load64(address) == UInt64(lane) + 5)
        }
        #expect(try program.lookup(key: scratch.put(bytes(1)), lane: 4) == 0)
        #expect(try program.lookup(key: scratch.put(bytes(99)), lane: 0) == 0)
        #expect(throws: MapAccessError.noSuchLane(got: 4, limit: 4)) { _ = try storage.host.value(bytes(1), lane: 4) }
    }

    @Test("the answers are Linux's", arguments: kinds)
    func answersLikeLinux(kind: MapKind) throws {
        let map = try Storage(kind, entries: 2, lanes: 2)
        #expect(try map.host.set(bytes(1), bytes(10, 8), lane: 1, mode: .replace) == -2)
        #expect(try map.host.set(bytes(1), bytes(10, 8), lane: 1, mode: .create) == 0)
        #expect(try map.host.set(bytes(1), bytes(11, 8), lane: 0, mode: .create) == -17)
        #expect(try map.host.set(bytes(2), bytes(20, 8)) == 0)
        #expect(try map.host.set(bytes(3), bytes(30, 8)) == (kind == .perCPUHash ? -7 : 0))
        #expect(try map.host.remove(bytes(4)) == -2)
        #expect(try map.host.audit() == 2)
    }

    @Test("lanes that count at once lose nothing, while keys come and go", arguments: kinds)
    func lanesCountAtOnce(kind: MapKind) throws {
        let storage = try Storage(kind, entries: 64, lanes: 4)
        for key in UInt64(0)..<8 { _ = try storage.host.set(bytes(key), bytes(0, 8)) }
        onThreads(4) { thread in
            let program = storage.program(lane: UInt32(thread))
            let scratch = Scratch()
            _ = scratch.program(storage, lane: UInt32(thread))
            var random = SplitMix(state: UInt64(thread))
            for round in UInt64(0)..<8_000 {
                let address = try program.lookup(key: scratch.put(bytes(round % 8)))
                if address == 0 {
                    Issue.record("key \(round % 8) is gone")
                } else {
                    storage.memory.store64(address, storage.memory.load64(address) + 1)
                }
                // Up to 32 others of 64, so that no LRU has to give up anything.
                let other = bytes(100 + UInt64(thread) * 8 + random.next() % 8)
                do throws(MapAccessError) {
                    if random.next() & 1 == 0 {
                        _ = try storage.host(patience: 1 << 24).set(other, bytes(1, 8), lane: UInt32(thread))
                    } else {
                        _ = try storage.host(patience: 1 << 24).remove(other)
                    }
                } catch { Issue.record("\(error)") }
            }
        }
        for key in UInt64(0)..<8 {
            for lane in UInt32(0)..<4 { #expect(try storage.host.value(bytes(key), lane: lane) == bytes(1_000, 8)) }
        }
        _ = try storage.host.audit()
    }
}
