internal import PolicyCore
internal import PolicyLog

extension LogRecord {
    /// The record in one line, for people.
    var text: String {
        let start = "\(time.wall)  \(sequence)  "
        return start + printable(what) + (snapshot.map { "  policy \($0.description.prefix(8))" } ?? "")
    }

    private var what: String {
        switch body {
        case .start(let start): return "start     file \(start.file) of log \(start.log), key \(start.key)"
        case .decision(let record, let ticket):
            let program = record.program.map(Self.short) ?? "unknown program"
            let tiers =
                record.requested.map { "asked for \($0), ceiling \(record.ceiling)" } ?? "ceiling \(record.ceiling)"
            return "\(Self.padded(record.outcome, 12))  \(Self.padded(record.code, 20))  \(program)  \(tiers)"
                + (ticket.map { "  ticket \($0.prefix(16))" } ?? "")
        case .reload(let reload):
            let alarms = reload.alarms.isEmpty ? "" : "; alarms: \(reload.alarms.joined(separator: "; "))"
            return "reload    from \(reload.from.map { String($0.description.prefix(8)) } ?? "nothing")\(alarms)"
        case .floor(let floor): return "floor     \(floor.name) is at least version \(floor.version)"
        case .recovery(let recovery): return "RECOVERY  \(recovery.id) was used; it holds until \(recovery.expires)"
        case .lost(let lost): return "LOST      \(lost.count) records since \(lost.since): \(lost.why)"
        case .torn(let torn):
            return torn.unacknowledged.map { "TORN      record \($0) was written and nobody was told" }
                ?? "TORN      \(torn.lines) lines before this one were not finished"
        case .rotation(let file): return "rotation  goes on in file \(file)"
        case .checkpoint(let checkpoint): return "sealed    epoch \(checkpoint.epoch), key \(checkpoint.key)"
        }
    }

    private static func short(_ program: String) -> String {
        program.utf8.count <= 40 ? program : "\(program.prefix(24))...\(program.suffix(4))"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.utf8.count))
    }

    /// The columns of an exported table.
    static let columns = [
        "seq", "time", "kind", "outcome", "code", "ceiling", "requested", "program", "snapshot", "ticket", "detail",
        "prev",
        "head",
    ]

    func row(head: ContentDigest) -> String {
        var cells = ["\(sequence)", "\(time.wall)", body.kind]
        if case .decision(let record, let ticket) = body {
            cells += [record.outcome, record.code, record.ceiling, record.requested ?? "", record.program ?? ""]
            cells += [snapshot?.description ?? "", ticket ?? "", record.reason]
        } else {
            cells += ["", "", "", "", "", snapshot?.description ?? "", "", proof ?? what]
        }
        cells += [previous.description, head.description]
        return cells.map(Self.cell).joined(separator: ",")
    }

    /// What proves a checkpoint, to be checked against the head before it.
    private var proof: String? {
        guard case .checkpoint(let checkpoint) = body else { return nil }
        return "epoch=\(checkpoint.epoch) key=\(checkpoint.key) mac=\(hexadecimal(checkpoint.mac)) "
            + "sig=\(hexadecimal(checkpoint.signature))"
    }

    /// Quoted, and nothing that a table program would calculate.
    private static func cell(_ text: String) -> String {
        let text = printable(text)
        let isFormula = text.utf8.first.map { "=+-@".utf8.contains($0) } ?? false
        let quoted = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"" + (isFormula ? "'" : "") + quoted + "\""
    }
}
