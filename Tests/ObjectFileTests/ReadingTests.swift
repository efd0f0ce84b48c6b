import Bytecode
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

@Suite("Reading objects from clang")
struct ReadingTests {
    @Test("an object with something of everything becomes a package")
    func everything() throws {
        let package = try ObjectReader.read(BPFCompiler.object(CSource.everything))
        #expect(package.licence == "Dual MIT/GPL")
        #expect(package.hasBTF && package.hasLineInfo)
        #expect(package.programs.map(\.name) == ["first", "second"])
        #expect(package.programs.map(\.section) == ["xdp", "cgroup/connect4"])
        #expect(package.programs[0].functions.map(\.name) == ["first", "global_sub", "local_sub"])
        #expect(package.programs[1].functions.map(\.name) == ["second", "local_sub"])
        #expect(
            package.untypedMaps == [
                MapDefinition(name: "counts", type: 2, keySize: 4, valueSize: 8, maximumEntries: 4),
                MapDefinition(name: "table", type: 1, keySize: 8, valueSize: 16, maximumEntries: 100, flags: 1),
                MapDefinition(
                    name: ".data", type: 2, keySize: 4, valueSize: 4, maximumEntries: 1, initialValue: [3, 0, 0, 0]),
                MapDefinition(
                    name: ".rodata", type: 2, keySize: 4, valueSize: 4, maximumEntries: 1, flags: 0x80,
                    initialValue: [7, 0, 0, 0], isReadOnly: true),
                MapDefinition(name: ".bss", type: 2, keySize: 4, valueSize: 4, maximumEntries: 1),
            ])
        for program in package.programs { _ = try Decoder().program(program.code) }
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test(
        "calls reach the functions they name",
        arguments: [["-O2"], ["-O2", "-g"], ["-O1", "-g"], ["-Os"], ["-O2", "-mcpu=v4"]])
    func calls(flags: [String]) throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                static __noinline u64 a(u64 x) { return x + bpf_ktime_get_ns(); }
                __noinline u64 b(u64 x) { return a(x) * 3; }
                SEC("other") static __noinline u64 c(u64 x) { return x - bpf_ktime_get_ns(); }
                SEC("xdp") static __noinline u64 d(u64 x) { return b(x) + c(x); }
                SEC("xdp") int p(u64 *context) { return a(*context) + b(context[1]) + d(context[2]); }
                SEC("xdp") int q(u64 *context) { return d(1); }
                """, flags: flags))
        #expect(package.programs.map(\.name) == ["p", "q"])
        for program in package.programs {
            let starts = Dictionary(uniqueKeysWithValues: program.functions.map { ($0.start, $0.name) })
            var called: [String: Set<String>] = [:]
            for (index, instruction) in try Decoder().program(program.code).enumerated()
            where instruction.operation == .callLocal {
                let caller = try #require(program.functions.last { $0.start <= index }).name
                called[caller, default: []].insert(try #require(starts[Int(instruction.offset)]))
            }
            #expect(called["b"] == ["a"])
            #expect(called["d"] == ["b", "c"])
            #expect(called[program.name] == (program.name == "p" ? ["a", "b", "d"] : ["d"]))
        }
    }

    @Test("references to data keep their offsets, through section symbols and through their own")
    func data() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                u64 first = 11, second = 22;
                static volatile u64 hidden[4] = { 1, 2, 3, 4 };
                static volatile u64 zero[3];
                const volatile u8 table[5] = { 9, 8, 7, 6, 5 };
                SEC(".data.custom") u64 custom = 77;
                SEC("xdp") int p(void *context) { zero[2] = hidden[3]; return second + first + table[4] + custom; }
                """))
        let program = try #require(package.programs.first)
        var seen: [String: Set<UInt32>] = [:]
        for (_, reference) in try program.references(to: package.maps) {
            guard case .mapValue(let index, let offset) = reference else { continue }
            seen[package.maps[index].name, default: []].insert(offset)
        }
        // Whether clang adds a constant to the address or to the access is its own affair: both are inside of the
        // value.
        #expect(Set(seen.keys) == [".data", ".bss", ".rodata", ".data.custom"])
        #expect(seen[".data"]?.count == 3)
        let data = try #require(package.maps.first { $0.name == ".data" })
        for (_, reference) in try program.references(to: package.maps) {
            guard case .mapValue(let index, let offset) = reference, package.maps[index].name == ".data" else {
                continue
            }
            #expect([11, 22, 1, 4].contains(data.initialValue[Int(offset)]))
        }
        #expect(package.maps.first { $0.name == ".bss" }?.initialValue == [])
        #expect(package.maps.first { $0.name == ".rodata" }?.initialValue == [9, 8, 7, 6, 5])
    }

    @Test("strings of the program become read-only maps of their own sections")
    func strings() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                static long (*print)(const char *text, u32 size, ...) = (void *)6;
                SEC("xdp") int p(void *context) { print("hello %d", 9, 5); return 0; }
                """))
        let map = try #require(package.maps.first { $0.name == ".rodata.str1.1" })
        #expect(map.isReadOnly && map.initialValue == Array("hello %d".utf8) + [0])
    }

    @Test("legacy map definitions are read, with and without flags")
    func legacyMaps() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                struct bpf_map_def { u32 type, key_size, value_size, max_entries, map_flags; };
                struct bpf_map_def SEC("maps") one = { 1, 4, 8, 16, 1 };
                struct bpf_map_def SEC("maps") two = { 6, 4, 4, 2 };
                SEC("xdp") int p(void *context) { u32 key = 0; return bpf_map_lookup_elem(&two, &key) || bpf_map_lookup_elem(&one, &key); }
                """, flags: ["-O2"]))
        #expect(
            package.untypedMaps == [
                MapDefinition(name: "one", type: 1, keySize: 4, valueSize: 8, maximumEntries: 16, flags: 1),
                MapDefinition(name: "two", type: 6, keySize: 4, valueSize: 4, maximumEntries: 2),
            ])
        let references = try package.programs[0].references(to: package.maps).map(\.reference)
        #expect(references == [.map(index: 1), .map(index: 0)])
        #expect(package.hasBTF == false && package.hasLineInfo == false && package.programs[0].lines == [])
    }

    @Test("BTF definitions say sizes by number or by type, and keep types that nobody knows")
    func btfMaps() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                struct pair { u64 a; u8 b; };
                typedef struct pair pairs[3];
                struct { __uint(type, 6); __type(key, u32); __type(value, const pairs); __uint(max_entries, 1); } percpu SEC(".maps");
                struct { __uint(type, 999); __uint(max_entries, 4096); } future SEC(".maps");
                struct { __uint(type, 1); __uint(key_size, 4); __type(key, u32); __type(value, void *); __uint(max_entries, 3);
                         __uint(pinning, 1); } pinned SEC(".maps");
                SEC("xdp") int p(void *context) { u32 key = 0;
                    return !bpf_map_lookup_elem(&percpu, &key) + !bpf_map_lookup_elem(&future, &key); }
                """))
        #expect(
            package.untypedMaps.sorted { $0.name < $1.name } == [
                MapDefinition(name: "future", type: 999, keySize: 0, valueSize: 0, maximumEntries: 4096),
                MapDefinition(name: "percpu", type: 6, keySize: 4, valueSize: 48, maximumEntries: 1),
                MapDefinition(name: "pinned", type: 1, keySize: 4, valueSize: 8, maximumEntries: 3, pinning: 1),
            ])
    }

    @Test("source lines lie on the linked code, callees included")
    func lines() throws {
        let source =
            CSource.prelude + """
                static __noinline int helper(int x) {
                \treturn x * (int)bpf_ktime_get_ns();
                }
                SEC("xdp") int p(int *context) {
                    return helper(*context);
                }
                """
        let package = try ObjectReader.read(BPFCompiler.object(source))
        let program = package.programs[0]
        let texts = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(!program.lines.isEmpty)
        for line in program.lines {
            #expect(line.text == texts[Int(line.line) - 1])
            let function = try #require(program.functions.last { $0.start <= line.instruction })
            #expect(line.text.contains("helper(*context)") ? function.name == "p" : true)
            #expect(line.text.contains("bpf_ktime") ? function.name == "helper" : true)
        }
        #expect(program.lines.contains { $0.text == "\treturn x * (int)bpf_ktime_get_ns();" && $0.column > 0 })
        #expect(program.lines.first?.instruction == 0)
        for function in program.functions { #expect(program.lines.contains { $0.instruction == function.start }) }
    }

    @Test("a static function in a section of its own is a program, unless something refers to it")
    func staticPrograms() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                static long (*loop)(u32 count, void *callback, void *context, u64 flags) = (void *)181;
                SEC("tc/tail") static int lonely(u64 *context) { return *context; }
                SEC("tc/tail") static __noinline u64 called(u64 x) { return x + bpf_ktime_get_ns(); }
                SEC("tc/tail") static int callback(u32 index, void *context) { return index > 3; }
                SEC("tc/tail") int p(u64 *context) { return called(*context) + loop(10, callback, 0, 0); }
                static __attribute__((used)) int inText(u64 *context) { return *context; }
                """))
        #expect(package.programs.map(\.name) == ["lonely", "p"])
        #expect(package.programs.map(\.section) == ["tc/tail", "tc/tail"])
    }

    @Test("an object without other sections has its programs in .text")
    func textOnly() throws {
        let package = try ObjectReader.read(
            CSource.compiled("int main(void *context) { return 7; }", flags: ["-O2", "-ffreestanding"]))
        #expect(package.programs.map(\.name) == ["main"])
        #expect(package.programs[0].section == ".text")
    }

    @Test("functions by the address of another become code references")
    func callbacks() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                static long (*loop)(u32 count, void *callback, void *context, u64 flags) = (void *)181;
                static int body(u32 index, void *context) { return index > 3; }
                SEC("xdp") int p(void *context) { return loop(10, body, 0, 0); }
                """))
        let program = package.programs[0]
        #expect(program.functions.map(\.name) == ["p", "body"])
        let references = try program.references(to: package.maps).map(\.reference)
        #expect(references == [.code(slot: program.functions[1].start)])
        #expect(try program.facts(in: package).takesCodeAddress)
    }

    @Test("an object without debug information reads as the same programs", arguments: [["-g"], ["--strip-debug"]])
    func stripped(flags: [String]) throws {
        let whole = try BPFCompiler.object(CSource.everything)
        let package = try ObjectReader.read(whole)
        let less = try ObjectReader.read(BPFCompiler.stripped(whole, flags: flags))
        #expect(less.programs.map(\.code) == package.programs.map(\.code))
        #expect(less.maps == package.maps)
        #expect(
            less.programs.map { $0.canonicalBytes(in: less) } == package.programs.map { $0.canonicalBytes(in: package) }
        )
    }

    @Test("an object without symbols has nothing to run, and says so")
    func strippedOfSymbols() throws {
        let object = try CSource.compiled("SEC(\"xdp\") int p(void *context) { return 7; }", flags: ["-O2"])
        #expect(throws: ObjectError.noSymbolTable) {
            try ObjectReader.read(BPFCompiler.stripped(object, flags: ["--strip-all"]))
        }
    }
}
