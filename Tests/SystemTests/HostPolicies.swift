import Crypto
import Foundation
import Testing

/// A host's own policies, in directories of a test, signed and installed with the commands that people have.
final class HostPolicies {
    let workshop: Workshop

    init() throws {
        workshop = try Workshop()
        for folder in ["etc/trust", "etc/policy/base", "etc/policy/sup", "etc/policy/tombstone"] {
            try FileManager.default.createDirectory(
                atPath: workshop.path(folder), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o755])
        }
        let key = try String(contentsOfFile: workshop.path("dev.pub"), encoding: .utf8).split(
            whereSeparator: \.isWhitespace)[1]
        let roles = ["root", "base", "revoke", "host"].map { "\($0) = { keys = [\"dev\"], threshold = 1 }" }
        let root = """
            schema = "ringfence-root/v1"
            kind = "root"
            version = 1
            issued = \(Self.day(-2))
            expires = \(Self.day(300))
            profile = "development"
            [[key]]
            name = "dev"
            scheme = "ed25519"
            public = "\(key)"
            [roles]
            \(roles.joined(separator: "\n"))

            """
        let signed = try sign("root.1", root)
        try FileManager.default.copyItem(atPath: signed, toPath: workshop.path("etc/trust/root.1.dsse"))
        let digest = SHA256.hash(data: Data(root.utf8)).map { String(format: "%02x", $0) }.joined()
        let begun = try Tool.run("ringfence", ["policy", "init", "--token", "ringfence-install:v1:\(digest)"] + place)
        #expect(begun.status == 0, "\(begun.output)\(begun.errors)")
    }

    private static func day(_ days: Int) -> String {
        Date(timeIntervalSinceNow: Double(days) * 86_400).formatted(.iso8601)
    }

    private var place: [String] { ["--root", workshop.path("etc"), "--state", workshop.path("state")] }

    /// The arguments by which commands find them.
    var arguments: [String] {
        ["--policy-root", workshop.path("etc"), "--policy-state", workshop.path("state")]
    }

    private func sign(_ name: String, _ text: String) throws -> String {
        let source = try workshop.write("\(name).toml", Array(text.utf8))
        let signing = try Tool.run(
            "ringfence", ["policy", "sign", source, "--key", workshop.path("dev.key"), "--accept", "L101"])
        #expect(signing.status == 0, "\(signing.output)\(signing.errors)")
        return workshop.path("\(name).dsse")
    }

    /// Puts a policy in force that permits programs of some types up to a tier; nil: none.
    func install(
        _ version: Int, permits tier: String?, onTighten: String = "detach", types: [String] = ["xdp"]
    ) throws {
        let types = types.map { "\"\($0)\"" }.joined(separator: ", ")
        var text = """
            schema = "ringfence-policy/v1"
            kind = "base"
            id = "site"
            version = \(version)
            issued = \(Self.day(-1))
            expires = \(Self.day(200))
            mode = "enforce"
            [options]
            guest_codegen = true
            on_tighten = "\(onTighten)"

            """
        if let tier { text += "[[permit]]\nid = \"xdp\"\ntier = \"\(tier)\"\nwhen = { type = [\(types)] }\n" }
        let installed = try Tool.run("ringfence", ["policy", "install", try sign("base.\(version)", text)] + place)
        #expect(installed.status == 0, "\(installed.output)\(installed.errors)")
    }

    /// The records of the log that commands keep of them.
    func log() throws -> [String] {
        try String(contentsOfFile: workshop.path("state/log/decisions.jsonl"), encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }
}
