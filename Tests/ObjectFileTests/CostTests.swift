import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Objects that are small and well-formed and made to take time or memory out of proportion.
@Suite("Objects made to cost", .timeLimit(.minutes(2)))
struct CostTests {
    private func object(_ slots: Int) throws -> ObjectEditor {
        // Two sections of no meaning to give new contents to.
        ObjectEditor(
            try CSource.compiled(
                "asm(\".section xdp,\\\"ax\\\",@progbits\\n.globl p\\n.type p,@function\\np:\\n.fill \(slots - 1), 8, 0xb7\\nexit\\n"
                    + ".size p, .-p\\n.section .BTF,\\\"\\\",@progbits\\n.quad 1\\n.section .BTF.ext,\\\"\\\",@progbits\\n.quad 1\\n"
                    + ".section .maps,\\\"aw\\\",@progbits\\nm: .quad 1\\n.type m,@object\\n.size m,8\\n\");",
                flags: ["-O2"]))
    }

    private func replace(_ section: String, _ contents: [UInt8], in editor: inout ObjectEditor) {
        editor.set(section, .offset, UInt64(editor.bytes.count))
        editor.set(section, .size, UInt64(contents.count))
        editor.bytes += contents
    }

    @Test("many names that are one long string are looked at no longer than names may be")
    func longNames() throws {
        var editor = try object(2)
        var builder = BTFBuilder()
        let first = UInt32(builder.strings.count)
        builder.strings += [UInt8](repeating: 0x78, count: 1 << 20) + [0]
        for index in 0..<UInt32(50_000) { builder.type(.dataSection, name: first + index, 0) }
        replace(".BTF", builder.section, in: &editor)
        editor.set(".BTF.ext", .type, 8)
        #expect(throws: ObjectError.nameTooLong(what: "a data section", bytes: 256, limit: 255)) {
            try ObjectReader.read(editor.bytes)
        }
    }

    @Test("source lines that are ends of one long string are bounded together")
    func longLines() throws {
        var editor = try object(65_536)
        var builder = BTFBuilder()
        let name = builder.name("xdp")
        let first = UInt32(builder.strings.count)
        builder.strings += [UInt8](repeating: 0x78, count: 1 << 20) + [0]
        replace(".BTF", builder.section, in: &editor)
        replace(
            ".BTF.ext", BTFBuilder.lines(section: name, (0..<65_536).map { (offset: $0 * 8, text: first + $0) }),
            in: &editor)
        editor.set(".maps", .type, 8)
        #expect(
            throws: ObjectError.limitExceeded(what: "bytes of source lines", value: (16 << 20) + 512, limit: 16 << 20)
        ) {
            try ObjectReader.read(editor.bytes)
        }
    }

    @Test("a callee that every program copies is bounded by what all take together")
    func sharedCallee() throws {
        var source =
            "asm(\".text\\n.globl big\\n.type big,@function\\nbig:\\n.fill 60000, 8, 0xb7\\nexit\\n.size big, .-big\\n\");\nint big(int);\n"
        for index in 0..<40 { source += "SEC(\"xdp\") int p\(index)(int *c) { return big(\(index)); }\n" }
        let object = try CSource.compiled(source, flags: ["-O2"])
        do throws(ObjectError) {
            _ = try ObjectReader.read(object)
            Issue.record("accepted")
        } catch {
            guard case .limitExceeded("slots of all programs", _, 2_097_152) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test("a hundred thousand names for one place")
    func aliases() throws {
        var editor = try object(2)
        let symbol = Array(editor.bytes[(editor.start(".symtab") + editor.symbolIndex("p") * 24)...].prefix(24))
        let old = Array(editor.bytes[editor.start(".symtab")...].prefix(Int(editor.section(".symtab", .size))))
        replace(".symtab", old + (0..<100_000).flatMap { _ in symbol }, in: &editor)
        editor.set(".maps", .type, 8)
        editor.set(".BTF", .type, 8)
        editor.set(".BTF.ext", .type, 8)
        #expect(throws: ObjectError.limitExceeded(what: "programs", value: 100_001, limit: 256)) {
            try ObjectReader.read(editor.bytes)
        }
        replace(".symtab", old + (0..<262_144).flatMap { _ in symbol }, in: &editor)
        #expect(
            throws: ObjectError.limitExceeded(what: "symbols", value: UInt64(old.count / 24) + 262_144, limit: 262_144)
        ) {
            try ObjectReader.read(editor.bytes)
        }
    }
}
