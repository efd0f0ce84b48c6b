package import CommandSupport
internal import ProgramPackage

extension VerifyReport {
    /// How much of it is shown.
    package struct Detail: Sendable {
        /// What the proof cost, and what it found out besides.
        package var isVerbose = false
        /// The whole path, and what each kind of finding means.
        package var explains = false

        package init(isVerbose: Bool = false, explains: Bool = false) {
            self.isVerbose = isVerbose
            self.explains = explains
        }
    }

    /// The last decisions are the ones that matter; the first are mostly the same for every error.
    private static let shownDecisions = 8

    /// For people.
    package func text(for terminal: Terminal = .none, _ detail: Detail = Detail()) -> String {
        var parts = [summary(terminal)]
        if detail.isVerbose { parts.append(costs(terminal)) }
        for program in programs where !program.findings.isEmpty || program.problem != nil {
            parts.append(report(on: program, terminal, detail))
        }
        parts.append(closing)
        return parts.joined(separator: "\n")
    }

    private func summary(_ terminal: Terminal) -> String {
        var table = Table(
            .left("program"), .left("section"), .left("verdict"), .right("instructions"), .right("states"),
            .right("time"))
        for program in programs {
            let isVerified = program.problem == nil
            table.add(
                Table.Cell(program.name), Table.Cell(program.section), Self.cell(forVerdict: program.verdict),
                Table.Cell(isVerified ? Quantity.grouped(program.instructions) : "–"),
                Table.Cell(isVerified ? Quantity.grouped(program.states) : "–"),
                Table.Cell(isVerified ? Self.milliseconds(program.nanoseconds) : "–"))
        }
        return terminal.toned(Printable.text(file), .strong) + "\n" + table.text(for: terminal, indent: 2)
    }

    private func costs(_ terminal: Terminal) -> String {
        var table = Table(
            .left("program"), .right("visits"), .right("most states"), .right("memory"), .right("longest run"),
            .left("r0 at exit"))
        for program in programs where program.problem == nil {
            table.add(
                Table.Cell(program.name), Table.Cell(Quantity.grouped(program.visits)),
                Table.Cell(Quantity.grouped(program.peakStates)), Table.Cell(Quantity.bytes(program.peakBytes)),
                Table.Cell(program.longestRun.map { Quantity.grouped($0) } ?? "not known"),
                Table.Cell(program.result.map(Self.text(of:)) ?? "not known"))
        }
        return table.text(for: terminal, indent: 2)
    }

    private static func text(of range: Range) -> String {
        range.least == range.greatest ? "\(range.least)" : "\(range.least) to \(range.greatest)"
    }

    private static func cell(forVerdict verdict: String) -> Table.Cell {
        switch verdict {
        case Verdict.accepted.name: Table.Cell("accepted", .good)
        case Verdict.needsFuel.name: Table.Cell("needs fuel", .good)
        case Verdict.rejected.name: Table.Cell("rejected", .bad)
        case Verdict.tooComplex.name: Table.Cell("too complex", .warning)
        case _: Table.Cell("not verified", .warning)
        }
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100_000 + (nanoseconds % 100_000 >= 50_000 ? 1 : 0)
        return "\(Quantity.grouped(tenths / 10)).\(tenths % 10) ms"
    }

    private var closing: String {
        func count(_ verdict: Verdict) -> Int { programs.count { $0.verdict == verdict.name } }
        let counts = [
            (count(.accepted), "accepted"), (count(.needsFuel), "accepted with fuel"), (count(.rejected), "rejected"),
            (count(.tooComplex), "too complex"), (programs.count { $0.problem != nil }, "not verified"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        var text = "\(programs.count) program\(programs.count == 1 ? "" : "s"): \(counts.joined(separator: ", "))\n"
        if count(.needsFuel) > 0 {
            text +=
                "What needs fuel is safe, and counts as accepted; it is stopped when its instructions are used up.\n"
        }
        return text
    }

    // MARK: One program

    private func report(on program: ProgramRow, _ terminal: Terminal, _ detail: Detail) -> String {
        var text = terminal.toned(
            "\(Printable.text(program.name)) (section \(Printable.text(program.section)))", .strong)
        text += ": " + Self.cell(forVerdict: program.verdict).text
        if let problem = program.problem {
            return text + "\n  \(Printable.text(problem, limit: 400))\n"
        }
        let total = UInt64(clamping: program.findings.count).addingReportingOverflow(program.unlistedFindings)
            .partialValue
        let isRejected = program.verdict == Verdict.rejected.name
        if isRejected { text += ", \(Quantity.grouped(total)) error\(total == 1 ? "" : "s")" }
        text += "\n"
        var taught: Set<String> = []
        for (index, finding) in program.findings.enumerated() {
            let number = isRejected && total > 1 ? " \(index + 1) of \(Quantity.grouped(total))" : ""
            let label = (isRejected ? "error" : "note") + number + ":"
            text += "\n  " + terminal.toned(label, isRejected ? .bad : .warning) + " "
            text += terminal.toned(finding.title, .strong) + "\n"
            text += Self.body(finding, terminal, detail)
            if detail.explains, taught.insert(finding.lesson).inserted {
                text += "\n" + Self.wrapped(finding.lesson, indent: 6, terminal)
            }
        }
        if program.unlistedFindings > 0 {
            text += "\n  \(Quantity.grouped(program.unlistedFindings)) more are not listed\n"
        }
        return text
    }

    private static func body(_ finding: FindingRow, _ terminal: Terminal, _ detail: Detail) -> String {
        var text = ""
        let function = finding.function.map { " in \(Printable.text($0))" } ?? ""
        if let source = finding.source {
            text += "    \(Printable.text(source.file, limit: 400)):\(source.line)\(function)\n"
            text += Self.quotation(of: source, terminal)
        }
        text +=
            "    instruction \(finding.instruction)\(finding.source == nil ? function : ""): "
            + Printable.text(finding.disassembly) + "\n"
        text += Self.wrapped(finding.requirement, indent: 4, hanging: "needs:   ", terminal)
        if !finding.facts.isEmpty { text += "    known because:\n" + Self.list(finding.facts, terminal) }
        if !finding.path.isEmpty {
            let left = detail.explains ? 0 : max(0, finding.path.count - Self.shownDecisions)
            text += "    taken to get here:\n"
            if left > 0 { text += "      … \(left) earlier, which --explain shows\n" }
            text += Self.list(Array(finding.path.dropFirst(left)), terminal)
        }
        if let advice = finding.advice { text += Self.wrapped(advice, indent: 4, hanging: "hint:    ", terminal) }
        return text + Self.text(of: finding.confirmation, terminal)
    }

    private static func text(of confirmation: ConfirmationRow, _ terminal: Terminal) -> String {
        switch confirmation.state {
        case "confirmed":
            return "    confirmed: this input breaks it\n"
                + confirmation.lines.map { "      \(Printable.text($0, limit: 400))\n" }.joined()
        case "not_confirmed":
            var sentence = "may be a limit of the verifier"
            if let lost = confirmation.lostAt {
                sentence +=
                    "; precision lost at \(lost.source.map { "line \($0.line)" } ?? "instruction \(lost.instruction)")"
            }
            if let reason = confirmation.reason, !reason.isEmpty { sentence += " (\(reason))" }
            return Self.wrapped(sentence, indent: 4, hanging: "not confirmed: ", terminal)
        case _: return ""
        }
    }

    /// The source line with its number, and a mark under the column where that is known.
    private static func quotation(of source: SourceMap.Place, _ terminal: Terminal) -> String {
        guard !source.text.allSatisfy(\.isWhitespace) else { return "" }
        let number = "\(source.line)"
        let margin = String(repeating: " ", count: max(0, 8 - number.count))
        let text = Self.tabless(source.text)
        var quoted = "\(margin)\(terminal.toned("\(number) |", .faint)) \(Printable.text(text, limit: 400))\n"
        let column = Int(clamping: source.column)
        if column > 0, column <= source.text.unicodeScalars.count {
            let before = Printable.text(
                Self.tabless(String(String.UnicodeScalarView(source.text.unicodeScalars.prefix(column - 1)))),
                limit: 400)
            let gap = String(repeating: " ", count: Printable.width(before))
            quoted += "         \(terminal.toned("|", .faint)) \(gap)\(terminal.toned("^", .bad))\n"
        }
        return quoted
    }

    private static func tabless(_ text: String) -> String {
        text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
    }

    /// Notes beside the lines that they belong to; lines of source under the first note that names them.
    private static func list(_ notes: [NoteRow], _ terminal: Terminal) -> String {
        var table = Table(.left(), .left(), .left())
        var last: SourceMap.Place?
        for note in notes {
            let place = note.source.map(\.short) ?? "instruction \(note.instruction)"
            let isNew = note.source?.line != last?.line || note.source?.file != last?.file
            last = note.source
            let quoted = isNew ? note.source.map { trimmed(Self.tabless($0.text)) } ?? "" : ""
            table.add(Table.Cell(place), Table.Cell(note.text), Table.Cell(quoted, .faint))
        }
        return table.text(for: terminal, indent: 6)
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Sentences of the verifier in lines of the terminal's width, the second and later ones below the first.
    private static func wrapped(
        _ text: String, indent: Int, hanging label: String = "", _ terminal: Terminal
    ) -> String {
        let margin = String(repeating: " ", count: indent + label.count)
        let width = max(40, min(terminal.columns, 100) - margin.count)
        var lines: [String] = [""]
        var length = 0
        for word in Printable.text(text, limit: 1_000).split(separator: " ") {
            if length > 0, length + 1 + word.count > width {
                lines.append("")
                length = 0
            }
            lines[lines.count - 1] += (length == 0 ? "" : " ") + word
            length += (length == 0 ? 0 : 1) + word.count
        }
        let first = String(repeating: " ", count: indent) + label + lines[0] + "\n"
        return first + lines.dropFirst().map { margin + $0 + "\n" }.joined()
    }
}
