import Bytecode
import Foundation
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// CO-RE relocations against types that somebody gives, as libbpf answers them against a kernel's.
@Suite("CO-RE against given types")
struct CoreTargetTests {
    private static let head = """
        #define __core __attribute__((preserve_access_index))
        #define field(expression, kind) __builtin_preserve_field_info(expression, kind)
        #define type(name, kind) __builtin_preserve_type_info(*(name *)0, kind)
        #define number(kind, name, value) __builtin_preserve_enum_value(*(enum kind *)value, name)

        """

    /// The object's own idea of the types.
    private static let local = """
        struct inner { int x, y; } __core;
        struct task {
            int a; unsigned int pid; unsigned long flags; struct inner in; char name[8]; unsigned bit : 3; int sbit : 5;
            struct inner many[4]; void *pointer; short gone; int wide; int narrow; unsigned grows;
        } __core;
        struct task___old { int pid_before; } __core;
        struct nowhere { int a; } __core;
        union either { int a; long b; } __core;
        typedef int (*callback)(int, void *);
        typedef struct { int q; } named;
        enum kind { ONE = 1, TWO = 2, MISSING = 9 };
        enum big { LARGE = 0x1234567890ULL };

        """

    /// Another: what is asked for lies elsewhere, some of it in structures without a name.
    private static let target = """
        struct inner { long pad; int y, x; };
        struct task {
            long first;
            struct { union { struct { unsigned int pid; }; long other; }; };
            char name[16]; unsigned long flags; struct inner in;
            unsigned pad1 : 7; unsigned bit : 4; int sbit : 6;
            struct inner many[8]; void *pointer; long wide; unsigned short narrow; unsigned long grows; long a;
        } task;
        union either { char c[24]; long b; } either;
        typedef int (*callback)(int, void *);
        callback back;
        typedef struct { long q, r; } named;
        named nameds;
        enum kind { ONE = 11, TWO___other = 12 } kind;
        enum big { LARGE = 0x9876543210ULL } big;
        SEC("xdp") int p(void *c) { return task.pid + kind + either.b + nameds.q + big + (long)back; }
        """

    private static func types(_ source: String) throws -> [UInt8] { try CSource.compiled(source) }

    private static func read(_ queries: [String], _ types: [UInt8]?) throws -> ObjectPackage {
        var source = head + local
        for (index, query) in queries.enumerated() {
            source += "SEC(\"xdp\") long q\(index)(struct task *t) { return \(query); }\n"
        }
        return try ObjectReader.read(try CSource.compiled(source), in: ObjectEnvironment(types: types))
    }

    /// What a program returns that is a constant.
    private static func constant(_ program: Program) throws -> Int64? {
        let decoded = try Decoder().program(program.code)
        return [.mov64Immediate, .loadImmediate64, .mov32Immediate].contains(decoded[0].operation)
            ? decoded[0].immediate : nil
    }

    @Test(
        "questions have the answers of the given types",
        arguments: [
            ("field(t->pid, 0)", 8), ("field(t->pid, 1)", 4), ("field(t->pid, 2)", 1), ("field(t->gone, 2)", 0),
            ("field(t->flags, 0)", 32), ("field(t->in.x, 0)", 52), ("field(t->in.y, 0)", 48),
            ("field(t->many[2].x, 0)", 64 + 2 * 16 + 12), ("field(t->name[3], 0)", 19), ("field(t->pid, 3)", 0),
            ("field(t->a, 3)", 1), ("field(t->a, 1)", 8), ("field(t->many[3], 2)", 1),
            // Bits 7 to 11 of the word at 56, and the six behind them.
            ("field(t->bit, 0)", 56), ("field(t->bit, 1)", 4), ("field(t->bit, 4)", 64 - 11),
            ("field(t->bit, 5)", 64 - 4), ("field(t->sbit, 3)", 1), ("field(t->sbit, 5)", 64 - 6),
            ("field(t->sbit, 4)", 64 - 17),
            ("type(struct task, 0)", 1), ("type(struct nowhere, 0)", 0), ("type(struct nowhere, 1)", 0),
            ("type(union either, 1)", 24), ("type(named, 1)", 16), ("type(callback, 0)", 1),
            ("type(struct task___old, 0)", 1),
            ("number(kind, 0, ONE)", 1), ("number(kind, 1, ONE)", 11), ("number(kind, 1, TWO)", 12),
            ("number(kind, 0, MISSING)", 0), ("number(big, 1, LARGE)", 0x98_7654_3210),
        ] as [(String, Int64)])
    func answers(query: String, expected: Int64) throws {
        let package = try Self.read([query], Self.types(Self.target))
        let program = try #require(package.programs.first)
        #expect(program.needsRelocation.isEmpty)
        #expect(try Self.constant(program) == expected)
    }

    @Test("BTF by itself and an ELF file with some are the same types")
    func forms() throws {
        let object = try Self.types(Self.target)
        let image = try ObjectImage(object)
        let raw = try #require(image.sections.first { $0.name == ".BTF" }).contents.bytes
        let queries = ["field(t->pid, 0)", "t->flags"]
        #expect(try Self.read(queries, object) == Self.read(queries, raw))
        // Of another machine, and executable: a kernel's own file.
        var editor = ObjectEditor(object)
        editor.put(2, at: 16, width: 2)
        editor.put(62, at: 18, width: 2)
        #expect(try Self.read(queries, editor.bytes) == Self.read(queries, raw))
    }

    @Test("loads and stores go to the place and have the size of the given type, where that reads the same number")
    func loads() throws {
        let package = try Self.read(
            ["t->pid", "t->grows", "(t->flags = 7)", "(long)t->pointer", "t->wide", "t->narrow", "t->gone"],
            Self.types(Self.target))
        let code = package.programs.map {
            $0.code.filter { [1, 2, 3, 5].contains($0.opcode & 7) && $0.opcode != 0x95 }
        }
        #expect(code[0].map(\.opcode) == [0x61] && code[0][0].offset == 8)
        // 32 bits without a sign become 64.
        #expect(code[1][0].opcode == 0x79)
        #expect(code[2].contains { $0.offset == 32 && $0.opcode & 0x18 == 0x18 })
        #expect(code[3][0].opcode == 0x79)
        // With a sign they would not; a field that is not there has no place.
        for program in code[4...6] { #expect(program[0] == AbsentCall.type.slot) }
        for program in package.programs { _ = try Decoder().program(program.code) }
    }

    @Test("types that are one thing in two places, or two things, are told apart")
    func severalCandidates() throws {
        let same = "struct task { long a; int pid; } one; struct task___two { long b; int pid; } two;"
        let other = "struct task { long a; int pid; } one; struct task___two { int pid; } two;"
        let tail = "\nSEC(\"xdp\") int p(void *c) { return one.pid + two.pid; }"
        let package = try Self.read(["field(t->pid, 0)"], Self.types(same + tail))
        #expect(try Self.constant(package.programs[0]) == 8)
        let refusal = #expect(throws: ObjectError.self) {
            try Self.read(["field(t->pid, 0)"], Self.types(other + tail))
        }
        guard case .btf(".BTF.ext", _, .coreAmbiguous("task"))? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
    }

    @Test("what programs see here is what is published here, whatever types are given")
    func published() throws {
        let context = """
            struct xdp_md { unsigned data, data_end; } __attribute__((preserve_access_index));
            SEC("xdp") long p(struct xdp_md *c) { return __builtin_preserve_field_info(c->data_end, 0); }
            """
        let types = try Self.types(
            "struct xdp_md { long pad[9]; unsigned data_end, data; } c; SEC(\"xdp\") int p(void *x) { return c.data; }")
        let package = try ObjectReader.read(CSource.compiled(context), in: ObjectEnvironment(types: types))
        #expect(try Self.constant(package.programs[0]) == 4)
    }

    @Test("without types, the program says what it needs")
    func unanswered() throws {
        #expect(try Self.read(["field(t->pid, 0)"], nil).programs[0].needsRelocation == ["task"])
        #expect(try Self.read(["type(struct task, 2)"], nil).programs[0].needsRelocation == ["task"])
    }

    @Test("files that are no types are refused by name")
    func noTypes() throws {
        func refusal(_ types: [UInt8]) -> ObjectError? {
            #expect(throws: ObjectError.self) { try Self.read(["field(t->pid, 0)"], types) }
        }
        #expect(refusal([]) == .typesFile(.tooShort(bytes: 0, needed: 64)))
        #expect(refusal(Array("not a file of types".utf8)) == .typesFile(.notELF(magic: 0x20746F6E)))
        #expect(
            refusal([0x9F, 0xEB, 2, 0, 24, 0, 0, 0]) == .typesFile(.btf(section: ".BTF", offset: 2, .wrongVersion(2))))
        let plain = try CSource.compiled("SEC(\"xdp\") int p(void *c) { return 1; }", flags: ["-O2"])
        #expect(refusal(plain) == .typesFile(.noTypes))
    }

    @Test("damaged types are read or refused, and nothing else")
    func damage() throws {
        let object = try Self.types(Self.target)
        let raw = try #require(try ObjectImage(object).sections.first { $0.name == ".BTF" }).contents.bytes
        let queries = ["field(t->pid, 0)", "t->flags", "type(callback, 0)", "number(kind, 1, ONE)", "t->many[3].x"]
        let source = try CSource.compiled(
            Self.head + Self.local
                + queries.enumerated().map { "SEC(\"xdp\") long q\($0)(struct task *t) { return \($1); }\n" }.joined())
        var random = SeededGenerator(seed: 0xB7F)
        var (read, refused) = (0, 0)
        for round in 0..<3_000 {
            let types = mutated(round % 2 == 0 ? raw : object, with: &random)
            do throws(ObjectError) {
                let package = try ObjectReader.read(source, in: ObjectEnvironment(types: types))
                _ = try? package.serialized()
                read += 1
            } catch { refused += 1 }
        }
        print("damaged types: \(read) read, \(refused) refused")
        #expect(read > 100 && refused > 100)
    }

    @Test("structures within structures without end are given up by name, soon")
    func endless() throws {
        // struct task, whose 200 members without a name are each a structure of the next number, ten deep.
        var words: [UInt32] = []
        let depth: UInt32 = 10, width: UInt32 = 200
        for level in 0..<depth {
            words += [level == 0 ? 1 : 0, 4 << 24 | width, 64]
            for _ in 0..<width { words += [0, level + 1 < depth ? level + 2 : depth + 1, 0] }
        }
        words += [6, 1 << 24, 4, 32]
        let strings = Array("\0task\0int\0".utf8)
        var bytes: [UInt8] = [0x9F, 0xEB, 1, 0]
        func put(_ word: UInt32) {
            for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt32(shift)))) }
        }
        for word in [24, 0, UInt32(words.count) * 4, UInt32(words.count) * 4, UInt32(strings.count)] { put(word) }
        for word in words { put(word) }
        bytes += strings
        let types = bytes
        #expect(
            throws: ObjectError.limitExceeded(
                what: "members looked at for CO-RE relocations", value: UInt64(ObjectLimits.coreLooks) + 1,
                limit: UInt64(ObjectLimits.coreLooks))
        ) { try Self.read(["field(t->pid, 0)"], types) }
    }

    private static let kernelTypes = "/sys/kernel/btf/vmlinux"

    @Test(
        "the running kernel's types are read, and a task's fields found in them",
        .enabled(if: FileManager.default.isReadableFile(atPath: kernelTypes), "no \(kernelTypes) here"))
    func kernel() throws {
        let types = try Array(Data(contentsOf: URL(fileURLWithPath: Self.kernelTypes)))
        let package = try ObjectReader.read(
            CSource.compiled(
                Self.head
                    + """
                    struct task_struct { int pid; int tgid; int no_such_field; } __core;
                    SEC("xdp") long p(struct task_struct *t) { return field(t->tgid, 0) - field(t->pid, 0); }
                    SEC("xdp") long q(struct task_struct *t) { return field(t->no_such_field, 2); }
                    SEC("xdp") long r(struct task_struct *t) { return type(struct task_struct, 1) > 1000; }
                    """), in: ObjectEnvironment(types: types))
        for program in package.programs { #expect(program.needsRelocation.isEmpty) }
        let immediates = try Decoder().program(package.programs[0].code).filter {
            $0.destination == 0 || $0.destination == 1
        }
        .compactMap { $0.operation == .mov64Immediate ? $0.immediate : nil }
        // pid and tgid lie side by side (include/linux/sched.h).
        #expect(immediates.count == 2 && abs(immediates[0] - immediates[1]) == 4 && immediates.allSatisfy { $0 > 64 })
        #expect(try Self.constant(package.programs[1]) == 0)
    }
}
