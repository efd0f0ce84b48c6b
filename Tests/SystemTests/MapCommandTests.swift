import Foundation
import TestSupport
import Testing

/// `ringfence map`, as a user has it: on maps of a run that is over, and of one that is not.
@Suite("Maps of a sandbox", .serialized)
struct MapCommandTests {
    /// Decides by a setting, and counts what it decided.
    static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct setting { __u32 drops; __u32 spare; };
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, struct setting); }
            settings SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); }
            counts SEC(".maps");
        SEC("xdp") int decide(struct xdp_md *context) {
            __u32 key = 0;
            struct setting *setting = bpf_map_lookup_elem(&settings, &key);
            __u64 one = 1, *count;
            if (setting) key = setting->drops;
            count = bpf_map_lookup_elem(&counts, &key);
            if (count) __sync_fetch_and_add(count, 1);
            else bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
            return key ? XDP_DROP : XDP_PASS;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    private func object() throws -> [UInt8] {
        try BPFCompiler.object(Self.source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private struct Element: Decodable {
        struct Formatted: Decodable {
            let key: UInt64
            let value: UInt64
        }
        let formatted: Formatted
    }

    private func map(_ arguments: [String], _ workshop: borrowing Workshop) throws -> Tool.Ending {
        try Tool.run("ringfence", ["map"] + arguments + ["--sandbox", workshop.path("state")])
    }

    private func counts(_ workshop: borrowing Workshop) throws -> [UInt64: UInt64] {
        let ending = try map(["dump", "counts", "--json"], workshop)
        #expect(ending.status == 0, "\(ending.errors)")
        let elements = try JSONDecoder().decode([Element].self, from: Data(ending.output.utf8))
        return Dictionary(uniqueKeysWithValues: elements.map { ($0.formatted.key, $0.formatted.value) })
    }

    /// Starts a command that goes on while others are run, as a shell does: one of this process's own would have its pipes.
    private func start(_ arguments: [String], output: String) throws -> pid_t {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        let tool = Tool.folder.appendingPathComponent("ringfence").path
        shell.arguments = ["-c", "\"$@\" >\"$0\" 2>&1 </dev/null & echo $!", output, tool] + arguments
        let answer = Pipe()
        shell.standardOutput = answer
        try shell.run()
        let text = String(decoding: answer.fileHandleForReading.availableData, as: UTF8.self)
        shell.waitUntilExit()
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private func isRunning(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    /// Children anywhere, a guest where there is KVM; both engines.
    static let tiers = ["interp-child", "jit-child"] + (KVM.isUsable ? ["interp-guest", "jit-guest"] : [])

    @Test(
        "a value that is changed while a run goes on is what its next packets meet; counts are seen to grow",
        arguments: tiers)
    func running(tier: String) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("decide.o", try object())
        let process = try start(
            ["run", object, "--tier", tier, "--maps", workshop.path("state"), "--repeat", "1000000", "--json"]
                + workshop.trusted, output: workshop.path("output"))
        defer { kill(process, SIGKILL) }
        func wait(_ what: String, _ isSo: () throws -> Bool) throws {
            for _ in 0..<600 {
                if try isSo() { return }
                guard isRunning(process) else { break }
                usleep(50_000)
            }
            let said = (try? String(contentsOfFile: workshop.path("output"), encoding: .utf8)) ?? ""
            Issue.record("\(what), for 30 seconds; running: \(isRunning(process)); \(said)")
        }
        try wait("no packet was passed") {
            guard FileManager.default.fileExists(atPath: workshop.path("state/manifest")) else { return false }
            return try counts(workshop)[0, default: 0] > 100
        }
        #expect(try counts(workshop)[1] == nil)
        #expect(try map(["list"], workshop).output.contains("in use"))
        #expect(try map(["update", "settings", "--key", "0", "--value", #"{"drops": 1}"#], workshop).status == 0)
        try wait("no packet was dropped") { try counts(workshop)[1, default: 0] > 100 }
        let passed = try counts(workshop)[0, default: 0]
        try wait("counts do not grow") { try counts(workshop)[1, default: 0] > 1_000 }
        // Every packet meets the value that is there, so none has been passed since.
        #expect(try counts(workshop)[0] == passed)
        #expect(try map(["delete", "counts", "key", "0", "0", "0", "0"], workshop).status == 0)
        #expect(try counts(workshop)[0] == nil)
        // Another run may not have the maps at the same time.
        let second = try Tool.run(
            "ringfence",
            ["run", object, "--tier", tier, "--maps", workshop.path("state")] + workshop.trusted)
        #expect(second.status == 2 && second.errors.contains("is in use"), "\(second.errors)")

        // Killed at once, wherever its cell is: the maps are whole, and go on.
        kill(process, SIGKILL)
        while isRunning(process) { usleep(1_000) }
        let dropped = try counts(workshop)[1, default: 0]
        #expect(dropped > 1_000)
        var third = second
        for _ in 0..<50 {
            third = try Tool.run(
                "ringfence",
                ["run", object, "--tier", tier, "--maps", workshop.path("state")] + workshop.trusted)
            // Its cells may take a moment to be gone.
            guard third.errors.contains("is in use") else { break }
            usleep(20_000)
        }
        #expect(third.status == 0, "\(third.errors)")
        #expect(try counts(workshop)[1, default: 0] >= dropped + 2_759)
    }

    @Test("the commands answer as they say they do")
    func commands() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("decide.o", try object())
        let made = try map(
            ["create", "counts", "--type", "hash", "--key-size", "4", "--value-size", "8", "--entries", "8"], workshop)
        #expect(made.status == 0, "\(made.errors)")
        #expect(
            try map(
                [
                    "update", "counts", "key", "hex", "07", "00", "00", "00", "value", "1", "0", "0", "0", "0", "0",
                    "0", "0",
                ], workshop
            ).status == 0)
        let run = try Tool.run(
            "ringfence",
            ["run", object, "--tier", "interp-child", "--maps", workshop.path("state")] + workshop.trusted)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try counts(workshop) == [7: 1, 0: 2_759])
        #expect(
            try map(["dump", "settings"], workshop).output == "key: 0  value: { .drops = 0, .spare = 0 }\n1 element\n")
        #expect(try map(["lookup", "counts", "--key", "7"], workshop).output == "key: 7  value: 1\n")
        let full = try (1...7).map {
            try map(["update", "counts", "--key", "\($0 + 10)", "--value", "1"], workshop)
        }
        #expect(full.last?.status == 2 && full.last?.errors.contains("is full; it holds 8 entries") == true)
        let refusals: [([String], String)] = [
            (["lookup", "counts", "--key", "99"], "map counts: has no such key"),
            (["lookup", "counts", "key", "7", "0", "0"], "map counts: has keys of 4 bytes, and 3 were given"),
            (["update", "counts", "--key", "7", "value", "1"], "map counts: has values of 8 bytes, and 1 were given"),
            (["update", "counts", "--key", "7"], "map counts: needs a value of 8 bytes"),
            (["update", "counts", "--key", "7", "--value", "1", "noexist"], "has such a key already"),
            (["update", "counts", "--key", "98", "--value", "1", "exist"], "has no such key"),
            (["update", "settings", "--key", "1", "--value", "{}"], "has no such index; it has 1 entries"),
            (
                ["update", "settings", "--key", "0", "--value", #"{"drop": 1}"#],
                "value: no field drop; there are drops, spare"
            ),
            (
                ["update", "settings", "--key", "0", "--value", #"{"drops": -1, "spare": 4294967296}"#],
                ".spare: expected a number of 32 bits"
            ),
            (["delete", "settings", "--key", "0"], "elements that cannot be deleted"),
            (["dump", "count"], "has no map count"), (["remove", "count"], "has no map count"),
            (
                ["create", "counts", "--type", "hash", "--key-size", "4", "--value-size", "8", "--entries", "8"],
                "a map counts already"
            ),
            (
                ["create", "x", "--type", "hash", "--key-size", "0", "--value-size", "8", "--entries", "8"],
                "key size 0 is outside"
            ),
            (["update", "counts", "--key", "7", "--value", "1", "sometimes"], "\"sometimes\" is none of key"),
        ]
        for (arguments, text) in refusals {
            let ending = try map(arguments, workshop)
            #expect(
                ending.status == 2 && ending.errors.contains(text), "\(arguments): \(ending.status) \(ending.errors)")
        }
        #expect(try map(["remove", "counts"], workshop).status == 0)
        #expect(try map(["list", "--json"], workshop).output.contains("\"settings\""))
        let nowhere = try Tool.run("ringfence", ["map", "list", "--sandbox", workshop.path("nowhere")])
        #expect(nowhere.status == 2 && nowhere.errors.contains("nowhere"))
        // Another object's map of the same name is not taken for this one's.
        #expect(
            try map(
                ["create", "counts", "--type", "array", "--key-size", "4", "--value-size", "8", "--entries", "8"],
                workshop
            ).status == 0)
        let other = try Tool.run(
            "ringfence",
            ["run", object, "--tier", "interp-child", "--maps", workshop.path("state")] + workshop.trusted)
        #expect(
            other.status == 2
                && other.errors.contains("map counts is there with type 2, and the object defines it with 1"))
    }

    @Test("a capture in pcapng is run as the same packets in pcap are")
    func pcapng() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("decide.o", try object())
        let capture = Tool.repository.appendingPathComponent("Tests/Captures/first.pcapng").path
        var arguments = workshop.trusted
        arguments[arguments.count - 1] = capture
        let ending = try Tool.run(
            "ringfence",
            ["run", object, "--tier", "interp-child", "--json", "--pcap-out", workshop.path("kept.pcap")] + arguments)
        #expect(ending.status == 0 && ending.output.contains("\"packets\" : 60"), "\(ending.errors)")
        #expect(FileManager.default.fileExists(atPath: workshop.path("kept.pcap")))
    }
}
