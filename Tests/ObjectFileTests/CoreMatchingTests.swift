import Bytecode
import ProgramPackage
import Testing

@testable import ObjectFile

/// BPF_CORE_TYPE_MATCHES, rule by rule of `__bpf_core_types_match` (tools/lib/bpf/relo_core.c).
@Suite("CO-RE: types that match")
struct CoreMatchingTests {
    /// What a program is told that asks whether its own `local` matches a type of `target`.
    private static func answer(_ local: String, _ target: String, _ type: String = "struct t") throws -> Int64? {
        let source = """
            \(local)
            SEC("xdp") long p(void *c) { return __builtin_preserve_type_info(*(\(type) *)0, 2); }
            """
        let types = """
            \(target)
            \(type) instance;
            SEC("xdp") int p(void *c) { return (long)&instance; }
            """
        let package = try ObjectReader.read(
            CSource.compiled(source), in: ObjectEnvironment(types: CSource.compiled(types)))
        let program = try #require(package.programs.first)
        #expect(program.needsRelocation.isEmpty)
        let code = try Decoder().program(program.code)
        return code[0].operation == .mov64Immediate || code[0].operation == .mov32Immediate ? code[0].immediate : nil
    }

    @Test(
        "a structure matches one that has its members, by name, whatever else it has and wherever they lie",
        arguments: [
            ("struct t { int a; };", "struct t { int a; };", 1),
            ("struct t { int b, a; };", "struct t { long first; int a; char c; int b; };", 1),
            ("struct t { int a, b; };", "struct t { int a; };", 0),
            ("struct t { int a, b; };", "struct t { int a, c; };", 0),
            ("struct t {};", "struct t { int a; };", 1),
            // The same name, but another size, or sign.
            ("struct t { int a; };", "struct t { long a; };", 0),
            ("struct t { int a; };", "struct t { unsigned a; };", 0),
            // Names of integers count, too.
            ("struct t { long a; };", "struct t { long long a; };", 0),
            // Flavours and typedefs do not.
            ("typedef int number; struct t { number a; };", "struct t { const volatile int a; };", 1),
            (
                "struct in___mine { int x; }; struct t { struct in___mine a; };",
                "struct in { int x; }; struct t { struct in a; };", 1
            ),
        ] as [(String, String, Int64)])
    func structures(local: String, target: String, expected: Int64) throws {
        #expect(try Self.answer(local, target) == expected)
    }

    @Test(
        "members are matched all the way down, behind pointers by kind and name",
        arguments: [
            (
                "struct in { int x; }; struct t { struct in a; };",
                "struct in { int x; }; struct t { struct in a; };", 1
            ),
            (
                "struct in { int x; }; struct t { struct in a; };",
                "struct in { int y; }; struct t { struct in a; };", 0
            ),
            (
                "struct in { int x; }; struct t { struct in a; };",
                "struct no { int x; }; struct t { struct no a; };", 0
            ),
            ("struct in { int x; }; struct t { struct in a; };", "union in { int x; }; struct t { union in a; };", 0),
            (
                "struct in { int x; }; struct t { struct in *a; };",
                "struct in { int y; }; struct t { struct in *a; };", 1
            ),
            (
                "struct in { int x; } in; struct t { struct in *a; };",
                "struct in { int y; } in; struct t { struct in *a; };", 1
            ),
            (
                "struct in { int x; } in; struct t { struct in *a; };",
                "union in { int x; } in; struct t { union in *a; };", 0
            ),
            (
                "struct in { int x; }; struct t { struct in *a; };",
                "struct no { int x; }; struct t { struct no *a; };", 0
            ),
            (
                "struct in { int x; }; struct t { struct in *a; };",
                "union in { int x; }; struct t { union in *a; };", 0
            ),
            // Declared here, or there.
            ("struct in; struct t { struct in *a; };", "struct in { int y; }; struct t { struct in *a; };", 1),
            ("struct in { int y; }; struct t { struct in *a; };", "struct in; struct t { struct in *a; };", 1),
            ("struct in; struct t { struct in *a; };", "struct in; struct t { struct in *a; };", 1),
            ("struct in; struct t { struct in *a; };", "union in { int y; }; struct t { union in *a; };", 0),
            ("union in { int y; }; struct t { union in *a; };", "struct in; struct t { struct in *a; };", 0),
            ("union in; struct t { union in *a; };", "struct in; struct t { struct in *a; };", 0),
            // Pointers to pointers, and to nothing in particular.
            ("struct t { void *a; };", "struct t { void *a; };", 1),
            ("struct t { void *a; };", "struct t { int *a; };", 0),
            ("struct t { int *a; };", "struct t { unsigned *a; };", 0),
            ("struct t { int **a; };", "struct t { int *a; };", 0),
            ("struct t { struct t *a; };", "struct t { struct t *a; int b; };", 1),
            // Unions without a name, of which there may be several.
            (
                "struct t { union { int x; long y; }; };",
                "struct t { union { int u; }; union { int x; long y, z; }; };", 1
            ),
            ("struct t { union { int x; long y; }; };", "struct t { union { int x; }; };", 0),
        ] as [(String, String, Int64)])
    func members(local: String, target: String, expected: Int64) throws {
        #expect(try Self.answer(local, target) == expected)
    }

    @Test(
        "arrays have as many elements, and elements that match",
        arguments: [
            ("struct t { int a[4]; };", "struct t { int a[4]; };", 1),
            ("struct t { int a[4]; };", "struct t { int a[5]; };", 0),
            ("struct t { int a[4]; };", "struct t { unsigned a[4]; };", 0),
            ("struct t { int a[4]; };", "struct t { int *a; };", 0),
            ("struct t { int a[2][3]; };", "struct t { int a[2][3]; };", 1),
        ] as [(String, String, Int64)])
    func arrays(local: String, target: String, expected: Int64) throws {
        #expect(try Self.answer(local, target) == expected)
    }

    @Test(
        "functions have as many parameters, which match, and so does the result",
        arguments: [
            ("struct t { int (*f)(int, void *); };", "struct t { int (*f)(int, void *); };", 1),
            ("struct t { int (*f)(int, void *); };", "struct t { int (*f)(int); };", 0),
            ("struct t { int (*f)(int, void *); };", "struct t { int (*f)(long, void *); };", 0),
            ("struct t { int (*f)(int, void *); };", "struct t { void (*f)(int, void *); };", 0),
            // All of it is behind a pointer.
            (
                "struct in { int x; }; struct t { int (*f)(struct in); };",
                "struct in { int y; }; struct t { int (*f)(struct in); };", 1
            ),
        ] as [(String, String, Int64)])
    func functions(local: String, target: String, expected: Int64) throws {
        #expect(try Self.answer(local, target) == expected)
    }

    @Test(
        "an enumeration has enumerators of these names, whatever their numbers, and the same size",
        arguments: [
            ("enum e { A, B };", "enum e { B = 7, X, A };", 1),
            ("enum e { A, B };", "enum e { A, X };", 0),
            ("enum e { A, B };", "enum e { A };", 0),
            ("enum e { A___mine };", "enum e { A, B };", 1),
            ("enum e { A };", "enum e { A = 0x100000000 };", 0),
            ("enum e { A = 0x200000000 };", "enum e { A = 0x100000000 };", 1),
        ] as [(String, String, Int64)])
    func enumerations(local: String, target: String, expected: Int64) throws {
        #expect(try Self.answer(local, target, "enum e") == expected)
    }

    @Test("what programs see here is matched by what is published here")
    func published() throws {
        func answer(_ context: String) throws -> Int64? {
            try Self.answer(context, "struct xdp_md { long nothing; };", "struct xdp_md")
        }
        #expect(try answer("struct xdp_md { unsigned data_end, data; };") == 1)
        #expect(try answer("struct xdp_md { unsigned data_end, absent; };") == 0)
        #expect(try answer("struct xdp_md { unsigned long data_end; };") == 0)
    }

    @Test("types without end are given up by name")
    func endless() throws {
        let deep = (0..<40).reduce("int") { type, _ in type + " *" }
        #expect(throws: ObjectError.self) { try Self.answer("struct t { \(deep) a; };", "struct t { \(deep) a; };") }
    }
}
