import Foundation
import TestSupport
import Testing

/// A program that takes another's place while a process tree is decided about.
@Suite("Replacing programs over a supervised tree", .serialized)
struct SuperviseReplacementTests {
    /// Counts, and allows or denies.
    private static func counting(_ verdict: Int, type: String = "__u64") -> String {
        """
        #include "packet.h"
        char LICENSE[] SEC("license") = "GPL";
        struct {
            __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64);
        } seen SEC(".maps");
        SEC("cgroup/connect4") int decide(struct bpf_sock_addr *context)
        {
            __u32 zero = 0;
            __u64 *count = bpf_map_lookup_elem(&seen, &zero);
            if (!count) return 0;
            if (__sync_fetch_and_add(count, 1) == 0) bpf_printk("first of \(verdict)");
            return \(verdict);
        }
        """
    }

    /// Until the command runs, SIGHUP means what it means to every process.
    private static func waitForStart(_ run: BackgroundTool) throws {
        let deadline = Date().addingTimeInterval(60)
        while !run.output.contains("begun"), Date() < deadline { usleep(20_000) }
        try #require(run.output.contains("begun"), "\(run.errors)")
        usleep(700_000)
    }

    private static func object(_ source: String) throws -> [UInt8] {
        let folder = Tool.repository.appendingPathComponent("Images/programs").path
        return try BPFCompiler.object(
            source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu", "-I\(folder)"])
    }

    @Test(
        "SIGHUP puts what the object is now in a program's place between two calls: each is decided about by one of them",
        arguments: [false, true])
    func replaced(keepsMaps: Bool) throws {
        let bench = try SuperviseBench(source: Self.counting(1))
        let run = try BackgroundTool(
            "ringfence",
            bench.arguments(
                ["connect4"], tier: SuperviseBench.tier, [SuperviseBench.caller, "slowly", "127.0.0.1", "9", "60"],
                keepsMaps ? ["--keep-maps"] : []))
        try Self.waitForStart(run)
        kill(run.processIdentifier, SIGHUP)
        usleep(500_000)
        _ = try bench.workshop.write("object.bpf.o", try Self.object(Self.counting(0)))
        kill(run.processIdentifier, SIGHUP)
        #expect(run.wait() == 0, "\(run.output)\(run.errors)")
        #expect(run.errors.contains("object.bpf.o is what it was"), "\(run.errors)")
        let says = keepsMaps ? ", with what is in seen" : ""
        #expect(run.errors.contains("cgroup/connect4: replaced by sha256:"), "\(run.errors)")
        #expect(run.errors.contains("in \(SuperviseBench.tier)\(says)\n"), "\(run.errors)")
        // "done N refused N error N"
        let line = try #require(run.output.split(separator: "\n").last { $0.hasPrefix("done") })
        let words = line.split(separator: " ").compactMap { Int($0) }
        try #require(words.count == 3, "\(run.output)")
        #expect(words[0] >= 5 && words[1] >= 5 && words[0] + words[1] == 60, "\(run.output)")
        #expect(try bench.counts("connect4") == (60, words[1], 0))
        let program = try #require((try bench.report["programs"] as? [[String: Any]])?.first)
        #expect(program["failures"] as? Int == 0)
        let log = try #require(try bench.report["log"] as? [String])
        // The second finds what the first has counted, or begins anew.
        #expect(log == (keepsMaps ? ["first of 1"] : ["first of 1", "first of 0"]))
    }

    @Test("what may not take a program's place does not: the old one goes on")
    func refused() throws {
        let bench = try SuperviseBench(source: Self.counting(1))
        let run = try BackgroundTool(
            "ringfence",
            bench.arguments(
                ["connect4"], tier: SuperviseBench.tier, [SuperviseBench.caller, "slowly", "127.0.0.1", "9", "60"]))
        try Self.waitForStart(run)
        _ = try bench.workshop.write("object.bpf.o", Array("no object".utf8))
        kill(run.processIdentifier, SIGHUP)
        usleep(1_000_000)
        let asking = Self.counting(0).replacing(
            "return 0;\n}", with: "return bpf_get_current_pid_tgid() == 0;\n}")
        _ = try bench.workshop.write("object.bpf.o", try Self.object(asking))
        kill(run.processIdentifier, SIGHUP)
        #expect(run.wait() == 0, "\(run.output)\(run.errors)")
        #expect(run.errors.components(separatedBy: "cgroup/connect4: not replaced: ").count == 3, "\(run.errors)")
        #expect(run.errors.contains("asks what the tree was not begun to tell"), "\(run.errors)")
        #expect(run.output.contains("done 60 refused 0 error 0"), "\(run.output)")
    }
}
