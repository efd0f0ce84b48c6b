internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy lint`: what is allowed in a policy and probably not meant.
struct PolicyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract: "Say what in the text of a policy, or of a root, is probably not meant.",
        discussion: """
            Examples:
              ringfence policy lint Policies/example.toml
              ringfence policy lint --json Policies/production.toml
              ringfence policy lint root.1.toml

            Needs no key. Exit status 1 where a finding is an error: such a text is not signed without --accept.
            """)

    @Argument(help: "The text.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let findings = try Self.findings(of: PolicyFiles.text(file), named: file)
        if json {
            Output.write(try CommandSupport.json(Report(findings: findings.map(FindingLine.init))))
        } else {
            for finding in findings { Output.write("\(Printable.text(file, limit: 400)):\(finding)") }
            let errors = findings.count { $0.code.isError }
            Output.write(
                findings.isEmpty
                    ? "ok: no findings"
                    : "\(errors) error\(errors == 1 ? "" : "s"), \(findings.count - errors) to look at")
        }
        if findings.contains(where: \.code.isError) { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    /// A text that is not even read has the finding that its refusal amounts to, where there is one.
    static func findings(of bytes: [UInt8], named path: String) throws -> [LintFinding] {
        do throws(PolicyTextError) {
            _ = try StrictTOML.parse(bytes)
        } catch {
            guard let finding = LintFinding(error) else { throw Failure(file: path, error) }
            return [finding]
        }
        if let role = try RoleText(bytes, path: path) { return role.findings }
        do throws(PolicyTextError) {
            return try PolicyFile(parsing: bytes).lint(offered: .offered)
        } catch {
            guard let finding = LintFinding(error) else { throw Failure(file: path, error) }
            return [finding]
        }
    }

    private struct Report: Encodable {
        var findings: [FindingLine]
    }
}
