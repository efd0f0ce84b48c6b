internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy check`: a text that is not signed yet.
struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read a policy text, run its self-tests and say what looks wrong: lint and test in one.",
        discussion: """
            Examples:
              ringfence policy check Policies/example.toml
              ringfence policy check --json Policies/production.toml

            Needs no key. Exit status 1 where a finding is an error; a self-test that fails is bad input, as it is to the engine.
            """)

    @Argument(help: "The policy text.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (_, base) = try PolicyFiles.readUnsigned(file)
        let findings = base.file.lint(offered: .offered)
        let isSound = !findings.contains(where: \.code.isError)
        if json {
            let report = Report(policy: PolicySummary(base), findings: findings.map(FindingLine.init))
            Output.write(try CommandSupport.json(report))
        } else {
            Output.write(PolicySummary(base).text)
            for finding in findings { Output.write("\(Printable.text(file, limit: 400)):\(finding)") }
            Output.write(
                isSound ? "ok: not signed yet; ringfence policy sign \(file) --key KEY" : "not to be signed as it is")
        }
        if !isSound { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var findings: [FindingLine]
    }
}
