internal import Foundation
internal import Measuring

/// The table that `make bench` prints.
struct Report {
    let results: Results

    init(_ results: Results) { self.results = results }

    var text: String {
        let host = results.host
        var lines = [
            "\(host.processor), \(host.processorCount) processors; Linux \(host.kernel); KVM by \(host.kvm)",
            "\(host.compiler); commit \(host.commit); seed \(host.seed); release build",
            "",
            row("figure", "what", "median", "p90", "p99", "max", "n"),
        ]
        for figure in results.figures { lines += self.lines(of: figure) }
        let judged = results.figures.filter { !$0.isDisturbed }.flatMap(\.targets)
        let disturbed = results.figures.filter(\.isDisturbed).flatMap(\.targets).count
        let missing = results.figures.filter(\.series.isEmpty).count
        lines.append("")
        lines.append(
            "\(judged.filter(\.isMet).count) of \(judged.count) targets met; \(disturbed) not judged, the machine being busy; "
                + "\(missing) figures not measured")
        return lines.joined(separator: "\n")
    }

    private func lines(of figure: Figure) -> [String] {
        let name = figure.number + (figure.part.isEmpty ? "" : " \(figure.part)")
        var lines = ["", pad(name, 10) + figure.what]
        for series in figure.series {
            let summary = series.summary
            let numbers = [summary.median, summary.p90, summary.p99, summary.maximum].map { number($0, series.unit) }
            lines.append(row("", series.name, numbers[0], numbers[1], numbers[2], numbers[3], "\(summary.count)"))
        }
        for target in figure.targets {
            let verdict = figure.isDisturbed ? "NOT JUDGED (busy)" : target.isMet ? "met" : "NOT MET"
            lines.append(
                pad("", 10) + "target \(target.text) (≤ \(short(target.limit))): \(short(target.value))  \(verdict)")
        }
        if let speed = figure.multiplicationNanoseconds {
            lines.append(
                pad("", 10)
                    + "\(figure.disturbedTurns) disturbed turns dropped; a multiplication took \(short(speed)) ns")
        }
        if !figure.note.isEmpty { lines.append(pad("", 10) + figure.note) }
        return lines
    }

    private func row(
        _ name: String, _ what: String, _ median: String, _ p90: String, _ p99: String, _ maximum: String,
        _ count: String
    ) -> String {
        pad(name, 10) + pad(what, 50) + [median, p90, p99, maximum, count].map { lead($0, 11) }.joined()
    }

    private func number(_ value: Double, _ unit: String) -> String {
        guard unit == "ns" else { return "\(short(value)) \(unit)" }
        return switch value {
        case ..<1_000: "\(short(value)) ns"
        case ..<1_000_000: "\(short(value / 1_000)) µs"
        case ..<1_000_000_000: "\(short(value / 1_000_000)) ms"
        default: "\(short(value / 1_000_000_000)) s"
        }
    }

    /// Three digits that mean something.
    private func short(_ value: Double) -> String {
        let places = value >= 100 ? 0 : value >= 10 ? 1 : 2
        return value.formatted(
            .number.precision(.fractionLength(places)).grouping(.never).locale(Locale(identifier: "en")))
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
    private func lead(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
