import Foundation
import TestSupport
import Testing

/// `ringfence top` and `ringfence events` on commands that run.
@Suite("Looking at running commands", .serialized)
struct LiveTests {
    static let telling = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct seen { __u32 number; __u16 length; __u16 kind; };
        struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 65536); __type(value, struct seen); } told SEC(".maps");
        __u32 count;
        SEC("xdp") int tell(struct xdp_md *context) {
            struct seen seen = {.number = count, .length = context->data_end - context->data, .kind = 7};
            count += 1;
            bpf_ringbuf_output(&told, &seen, sizeof(seen), 0);
            bpf_printk("packet %u", seen.number);
            return XDP_PASS;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    private static func lines(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    private static func top(_ live: String) throws -> [[String: Any]] {
        let ending = try Tool.run("ringfence", ["top", "--live", live, "--json", "--interval", "0.5"])
        #expect(ending.status == 0, "\(ending.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        return try #require(report["commands"] as? [[String: Any]])
    }

    @Test(
        "what a link's program hands out and prints is there while it runs, by the fields of its type, and so are its counters",
        .enabled(if: Wires.isPossible, "\(Wires.reason)"))
    func link() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write(
            "tell.o",
            try BPFCompiler.object(
                Self.telling, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"]))
        let live = workshop.path("live")
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--tier", "interp-child", "--live",
                live,
            ])
        #expect(try ends.settle(0, seconds: 60))
        // It follows what comes from now on.
        let following = try BackgroundTool("ringfence", ["events", "--live", live, "--follow", "--json"])
        usleep(3_000_000)
        for number in 0..<100 { try ends.send(RecordedGamble.packet(number), on: 0) }
        #expect(try ends.settle(1))
        usleep(400_000)

        let commands = try Self.top(live)
        #expect(commands.count == 1 && commands.first?["process"] as? Int == Int(running.processIdentifier))
        let program = try #require((commands.first?["programs"] as? [[String: Any]])?.first)
        #expect(program["program"] as? String == "tell" && program["tier"] as? String == "interp-child")
        let events = try #require(program["events"] as? Int)
        #expect(events > 100 && program["records"] as? Int == events && program["lines"] as? Int == events)
        #expect((program["verdicts"] as? [String: Int])?["XDP_PASS"] == events)

        let all = try Tool.run("ringfence", ["events", "--live", live, "--json"])
        #expect(all.status == 0, "\(all.errors)")
        let found = try Self.lines(all.output)
        let records = found.filter { $0["map"] as? String == "told" }
        #expect(records.count == events)
        for (index, record) in records.enumerated() {
            let fields = try #require(record["fields"] as? [String: Any])
            #expect(fields["number"] as? Int == index && fields["kind"] as? Int == 7)
        }
        let lines = found.compactMap { $0["line"] as? String }
        #expect(lines == (0..<events).map { "packet \($0)" })

        following.terminate()
        #expect(following.wait() == 0, "\(following.errors)")
        let followed = try Self.lines(following.output).filter { $0["map"] as? String == "told" }
        #expect(followed.count >= 100 && followed.count < events, "\(followed.count) of \(events)")

        // For its owner alone.
        let file = "\(live)/\(running.processIdentifier)"
        for path in [live, file] {
            let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect((rights ?? 0o777) & 0o077 == 0, "\(path)")
        }
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        #expect(try Self.top(live).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("a command that was killed is not shown, and what it left goes")
    func killed() throws {
        let bench = try SuperviseBench()
        let live = bench.workshop.path("live")
        let running = try BackgroundTool(
            "ringfence",
            bench.arguments(["connect4"], tier: "jit-child", ["/bin/sleep", "60"], ["--live", live]))
        let until = Date().addingTimeInterval(60)
        while try Self.top(live).isEmpty, Date() < until { usleep(50_000) }
        let commands = try Self.top(live)
        #expect(commands.first?["command"] as? String == "supervise")
        #expect((commands.first?["programs"] as? [[String: Any]])?.first?["hook"] as? String == "cgroup/connect4")
        kill(running.processIdentifier, SIGKILL)
        _ = running.wait()
        // Its processes end with it; until then its file may be held by one that was being started.
        while try !Self.top(live).isEmpty, Date() < until { usleep(50_000) }
        #expect(try Self.top(live).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: "\(live)/\(running.processIdentifier)"))
        // A file that is none of ours is nothing, and stays nobody's business.
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(live)/4711"))
        #expect(try Self.top(live).isEmpty)
    }
}
