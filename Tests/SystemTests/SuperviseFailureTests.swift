import Foundation
import TestSupport
import Testing

/// What a supervised process sees where a program decides nothing: what the signed policy says, for each hook and each cause, and never a wait
/// without end.
@Suite("Failures of programs that supervise", .serialized)
struct SuperviseFailureTests {
    /// Programs that allow what they are asked about.
    static let linux = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "GPL";
        #define ALLOW(section, name, type) SEC(section) int name(struct type *context) { return context->family ? 1 : 1; }
        ALLOW("cgroup/connect4", connect4, bpf_sock_addr) ALLOW("cgroup/connect6", connect6, bpf_sock_addr)
        ALLOW("cgroup/bind4", bind4, bpf_sock_addr) ALLOW("cgroup/bind6", bind6, bpf_sock_addr)
        ALLOW("cgroup/sendmsg4", sendmsg4, bpf_sock_addr) ALLOW("cgroup/sendmsg6", sendmsg6, bpf_sock_addr)
        ALLOW("cgroup/recvmsg4", recvmsg4, bpf_sock_addr) ALLOW("cgroup/recvmsg6", recvmsg6, bpf_sock_addr)
        ALLOW("cgroup/sock_create", create, bpf_sock)
        ALLOW("cgroup/post_bind4", post4, bpf_sock) ALLOW("cgroup/post_bind6", post6, bpf_sock)
        SEC("tracepoint/syscalls/sys_enter_openat") int enter(__u64 *context) { return context[1] == 257; }
        SEC("tracepoint/syscalls/sys_exit_openat") int leave(__u64 *context) { return context[1] == 257; }
        SEC("raw_tp/sys_enter") int raw_enter(struct bpf_raw_tracepoint_args *context) { return context->args[1] == 1; }
        SEC("raw_tp/sys_exit") int raw_leave(struct bpf_raw_tracepoint_args *context) { return context->args[1] == 1; }
        """
    static let windows =
        WindowsPrograms.head + """
            SEC("cgroup/recv_accept4") int accept4(bpf_sock_addr_t *context) { return context->family ? 1 : 1; }
            SEC("cgroup/recv_accept6") int accept6(bpf_sock_addr_t *context) { return context->family ? 1 : 1; }
            SEC("cgroup/listen4") int listen4(bpf_sock_addr_t *context) { return context->family ? 1 : 1; }
            SEC("cgroup/listen6") int listen6(bpf_sock_addr_t *context) { return context->family ? 1 : 1; }
            SEC("bind") int name(bind_md_t *context) { return context->operation == 7; }
            SEC("process") int watch(process_md_t *context) { return context->operation == 7; }
            """

    struct Case: Sendable, CustomTestStringConvertible {
        let hook: String
        /// What the caller does.
        let deed: [String]
        /// How what it says begins where policy says open, and closed.
        let open: String
        let closed: String
        var isOfWindows = false

        var testDescription: String { hook }
    }

    static let said = "made 1 wrote 10 read 10 missing \(ENOENT) nowhere \(EFAULT)\n"

    static let cases: [Case] = [
        Case(
            hook: "connect4", deed: ["connect", "127.0.0.1", "9", "udp"], open: "error 0 peer 127.0.0.1:9 ",
            closed: "error \(EPERM) peer none"),
        Case(hook: "connect6", deed: ["connect6", "::1"], open: "error 0\n", closed: "error \(EPERM)\n"),
        Case(
            hook: "bind4", deed: ["bind", "127.0.0.1", "0"], open: "error 0 at 127.", closed: "error \(EPERM) at 0.0"),
        Case(hook: "bind6", deed: ["bind6", "::1"], open: "error 0\n", closed: "error \(EPERM)\n"),
        Case(
            hook: "sendmsg4", deed: ["send", "sendto", "127.0.0.1", "127.0.0.1"], open: "error 0 sent 1 arrived 1",
            closed: "error \(EPERM) sent 0 arrived 0"),
        Case(
            hook: "sendmsg6", deed: ["send", "sendmsg", "::1", "::1"], open: "error 0 sent 1 arrived 1",
            closed: "error \(EPERM) sent 0 arrived 0"),
        // Whom a message comes from Linux does not let programs deny: it is then whom the kernel says.
        Case(
            hook: "recvmsg4", deed: ["receive", "127.0.0.1", "127.0.0.3", "recvfrom"], open: "from 127.0.0.3 port ",
            closed: "from 127.0.0.3 port "),
        Case(
            hook: "recvmsg6", deed: ["receive", "::1", "::1", "recvmsg"], open: "from ::1 port ",
            closed: "from ::1 port "),
        Case(hook: "sock_create", deed: ["socket"], open: "error 0\n", closed: "error \(EPERM)\n"),
        Case(
            hook: "post_bind4", deed: ["bind", "127.0.0.1", "0"], open: "error 0 at 127.",
            closed: "error \(EPERM) at 0.0"),
        Case(hook: "post_bind6", deed: ["bind6", "::1"], open: "error 0\n", closed: "error \(EPERM)\n"),
        // A connection that nobody decided about is not had; the next one may be.
        Case(
            hook: "recv_accept4", deed: ["serve", "127.0.0.5", "127.0.0.6", "later"], open: "later 0 ",
            closed: "later \(EAGAIN) ", isOfWindows: true),
        Case(
            hook: "recv_accept6", deed: ["serve", "::1", "::1", "later"], open: "later 0 ", closed: "later \(EAGAIN) ",
            isOfWindows: true),
        Case(
            hook: "listen4", deed: ["listen", "127.0.0.1"], open: "error 0 listening 1", closed: "error 1 listening 0",
            isOfWindows: true),
        Case(
            hook: "listen6", deed: ["listen", "::1"], open: "error 0 listening 1", closed: "error 1 listening 0",
            isOfWindows: true),
        Case(
            hook: "bind", deed: ["bind", "127.0.0.1", "0"], open: "error 0 at 127.", closed: "error \(EPERM) at 0.0",
            isOfWindows: true),
        // The caller itself cannot be executed, then.
        Case(hook: "process", deed: ["files", "@"], open: said, closed: "", isOfWindows: true),
        // Who is told has no say.
        Case(hook: "tracepoint/syscalls/sys_enter_openat", deed: ["files", "@"], open: said, closed: said),
        Case(hook: "tracepoint/syscalls/sys_exit_openat", deed: ["files", "@"], open: said, closed: said),
        Case(hook: "raw_tp/sys_enter", deed: ["files", "@"], open: said, closed: said),
        Case(hook: "raw_tp/sys_exit", deed: ["files", "@"], open: said, closed: said),
    ]

    /// A run whose caller waits to be let go on, and what it says then.
    private static func run(
        _ what: Case, _ bench: SuperviseBench, more: [String], isSilent: Bool, before: (Process) -> Void
    ) throws -> (output: String, status: Int32) {
        let words = what.deed.map { $0 == "@" ? bench.workshop.path("a-file") : $0 }
        let command = ["/bin/sh", "-c", "echo begun; read x; exec \"$@\"", "sh", SuperviseBench.caller] + words
        let output = Pipe()
        let input = Pipe()
        let process = Tool.process(
            "ringfence", bench.arguments([what.hook], tier: SuperviseBench.tier, command, more), output,
            FileHandle.nullDevice)
        process.standardInput = input
        try process.run()
        var text: [UInt8] = []
        while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != 0x0A { text.append(byte) }
        // One that cannot be executed says nothing.
        if String(decoding: text, as: UTF8.self) == "begun" {
            before(process)
            try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8))
        }
        var rest: [UInt8] = []
        // The broker may stand still: the caller has written what it has to say, and nobody else holds this pipe but it and those above it.
        // Of a caller that has nothing to say only the report tells.
        let deadline = Date().addingTimeInterval(isSilent ? 3 : 30)
        while Date() < deadline {
            var ready = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            let isOver = !process.isRunning
            guard poll(&ready, 1, 300) > 0 else {
                if isOver || rest.last == 0x0A { break }
                continue
            }
            // Not Foundation's, which waits for as much as was asked for.
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(ready.fd, &bytes, bytes.count)
            guard count > 0 else { break }
            rest += bytes.prefix(count)
        }
        #expect(isSilent || Date() < deadline, "\(what.hook): it waits")
        kill(process.processIdentifier, SIGCONT)
        process.waitUntilExit()
        return (String(decoding: rest, as: UTF8.self), process.terminationStatus)
    }

    enum Cause: CaseIterable {
        /// The program faults; nobody decides in time; the cell is killed, and another comes after it.
        case fault, silence, death

        var limits: [String] {
            switch self {
            // No program does anything within one instruction.
            case .fault: ["--fuel", "1"]
            case .silence: ["--deadline", "100"]
            case .death: ["--deadline", "20000"]
            }
        }

        func happen(to process: Process) {
            switch self {
            case .fault: break
            case .silence: kill(process.processIdentifier, SIGSTOP)
            case .death:
                for cell in SuperviseDeathTests.cells(of: process.processIdentifier) { kill(cell, SIGKILL) }
            }
        }
    }

    @Test(
        "open and closed are what policy says, at each hook: where a program faults, is too late, or loses its cell",
        arguments: cases)
    func failures(what: Case) throws {
        for onFailure in ["open", "closed"] {
            let bench = try SuperviseBench(failing: onFailure, source: what.isOfWindows ? Self.windows : Self.linux)
            for cause in Cause.allCases {
                let wanted = onFailure == "open" ? what.open : what.closed
                let ended = try Self.run(what, bench, more: cause.limits, isSilent: wanted.isEmpty) {
                    cause.happen(to: $0)
                }
                #expect(
                    ended.output.hasPrefix(wanted) && (!wanted.isEmpty || ended.output.isEmpty),
                    "\(cause) \(onFailure) \(ended)")
                let program = try #require((try bench.report["programs"] as? [[String: Any]])?.first)
                let failures = try #require(program["failures"] as? Int)
                switch cause {
                case .fault: #expect(failures >= 1)
                case .silence: #expect(try #require(try bench.report["unanswered"] as? Int) >= 1)
                // The one event that the cell had, or would have had.
                case .death: #expect(failures == 1, "\(program["firstFailures"] ?? "")")
                }
            }
        }
    }

    @Test("a decision that takes too long is over at the deadline", arguments: ["open", "closed"])
    func slowness(onFailure: String) throws {
        let source = """
            #include "packet.h"
            char LICENSE[] SEC("license") = "GPL";
            static long nothing(__u32 index, void *context) { return 0; }
            static long much(__u32 index, void *context) { bpf_loop(1 << 20, nothing, 0, 0); return 0; }
            SEC("cgroup/connect4") int decide(struct bpf_sock_addr *context)
            {
                if (context->user_ip4 == bpf_htonl(0x7f000003)) bpf_loop(1 << 20, much, 0, 0);
                return 1;
            }
            """
        let bench = try SuperviseBench(failing: onFailure, source: source)
        let started = Date()
        let limits = ["--deadline", "300", "--fuel", "1000000000000"]
        let slow = try bench.run([SuperviseBench.caller, "connect", "127.0.0.3", "9", "udp"], more: limits)
        #expect(slow.output.hasPrefix(onFailure == "open" ? "error 0 " : "error \(EPERM) "), "\(slow)")
        #expect(Date().timeIntervalSince(started) < 30)
    }
}
