internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import PolicyLog
internal import PolicyTrust

/// `ringfence policy replay`: what a candidate would have made of what was decided.
struct PolicyReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run a candidate policy over a log of decisions, and print what would come out otherwise.",
        discussion: """
            Each record holds the facts of its decision, so the same question is put to the candidate. Whether the log is what was written,
            says ringfence log verify. The exit status is 1 where something would be decided otherwise, or with --fail-on-deny where
            something would newly be denied.

            Examples:
              ringfence policy replay candidate.toml --log /var/log/ringfence/decisions.jsonl
              ringfence policy replay candidate.toml --log decisions.jsonl --fail-on-deny --json
            """)

    @Argument(help: "The candidate: a text, or signed.")
    var candidate: String

    @Option(help: "The log of decisions.")
    var log: String

    @Flag(name: .customLong("fail-on-deny"), help: "Fail only where something would newly be denied.")
    var failsOnDeny = false

    @Flag(help: "Print JSON.")
    var json = false

    private struct Change: Encodable, Equatable {
        var seq: UInt64
        var program: String?
        var before: String
        var beforeCode: String
        var after: String
        var afterCode: String
    }

    private struct Report: Encodable {
        var records = 0
        var skipped = 0
        var newlyDenied = 0
        var newlyAllowed = 0
        var changes: [Change] = []
    }

    func run() throws {
        let set = PolicySet(bases: [try PolicyFiles.readEither(candidate)])
        var report = Report()
        var programs: Set<String> = []
        for line in try lines() {
            guard let record = try? LogRecord(line: line), case .decision(let decision, _) = record.body else {
                continue
            }
            report.records += 1
            guard let replay = try? Replay(decision, for: set) else {
                report.skipped += 1
                continue
            }
            let after = replay.decide(by: set)
            guard after.outcome.name != decision.outcome || after.code.rawValue != decision.code else { continue }
            let was = decision.ranIn
            if was > .deny, after.outcome == .deny {
                report.newlyDenied += 1
                if let program = decision.program { programs.insert(program) }
            }
            if was == .deny, after.outcome > .deny { report.newlyAllowed += 1 }
            report.changes.append(
                Change(
                    seq: record.sequence, program: decision.program, before: decision.outcome,
                    beforeCode: decision.code, after: after.outcome.name, afterCode: after.code.rawValue))
        }
        Output.write(json ? try CommandSupport.json(report) : text(report, programs.count))
        if failsOnDeny ? report.newlyDenied > 0 : !report.changes.isEmpty { throw ExitCode(1) }
    }

    private func lines() throws -> [[UInt8]] {
        try Files.read(log, maximumBytes: 256 << 20).split(separator: 0x0A).map(Array.init)
    }

    private func text(_ report: Report, _ programs: Int) -> String {
        var lines = [
            "\(report.records) decisions: \(report.changes.count) would come out otherwise, \(report.newlyDenied) newly denied (\(programs) programs), \(report.newlyAllowed) newly allowed"
        ]
        if report.skipped > 0 { lines.append("  \(report.skipped) records do not say what went into them") }
        for change in report.changes.prefix(40) {
            lines.append(
                "  #\(change.seq)  \(change.before) \(change.beforeCode) -> \(change.after) \(change.afterCode)   \(change.program ?? "program unknown")"
            )
        }
        if report.changes.count > 40 { lines.append("  and \(report.changes.count - 40) more (--json has all)") }
        return lines.joined(separator: "\n")
    }
}
