import Foundation
import TestSupport
import Testing

/// Tracepoints of system calls on real processes: programs hear what is called and what comes of it, read what arguments point to, and change nothing.
@Suite("Observed system calls", .serialized)
struct SuperviseTraceTests {
    static let watching = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "GPL";
        struct enter { __u64 common; __u64 number; __u64 args[6]; };
        struct leave { __u64 common; __u64 number; long result; };
        SEC("tracepoint/syscalls/sys_enter_openat") int open(struct enter *context)
        {
            char path[48] = {}, start[8];
            long size = bpf_probe_read_user_str(path, sizeof path, (void *)context->args[1]);
            long failed = bpf_probe_read_user(start, sizeof start, (void *)context->args[1]);
            bpf_printk("open %s %d %d", path, size, failed);
            return context->number != 257;
        }
        SEC("tp/syscalls/sys_exit_openat") int opened(struct leave *context)
        {
            bpf_printk("opened %d %d", context->number, context->result < 0 ? context->result : 0);
            return 0;
        }
        SEC("tracepoint/syscalls/sys_enter_write") int write(struct enter *context)
        {
            char text[16] = {};
            long failed = bpf_probe_read_user(text, 10, (void *)context->args[1]);
            if (context->args[2] == 10) bpf_printk("write %s %d", text, failed);
            return 0;
        }
        SEC("tracepoint/syscalls/sys_enter_read") int read(struct enter *context) { return context->args[2] == 0; }
        SEC("tracepoint/syscalls/sys_enter_clone") int cloned(struct enter *context) { return context->args[0] == 0; }
        SEC("tracepoint/syscalls/sys_enter_connect") int connects(struct enter *context)
        {
            __u8 address[8] = {};
            bpf_probe_read_user(address, sizeof address, (void *)context->args[1]);
            bpf_printk("connect %d to %d size %d", context->number, address[7], context->args[2]);
            return 0;
        }
        SEC("cgroup/connect4") int decide(struct bpf_sock_addr *context)
        {
            return context->user_ip4 != bpf_htonl(0x7f000002);
        }
        // struct pt_regs: orig_rax is its sixteenth word, rsi its fourteenth.
        SEC("raw_tp/sys_enter") int raw(struct bpf_raw_tracepoint_args *context)
        {
            __u64 number = 0, user = 0;
            long failed = bpf_probe_read_kernel(&number, 8, (void *)(context->args[0] + 15 * 8));
            long foreign = bpf_probe_read_user(&user, 8, (void *)context->args[0]);
            if (context->args[1] == 17) bpf_printk("begins %d %d %d", number, failed, foreign);
            return 0;
        }
        SEC("raw_tp/sys_exit") int raw_end(struct bpf_raw_tracepoint_args *context)
        {
            __u64 number = 0, address = 0;
            char text[16] = {};
            bpf_probe_read_kernel(&number, 8, (void *)(context->args[0] + 15 * 8));
            bpf_probe_read_kernel(&address, 8, (void *)(context->args[0] + 13 * 8));
            if (number != 17) return 0;
            bpf_probe_read_user(text, 10, (void *)address);
            bpf_printk("ends %d with %d: %s", number, context->args[1], text);
            return 0;
        }
        """

    private static func log(_ bench: SuperviseBench) throws -> [String] {
        try #require(try bench.report["log"] as? [String])
    }

    /// What the caller does and says, without anybody looking on.
    private static let said = "made 1 wrote 10 read 10 missing \(ENOENT) nowhere \(EFAULT)\n"

    @Test(
        "a program hears of a call with the path that its argument points to, and the call is what it was, in every enclosure",
        arguments: SuperviseBench.tiers)
    func entries(tier: String) throws {
        let bench = try SuperviseBench(source: Self.watching)
        let path = bench.workshop.path("a-file")
        let ended = try bench.run(
            [SuperviseBench.caller, "files", path], at: ["tracepoint/syscalls/sys_enter_openat"], tier: tier)
        #expect(ended.output == Self.said, "\(ended)")
        // A text that does not fit is cut, with a 0 at its end; what is nowhere is nothing.
        let cut = String(path.prefix(47))
        #expect(path.count > 48)
        #expect(
            try Self.log(bench) == [
                "open \(cut) 48 0", "open /nowhere/to/be/found 21 0", "open  -14 -14",
            ])
        #expect(try bench.counts("tracepoint/syscalls/sys_enter_*") == (3, 0, 0))
        let programs = try #require(try bench.report["programs"] as? [[String: Any]])
        #expect(programs[0]["verdicts"] as? [String: Int] == ["TRACEPOINT pass": 0, "TRACEPOINT filter": 3])
    }

    @Test("what begins a command is told of too, by reads and writes, and nobody needs to trace for it")
    func readsAndWrites() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let hooks = ["read", "write"].map { "tracepoint/syscalls/sys_enter_\($0)" }
        let ended = try bench.run([SuperviseBench.caller, "files", bench.workshop.path("a-file")], at: hooks)
        #expect(ended.output == Self.said, "\(ended)")
        #expect(try Self.log(bench) == ["write hello, you 0"])
        let shell = try bench.run(
            ["/bin/sh", "-c", "grep TracerPid /proc/self/status; echo 1 | while read x; do echo $x; done"], at: hooks)
        #expect(shell.output == "TracerPid:\t0\n1\n", "\(shell)")
    }

    @Test(
        "the end of a call tells what came of it, of every process and thread of the tree",
        arguments: SuperviseBench.tiers)
    func ends(tier: String) throws {
        let bench = try SuperviseBench(source: Self.watching)
        let path = bench.workshop.path("a-file")
        let hooks = ["tp/syscalls/sys_exit_openat", "tracepoint/syscalls/sys_enter_openat"]
        let ended = try bench.run([SuperviseBench.caller, "behind", "files", path], at: hooks, tier: tier)
        #expect(ended.output == Self.said, "\(ended)")
        let log = try Self.log(bench)
        #expect(log.filter { $0.hasPrefix("opened") } == ["opened 257 0", "opened 257 -2", "opened 257 -14"])
        #expect(log.filter { $0.hasPrefix("open ") }.count == 3)
        let threads = try bench.run(
            [SuperviseBench.caller, "files", path, "thread"], at: ["tp/syscalls/sys_exit_openat"])
        #expect(threads.output == Self.said, "\(threads)")
        #expect(try Self.log(bench).count == 3)
        let shell = try bench.run(
            ["/bin/sh", "-c", "(exit 7) & wait $!; kill -9 $$"], at: ["tp/syscalls/sys_exit_openat"])
        #expect(shell.status == 128 + SIGKILL, "\(shell)")
    }

    @Test(
        "raw tracepoints hear of every call, with registers where the kernel would have them, and what a call has filled"
    )
    func raw() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let ended = try bench.run(
            [SuperviseBench.caller, "files", bench.workshop.path("a-file")],
            at: ["raw_tp/sys_enter", "raw_tp/sys_exit"])
        #expect(ended.output == Self.said, "\(ended)")
        #expect(try Self.log(bench) == ["begins 17 0 -14", "ends 17 with 10: hello, you"])
        let calls = (try bench.counts("raw_tracepoint/sys_enter"), try bench.counts("raw_tracepoint/sys_exit"))
        // execve begins and ends; exit_group only begins.
        #expect(calls.0.calls > 10 && calls.0.calls - calls.1.calls <= 2, "\(calls)")
    }

    @Test("a call that other programs decide about is told of, and decided about as before")
    func besideDecisions() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let hooks = ["connect4", "tracepoint/syscalls/sys_enter_connect"]
        let denied = try bench.run([SuperviseBench.caller, "connect", "127.0.0.2", "9", "udp"], at: hooks)
        #expect(denied.output.hasPrefix("error \(EPERM) peer none:0 "), "\(denied)")
        #expect(try Self.log(bench) == ["connect 42 to 2 size 16"])
        #expect(try bench.counts("connect4") == (1, 1, 0))
        let allowed = try bench.run([SuperviseBench.caller, "connect", "127.0.0.1", "9", "udp"], at: hooks)
        #expect(allowed.output.hasPrefix("error 0 peer 127.0.0.1:9 "), "\(allowed)")
        // What the tree's filter refuses of a call stays refused where all of its calls are told of.
        let ways = try bench.run(
            [SuperviseBench.caller, "around"], at: ["connect4", "tracepoint/syscalls/sys_enter_clone"])
        #expect(
            ways.output
                == "io_uring \(EPERM) AF_SMC \(EAFNOSUPPORT) CLONE_FILES \(EPERM) fast open \(EOPNOTSUPP)\n")
    }

    @Test("what was recorded, memory and all, is decided again bit for bit in another tier")
    func replayed() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let recording = bench.workshop.path("calls.rec")
        let hooks = ["tracepoint/syscalls/sys_enter_openat", "raw_tp/sys_exit"]
        let ended = try bench.run(
            [SuperviseBench.caller, "files", bench.workshop.path("a-file")], at: hooks, more: ["--record", recording])
        #expect(ended.output == Self.said, "\(ended)")
        let others = KVM.isUsable ? ["jit-guest", "interp-child"] : ["interp-child"]
        for tier in others {
            let replay = try Tool.run(
                "ringfence",
                [
                    "replay", recording, "--policy", bench.workshop.path("own.dsse"), "--trust",
                    bench.workshop.path("dev.pub"),
                    "--tier", tier, "--json",
                ])
            #expect(replay.status == 0, "\(replay)")
        }
    }

    @Test("calls that nobody could hear of, and calls that do not exist, are refused by name")
    func refusals() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let never = try bench.run(["/bin/true"], at: ["tracepoint/syscalls/sys_enter_clone3"])
        #expect(never.status != 0 && never.errors.contains("nobody hears of clone3"), "\(never)")
        let none = try bench.run(["/bin/true"], at: ["tracepoint/syscalls/sys_enter_nothing"])
        #expect(none.status != 0 && none.errors.contains("no hook of a supervised tree is called"), "\(none)")
    }

    @Test("the example tells which files are opened, by whom, and how often")
    func example() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let object = try bench.workshop.write("object.bpf.o", try Programs.example("opened-files"))
        #expect(object == bench.object)
        let state = bench.workshop.path("state")
        let ended = try bench.run(
            ["/bin/cat", "/etc/hostname", "/etc/hostname"], at: ["tracepoint/syscalls/sys_enter_openat"],
            more: ["--maps", state])
        #expect(ended.status == 0, "\(ended)")
        let dump = try Tool.run(
            "ringfence", ["map", "dump", "opened", "--sandbox", "\(state)/sys_enter_openat", "--json"])
        #expect(dump.status == 0, "\(dump)")
        #expect(
            dump.output.contains("/etc/hostname") || dump.output.contains("47, 101, 116, 99"),
            "\(dump.output.prefix(400))")
        #expect(try bench.report["records"] as? Int ?? 0 >= 2)
    }
}
