import Bytecode
import TestSupport
import Testing

@testable import ProgramPackage

/// What a package may say of maps that hold something, and of programs that are not there.
@Suite("Maps, slots and omissions of a package")
struct MapChecksTests {
    struct Lie: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout ObjectPackage) -> Void
        var refusal: PackageError

        init(
            _ description: String, _ refusal: PackageError, _ change: @escaping @Sendable (inout ObjectPackage) -> Void
        ) {
            testDescription = description
            self.change = change
            self.refusal = refusal
        }
    }

    static let inner: [Lie] = [
        Lie("of a map that holds none", .map(0, .cannotHaveInner(type: 2))) { $0.maps[0].innerMap = 2 },
        Lie("out of range", .map(1, .innerOutOfRange(index: 4, count: 4))) { $0.maps[1].innerMap = 4 },
        Lie("itself", .map(1, .cannotBeInner(index: 1, type: 12))) { $0.maps[1].innerMap = 1 },
        Lie("another map of maps", .map(1, .cannotBeInner(index: 0, type: 13))) {
            $0.maps[0].type = 13
            $0.maps[1].innerMap = 0
        },
        Lie("a map of programs", .map(1, .cannotBeInner(index: 3, type: 3))) { $0.maps[1].innerMap = 3 },
        Lie("a map of no type", .map(1, .cannotBeInner(index: 2, type: 0))) { $0.maps[2].type = 0 },
        Lie("a pattern of nothing", .map(2, .templateMisused)) {
            $0.maps[1].innerMap = 0
        },
        Lie("a pattern with contents", .map(2, .templateMisused)) {
            $0.maps[2].initialValue = Array(repeating: 1, count: 24)
        },
        Lie("a pattern that is shared", .map(2, .templateMisused)) { $0.maps[2].pinning = 1 },
        Lie("a pattern that the code names", .reference(program: 0, .template(slot: 0, index: 2))) {
            $0.programs[0].code[0].immediate = 2
        },
    ]

    static let fields: [Lie] = [
        Lie("a lock past the end", .map(0, .fieldMisplaced(offset: 24, bytes: 4, valueSize: 24))) {
            $0.maps[0].spinLockOffset = 24
        },
        Lie("a lock at the end of numbers", .map(0, .fieldMisplaced(offset: 0xFFFF_FFFC, bytes: 4, valueSize: 24))) {
            $0.maps[0].spinLockOffset = 0xFFFF_FFFC
        },
        Lie("a lock off the grid", .map(0, .fieldMisplaced(offset: 2, bytes: 4, valueSize: 24))) {
            $0.maps[0].spinLockOffset = 2
        },
        Lie("a timer past the end", .map(0, .fieldMisplaced(offset: 16, bytes: 16, valueSize: 24))) {
            $0.maps[0].timerOffset = 16
        },
        Lie("a timer off the grid", .map(0, .fieldMisplaced(offset: 4, bytes: 16, valueSize: 24))) {
            $0.maps[0].timerOffset = 4
        },
        Lie("a lock in a timer", .map(0, .fieldMisplaced(offset: 20, bytes: 4, valueSize: 24))) {
            $0.maps[0].spinLockOffset = 20
        },
        Lie("a timer on a lock", .map(0, .fieldMisplaced(offset: 0, bytes: 4, valueSize: 24))) {
            $0.maps[0].timerOffset = 0
        },
    ]

    static let slots: [Lie] = [
        Lie("of a map that holds nothing", .map(0, .cannotHaveSlots(type: 2, keySize: 4))) {
            $0.maps[0].slots = [MapSlot(index: 0, target: .map(0))]
        },
        Lie("of a map that does not say what it holds", .map(1, .cannotHaveSlots(type: 12, keySize: 4))) {
            $0.maps[1].innerMap = nil
            $0.maps[2].isTemplate = false
        },
        Lie("with other keys", .map(1, .cannotHaveSlots(type: 13, keySize: 2))) {
            $0.maps[1].type = 13
            $0.maps[1].keySize = 2
        },
        Lie("past the end", .map(1, .slotOutOfRange(index: 4, entries: 4))) { $0.maps[1].maximumEntries = 4 },
        Lie("more than entries", .map(1, .slotOutOfRange(index: 1, entries: 1))) {
            $0.maps[1].type = 13
            $0.maps[1].maximumEntries = 1
        },
        Lie("twice", .map(1, .slotOutOfOrder(index: 1))) { $0.maps[1].slots[1].index = 1 },
        Lie("backwards", .map(3, .slotOutOfOrder(index: 1))) {
            $0.maps[3].slots[0].index = 2; $0.maps[3].slots[1].index = 1
        },
        Lie("a program among maps", .map(1, .slotKind(index: 1))) { $0.maps[1].slots[0].target = .program("p") },
        Lie("a map among programs", .map(3, .slotKind(index: 0))) { $0.maps[3].slots[0].target = .map(0) },
        Lie("a map out of range", .map(1, .slotMapOutOfRange(index: 1, map: 4, count: 4))) {
            $0.maps[1].slots[0].target = .map(4)
        },
        Lie("a pattern", .map(1, .slotUnlikeInner(index: 1, map: 2))) { $0.maps[1].slots[0].target = .map(2) },
        Lie("another size", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].valueSize = 32 },
        Lie("another type", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].type = 1 },
        Lie("another key", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].keySize = 8 },
        Lie("another length", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].maximumEntries = 3 },
        Lie("other flags", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].flags = 1 },
        Lie("no lock", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].spinLockOffset = nil },
        Lie("no timer", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].timerOffset = nil },
        Lie("read-only", .map(1, .slotUnlikeInner(index: 1, map: 0))) { $0.maps[0].isReadOnly = true },
        Lie("a program that is not there", .map(3, .slotProgramMissing(index: 2, program: "gone"))) {
            $0.omitted[0].name = "gone "
            $0.maps[3].slots[1].target = .program("gone")
        },
    ]

    static let names: [Lie] = [
        Lie("left out and there", .duplicateName(field: "the programs", name: "p")) { $0.omitted[0].name = "p" },
        Lie("no name", .emptyName(field: "omitted program name", offset: Self.omittedOffset)) {
            $0.maps[3].slots = []
            $0.omitted[0].name = ""
        },
    ]
    /// Of the table of programs that are left out, where no map of programs has slots.
    private static var omittedOffset: Int { 80 + 11 * 4 + 4 * 68 + 2 * 12 + 24 }

    @Test("each lie has its own refusal", arguments: inner + fields + slots + names)
    func lies(_ lie: Lie) throws {
        var package = Sample.unusual
        lie.change(&package)
        #expect(throws: lie.refusal) { try package.serialized() }
        #expect(!"\(lie.refusal)".isEmpty && !"\(lie.refusal)".contains("PackageError"))
    }

    @Test("an array may be of another length where the pattern says so")
    func innerMapFlag() throws {
        var package = Sample.unusual
        for map in [0, 2] { package.maps[map].flags = 1 << 12 }
        package.maps[0].maximumEntries = 99
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("the keys of a hash of maps may be any")
    func hashKeys() throws {
        var package = Sample.unusual
        package.maps[1].type = 13
        package.maps[1].slots[1].index = .max
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("a slot of an unknown kind, and rows that are too many or too few")
    func rows() throws {
        let bytes = try Sample.unusual.serialized()
        let strings = Int(bytes[24])
        let maps = 80 + strings * 4
        let slots = maps + 4 * 68
        func refusal(_ offset: Int, _ value: UInt8) -> PackageError? {
            var copy = bytes
            copy[offset] = value
            do throws(PackageError) {
                _ = try ObjectPackage(parsing: copy)
                return nil
            } catch { return error }
        }
        #expect(refusal(slots + 4, 3) == .unknownKind(field: "kind of a map's slot", offset: slots + 4, value: 3))
        // The third row is the first of a program.
        let row = slots + 2 * 12
        #expect(
            refusal(row + 8, 200)
                == .indexOutOfRange(field: "program of a map's slot", offset: row + 8, index: 200, limit: strings))
        #expect(refusal(maps + 68 + 44, 1) == .tableNotCovered(field: "map slots", claimed: 3, available: 4))
        #expect(
            refusal(maps + 68 + 44, 5)
                == .limitExceeded(
                    field: "slots of a map", offset: maps + 68 + 44, value: 5, limit: 4))
        let programs = slots + 4 * 12
        #expect(
            refusal(programs + 20, 17)
                == .limitExceeded(
                    field: "types of a program", offset: programs + 20, value: 17, limit: 16))
        #expect(refusal(programs + 20, 1) == .tableNotCovered(field: "types", claimed: 1, available: 2))
    }

    @Test("no more programs in all than an object may have")
    func manyPrograms() throws {
        var package = Sample.unusual
        for index in 0..<255 {
            package.omitted.append(OmittedProgram(name: "n\(index)", section: "tc", reason: "r"))
        }
        #expect(throws: PackageError.limitExceeded(field: "programs in all", offset: 0, value: 257, limit: 256)) {
            try package.serialized()
        }
    }
}
