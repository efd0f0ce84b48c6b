import CKernelRun
import Foundation
import PolicyCore
import TestSupport
import Testing

/// `ringfence observe`: what this host really does reaches programs in cells, and nothing is decided about it.
@Suite("A host that is observed", .serialized, .enabled(if: Observed.isPossible, "\(Observed.reason)"))
struct ObserveTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    @Test(
        "what is executed is told with who did it, in every tier; what comes before the programs are there is not",
        arguments: tiers)
    func executions(tier: Tier) throws {
        let observed = try Observed(try Programs.example("executions"), hooks: ["tracepoint/sched/sched_process_exec"])
        let running = try observed.start(["--tier", tier.name, "--map", "became"])
        var wanted: [Int32: String] = [:]
        for (index, path) in ["/bin/true", "/bin/ls", "/usr/bin/env"].enumerated() {
            let process = try Observed.execute(path)
            wanted[process] = ["true", "ls", "env"][index]
        }
        let report = try observed.end(running)
        let became = try Observed.elements(of: "became", in: report)
        for (process, name) in wanted {
            let key = withUnsafeBytes(of: process.littleEndian) { Array($0) }
            let value = try #require(became[key], "\(name) was not seen")
            #expect(String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) == name)
        }
        #expect((report["observation"] as? [String: Any])?["lost"] as? Int == 0)
        #expect(report["cellFailures"] as? Int == 0)
    }

    @Test(
        "a program that says no at connect4 is told of the connections of its cgroup, and they are made",
        .enabled(if: OwnCgroup.isPossible, "no hierarchy of cgroup v2 is mounted"))
    func connections() throws {
        let source = """
            #include "packet.h"
            char LICENSE[] SEC("license") = "Dual MIT/GPL";
            struct seen { __u32 address; __u32 port; __u32 family; __u32 type; __u32 of_socket; __u32 process; };
            struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, __u32);
                     __type(value, struct seen); } seen SEC(".maps");
            SEC("cgroup/connect4") int look(struct bpf_sock_addr *context) {
                struct seen now = {context->user_ip4, context->user_port, context->family, context->type,
                    context->sk ? context->sk->family : 0, bpf_get_current_pid_tgid() >> 32};
                bpf_map_update_elem(&seen, &now.address, &now, BPF_ANY);
                return 0;
            }
            """
        let cgroup = try OwnCgroup()
        let observed = try Observed(try Observed.compile(source), hooks: ["cgroup/connect4"])
        let running = try observed.start(["--cgroup", cgroup.path, "--map", "seen"])
        let inside = try cgroup.run([SuperviseBench.caller, "connect", "127.0.0.5", "9", "udp"])
        #expect(inside.output.hasPrefix("error 0 peer 127.0.0.5:9 "), "\(inside)")
        let outside = Process()
        outside.executableURL = URL(fileURLWithPath: SuperviseBench.caller)
        outside.arguments = ["connect", "127.0.0.6", "9", "udp"]
        outside.standardOutput = FileHandle.nullDevice
        try outside.run()
        outside.waitUntilExit()
        let report = try observed.end(running)
        let seen = try Observed.elements(of: "seen", in: report)
        let value = try #require(seen[[127, 0, 0, 5]])
        // The port in network order; AF_INET and SOCK_DGRAM, twice.
        #expect(Array(value[4..<20]) == [0, 9, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0])
        #expect(seen[[127, 0, 0, 6]] == nil)
        #expect((report["verdicts"] as? [String: Int])?["CONNECT deny"] == 1)
    }

    private static func calls(_ call: String, argument: Int) throws -> [UInt8] {
        try Observed.compile(
            """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "Dual MIT/GPL";
            struct call { __u64 common; __s32 number; __u32 pad; __u64 arguments[6]; };
            struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 4096); __type(key, __u32);
                     __type(value, __u64); } seen SEC(".maps");
            SEC("tracepoint/syscalls/sys_enter_\(call)") int look(struct call *call) {
                __u32 process = bpf_get_current_pid_tgid() >> 32;
                __u64 argument = call->arguments[\(argument)];
                bpf_map_update_elem(&seen, &process, &argument, BPF_ANY);
                return 0;
            }
            """)
    }

    @Test("calls are told with their arguments")
    func calls() throws {
        let observed = try Observed(
            try Self.calls("setpriority", argument: 2), hooks: ["tracepoint/syscalls/sys_enter_setpriority"])
        let running = try observed.start(["--map", "seen"])
        let process = try Observed.execute("/usr/bin/nice", ["-n", "5", "/bin/true"])
        let report = try observed.end(running)
        let key = withUnsafeBytes(of: process.littleEndian) { Array($0) }
        #expect(try Observed.elements(of: "seen", in: report)[key] == [5, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("those of the command and its cells are not, so that it does not see itself")
    func ownCalls() throws {
        let observed = try Observed(
            try Self.calls("ioctl", argument: 1), hooks: ["tracepoint/syscalls/sys_enter_ioctl"])
        // A guest is entered by ioctl, for each event anew.
        let running = try observed.start(["--map", "seen"])
        _ = try Observed.execute("/bin/stty")
        usleep(500_000)
        let report = try observed.end(running)
        let seen = try Observed.elements(of: "seen", in: report)
        #expect(!seen.isEmpty)
        let own = try #require(report["processes"] as? [[String: Any]]).compactMap { $0["process"] as? Int }
        for process in own + [Int(running.processIdentifier)] {
            let key = withUnsafeBytes(of: Int32(process).littleEndian) { Array($0) }
            #expect(seen[key] == nil, "\(process) is the command's own")
        }
    }

    @Test(
        "a cell that is killed is replaced and the rest is seen; a command that is killed leaves nothing in the kernel")
    func killed() throws {
        let observed = try Observed(try Programs.example("executions"), hooks: ["tracepoint/sched/sched_process_exec"])
        let running = try observed.start(["--map", "became"])
        _ = try Observed.execute("/bin/true")
        let found = try observed.cell()
        let cell = try #require(found)
        kill(cell, SIGKILL)
        // The event at which it is missed has the policy's word; those behind it have the next cell's.
        _ = try Observed.execute("/bin/true")
        usleep(300_000)
        let process = try Observed.execute("/bin/ls")
        let report = try observed.end(running)
        let key = withUnsafeBytes(of: process.littleEndian) { Array($0) }
        #expect(try Observed.elements(of: "became", in: report)[key] != nil)
        #expect(report["cellFailures"] as? Int == 1)

        let doomed = try observed.start([])
        #expect(kernelrun_count_programs("observe_record") >= 1)
        kill(doomed.processIdentifier, SIGKILL)
        _ = doomed.wait()
        var left = kernelrun_count_programs("observe_record")
        for _ in 0..<100 where left != 0 {
            usleep(50_000)
            left = kernelrun_count_programs("observe_record")
        }
        #expect(left == 0)
    }

    @Test("what cannot be observed is refused by its name, before anything is attached")
    func refusals() throws {
        let observed = try Observed(try Programs.example("executions"), hooks: ["tracepoint/sched/no_such_thing"])
        let unknown = try Tool.run("ringfence", observed.arguments([]))
        #expect(unknown.status == 2)
        #expect(unknown.output.contains("this kernel has no tracepoint sched/no_such_thing"), "\(unknown)")
        for hook in ["tracepoint/../sched", "tracepoint/sched/..", "xdp", "cgroup/skb", "raw_tracepoint/sys_enter", ""]
        {
            let ending = try Tool.run("ringfence", ["observe", "--hook", "\(hook)=x.o"])
            #expect(ending.status == 2)
            #expect(ending.errors.contains("a host is not observed at \(hook)"), "\(ending.errors)")
        }
        let elsewhere = try Observed(
            try Programs.example("connections"), hooks: ["tracepoint/sched/sched_process_exec"])
        let ending = try Tool.run("ringfence", elsewhere.arguments([]))
        #expect(ending.status == 2 && ending.output.contains("sched_process_exec"), "\(ending)")
        let nobody = try Tool.run(
            "setpriv",
            ["--reuid=65534", "--clear-groups", Tool.folder.appendingPathComponent("ringfence").path]
                + observed.arguments([]), in: URL(fileURLWithPath: "/usr/bin"))
        #expect(nobody.status == 2 && nobody.output.contains("the kernel does not take the shim"), "\(nobody)")
    }
}
