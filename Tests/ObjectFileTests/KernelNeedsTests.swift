import Bytecode
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// What a program wants from a kernel: symbols, layouts of types, routines that the compiler takes for granted.
@Suite("What only a kernel has")
struct KernelNeedsTests {
    private static let program = "SEC(\"xdp\") int p(u64 *context) { return 0; }\n"

    @Test(
        "a program that needs a symbol is left out with the reason, and the others are read",
        arguments: [
            ("extern int x(int) __attribute__((section(\".ksyms\")));", "x(1)"),
            ("extern int x __attribute__((section(\".kconfig\")));", "x"),
            ("extern void *x(void *, const void *, u64);", "(long)x(c, c + 1, *c)"),
            // No direction is right without a comparison of two addresses.
            ("extern void *memmove(void *, const void *, u64); extern int x;", "(long)memmove(c, c + 1, x)"),
        ])
    func omitted(declaration: String, use: String) throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                declaration + "\nSEC(\"tc\") int needy(u64 *c) { return \(use); }\n" + Self.program,
                flags: ["-O2", "-g", "-fno-builtin"]))
        #expect(package.programs.map(\.name) == ["p"])
        let omitted = try #require(package.omitted.first)
        #expect(omitted.name == "needy" && omitted.section == "tc" && package.omitted.count == 1)
        let reasons = [
            "'x' is not defined in the object", "'x' is a kernel's function", "'x' is a setting of a kernel",
            "'memmove'",
        ]
        #expect(reasons.contains { omitted.reason.contains($0) })
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("an object may have nothing but programs that are left out")
    func allOmitted() throws {
        let package = try ObjectReader.read(
            CSource.compiled("extern int x(int);\nSEC(\"xdp\") int p(u64 *c) { return x(1); }\n"))
        #expect(package.programs.isEmpty && package.omitted.map(\.name) == ["p"])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("a program says which kernel types' layout its code has, and only it")
    func relocations() throws {
        let type = "struct task { int a, pid; } __attribute__((preserve_access_index));\n"
        let package = try ObjectReader.read(
            CSource.compiled(
                type + """
                    struct file { u64 b, size; } __attribute__((preserve_access_index));
                    static __noinline int sub(struct file *f) { return f->size + bpf_ktime_get_ns(); }
                    SEC("xdp") int one(struct task *t) { return t->pid + t->a; }
                    SEC("xdp") int both(struct task *t) { return t->pid + sub((void *)t); }
                    SEC("xdp") int none(struct task *t) { return 1; }
                    int unused(struct task *t) { return t->pid; }

                    """))
        #expect(package.programs.map(\.needsRelocation) == [["task"], ["task", "file"], []])
        // As compiled: the offsets are the author's.
        #expect(package.programs[0].code.contains { $0.opcode == 0x61 && $0.offset == 4 })
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("of many kernel types the first sixteen are named")
    func manyTypes() throws {
        var source = ""
        var uses: [String] = []
        for index in 0..<20 {
            source += "struct t\(index) { int a, b; } __attribute__((preserve_access_index));\n"
            uses.append("((struct t\(index) *)c)->b")
        }
        let package = try ObjectReader.read(
            CSource.compiled(source + "SEC(\"xdp\") int p(void *c) { return \(uses.joined(separator: " + ")); }\n"))
        #expect(package.programs[0].needsRelocation.count == 16)
        #expect(Set(package.programs[0].needsRelocation).isSubset(of: Set((0..<20).map { "t\($0)" })))
    }

    @Test("two relocations of one instruction are refused")
    func twice() throws {
        let type = "struct task { int a, pid; } __attribute__((preserve_access_index));\n"
        var editor = ObjectEditor(
            try BPFCompiler.stripped(
                CSource.compiled(type + "SEC(\"xdp\") int p(struct task *t) { return t->pid + t->a; }"), flags: ["-g"]))
        let section = editor.start(".BTF.ext")
        let header = Int(editor.number(at: section + 4, width: 4))
        let table = header + Int(editor.number(at: section + 24, width: 4))
        // The table: size of a record; name and count; records of four words.
        let first = section + table + 12
        editor.put(editor.number(at: first, width: 4), at: first + 16, width: 4)
        let offset = UInt32(editor.number(at: first, width: 4))
        #expect(throws: ObjectError.btf(section: ".BTF.ext", offset: table, .instructionTwice(offset: offset))) {
            try ObjectReader.read(editor.bytes)
        }
    }

    @Test(
        "routines that the compiler takes for granted are linked in, once",
        arguments: [("memset", "memset(c, 3, *c); memset(c + 1, 4, *c)"), ("memcpy", "memcpy(c, c + 1, *c)")])
    func routines(name: String, use: String) throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                extern void *memset(void *, int, u64);
                extern void *memcpy(void *, const void *, u64);
                SEC("xdp") int p(u64 *c) { \(use); return 0; }
                """, flags: ["-O2", "-fno-builtin", "-g"]))
        #expect(package.omitted.isEmpty)
        let program = package.programs[0]
        #expect(program.functions.map(\.name) == ["p", name])
        let start = program.functions[1].start
        #expect(Array(program.code[start...]) == BuiltInRoutine(rawValue: name)?.code)
        let targets = try Decoder().program(program.code).filter { $0.operation == .callLocal }.map { Int($0.offset) }
        #expect(!targets.isEmpty && targets.allSatisfy { $0 == start })
    }

    @Test("a definition of the object's own comes first")
    func ownRoutine() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                __noinline void *memset(void *d, int v, u64 n) { *(u64 *)d = v + bpf_ktime_get_ns(); return d; }
                SEC("xdp") int p(u64 *c) { memset(c, 3, *c); return 0; }
                """, flags: ["-O2", "-fno-builtin"]))
        let program = package.programs[0]
        #expect(program.functions.map(\.name) == ["p", "memset"])
        #expect(Array(program.code[program.functions[1].start...]) != BuiltInRoutine.memset.code)
    }

    @Test("every routine stays within itself and ends")
    func shapes() throws {
        for routine in BuiltInRoutine.allCases {
            let code = try Decoder().program(routine.code)
            for (index, instruction) in code.enumerated() where instruction.operation.encoding.offset == .jump {
                #expect(code.indices.contains(Int(instruction.offset)), "\(routine), \(index)")
            }
            #expect(code.last?.operation == .exit)
        }
    }
}
