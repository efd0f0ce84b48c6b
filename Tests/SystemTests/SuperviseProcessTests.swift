import Foundation
import TestSupport
import Testing

/// The process hook of `ringfence supervise`: what the tree becomes is what programs allowed, before its first instruction.
@Suite("Supervised executions", .serialized)
struct SuperviseProcessTests {
    /// Denies images that end with "denied", and forks of a process whose command line ends with "barren"; prints what it hears.
    static let watching =
        WindowsPrograms.head + """
            static int (*bpf_process_get_image_path)(const process_md_t *, uint8_t *, uint32_t) = (void *)0x10000;
            static int (*print)(const char *, int, uint64_t, uint64_t, uint64_t) = (void *)15;
            static inline int are(const uint16_t *units, const char *with) {
                for (int i = 0; i < 6; i++) if (units[i] != with[i]) return 0;
                return 1;
            }
            SEC("process") int watch(process_md_t *context) {
                uint16_t image[134] = {};
                uint64_t size = context->command_end - context->command_start;
                int is_own = context->creating_process_id == context->process_id;
                if (context->operation == DELETE) {
                    char text[] = "end %d lasted %d parent %d";
                    print(text, sizeof text, context->process_exit_code, context->exit_time > context->creation_time,
                          context->parent_process_id);
                    return -1;
                }
                int image_size = bpf_process_get_image_path(context, (uint8_t *)image, 256);
                if (is_own) {
                    char text[] = "image %d line %d self %d";
                    print(text, sizeof text, image_size, size, context->creating_thread_id == context->process_id);
                    if (image_size < 12 || image_size > 256) return 0xc0000022;
                    return are(&image[(image_size / 2 - 6) & 127], "denied") ? 0xc0000022 : 0;
                }
                char text[] = "fork by %d parent %d";
                print(text, sizeof text, context->parent_process_id == context->creating_process_id,
                      context->creating_thread_id == context->creating_process_id, 0);
                if (size < 12 || size > 1023) return 0;
                size -= 12;
                asm volatile("" : "+r"(size));
                uint8_t *end = context->command_start + size;
                if (end + 12 > context->command_end) return 0;
                return are((uint16_t *)end, "barren") ? 0xc0000022 : 0;
            }
            """

    private final class Bench {
        let inner: SuperviseBench
        /// Two copies of one program: what tells them apart is where they lie.
        let allowed: String
        let denied: String

        init() throws {
            inner = try SuperviseBench(source: SuperviseProcessTests.watching)
            allowed = inner.workshop.path("tallowed")
            denied = inner.workshop.path("to-denied")
            #expect(allowed.count < 120)
            for path in [allowed, denied] {
                try FileManager.default.copyItem(atPath: SuperviseBench.caller, toPath: path)
            }
        }

        func run(_ command: [String], tier: String = SuperviseBench.tier, more: [String] = []) throws -> Tool.Ending {
            try inner.run(command, at: ["process"], tier: tier, more: more)
        }

        var killed: Int { get throws { try inner.report["killed"] as? Int ?? -1 } }
    }

    @Test(
        "a program that is denied is not executed: its caller gets EPERM, in every enclosure",
        arguments: SuperviseBench.tiers)
    func denial(tier: String) throws {
        let bench = try Bench()
        let allowed = try bench.run([SuperviseBench.caller, "execute", bench.allowed, "ran"], tier: tier)
        #expect(allowed.output == "error 0 ending 10\n", "\(allowed)")
        let denied = try bench.run([SuperviseBench.caller, "execute", bench.denied, "ran"], tier: tier)
        #expect(denied.output == "error \(EPERM) ending 96\n", "\(denied)")
        // The command, a fork, and what it asked for; two ends.
        #expect(try bench.inner.counts("process") == (5, 1, 0))
        #expect(try bench.killed == 0)
        // A command that is denied itself, and one that is not there.
        let command = try bench.run([bench.denied, "ran"], tier: tier)
        #expect(command.status == 127 && command.errors.contains("Operation not permitted"), "\(command)")
        #expect(try bench.run([bench.allowed + "-not", "ran"], tier: tier).errors.contains("No such file"))
    }

    @Test("a path that changes while it is decided about executes nothing that was not allowed, 3,000 times")
    func race() throws {
        let bench = try Bench()
        let ended = try bench.run([SuperviseBench.caller, "exec-race", bench.allowed, bench.denied, "3000"])
        let numbers = SuperviseBench.numbers(ended)
        try #require(numbers.count == 5, "\(ended)")
        let (allowed, denied, refused, killed, other) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
        print("executions raced: \(allowed) allowed, \(refused) refused, \(killed) killed, \(other) neither path")
        #expect(denied == 0)
        // Both were met, and so was the race that a call alone would lose.
        #expect(allowed > 100 && refused > 100 && killed > 0)
        #expect(allowed + refused + killed + other == 3000)
        #expect(try bench.killed == killed)
    }

    @Test("threads, vfork, scripts, descriptors and links are executed by what they are, not by what they are called")
    func ways() throws {
        let bench = try Bench()
        let shell = FileManager.default
        func status(_ command: [String]) throws -> Int32 { try bench.run(command).status }
        #expect(try status([SuperviseBench.caller, "exec-thread", bench.allowed]) == 10)
        #expect(try status([SuperviseBench.caller, "exec-thread", bench.denied]) == 30)
        #expect(try status([SuperviseBench.caller, "behind", "ran"]) == 10)
        // A link is what it leads to; a script is its interpreter.
        let link = bench.inner.workshop.path("link")
        try shell.createSymbolicLink(atPath: link, withDestinationPath: bench.denied)
        #expect(try bench.run([SuperviseBench.caller, "execute", link, "ran"]).output == "error 1 ending 96\n")
        let script = try bench.inner.workshop.write("script", Array("#!\(bench.denied) ran\n".utf8))
        try shell.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        #expect(try bench.run([SuperviseBench.caller, "execute", script]).output == "error 1 ending 96\n")
        let fine = try bench.inner.workshop.write("script.denied", Array("#!\(bench.allowed) ran\n".utf8))
        try shell.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fine)
        #expect(try bench.run([SuperviseBench.caller, "execute", fine]).output == "error 0 ending 10\n")
        // A file without a name has no path that a program could allow.
        let copy = """
            import os, sys
            fd = os.memfd_create("x", 0)
            os.write(fd, open(sys.argv[1], "rb").read())
            try: os.execve(fd, ["it", "ran"], {})
            except OSError as e: print("error", e.errno)
            """
        #expect(try bench.run(["python3", "-c", copy, bench.allowed]).output == "error 1\n")
        #expect(try bench.run([SuperviseBench.caller, "untraced"]).output == "error 1\n")
    }

    @Test(
        "another view of the file system is no way to the path of an allowed program",
        .enabled(if: getuid() == 0, "only root mounts"))
    func otherView() throws {
        let bench = try Bench()
        // In that view the allowed path is the denied file.
        let words = [
            "unshare", "--mount", "sh", "-c",
            "mount --bind \(bench.denied) \(bench.allowed) && exec \(SuperviseBench.caller) execute \(bench.allowed) ran",
        ]
        let ended = try bench.run(words)
        #expect(!ended.output.contains("ending 10") && !ended.output.contains("ending 20"), "\(ended)")
        #expect(ended.output.contains("ending"), "\(ended)")
    }

    @Test("who forks is asked about it, and a process that is denied ends before its first instruction")
    func forks() throws {
        let bench = try Bench()
        #expect(
            try bench.run([SuperviseBench.caller, "execute", bench.allowed, "ran", "barren"]).output
                == "error 0 ending \(128 + SIGKILL)\n")
        #expect(try bench.killed == 1)
    }

    @Test("signals stop, continue and end processes of a tree as they do elsewhere")
    func signals() throws {
        let bench = try Bench()
        #expect(
            try bench.run([SuperviseBench.caller, "signals"]).output
                == "rung 1 stopped 1 continued 1 ended \(SIGTERM)\n")
        let shell = try bench.run(["sh", "-c", "(exit 7) & wait $!; kill -9 $$"])
        #expect(shell.status == 128 + SIGKILL, "\(shell)")
    }

    @Test("programs hear who did what: image, command line, ids, and how each process ended")
    func facts() throws {
        let bench = try Bench()
        let ended = try bench.run([SuperviseBench.caller, "execute", bench.allowed, "ran", "two words", "a\"b", ""])
        #expect(ended.output == "error 0 ending 10\n", "\(ended)")
        let log = try #require(try bench.inner.report["log"] as? [String])
        func units(_ words: String) -> Int { words.utf16.count * 2 }
        let outer = "\(SuperviseBench.caller) execute \(bench.allowed) ran \"two words\" \"a\\\"b\" \"\""
        let inner = "\(bench.allowed) ran \"two words\" \"a\\\"b\" \"\""
        #expect(
            log == [
                "image \(units(SuperviseBench.caller)) line \(units(outer)) self 1", "fork by 1 parent 1",
                "image \(units(bench.allowed)) line \(units(inner)) self 1", "end 10 lasted 1 parent 0",
                "end 0 lasted 1 parent 0",
            ], "\(log)")
    }

    @Test("the allow-list of the examples: a shell executes what is in it, and nothing else")
    func allowList() throws {
        let bench = try SuperviseBench(source: Self.watching)
        let object = try bench.workshop.write("object.bpf.o", try Programs.example("exec-allow-list"))
        #expect(object == bench.object)
        let state = bench.workshop.path("state")
        func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }
        try FileManager.default.createDirectory(atPath: "\(state)/process", withIntermediateDirectories: true)
        let place = ["--sandbox", "\(state)/process"]
        let made = try Tool.run(
            "ringfence",
            [
                "map", "create", "allowed", "--type", "hash", "--key-size", "256", "--value-size", "8", "--entries",
                "1024",
            ]
                + place)
        #expect(made.status == 0, "\(made)")
        func key(_ path: String) -> [String] {
            let units = real(path).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
            return (units + [UInt8](repeating: 0, count: 256 - units.count)).map { "\($0)" }
        }
        for path in ["/bin/sh", "/bin/true"] {
            let put = try Tool.run(
                "ringfence",
                ["map", "update", "allowed", "key"] + key(path) + ["value"] + Array(repeating: "0", count: 8) + place)
            #expect(put.status == 0, "\(put)")
        }
        let script = "/bin/true && echo one; /bin/ls /; echo $?; /bin/cp /bin/true t 2>&1; (exec /bin/sh -c 'echo two')"
        let ended = try bench.run(["/bin/sh", "-c", script], at: ["process"], more: ["--maps", state])
        #expect(ended.output.hasPrefix("one\n126\n"), "\(ended)")
        #expect(ended.output.hasSuffix("two\n"), "\(ended)")
        let count = try Tool.run("ringfence", ["map", "lookup", "allowed", "key"] + key("/bin/true") + place)
        #expect(count.output.hasSuffix("value: 1\n"), "\(count)")
        // ls and cp.
        #expect(try bench.counts("process").denied == 2)
    }

    @Test("where the supervisor is killed, so is all of a tree whose processes it hears of")
    func death() throws {
        let bench = try Bench()
        let output = Pipe()
        let process = Tool.process(
            "ringfence",
            bench.inner.arguments(["process"], tier: SuperviseBench.tier, ["sh", "-c", "echo $$; sleep 60; echo not"]),
            output, FileHandle.nullDevice)
        try process.run()
        var text = ""
        while let byte = try output.fileHandleForReading.read(upToCount: 1), byte != Data([0x0A]) {
            text += String(decoding: byte, as: UTF8.self)
        }
        let command = try #require(Int32(text))
        let status = try String(contentsOfFile: "/proc/\(command)/status", encoding: .utf8)
        func field(_ name: String) -> Int32? {
            status.split(separator: "\n").first { $0.hasPrefix(name) }.flatMap {
                Int32($0.split(separator: "\t").last ?? "")
            }
        }
        let supervisor = try #require(field("PPid:"))
        // By a thread of it.
        #expect(field("TracerPid:") ?? 0 > supervisor)
        kill(supervisor, SIGKILL)
        for _ in 0..<100 where kill(command, 0) == 0 { usleep(50_000) }
        #expect(kill(command, 0) != 0)
        process.waitUntilExit()
        #expect(process.terminationStatus == 4)
    }
}
