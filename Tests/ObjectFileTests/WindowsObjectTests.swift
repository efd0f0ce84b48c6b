import Bytecode
import ObjectFile
import ProgramPackage
import Prototypes
import TestSupport
import Testing

/// Objects for eBPF for Windows: numbers of helpers and maps, and what is left out.
@Suite("Objects for eBPF for Windows")
struct WindowsObjectTests {
    private static let head = """
        #define SEC(name) __attribute__((section(name), used))
        #define __uint(name, val) int (*name)[val]
        #define __type(name, val) typeof(val) *name
        typedef unsigned int u32; typedef unsigned long long u64;

        """

    private static func calls(_ program: Program) -> [UInt32] {
        program.code.filter { $0.opcode == 0x85 && $0.source == 0 }.map { UInt32(bitPattern: $0.immediate) }
    }

    /// A program of a section that calls helpers by number, one after the other.
    private static func source(_ section: String, _ numbers: [UInt32]) -> String {
        let calls = numbers.map { "((u64 (*)(void *))\($0))(context);" }.joined(separator: " ")
        let name = section.filter { $0.isLetter || $0.isNumber }
        return "SEC(\"\(section)\") int f_\(name)(void *context) { \(calls) return 0; }\n"
    }

    @Test("numbers of helpers become ours, by the section of the program")
    func helpers() throws {
        // All that are theirs, in their order; the names say what they are here.
        let names = [
            "map_lookup_elem", "map_update_elem", "map_delete_elem", "map_lookup_and_delete_elem", "tail_call",
            "get_prandom_u32", "ktime_get_boot_ns", "get_smp_processor_id", "ktime_get_ns", "csum_diff",
            "ringbuf_output", "trace_printk", "trace_printk", "trace_printk", "trace_printk", "map_push_elem",
            "map_pop_elem", "map_peek_elem", "get_current_pid_tgid", "get_current_logon_id", "is_current_admin",
            "memcpy_s", "memcmp_s", "memset", "memmove_s", "get_socket_cookie", "strncpy_s", "strncat_s", "strnlen_s",
            "ktime_get_boot_ms", "ktime_get_ms", "perf_event_output", "get_current_process_start_key",
            "get_current_thread_create_time", "redirect_map",
        ]
        let object = try BPFCompiler.object(Self.head + Self.source("bind", Array(1...35)))
        let package = try ObjectReader.read(object)
        let found = Self.calls(try #require(package.programs.first)).map {
            "\(HelperPrototype.row($0)?.name ?? "none")"
        }
        #expect(found == names.map { "bpf_\($0)" })
        let ofProcess = try ObjectReader.read(
            try BPFCompiler.object(Self.head + Self.source("process/x", [0x1_0000, 0x1_0002])))
        #expect(
            Self.calls(try #require(ofProcess.programs.first)).map { "\(HelperPrototype.row($0)?.name ?? "none")" }
                == ["bpf_process_get_image_path", "bpf_process_get_account_domain"])
    }

    @Test("the same numbers in an object for Linux stay")
    func linux() throws {
        let package = try ObjectReader.read(try BPFCompiler.object(Self.head + Self.source("xdp", [5, 9, 22])))
        #expect(Self.calls(try #require(package.programs.first)) == [5, 9, 22])
    }

    @Test(
        "a number that no helper has leaves the program out, and says so", arguments: [36, 211, 0x1_0000] as [UInt32])
    func unknown(_ number: UInt32) throws {
        let package = try ObjectReader.read(
            try BPFCompiler.object(Self.head + Self.source("bind", [number]) + Self.source("bind/1", [1])))
        #expect(package.programs.count == 1)
        #expect(package.omitted.first?.reason.contains("calls helper \(number), which eBPF for Windows") == true)
    }

    @Test("a program at a hook that both have is left out: its context is another structure there")
    func sharedHook() throws {
        let package = try ObjectReader.read(
            try BPFCompiler.object(
                Self.head + Self.source("cgroup/connect4", []) + Self.source("cgroup/recv_accept4", [])))
        #expect(package.programs.map(\.section) == ["cgroup/recv_accept4"])
        #expect(package.omitted.map(\.section) == ["cgroup/connect4"])
        #expect(package.omitted.first?.reason.contains("another structure") == true)
    }

    private static func maps(_ type: UInt32) -> String {
        "struct { __uint(type, \(type)); __uint(max_entries, 4); __type(key, u32); __type(value, u32); } m SEC(\".maps\");\n"
            + "static void *(*look)(void *, void *) = (void *)1;\n"
            + "SEC(\"bind\") int f(void *context) { u32 key = 0; return look(&m, &key) != 0; }\n"
    }

    @Test(
        "types of maps become ours",
        arguments: zip(
            [1, 2, 4, 5, 8, 9, 11] as [UInt32],
            [.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lpmTrie, .lruPerCPUHash] as [MapType]))
    func mapTypes(_ number: UInt32, _ type: MapType) throws {
        let flags = ["-g"]
        let object = try BPFCompiler.object(Self.head + Self.maps(number), flags: BPFCompiler.usualFlags + flags)
        #expect(try ObjectReader.read(object).maps.first?.type == type.rawValue)
    }

    @Test("a type that is none, or a driver's, is refused", arguments: [15, 17, 27] as [UInt32])
    func mapTypeRefused(_ number: UInt32) throws {
        let object = try BPFCompiler.object(Self.head + Self.maps(number), flags: BPFCompiler.usualFlags + ["-g"])
        #expect(throws: ObjectError.windowsMapType(map: "m", type: number)) { try ObjectReader.read(object) }
    }
}
