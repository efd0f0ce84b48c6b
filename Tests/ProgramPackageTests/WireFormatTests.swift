import Bytecode
import TestSupport
import Testing

@testable import ProgramPackage

@Suite("A package as bytes")
struct WireFormatTests {
    @Test("what was written is read back")
    func roundTrip() throws {
        for package in [ObjectPackage(), Sample.small, Sample.unusual, try Sample.real()] {
            #expect(try ObjectPackage(parsing: package.serialized()) == package)
        }
    }

    @Test("texts that only differ in Unicode normalisation stay different")
    func normalisation() throws {
        var package = Sample.small
        package.programs[0].lines[0].file = "caf\u{E9}.c"
        package.programs[0].lines[0].text = "cafe\u{301}.c"
        let again = try ObjectPackage(parsing: package.serialized())
        #expect(Array(again.programs[0].lines[0].file.utf8) == Array("caf\u{E9}.c".utf8))
        #expect(Array(again.programs[0].lines[0].text.utf8) == Array("cafe\u{301}.c".utf8))
    }

    @Test("every truncation is refused")
    func truncations() throws {
        let bytes = try Sample.real().serialized()
        for bytes in [bytes, try Sample.unusual.serialized()] {
            for count in 0..<bytes.count {
                #expect(throws: PackageError.self) { try ObjectPackage(parsing: Array(bytes[..<count])) }
            }
        }
        #expect(throws: PackageError.lengthMismatch(declared: UInt64(bytes.count), actual: bytes.count + 1)) {
            try ObjectPackage(parsing: bytes + [0])
        }
    }

    @Test("every byte may be wrong: a value or a named error, and what is accepted survives its own bytes")
    func everyByte() throws {
        let bytes = try Sample.real().serialized()
        var accepted = 0, refused = 0
        for index in bytes.indices {
            for change: (UInt8) -> UInt8 in [{ $0 ^ 1 }, { $0 &+ 0x7F }, { _ in 0xFF }] {
                var copy = bytes
                copy[index] = change(copy[index])
                do throws(PackageError) {
                    let package = try ObjectPackage(parsing: copy)
                    let again = try ObjectPackage(parsing: package.serialized())
                    #expect(again == package)
                    accepted += 1
                } catch {
                    refused += 1
                }
            }
        }
        // Code, numbers of maps and lines are free; counts, texts and references are not: both happen.
        #expect(accepted > 1000 && refused > 1000)
    }

    @Test("a hundred thousand random damages never trap")
    func randomDamage() throws {
        let samples = [try Sample.small.serialized(), try Sample.unusual.serialized()]
        var generator = SeededGenerator(seed: 1)
        var refused = 0
        for run in 0..<100_000 {
            do throws(PackageError) {
                let package = try ObjectPackage(parsing: mutated(samples[run % 2], with: &generator))
                for program in package.programs { _ = program.canonicalBytes(in: package) }
            } catch {
                refused += 1
            }
        }
        #expect(refused > 50_000)
    }

    /// Writes a little-endian word into the bytes of the small sample.
    private func damaged(_ words: [Int: UInt32]) throws -> [UInt8] {
        var bytes = try Sample.small.serialized()
        for (offset, value) in words {
            for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
        }
        return bytes
    }

    /// Where the tables of the small sample begin: 7 strings.
    private static let strings = 80
    private static let sections = strings + 7 * 4
    private static let maps = sections + 16
    private static let programs = maps + 2 * 68
    private static let functions = programs + 24
    private static let lines = functions + 8
    private static let slots = lines + 20

    @Test(
        "each lie has its own refusal",
        arguments: [
            ([0: 0], .wrongMagic(0x89_47_4B_50_00_00_00_00)),
            ([8: 1], .unsupportedVersion(1, supported: 3)),
            ([12: 5], .lengthMismatch(declared: 5, actual: 381)),
            ([16: 4], .reservedNotZero(field: "flags", offset: 16, value: 4)),
            ([20: 99], .indexOutOfRange(field: "licence", offset: 20, index: 99, limit: 7)),
            ([24: 262_145], .limitExceeded(field: "count of strings", offset: 24, value: 262_145, limit: 262_144)),
            ([28: .max], .limitExceeded(field: "bytes of strings", offset: 28, value: 0xFFFF_FFFF, limit: 16 << 20)),
            ([32: 4_097], .limitExceeded(field: "count of sections", offset: 32, value: 4_097, limit: 4_096)),
            ([36: 129], .limitExceeded(field: "count of maps", offset: 36, value: 129, limit: 128)),
            ([40: 257], .limitExceeded(field: "count of programs", offset: 40, value: 257, limit: 256)),
            ([44: 65_537], .limitExceeded(field: "count of functions", offset: 44, value: 65_537, limit: 65_536)),
            ([48: 838_861], .limitExceeded(field: "count of lines", offset: 48, value: 838_861, limit: 838_860)),
            ([52: 2_097_153], .limitExceeded(field: "count of slots", offset: 52, value: 2_097_153, limit: 2_097_152)),
            ([56: .max], .limitExceeded(field: "initial bytes", offset: 56, value: 0xFFFF_FFFF, limit: 16 << 20)),
            ([60: 65_537], .limitExceeded(field: "count of map slots", offset: 60, value: 65_537, limit: 65_536)),
            ([64: 257], .limitExceeded(field: "count of omitted programs", offset: 64, value: 257, limit: 256)),
            ([68: 4_097], .limitExceeded(field: "count of types", offset: 68, value: 4_097, limit: 4_096)),
            (
                [72: 16_385], .limitExceeded(field: "count of value types", offset: 72, value: 16_385, limit: 16_384)
            ),
            (
                [76: 65_537],
                .limitExceeded(field: "count of parts of value types", offset: 76, value: 65_537, limit: 65_536)
            ),
            ([36: 128, 40: 256], .lengthMismatch(declared: 381 + 126 * 68 + 255 * 24, actual: 381)),
            ([strings: 5000], .limitExceeded(field: "length of a string", offset: strings, value: 5000, limit: 4096)),
            ([strings: 100], .truncated(field: "string", offset: 355, needed: 100, available: 26)),
            ([strings: 2], .tableNotCovered(field: "bytes of strings", claimed: 25, available: 26)),
            ([sections: 8], .indexOutOfRange(field: "section name", offset: sections, index: 8, limit: 7)),
            ([sections + 4: 2], .reservedNotZero(field: "section flags", offset: sections + 4, value: 2)),
            ([maps + 28: 128], .reservedNotZero(field: "map attributes", offset: maps + 28, value: 128)),
            ([maps + 40: 4], .limitExceeded(field: "initial bytes of a map", offset: maps + 40, value: 4, limit: 3)),
            ([maps + 40: 3], .initialValueSize(map: 0, bytes: 3, valueSize: 8)),
            ([maps + 108: 0], .tableNotCovered(field: "initial bytes", claimed: 0, available: 3)),
            ([maps + 44: 1], .limitExceeded(field: "slots of a map", offset: maps + 44, value: 1, limit: 0)),
            ([maps + 48: 1], .reservedNotZero(field: "inner map", offset: maps + 48, value: 1)),
            ([maps + 52: 1], .reservedNotZero(field: "offset of the spin lock", offset: maps + 52, value: 1)),
            ([maps + 56: 1], .reservedNotZero(field: "offset of the timer", offset: maps + 56, value: 1)),
            ([maps + 60: 1], .reservedNotZero(field: "type of keys", offset: maps + 60, value: 1)),
            ([maps + 64: 1], .reservedNotZero(field: "type of values", offset: maps + 64, value: 1)),
            ([maps + 28: 64], .map(0, .typeOutOfRange(index: 0, count: 0))),
            ([maps + 68: 2], .duplicateName(field: "the maps", name: "m")),
            ([programs + 8: 0], .programHasNoCode(program: 0)),
            ([programs + 8: 4], .tableNotCovered(field: "slots", claimed: 4, available: 5)),
            (
                [programs + 8: 65_537],
                .limitExceeded(field: "slots of a program", offset: programs + 8, value: 65_537, limit: 65_536)
            ),
            (
                [programs + 12: 257],
                .limitExceeded(field: "functions of a program", offset: programs + 12, value: 257, limit: 256)
            ),
            ([programs + 16: 2], .tableNotCovered(field: "lines", claimed: 2, available: 1)),
            ([functions + 4: 1], .functionOutOfOrder(program: 0, function: 0, start: 1)),
            ([lines: 5], .lineOutOfOrder(program: 0, line: 0, instruction: 5)),
            ([lines: .max], .lineOutOfOrder(program: 0, line: 0, instruction: .max)),
            ([lines + 12: 6], .forbiddenCharacter(field: "file name", offset: 0, scalar: 9)),
            ([slots + 4: 2], .reference(program: 0, .mapOutOfRange(slot: 0, index: 2, count: 2))),
            ([slots + 4: .max], .reference(program: 0, .mapOutOfRange(slot: 0, index: -1, count: 2))),
            ([slots + 12: 1], .reference(program: 0, .offsetOutOfRange(slot: 0, offset: 1, limit: 0))),
            ([slots + 28: 3], .reference(program: 0, .offsetOutOfRange(slot: 2, offset: 3, limit: 3))),
            ([slots: 0x3118], .reference(program: 0, .unsupportedSubtype(slot: 0, subtype: 3))),
            ([slots + 32: 0x18], .reference(program: 0, .wideImmediateCut(slot: 4))),
            ([slots: 0x4118, slots + 4: 4], .reference(program: 0, .codeOutOfRange(slot: 0, target: 5, count: 5))),
        ] as [([Int: UInt32], PackageError)])
    func lies(words: [Int: UInt32], refusal: PackageError) throws {
        let bytes = try damaged(words)
        #expect(throws: refusal) { try ObjectPackage(parsing: bytes) }
        #expect(!"\(refusal)".isEmpty)
    }

    @Test(
        "names that could deceive a reader are refused, on both ways",
        arguments: ["a\nb", "\u{1B}[2J", "\u{7F}", "\u{85}", "x\u{202E}y", "\u{2066}", "\u{FEFF}m", "a\tb", "\u{2028}"])
    func deceivingNames(name: String) throws {
        var package = Sample.small
        package.programs[0].name = name
        let scalar = try #require(PackageText.firstForbidden(in: name, allowingTabs: false))
        #expect(
            throws: PackageError.forbiddenCharacter(
                field: "program name", offset: scalar.offset, scalar: scalar.scalar.value)
        ) {
            try package.serialized()
        }
    }

    @Test("bytes that are not UTF-8 are refused")
    func notUTF8() throws {
        var bytes = try Sample.small.serialized()
        bytes[bytes.count - 1] = 0xFF
        #expect(throws: PackageError.notUTF8(field: "string 6", offset: 9)) { try ObjectPackage(parsing: bytes) }
        bytes[bytes.count - 26] = 0xC0
        #expect(throws: PackageError.notUTF8(field: "string 0", offset: 0)) { try ObjectPackage(parsing: bytes) }
    }

    @Test("text from a file is cleaned to fit")
    func cleaning() {
        #expect(PackageText.cleaned([0x61, 0xFF, 0x62], limit: 100) == "a\u{FFFD}b")
        #expect(PackageText.cleaned(Array("a\u{1B}\tb".utf8), limit: 100) == "a\u{FFFD}\tb")
        #expect(PackageText.cleaned(Array("a\tb".utf8), limit: 100, allowingTabs: false) == "a\u{FFFD}b")
        #expect(PackageText.cleaned(Array("ééé".utf8), limit: 5) == "éé")
        #expect(PackageText.cleaned(Array(repeating: 0xFF, count: 1000), limit: 512).utf8.count <= 512)
    }

    @Test("a package too large for the wire is refused before it is written")
    func tooLarge() {
        var package = Sample.small
        package.maps[1].valueSize = 17 << 20
        package.maps[1].initialValue = Array(repeating: 1, count: 17 << 20)
        #expect(throws: PackageError.tooLarge(bytes: 381 - 3 + (17 << 20), limit: 16 << 20)) {
            try package.serialized()
        }
    }
}
