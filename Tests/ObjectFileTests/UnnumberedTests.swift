import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Objects from compilers that had no number for the machine yet, nor for kinds of relocations, nor symbols for
/// functions.
@Suite("Objects of before BPF had a number")
struct UnnumberedTests {
    /// What such a compiler would have made of a program with one reference to a map.
    private func editor() throws -> ObjectEditor {
        var editor = ObjectEditor(
            try CSource.compiled(
                """
                struct { u32 a[5]; } m SEC("maps") = { { 2, 4, 8, 1 } };
                SEC("xdp") int p(u64 *context) { u32 key = 0; return bpf_map_lookup_elem(&m, &key) != 0; }
                """, flags: ["-O2"]))
        editor.put(0, at: 18, width: 2)
        // One row: place, kind and symbol, addend.
        let row = Array(editor.bytes[editor.start(".relxdp")...].prefix(16)) + [UInt8](repeating: 0, count: 8)
        editor.set(".relxdp", .offset, UInt64(editor.bytes.count))
        editor.set(".relxdp", .size, 24)
        editor.set(".relxdp", .entrySize, 24)
        editor.set(".relxdp", .type, 4)
        editor.bytes += row
        editor.put(0, at: editor.start(".relxdp") + 8, width: 4)
        editor.setSymbol("p", .info, 0)
        return editor
    }

    @Test("a section is a program by the section's name, and refers to its maps")
    func reading() throws {
        let package = try ObjectReader.read(editor().bytes)
        #expect(package.programs.map(\.name) == ["xdp"] && package.maps.map(\.name) == ["m"])
        #expect(try package.programs[0].references(to: package.maps).map(\.reference) == [.map(index: 0)])
    }

    @Test("only such an object may have relocations with addends, and these must be 0, in the place too")
    func addends() throws {
        let original = try editor()
        func expectRefusal(_ change: (inout ObjectEditor) -> Void) {
            var editor = original
            change(&editor)
            #expect(throws: ObjectError.relocationsWithAddend(section: "xdp")) { try ObjectReader.read(editor.bytes) }
        }
        expectRefusal { $0.put(247, at: 18, width: 2) }
        expectRefusal { $0.put(8, at: $0.start(".relxdp") + 16, width: 8) }
        let place = Int(original.number(at: original.start(".relxdp"), width: 8))
        expectRefusal { $0.put(8, at: $0.start("xdp") + place + 4, width: 4) }
        expectRefusal { $0.put(8, at: $0.start("xdp") + place + 12, width: 4) }
        expectRefusal { $0.put(0, at: $0.start(".relxdp"), width: 8) }
    }

    @Test("a section without a name, or of half a slot, is no program")
    func sections() throws {
        var unnamed = try editor()
        unnamed.set("xdp", .name, 0)
        #expect(throws: ObjectError.self) { try ObjectReader.read(unnamed.bytes) }
        var half = try editor()
        half.set("xdp", .size, half.section("xdp", .size) - 4)
        #expect(
            throws: ObjectError.sectionSizeNotMultiple(section: "xdp", size: half.section("xdp", .size), unit: 8)
        ) {
            try ObjectReader.read(half.bytes)
        }
    }

    @Test("random damage never traps")
    func damage() throws {
        let bytes = try editor().bytes
        var generator = SeededGenerator(seed: 77)
        var read = 0
        for _ in 0..<5_000 {
            guard let package = try? ObjectReader.read(mutated(bytes, with: &generator)) else { continue }
            read += 1
            _ = try? package.serialized()
        }
        #expect(read > 0 && read < 5_000)
    }
}
