import ArgumentParser
import FoundationEssentials
import PolicyCommands
import PolicyTrust
import Testing

@Suite("The examples in --help")
struct HelpExampleTests {
    /// Examples that speak of what no test has: somebody's files, agent or security module.
    private static let elsewhere = [
        "site.dsse", "your-module", "root.1.dsse", "root.1.toml",
        // What changes a host has drills of its own.
        "policy init", "policy install", "policy status", "policy recover", "policy replay",
    ]

    @Test("each of them runs: in the order of the text, where its files are")
    func examples() throws {
        let workshop = try Workshop()
        let path = workshop.path
        var count = 0
        let verbs = PolicyVerbs.all.map { ("policy", $0) } + KeyCommand.configuration.subcommands.map { ("key", $0) }
        for (group, verb) in verbs {
            let command = [group, verb.configuration.commandName ?? ""]
            let examples = verb.configuration.discussion.split(separator: "\n").map { $0.drop { $0 == " " } }
                .filter { $0.hasPrefix("ringfence ") }
            #expect(!examples.isEmpty, "\(command)")
            // Each command finds what the examples are about, and nothing that another one left.
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            if command[1] == "new", group == "policy" {
                #expect(ringfence("key", "new", "--out", "\(path)/site").status == 0)
            } else if group == "policy", command[1] != "sign" {
                for name in ["dev", "second"] {
                    #expect(ringfence("key", "new", "--out", "\(path)/\(name)").status == 0)
                }
                #expect(
                    ringfence(
                        "policy", "sign", "\(policiesFolder)/example.toml", "--key", "\(path)/dev.key", "--out",
                        "\(path)/example.dsse"
                    ).status == 0)
                if command[1] == "verify" {
                    #expect(
                        ringfence("policy", "add-signature", "\(path)/example.dsse", "--key", "\(path)/second.key")
                            .status == 0)
                }
            }
            for example in examples where !Self.elsewhere.contains(where: { example.contains($0) }) {
                count += 1
                let arguments = Self.words(String(example)).dropFirst().map { Self.located($0, in: path) }
                var all = Array(arguments)
                if all.starts(with: ["key", "new"]), !all.contains("--out") { all += ["--out", "\(path)/ringfence"] }
                let result = ringfence(all)
                // A policy may say no; that is an answer.
                #expect(
                    result.status <= 1 && result.failure == nil,
                    "\(example): \(result.failure.map { "\($0)" } ?? result.text)")
            }
        }
        #expect(count >= 30)
    }

    /// As a shell parts them, as far as these examples go.
    private static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            switch character {
            case "\"": isQuoted.toggle()
            case " " where !isQuoted:
                if !word.isEmpty { words.append(word) }
                word = ""
            case _: word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func located(_ word: String, in path: String) -> String {
        if word.hasPrefix("Policies/") { return "\(policiesFolder)/\(word.dropFirst("Policies/".count))" }
        let isFile = [".toml", ".dsse", ".key", ".pub"].contains { word.hasSuffix($0) }
        if isFile { return "\(path)/\(word)" }
        return ["./dev", "dev", "site-a", "site-b"].contains(word) ? "\(path)/\(word)" : word
    }
}
