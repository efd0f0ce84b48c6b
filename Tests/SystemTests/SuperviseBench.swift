import Foundation
import TestSupport
import Testing

/// A run with these hooks, each of the one object.
final class SuperviseBench {
    /// The test's caller, linked so that no library stands between it and the kernel.
    static let caller: String = {
        let source = Tool.repository.appendingPathComponent("Tests/Support/supervised/caller.c").path
        let program = FileManager.default.temporaryDirectory.appendingPathComponent("ringfence-caller-\(getpid())").path
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-O2", "-static", "-pthread", "-o", program, source]
        try? compiler.run()
        compiler.waitUntilExit()
        return program
    }()

    static let tiers = KVM.isUsable ? ["interp-guest", "jit-child"] : ["jit-child"]
    static let tier = tiers[0]

    /// Denies 127.0.0.2, and sends what is for 127.0.0.3 to 127.0.0.1.
    static let deciding = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "Dual MIT/GPL";
        SEC("cgroup/connect4") int decide(struct bpf_sock_addr *context)
        {
            if (context->user_ip4 == bpf_htonl(0x7f000002)) return 0;
            if (context->user_ip4 == bpf_htonl(0x7f000003)) context->user_ip4 = bpf_htonl(0x7f000001);
            return 1;
        }
        SEC("cgroup/bind4") int name(struct bpf_sock_addr *context)
        {
            if (context->user_ip4 == bpf_htonl(0x7f000002)) return 0;
            if (context->user_ip4 == bpf_htonl(0x7f000003)) context->user_ip4 = bpf_htonl(0x7f000001);
            return 1;
        }
        SEC("cgroup/sock_create") int create(struct bpf_sock *context) { return context->type != 2; }
        """

    private static let types = [
        "cgroup_sock_addr", "cgroup_sock", "process", "bind", "tracepoint", "raw_tracepoint",
    ]

    let workshop: Workshop
    let object: String

    init(failing onFailure: String = "closed", source: String = SuperviseBench.deciding) throws {
        workshop = try Workshop()
        let text = try Workshop.policy(ceiling: "jit-child")
            .replacing("[\"xdp\"]", with: "[\(Self.types.map { "\"\($0)\"" }.joined(separator: ", "))]")
            .replacing(
                "{ xdp = \"closed\" }",
                with: "{ \(Self.types.map { "\($0) = \"\(onFailure)\"" }.joined(separator: ", ")) }")
        _ = try workshop.write("policy.toml", Array(text.utf8))
        let signed = try Tool.run(
            "ringfence",
            [
                "policy", "sign", workshop.path("policy.toml"), "--key", workshop.path("dev.key"), "--out",
                workshop.path("own.dsse"),
            ])
        try #require(signed.status == 0, "\(signed.errors)")
        let folder = Tool.repository.appendingPathComponent("Images/programs").path
        object = try workshop.write(
            "object.bpf.o",
            BPFCompiler.object(
                source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu", "-I\(folder)"]))
    }

    func arguments(_ hooks: [String], tier: String, _ command: [String], _ more: [String] = []) -> [String] {
        ["supervise"] + hooks.flatMap { ["--hook", "\(Self.section($0))=\(object)"] }
            + [
                "--policy", workshop.path("own.dsse"), "--trust", workshop.path("dev.pub"), "--tier", tier,
                "--report", workshop.path("report.json"), "--json",
            ] + more + ["--"] + command
    }

    /// Sections of sockets of cgroups are named without what all of them begin with.
    private static func section(_ hook: String) -> String {
        ["process", "bind"].contains(hook) || hook.contains("/") ? hook : "cgroup/\(hook)"
    }

    func run(
        _ command: [String], at hooks: [String] = ["connect4"], tier: String = SuperviseBench.tier,
        more: [String] = []
    ) throws -> Tool.Ending {
        try Tool.run("ringfence", arguments(hooks, tier: tier, command, more))
    }

    /// The numbers in what a caller says.
    static func numbers(_ ending: Tool.Ending) -> [Int] {
        ending.output.split(separator: " ").compactMap { word in Int(word.filter { $0.isNumber }) }
    }

    var report: [String: Any] {
        get throws {
            let data = try Data(contentsOf: URL(fileURLWithPath: workshop.path("report.json")))
            return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        }
    }

    func counts(_ hook: String) throws -> (calls: Int, denied: Int, rewritten: Int) {
        let hooks = try #require(try report["hooks"] as? [[String: Any]])
        let row = try #require(hooks.first { $0["hook"] as? String == Self.section(hook) })
        return (row["calls"] as? Int ?? -1, row["denied"] as? Int ?? -1, row["rewritten"] as? Int ?? -1)
    }
}
