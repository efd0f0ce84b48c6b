internal import ArgumentParser
internal import Linux
internal import PolicyCore
internal import PolicyLog

/// `ringfence log verify`: whether a log is what was written.
struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that a log is as it was written, and say where it is not.",
        discussion: """
            The files of a log that was rotated are given oldest first: decisions.jsonl.1 decisions.jsonl.2 decisions.jsonl. One
            of them alone, or an excerpt that ringfence log export made, holds too, and says with which head it begins.

            Ends with status 3 where the log does not hold, and names the first record that is changed or missing.

            EXAMPLES
              ringfence log verify /var/log/ringfence/decisions.jsonl --trust host.pub
              ringfence log verify decisions.jsonl --trust host.pub --seal log-seal --head 18231:9f86d08…
            """)

    @Argument(help: "The log's files, oldest first.")
    var files: [String]

    @OptionGroup var proofs: ProofOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var verifier = try proofs.verifier()
        var current = files.first ?? ""
        // A fault counts lines over all files; people count them in one.
        var lines: [String: Int] = [:]
        do {
            try LogFiles.forEachLine(of: files) { path, line in
                current = path
                lines[path, default: 0] += 1
                try verifier.take(line)
            }
            let summary = try verifier.finish()
            report(summary)
        } catch let fault as LogFault {
            let before = files.prefix { $0 != current }.reduce(0) { $0 + lines[$1, default: 0] }
            report(fault, in: current, line: fault.line - before)
            throw ExitCode(3)
        }
    }

    private func report(_ fault: LogFault, in file: String, line: Int) {
        guard json else {
            StandardError.write(
                "error: \(printable(file)):\(max(line, 1)): record \(fault.sequence): \(printable("\(fault.problem)"))\n"
            )
            return
        }
        var text = JSONText()
        text.object { text in
            text.boolean("holds", false)
            text.string("file", file)
            text.number("line", UInt64(clamping: max(line, 1)))
            text.number("seq", fault.sequence)
            text.string("why", "\(fault.problem)")
        }
        print(String(decoding: text.bytes, as: UTF8.self))
    }

    private func report(_ summary: LogSummary) {
        guard json else {
            print(text(summary))
            return
        }
        var text = JSONText()
        text.object { text in
            text.boolean("holds", true)
            text.string("log", summary.log?.description)
            text.string("key", summary.key?.description)
            if let first = summary.first {
                text.number("first", first.sequence)
                text.string("firstPrev", first.head.description)
            }
            text.number("next", summary.end.sequence)
            text.string("head", summary.end.head.description)
            for (name, count) in Self.counts(summary) { text.number(name, count) }
            text.number("unsealed", summary.unsealed)
            text.number("signaturesChecked", summary.signaturesChecked)
            text.number("sealsChecked", summary.sealsChecked)
            text.number("headsChecked", summary.headsChecked)
        }
        print(String(decoding: text.bytes, as: UTF8.self))
    }

    private static func counts(_ summary: LogSummary) -> [(String, UInt64)] {
        [
            ("decisions", summary.decisions), ("denials", summary.denials), ("reloads", summary.reloads),
            ("recoveries", summary.recoveries), ("lost", summary.lost), ("torn", summary.torn),
            ("files", summary.files),
            ("checkpoints", summary.checkpoints),
        ]
    }

    private func text(_ summary: LogSummary) -> String {
        guard let first = summary.first else { return "ok: an empty log" }
        var lines = ["ok: records \(first.sequence) to \(summary.end.sequence - 1), head \(summary.end.head)"]
        lines.append("  " + Self.counts(summary).map { "\($0.1) \($0.0)" }.joined(separator: ", "))
        if first.sequence > 0 {
            lines.append("  begins after head \(first.head): the files before it are to end so")
        }
        lines.append(
            summary.signaturesChecked > 0
                ? "  signed by \(summary.key?.description ?? "")"
                : proofs.trust.isEmpty
                    ? "  signatures: not checked, so anyone may have written this; name the host's key with --trust"
                    : "  signatures: there is none yet, so anyone may have written this")
        lines.append(
            summary.sealsChecked > 0
                ? "  every epoch is sealed with its own key"
                : "  seals: not checked, so who has the host's key may have; name the first seal with --seal")
        if summary.headsChecked < proofs.head.count {
            lines.append(
                "  heads: \(summary.headsChecked) of \(proofs.head.count) checked; the others are of earlier files")
        }
        if summary.unsealed > 0 { lines.append("  the last \(summary.unsealed) records are not sealed yet") }
        return lines.joined(separator: "\n")
    }
}
