import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// What clang compiles and nothing here can read: each is refused with the reason.
@Suite("Objects that cannot run here")
struct UnsupportedTests {
    private func refusal(of body: String, flags: [String] = BPFCompiler.usualFlags) throws -> ObjectError? {
        let object = try CSource.compiled(body, flags: flags)
        do throws(ObjectError) {
            _ = try ObjectReader.read(object)
            return nil
        } catch {
            return error
        }
    }

    private static let program = "SEC(\"xdp\") int p(u64 *context) { return 0; }\n"

    @Test("data that holds addresses")
    func dataRelocations() throws {
        #expect(
            try refusal(of: "static int x; int *pointer = &x; SEC(\"xdp\") int p(int *context) { return *pointer; }")
                == .dataRelocation(section: ".data", offset: 0, symbol: ".bss"))
    }

    @Test("recursion, direct and around a corner")
    func recursion() throws {
        let direct = "static __noinline u64 a(u64 x) { return x < 2 ? x : a(x - 1) + a(x - bpf_ktime_get_ns()); }\n"
        #expect(
            try refusal(of: direct + "SEC(\"xdp\") int p(u64 *context) { return a(*context); }")
                == .recursion(program: "p", functions: ["a", "a"]))
        let corner = """
            __noinline u64 b(u64 x);
            __noinline u64 a(u64 x) { return b(x - 1) + bpf_ktime_get_ns(); }
            __noinline u64 b(u64 x) { return x > 3 ? a(x - 2) * 2 : x; }

            """
        #expect(
            try refusal(of: corner + "SEC(\"xdp\") int p(u64 *context) { return a(*context); }")
                == .recursion(program: "p", functions: ["a", "b", "a"]))
        // A cycle that no program reaches is only dead code.
        #expect(try refusal(of: corner + Self.program) == nil)
    }

    @Test("long chains of calls are no recursion, and end at the limit of functions")
    func chains() throws {
        func chain(_ count: Int) -> String {
            var text = "static __noinline u64 f0(u64 x) { return bpf_ktime_get_ns(); }\n"
            for index in 1..<count {
                text +=
                    "static __noinline u64 f\(index)(u64 x) { return f\(index - 1)(x + \(index)) * bpf_ktime_get_ns(); }\n"
            }
            return text + "SEC(\"xdp\") int p(u64 *context) { return f\(count - 1)(*context); }"
        }
        let package = try ObjectReader.read(CSource.compiled(chain(255)))
        #expect(package.programs[0].functions.count == 256)
        #expect(try refusal(of: chain(256)) == .tooManyFunctions(program: "p", limit: 256))
    }

    @Test("programs longer than a branch reaches")
    func length() throws {
        func long(_ bytes: Int) -> String {
            "asm(\".section xdp,\\\"ax\\\",@progbits\\n.globl p\\n.type p,@function\\np:\\n.fill \(bytes / 8), 8, 0xb7\\nexit\\n.size p, .-p\\n\");"
        }
        #expect(try ObjectReader.read(CSource.compiled(long(65_535 * 8))).programs[0].code.count == 65_536)
        #expect(try refusal(of: long(65_536 * 8)) == .tooManySlots(program: "p", slots: 65_537, limit: 65_536))
    }

    @Test("jumps out of a function, and functions without an end")
    func flow() throws {
        func assembly(_ text: String) -> String { "asm(\".section xdp,\\\"ax\\\",@progbits\\n\(text)\");" }
        let head = ".globl p\\n.type p,@function\\np:\\n"
        let tail = ".size p, .-p\\n.globl q\\n.type q,@function\\nq:\\nr0 = 1\\nexit\\n.size q, .-q\\n"
        #expect(
            try refusal(of: assembly(head + "goto +0\\n" + tail))
                == .jumpLeavesFunction(function: "p", section: "xdp", offset: 0, target: 8))
        #expect(
            try refusal(of: assembly(head + "if r1 > 0 goto -2\\nexit\\n" + tail))
                == .jumpLeavesFunction(function: "p", section: "xdp", offset: 0, target: -8))
        #expect(
            try refusal(of: assembly(head + "gotol +100\\n" + tail), flags: ["-O2", "-mcpu=v4"])
                == .jumpLeavesFunction(function: "p", section: "xdp", offset: 0, target: 808))
        #expect(
            try refusal(of: assembly(head + "r0 = 1\\n" + tail))
                == .functionFallsThrough(function: "p", section: "xdp", offset: 0))
        #expect(
            try refusal(of: assembly(head + "if r1 > 0 goto -1\\n" + tail))
                == .functionFallsThrough(function: "p", section: "xdp", offset: 0))
        #expect(
            try refusal(of: assembly(head + "r0 = 1\\nexit\\n.quad 0x18\\n" + tail))
                == .wideImmediateCut(section: "xdp", offset: 16))
        // A number that merely looks like the end of a function.
        #expect(
            try refusal(of: assembly(head + "goto +1\\n.quad 0x18\\n.quad 0x95\\n" + tail))
                == .functionFallsThrough(function: "p", section: "xdp", offset: 16))
    }

    @Test("calls of a label inside of the same function move with it")
    func innerCalls() throws {
        let text =
            "asm(\".section xdp,\\\"ax\\\",@progbits\\n.globl p\\n.type p,@function\\np:\\n"
            + "r1 = 5\\ncall 1\\nexit\\nr0 = r1\\nr0 += 2\\nexit\\n.size p, .-p\\n\");"
        var editor = ObjectEditor(try CSource.compiled(text, flags: ["-O2"]))
        // The assembler writes a helper's call; a local one has source register 1.
        editor.bytes[editor.start("xdp") + 9] = 0x10
        let package = try ObjectReader.read(editor.bytes)
        #expect(
            package.programs[0].functions == [FunctionRange(name: "p", start: 0), FunctionRange(name: "p+3", start: 3)])
        editor.put(0xFFFF_FFFE, at: editor.start("xdp") + 12, width: 4)
        #expect(throws: ObjectError.recursion(program: "p", functions: ["p", "p"])) {
            try ObjectReader.read(editor.bytes)
        }
    }

    @Test(
        "map definitions that say nothing, too much, or two things",
        arguments: [
            ("__uint(max_entries, 1);", .mapMember(map: "m", member: "type", .missing)),
            ("__uint(type, 1); __uint(colour, 3);", .mapMember(map: "m", member: "colour", .unknown)),
            ("int type;", .mapMember(map: "m", member: "type", .notANumber)),
            ("__uint(type, 1); int key;", .mapMember(map: "m", member: "key", .notAType)),
            (
                "__uint(type, 1); __uint(key_size, 8); __type(key, u32);",
                .mapKeySizes(map: "m", member: "key", declared: 8, ofType: 4)
            ),
            (
                "__uint(type, 1); __type(value, u64); __uint(value_size, 4);",
                .mapKeySizes(map: "m", member: "value", declared: 4, ofType: 8)
            ),
        ] as [(String, ObjectError)])
    func mapDefinitions(members: String, refusal expected: ObjectError) throws {
        #expect(try refusal(of: "struct { \(members) } m SEC(\".maps\");\n" + Self.program) == expected)
    }

    @Test("more maps than there may be")
    func tooManyMaps() throws {
        let maps = (0..<129).map { "struct { __uint(type, 1); } m\($0) SEC(\".maps\");\n" }.joined()
        #expect(try refusal(of: maps + Self.program) == .limitExceeded(what: "maps", value: 129, limit: 128))
    }

    @Test("more programs than there may be")
    func tooManyPrograms() throws {
        let programs = (0..<257).map { "SEC(\"xdp\") int p\($0)(void *context) { return \($0); }\n" }.joined()
        #expect(try refusal(of: programs, flags: ["-O2"]) == .limitExceeded(what: "programs", value: 257, limit: 256))
    }

    @Test("legacy definitions with fields that mean something to other loaders")
    func legacyTail() throws {
        let map = "struct { u32 a[7]; } m SEC(\"maps\") = { { 1, 4, 4, 1, 0, 0, 9 } };\n"
        #expect(try refusal(of: map + Self.program) == .mapDefinitionTail(section: "maps", offset: 24))
        let short = "struct { u32 a[3]; } m SEC(\"maps\") = { { 1, 4, 4 } };\n"
        #expect(
            try refusal(of: short + Self.program)
                == .mapDefinitionSize(section: "maps", symbol: "m", size: 12, minimum: 16))
        let zero = "struct { u32 a[9]; } m SEC(\"maps\") = { { 1, 4, 4, 1 } };\n"
        #expect(try refusal(of: zero + Self.program) == nil)
    }

    @Test("a licence that is too long or could deceive")
    func licence() throws {
        let long = String(repeating: "x", count: 128)
        #expect(
            try refusal(of: "char l[] SEC(\"license\") = \"\(long)\";\n" + Self.program)
                == .nameTooLong(what: "the licence", bytes: 128, limit: 127))
        #expect(
            try refusal(of: "char l[] SEC(\"license\") = \"GPL\\033[2J\";\n" + Self.program)
                == .nameForbiddenCharacter(what: "the licence", scalar: 0x1B))
    }

    @Test("an object without functions")
    func nothing() throws {
        #expect(try refusal(of: "int x = 3;") == .noPrograms)
    }
}
