import Channel
import Maps
import Testing

/// Arrays of programs: what the host puts there, and what nobody else may see or write.
@Suite struct ProgramArrayTests {
    private static func storage(entries: UInt32 = 5) throws -> Storage {
        try Storage(.programArray, value: 4, entries: entries)
    }

    @Test("slots are empty until the host fills them, and empty again when it empties them")
    func slots() throws {
        let storage = try Self.storage()
        for index in 0..<5 as Range<UInt32> { #expect(storage.host.untrustedNumber(at: index) == 0) }
        storage.host.storeNumber(7, at: 4)
        storage.host.storeNumber(9, at: 0)
        #expect(try storage.host.elements().map(\.value) == [9, 0, 0, 0, 7].map { bytes($0, 4) })
        #expect(storage.program().untrustedNumber(at: 4) == 7)
        storage.host.storeNumber(0, at: 4)
        #expect(storage.program().untrustedNumber(at: 4) == 0)
    }

    @Test("an index that no slot has holds nothing", arguments: [5, 6, 1 << 31, UInt32.max])
    func outside(index: UInt32) throws {
        #expect(try Self.storage().program().untrustedNumber(at: index) == 0)
    }

    @Test("neither an update nor a deletion of bytes changes a slot, whoever asks")
    func refusesBytes() throws {
        let storage = try Self.storage()
        let scratch = Scratch()
        storage.host.storeNumber(3, at: 1)
        let program = scratch.program(storage)
        let key = scratch.put(bytes(1, 4))
        #expect(try storage.host.set(bytes(1, 4), bytes(1, 4)) == -22)
        #expect(try storage.host.remove(bytes(1, 4)) == -22)
        #expect(try program.update(key: key, value: key, flags: 0) == -22)
        #expect(try program.delete(key: key) == -22)
        #expect(storage.host.untrustedNumber(at: 1) == 3)
    }

    @Test("no byte of it is among those that a program may touch")
    func hidden() throws {
        let descriptor = try Self.storage().descriptor
        #expect(descriptor.valuesStart == descriptor.valuesEnd && descriptor.storageSize >= 5 * 8)
    }

    @Test("keys and values have four bytes, and no flag means anything", arguments: [1, 2, 3, 5, 8, 64] as [UInt32])
    func shape(size: UInt32) {
        func refusal(key: UInt32 = 4, value: UInt32 = 4, flags: UInt32 = 0) -> MapError? {
            do throws(MapError) {
                _ = try MapLayout.plan(type: 3, keySize: key, valueSize: value, maximumEntries: 1, flags: flags)
                return nil
            } catch { return error }
        }
        #expect(refusal() == nil)
        #expect(refusal(value: size) == .valueSize(got: size, minimum: 4, maximum: 4))
        #expect(refusal(key: size) == .keySize(got: size, minimum: 4, maximum: 4))
        for bit in [0, 7, 8, 10] as [UInt32] {
            #expect(refusal(flags: 1 << bit) == .unsupportedFlag(1 << bit, .programArray))
        }
    }
}
