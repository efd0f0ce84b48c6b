internal import Foundation
internal import Measuring

/// The comparison for people.
extension Comparison {
    var text: String {
        var lines = [line("object", "section", "program", "verdict", "ms", "visits", "kernel", "ms", "visits")]
        for row in rows { lines.append(line(row)) }
        lines += disagreements("accepted here, rejected by the kernel", acceptedHereOnly) { $0.kernel.reason }
        lines += disagreements("accepted by the kernel, not here", acceptedByKernelOnly) { $0.findings.first ?? "" }
        lines.append("")
        lines.append("verdicts: \(list(verdicts)); of the kernel: \(list(kernelVerdicts))")
        lines.append(
            "\(rows.count { $0.isTypeGuessed }) programs are in sections that name no type: xdp or sched_cls by name")
        lines.append("")
        lines.append(times("milliseconds", "programs", "total", "median", "p90", "worst"))
        lines.append(times("all programs", self.times))
        lines.append(times("what the kernel judged", timesBesideKernel))
        lines.append(times("  the kernel's verifier", kernelTimes))
        lines.append(times("  its whole system call, compiling included", kernelCallTimes))
        lines.append(times("what both accept", timesOfAccepted))
        lines.append(times("  the kernel's verifier", kernelTimesOfAccepted))
        lines.append("")
        lines.append("worst here: \(self.times.worstProgram)")
        lines.append("worst in the kernel: \(kernelTimes.worstProgram)")
        lines.append(
            "resident memory: \(residentBytesBefore / 1_000_000) MB before the first object, \(residentBytesPeak / 1_000_000) MB at most"
        )
        lines.append("\(host.processor), Linux \(host.kernel), \(host.compiler), commit \(host.commit)")
        for target in targets {
            lines.append(
                "target \(target.text) (≤ \(number(target.limit))): \(number(target.value))  \(target.isMet ? "met" : "NOT MET")"
            )
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ row: Row) -> String {
        let asked = row.kernel.verdict != .notAsked
        return line(
            row.object, row.section, row.program, row.verdict, number(row.milliseconds), "\(row.visits)",
            row.kernel.verdict.rawValue, asked ? number(row.kernel.milliseconds) : "",
            asked ? "\(row.kernel.visits)" : "")
    }

    private func line(_ columns: String...) -> String {
        let widths = [44, 24, 40, 11, -9, -9, 11, -9, -9]
        return zip(columns, widths).map { text, width in
            let room = String(repeating: " ", count: max(0, abs(width) - text.count))
            return width < 0 ? room + text : text + room
        }.joined(separator: " ")
    }

    private func times(_ name: String, _ times: Times) -> String {
        let numbers = [times.total, times.median, times.p90, times.worst].map(number)
        return self.times(name, "\(times.programs)", numbers[0], numbers[1], numbers[2], numbers[3])
    }

    private func times(_ columns: String...) -> String {
        columns.enumerated().map { index, text in
            let room = String(repeating: " ", count: max(0, (index == 0 ? 46 : 11) - text.count))
            return index == 0 ? text + room : room + text
        }.joined()
    }

    private func disagreements(_ title: String, _ rows: [Row], _ reason: (Row) -> String) -> [String] {
        ["", "\(title): \(rows.count)"] + rows.map { "  \($0.name): \(reason($0).prefix(200))" }
    }

    private func list(_ counts: [String: Int]) -> String {
        counts.sorted { $0.value > $1.value }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private func number(_ value: Double) -> String {
        value.formatted(
            .number.precision(.fractionLength(value < 10 ? 3 : value < 1000 ? 1 : 0)).grouping(.never)
                .locale(Locale(identifier: "en")))
    }
}
