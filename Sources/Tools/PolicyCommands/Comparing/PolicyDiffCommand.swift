internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy diff`: what a new policy changes.
struct PolicyDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract:
            "Say in words what may run under a new policy that could not under the old one, and the other way round.",
        discussion: """
            Examples:
              ringfence policy diff Policies/production.toml Policies/performance-jit.toml
              ringfence policy diff Policies/production.toml Policies/production.toml --fail-on-rise
              ringfence policy diff --json Policies/production.toml Policies/performance-jit.toml

            Both are texts or signed policies; no signature is checked. The answer does not come of the texts: for each permit, facts are looked for
            under which one policy lets a program run in a tier and the other does not. Exposure that rises is marked with "!".
            """)

    @Argument(help: "The policy that is in force.")
    var old: String

    @Argument(help: "The policy that is to take its place.")
    var new: String

    @Flag(name: .customLong("fail-on-rise"), help: "Exit status 1 where exposure rises.")
    var failsOnRise = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (before, after) = (try PolicyFiles.readEither(old), try PolicyFiles.readEither(new))
        let comparison = PolicyComparison(from: before.file, to: after.file)
        Output.write(
            json
                ? try CommandSupport.json(Report(rises: comparison.rises, changes: comparison.changes))
                : comparison.text(from: before, to: after))
        if failsOnRise, comparison.rises { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    private struct Report: Encodable {
        var rises: Bool
        var changes: [PolicyComparison.Change]
    }
}

extension PolicyComparison {
    func text(from old: PolicyBase, to new: PolicyBase) -> String {
        var lines = [
            "\(old.file.id) v\(old.file.version) (\(old.sha256.description.prefix(8))…) → "
                + "\(new.file.id) v\(new.file.version) (\(new.sha256.description.prefix(8))…)"
        ]
        for change in changes {
            let mark =
                switch change.direction {
                case .rises: "! rises "
                case .falls: "  falls "
                case .neither: "        "
                }
            let place = change.line.map { " (line \($0))" } ?? ""
            lines.append("\(mark)\(change.subject)\(place): \(change.sentence)")
        }
        let (up, down) = (changes.count { $0.direction == .rises }, changes.count { $0.direction == .falls })
        lines.append(
            up == 0 && down == 0
                ? "exposure stays as it is"
                : "exposure: \(up) rise\(up == 1 ? "" : "s"), \(down) fall\(down == 1 ? "" : "s")")
        return lines.joined(separator: "\n")
    }
}
