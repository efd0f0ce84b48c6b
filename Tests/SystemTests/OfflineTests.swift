import Foundation
import TestSupport
import Testing

/// Nothing that decides, and no command that deals with policies, uses a network: not a name, not a time, not a list of anything.
@Suite("Without a network")
struct OfflineTests {
    /// A command in a namespace without a way out, under a filter that kills whoever asks for a socket.
    private static func offline(_ name: String, _ arguments: [String]) throws -> Tool.Ending {
        let tool = Tool.folder.appendingPathComponent(name).path
        return try Tool.run("no-network", [name.hasPrefix("/") ? name : tool] + arguments)
    }

    /// All of them have to end as they do elsewhere.
    private static func succeed(_ arguments: String...) throws {
        let ending = try offline("ringfence", arguments)
        #expect(ending.status == 0, "\(arguments): \(ending.status) \(ending.output)\(ending.errors)")
    }

    @Test("T111: who asks for a socket is killed there, so that to end as elsewhere is to have asked for none")
    func kills() throws {
        // A bash that was not told these two asks the host's name service, through a socket, before it reads a line.
        let shell = ["/usr/bin/env", "HOME=/", "SHELL=/bin/bash", "/bin/bash", "-c"]
        let connection = "exec 3<>/dev/tcp/127.0.0.1/9"
        let process = Tool.process(
            "no-network", shell + [connection], FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGSYS)
        // In a child of what is run as well; and there is no interface but the one that leads back.
        let child = try Self.offline(shell[0], shell.dropFirst() + ["(\(connection)) 2>/dev/null; echo $?"])
        #expect(child.output == "\(128 + SIGSYS)\n", "\(child.output)\(child.errors)")
        let interfaces = try Self.offline("/bin/cat", ["/proc/self/net/dev"])
        #expect(
            interfaces.output.split(separator: "\n").dropFirst(2).map {
                $0.split(separator: ":")[0].filter { $0 != " " }
            } == ["lo"])
    }

    @Test("T111: policies are written, checked, signed, verified, compared and put in force without a network")
    func policies() throws {
        let workshop = try Workshop()
        func path(_ name: String) -> String { workshop.path(name) }
        for name in ["ann", "ben"] { try Self.succeed("key", "new", "--out", path(name)) }
        try Self.succeed("key", "show", path("ann.pub"))
        try Self.succeed(
            "policy", "new", "--profile", "production", "--key", path("ann.pub"), "--key", path("ben.pub"), "--out",
            path("site.toml"))
        for verb in ["check", "lint", "test"] { try Self.succeed("policy", verb, path("site.toml")) }
        try Self.succeed("policy", "fmt", "--check", path("site.toml"))
        let example = Tool.repository.appendingPathComponent("Policies/example.toml").path
        try Self.succeed(
            "policy", "simulate", example, "--assume", "type=xdp,helpers=,host.kvm=usable", "--at",
            "2026-12-01T00:00:00Z")
        try Self.succeed("policy", "diff", path("site.toml"), path("site.toml"))
        try Self.succeed("policy", "sign", path("site.toml"), "--key", path("ann.key"))
        try Self.succeed("policy", "add-signature", path("site.dsse"), "--key", path("ben.key"))
        try Self.succeed(
            "policy", "verify", path("site.dsse"), "--trust", path("ann.pub"), "--trust", path("ben.pub"),
            "--threshold",
            "2")
        try Self.succeed("policy", "inspect", path("site.dsse"))

        // A host of its own, from nothing to a policy in force.
        let root = try workshop.write("root.1.toml", Array(try Self.root(workshop).utf8))
        try Self.succeed("policy", "lint", root)
        try Self.succeed("policy", "sign", root, "--key", path("ann.key"))
        try Self.succeed("policy", "add-signature", path("root.1.dsse"), "--key", path("ben.key"))
        for folder in ["etc/trust", "etc/policy/base"] {
            try FileManager.default.createDirectory(
                atPath: path(folder), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        }
        try FileManager.default.copyItem(atPath: path("root.1.dsse"), toPath: path("etc/trust/root.1.dsse"))
        let place = ["--root", path("etc"), "--state", path("state")]
        let digest = try Tool.run("ringfence", ["policy", "inspect", path("root.1.dsse"), "--json"])
        let shown = try JSONSerialization.jsonObject(with: Data(digest.output.utf8)) as? [String: Any]
        let token = "ringfence-install:v1:\(try #require(shown?["sha256"] as? String))"
        for arguments in [
            ["init", "--token", token], ["install", path("site.dsse")], ["status"],
        ] {
            let ending = try Self.offline("ringfence", ["policy"] + arguments + place)
            #expect(ending.status == 0, "\(arguments): \(ending.output)\(ending.errors)")
        }
    }

    @Test(
        "T111: a program is attested, explained, decided about, run and recorded without a network",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func programs() throws {
        let workshop = try Workshop()
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let policy = ["--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub")]
        let log = workshop.path("decisions.jsonl")
        for arguments in [
            ["inspect", object], ["verify", object],
            ["policy", "attest", object, "--author", "a test", "--key", workshop.path("dev.key")],
            ["policy", "explain", object] + policy, ["policy", "explain", object, "--redacted"] + policy,
            ["run", object, "--attestation", "\(object).att.dsse", "--log", log] + workshop.trusted,
            ["log", "verify", log, "--trust", "\(log).state/log-key.pub", "--seal", "\(log).state/log-seal"],
            ["log", "tail", log], ["policy", "replay", workshop.path("policy.dsse"), "--log", log],
        ] {
            let ending = try Self.offline("ringfence", arguments)
            #expect(ending.status == 0, "\(arguments): \(ending.status) \(ending.output)\(ending.errors)")
        }
    }

    private static func root(_ workshop: borrowing Workshop) throws -> String {
        var text = """
            schema = "ringfence-root/v1"
            kind = "root"
            version = 1
            issued = 2026-01-01T00:00:00Z
            expires = 2030-01-01T00:00:00Z
            profile = "production"

            """
        for name in ["ann", "ben"] {
            let words = try String(contentsOfFile: workshop.path("\(name).pub"), encoding: .utf8)
                .split(whereSeparator: \.isWhitespace)
            let key = try #require(words.first { $0.hasSuffix("=") && $0.utf8.count == 44 })
            text += "[[key]]\nname = \"\(name)\"\nscheme = \"ed25519\"\npublic = \"\(key)\"\ncustodian = \"\(name)\"\n"
        }
        text += "[roles]\n"
        for (role, threshold) in [("root", 2), ("base", 2), ("revoke", 1), ("host", 1), ("recovery", 2)] {
            text += "\(role) = { keys = [\"ann\", \"ben\"], threshold = \(threshold) }\n"
        }
        return text
    }
}
