import Foundation
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Whatever the bytes, reading gives a package or a named error; it never traps. What is accepted also makes bytes
/// that the broker accepts, or a named error again.
@Suite("Damaged objects")
struct DamageTests {
    /// Types and lines, no DWARF.
    private func object() throws -> [UInt8] {
        try BPFCompiler.stripped(BPFCompiler.object(CSource.everything), flags: ["-g"])
    }

    /// Reads and, where that works and is asked for, writes and reads back. Returns whether it worked.
    private func isRead(_ bytes: [UInt8], andWritten: Bool) -> Bool {
        guard let package = try? ObjectReader.read(bytes) else { return false }
        guard andWritten else { return true }
        guard let written = try? package.serialized() else { return false }
        for program in package.programs {
            _ = program.canonicalBytes(in: package)
            _ = try? program.facts(in: package)
        }
        #expect((try? ObjectPackage(parsing: written)) == package)
        return true
    }

    private func unusual() throws -> [UInt8] {
        try BPFCompiler.stripped(
            BPFCompiler.object(CSource.unusual, flags: BPFCompiler.usualFlags + ["-fno-builtin"]), flags: ["-g"])
    }

    @Test("the unusual object is read whole")
    func unusualWhole() throws {
        let package = try ObjectReader.read(unusual())
        #expect(package.programs.map(\.name).sorted() == ["first", "fourth", "second"])
        #expect(package.omitted.map(\.name) == ["third"])
        #expect(package.maps.count == 8 && package.maps.reduce(0) { $0 + $1.slots.count } == 5)
        #expect(package.maps.filter { $0.spinLockOffset == 0 && $0.timerOffset == 8 }.count == 3)
        #expect(package.programs.map(\.needsRelocation.count).reduce(0, +) == 1)
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("every truncation")
    func truncations() throws {
        for bytes in [try object(), try unusual(), try BPFCompiler.object(CSource.everything)] {
            for count in stride(from: 0, to: bytes.count, by: bytes.count > 5000 ? 7 : 1) {
                #expect(throws: ObjectError.self) { try ObjectReader.read(Array(bytes[..<count])) }
            }
        }
    }

    @Test(
        "every byte of every header, symbol, relocation, type and line",
        arguments: [
            (false, [".symtab", ".relxdp", ".rel.text", ".BTF", ".BTF.ext", "xdp", ".maps"]),
            (true, [".symtab", ".relxdp", ".rel.maps", ".BTF", ".BTF.ext", "xdp", ".maps", "maps"]),
        ])
    func everyByte(isUnusual: Bool, sections: [String]) throws {
        let bytes = isUnusual ? try unusual() : try object()
        let editor = ObjectEditor(bytes)
        var places = Array(0..<64) + Array(editor.headerOffset(0)..<editor.headerOffset(editor.sectionCount))
        for section in sections {
            places += editor.start(section)..<editor.start(section) + Int(editor.section(section, .size))
        }
        var read = 0, refused = 0
        for place in places {
            var copy = bytes
            // One of three changes for each, in turn: a bit, a half turn, all ones.
            copy[place] = place % 3 == 0 ? copy[place] ^ 1 : place % 3 == 1 ? copy[place] &+ 0x7F : 0xFF
            if isRead(copy, andWritten: place % 16 == 0) { read += 1 } else { refused += 1 }
        }
        #expect(read > 500 && refused > 500)
    }

    /// Runs of the random test: 50,000 by default, more by $RINGFENCE_FUZZ_RUNS.
    private static let runs = ProcessInfo.processInfo.environment["RINGFENCE_FUZZ_RUNS"].flatMap { Int($0) } ?? 50_000

    @Test("random damage, of four seeds", arguments: [1, 2, 3, 4] as [UInt64])
    func randomDamage(seed: UInt64) throws {
        let whole = [try object(), try unusual()]
        let small = try BPFCompiler.object(
            "__attribute__((section(\"xdp\"))) int p(void *c) { return 2; }", flags: ["-O2"])
        var generator = SeededGenerator(seed: seed &* 1000 &+ UInt64(Self.runs))
        var read = 0
        for run in 0..<Self.runs
        where isRead(mutated(run % 32 == 0 ? whole[run / 32 % 2] : small, with: &generator), andWritten: run % 32 < 2) {
            read += 1
        }
        #expect(read > 0 && read < Self.runs)
    }
}
