import Channel
import Maps
import Testing

@Suite struct ArrayTests {
    @Test("values lie in place, at an address that does not move", arguments: [1, 4, 7, 8, 12, 16, 100] as [UInt32])
    func valuesAreStable(size: UInt32) throws {
        let storage = try Storage(.array, value: size, entries: 9)
        let scratch = Scratch()
        for index in UInt64(0)..<9 {
            let value = bytes(index &* 0x0101_0101_0101_0101, Int(size))
            #expect(try storage.host.set(bytes(index), value) == 0)
            #expect(try storage.host.value(bytes(index)) == value)
            let address = try scratch.program(storage).lookup(key: scratch.put(bytes(index)))
            #expect(address == storage.descriptor.valuesStart + index * UInt64(storage.descriptor.valueStride))
            #expect(address % 8 == 0 && address + UInt64(size) <= storage.descriptor.valuesEnd)
        }
        #expect(try storage.host.elements().map(\.key) == (0..<9).map { bytes($0) })
    }

    @Test("an index past the end has no value", arguments: [9, 10, 1 << 31, UInt32.max])
    func refusesIndices(index: UInt32) throws {
        let storage = try Storage(.array, entries: 9)
        let scratch = Scratch()
        let program = scratch.program(storage)
        #expect(try program.lookup(key: scratch.put(bytes(UInt64(index)))) == 0)
        #expect(try storage.host.value(bytes(UInt64(index))) == nil)
        #expect(try storage.host.set(bytes(UInt64(index)), bytes(1, 8)) == -7)
        #expect(try storage.host.set(bytes(UInt64(index)), bytes(1, 8), mode: .create) == -7)
    }

    @Test("elements of an array can be neither created nor deleted", arguments: [MapKind.array, .perCPUArray])
    func refusesCreationAndDeletion(kind: MapKind) throws {
        let storage = try Storage(kind, entries: 2, lanes: 2)
        #expect(try storage.host.set(bytes(0), bytes(1, 8), mode: .create) == -17)
        #expect(try storage.host.set(bytes(0), bytes(1, 8), mode: .replace) == 0)
        #expect(try storage.host.remove(bytes(0)) == -22)
    }

    @Test("a program sees the values of its lane, and the host those of all")
    func lanesAreApart() throws {
        let storage = try Storage(.perCPUArray, value: 12, entries: 5, lanes: 3)
        let scratch = Scratch()
        for lane in UInt32(0)..<3 {
            let program = scratch.program(storage, lane: lane)
            for index in UInt64(0)..<5 {
                let value = bytes(index + UInt64(lane) * 100, 12)
                #expect(
                    try program.update(key: scratch.put(bytes(index)), value: scratch.put(value, at: 64), flags: 0) == 0
                )
                let address = try program.lookup(key: scratch.put(bytes(index)))
                let region = storage.descriptor.values(ofLane: lane)
                #expect(region.start <= address && address + 12 <= region.end)
            }
        }
        for lane in UInt32(0)..<3 {
            for index in UInt64(0)..<5 {
                #expect(try storage.host.value(bytes(index), lane: lane) == bytes(index + UInt64(lane) * 100, 12))
            }
        }
        #expect(throws: MapAccessError.noSuchLane(got: 3, limit: 3)) { _ = try storage.host.value(bytes(0), lane: 3) }
        #expect(try scratch.program(storage, lane: 3).lookup(key: scratch.put(bytes(0))) == 0)
        #expect(storage.descriptor.values(ofLane: 3).start == storage.descriptor.values(ofLane: 3).end)
    }

    @Test("a program may not write a read-only map, nor read a write-only one", arguments: [MapKind.array, .hash])
    func holdsToItsRights(kind: MapKind) throws {
        let scratch = Scratch()
        let readOnly = try Storage(kind, entries: 4, flags: 1 << 7)
        #expect(try readOnly.host.set(bytes(1), bytes(7, 8)) == 0)
        let program = scratch.program(readOnly)
        #expect(try program.lookup(key: scratch.put(bytes(1))) != 0)
        #expect(
            try program.update(key: scratch.put(bytes(1)), value: scratch.put(bytes(9, 8), at: 64), flags: 0) == -13)
        #expect(try program.delete(key: scratch.put(bytes(1))) == -13)
        #expect(try readOnly.host.value(bytes(1)) == bytes(7, 8))

        let writeOnly = try Storage(kind, entries: 4, flags: 1 << 8)
        let writer = scratch.program(writeOnly)
        #expect(try writer.update(key: scratch.put(bytes(1)), value: scratch.put(bytes(9, 8), at: 64), flags: 0) == 0)
        #expect(try writer.lookup(key: scratch.put(bytes(1))) == 0)
        #expect(try writeOnly.host.value(bytes(1)) == bytes(9, 8))
    }

    @Test("an update with an unknown flag is refused", arguments: [MapKind.array, .hash], [3, 4, 8, UInt64.max])
    func refusesUpdateFlags(kind: MapKind, flags: UInt64) throws {
        let storage = try Storage(kind, entries: 4)
        let scratch = Scratch()
        #expect(
            try scratch.program(storage).update(
                key: scratch.put(bytes(1)), value: scratch.put(bytes(1, 8), at: 64), flags: flags) == -22)
    }
}
