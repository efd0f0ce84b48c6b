import Bytecode
import Foundation
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Objects of gcc's bpf target, whose assembler has (before binutils 2.41) another idea of relocations than LLVM's.
@Suite("Objects from gcc")
struct GNUTests {
    static let reason = "needs gcc for bpf: apt-get install gcc-bpf"

    private static let head = """
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        #define __array(name, val) typeof(val) *name[]
        #define __noinline __attribute__((noinline))
        typedef unsigned int u32;
        typedef unsigned long long u64;
        void *bpf_map_lookup_elem(void *map, const void *key) __attribute__((kernel_helper(1)));
        u64 bpf_ktime_get_ns(void) __attribute__((kernel_helper(5)));

        """

    private static func read(_ source: String) throws -> ObjectPackage {
        let object = try #require(try BPFCompiler.gnuObject(head + source))
        let package = try ObjectReader.read(object)
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
        for program in package.programs { _ = try Decoder().program(program.code) }
        return package
    }

    @Test(
        "calls reach the functions they name, global or static, wherever they lie",
        .enabled(if: BPFCompiler.hasGNU, "\(reason)"))
    func calls() throws {
        let package = try Self.read(
            """
            static __noinline int s0(int x) { return x * 3 + bpf_ktime_get_ns(); }
            static __noinline int s1(int x) { return x * 5 + bpf_ktime_get_ns(); }
            __noinline int g0(int x) { return s1(x) * 7 + bpf_ktime_get_ns(); }
            __noinline int g1(int x) { return s0(x) * 9 + bpf_ktime_get_ns(); }
            SEC("xdp") int p(u32 *c) { return s0(1) + s1(2) + g0(3) + g1(4); }
            SEC("xdp") int q(u32 *c) { return s1(9) + g1(7); }
            """)
        #expect(package.programs.map(\.name).sorted() == ["p", "q"])
        let wanted: [String: Set<String>] = [
            "p": ["s0", "s1", "g0", "g1"], "q": ["s1", "g1"], "g0": ["s1"], "g1": ["s0"],
        ]
        for program in package.programs {
            let starts = Dictionary(uniqueKeysWithValues: program.functions.map { ($0.start, $0.name) })
            var called: [String: Set<String>] = [:]
            for (index, instruction) in try Decoder().program(program.code).enumerated()
            where instruction.operation == .callLocal {
                let caller = try #require(program.functions.last { $0.start <= index }).name
                called[caller, default: []].insert(try #require(starts[Int(instruction.offset)]))
            }
            for (caller, callees) in called { #expect(wanted[caller] == callees, "\(caller)") }
            #expect(called[program.name] != nil)
        }
    }

    @Test("addresses lead to the variables they name, and into them", .enabled(if: BPFCompiler.hasGNU, "\(reason)"))
    func addresses() throws {
        let package = try Self.read(
            """
            struct s { u32 a, b, c[4]; };
            struct s first = {1, 2, {3, 4, 5, 6}}, second = {7, 8, {9, 10, 11, 12}};
            static struct s hidden = {13, 14, {15}}, last = {16, 17, {18}};
            SEC("xdp") u64 p(u32 *c) { return (u64)&first; }
            SEC("xdp") u64 q(u32 *c) { return (u64)&second; }
            SEC("xdp") u64 r(u32 *c) { return (u64)&second.c[2]; }
            SEC("xdp") u64 s(u32 *c) { hidden.a = last.b = c[0]; return (u64)&last.c[0]; }
            """)
        let map = try #require(package.maps.first { $0.name == ".data" })
        func word(_ name: String, _ index: Int = 0) throws -> [UInt8] {
            let program = try #require(package.programs.first { $0.name == name })
            let offsets: [Int] = try program.references(to: package.maps).compactMap {
                if case .mapValue(_, let offset) = $0.reference { Int(offset) } else { nil }
            }
            let offset = offsets[index < 0 ? offsets.count + index : index]
            return Array(map.initialValue[offset..<offset + 4])
        }
        #expect(try word("p") == [1, 0, 0, 0] && word("q") == [7, 0, 0, 0] && word("r") == [11, 0, 0, 0])
        let last = try #require(package.programs.first { $0.name == "s" })
        let starts: Set<[UInt8]> = Set(
            try last.references(to: package.maps).compactMap {
                guard case .mapValue(_, let offset) = $0.reference else { return nil }
                return Array(map.initialValue[Int(offset)..<Int(offset) + 4])
            })
        #expect(
            starts.isSubset(of: [[13, 0, 0, 0], [16, 0, 0, 0], [17, 0, 0, 0], [18, 0, 0, 0]]) && !starts.isEmpty)
    }

    @Test(
        "maps are those that its debug information describes, and hold what they are filled with",
        .enabled(if: BPFCompiler.hasGNU, "\(reason)"))
    func maps() throws {
        let package = try Self.read(
            """
            struct inner { __uint(type, 2); __type(key, u32); __type(value, u64); __uint(max_entries, 3); };
            struct inner one SEC(".maps"), two SEC(".maps");
            struct {
                __uint(type, 12); __type(key, u32); __uint(max_entries, 4); __array(values, struct inner);
            } outer SEC(".maps") = { .values = { [1] = &one, [3] = &two } };
            SEC("xdp") int p(void *c) { u32 key = 1; return bpf_map_lookup_elem(&outer, &key) != 0; }
            SEC("xdp") int q(void *c) { u32 key = 1; return bpf_map_lookup_elem(&two, &key) != 0; }
            char l[] SEC("license") = "GPL";
            """)
        #expect(package.licence == "GPL")
        let outer = try #require(package.maps.first { $0.name == "outer" })
        let names = outer.slots.map { slot in
            if case .map(let map) = slot.target { "\(slot.index) \(package.maps[map].name)" } else { "" }
        }
        #expect(names == ["1 one", "3 two"] && outer.innerMap != nil)
        for (program, map) in [("p", "outer"), ("q", "two")] {
            let code = try #require(package.programs.first { $0.name == program })
            let used = try code.references(to: package.maps).map(\.reference)
            #expect(used == [.map(index: try #require(package.maps.firstIndex { $0.name == map }))])
        }
    }

    @Test("what it asks of types is answered", .enabled(if: BPFCompiler.hasGNU, "\(reason)"))
    func core() throws {
        let source =
            Self.head
                + """
                struct xdp_md { u32 data_end, data; } __attribute__((preserve_access_index));
                struct task { int a, pid; } __attribute__((preserve_access_index));
                SEC("xdp") int p(struct xdp_md *c) { return c->data_end - c->data; }
                SEC("xdp") int q(struct task *t) { return t->pid; }
                """
        let object = try #require(try BPFCompiler.gnuObject(source, flags: ["-mco-re"]))
        let package = try ObjectReader.read(object)
        let loads = package.programs[package.programs.firstIndex { $0.name == "p" } ?? 0].code.filter {
            $0.opcode == 0x61
        }
        #expect(Set(loads.map(\.offset)) == [0, 4] && loads.first?.offset != nil)
        #expect(package.programs.first { $0.name == "q" }?.needsRelocation == ["task"])
    }

    @Test("an object that only claims to be gcc's, or is not as gcc's are, is read like any other")
    func others() throws {
        let source =
            CSource.prelude + """
                __noinline int a(int x) { return x + bpf_ktime_get_ns(); }
                __noinline int b(int x) { return x - bpf_ktime_get_ns(); }
                SEC("xdp") int p(u64 *c) { return a(1) + b(2); }
                __attribute__((section(".comment"), used)) char compiler[] = "GCC: (a lie) 12.2.0";
                """
        let package = try ObjectReader.read(BPFCompiler.object(source))
        #expect(package.programs[0].functions.map(\.name) == ["p", "a", "b"])
    }
}
