internal import ArgumentParser
internal import PolicyCore

/// `ringfence policy check`: a text that is not signed yet.
struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a policy text, run its self-tests and say what looks wrong.",
        discussion: """
            Examples:
              ringfence policy check Policies/example.toml
              ringfence policy check --json mine.toml

            Needs no key. Findings (L…) are advice and do not change the exit status; an error does.
            """)

    @Argument(help: "The policy text.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (_, base) = try PolicyFiles.readUnsigned(file)
        let findings = base.file.lint(offered: .offered)
        if json {
            print(try Commands.json(Report(policy: PolicySummary(base), findings: findings.map(FindingLine.init))))
            return
        }
        print(PolicySummary(base).text)
        for finding in findings { print("\(file):\(finding)") }
        print("ok: not signed yet; ringfence policy sign \(file) --key KEY")
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var findings: [FindingLine]
    }
}
