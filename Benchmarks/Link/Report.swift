internal import Foundation
internal import Measuring

/// What each place did with packets at each rate.
struct Report: Codable {
    struct Row: Codable {
        let place: String
        let offered: Int
        let sentPerSecond: Double
        let receivedPerSecond: Double
        let loss: Double
        let latency: Summary?
    }

    let host: HostDescription
    let object: String
    var rows: [Row] = []
    var problems: [String] = []

    var text: String {
        var lines = [
            "\(host.processor), \(host.processorCount) processors; Linux \(host.kernel); KVM by \(host.kvm)",
            "\(host.compiler); commit \(host.commit); release build; \(object), frames of 64 bytes", "",
            Self.line("", "offered/s", "sent/s", "arrived/s", "loss", "p50", "p99"),
        ]
        for row in rows {
            lines.append(
                Self.line(
                    row.place, "\(row.offered)", String(format: "%.0f", row.sentPerSecond),
                    String(format: "%.0f", row.receivedPerSecond), String(format: "%.1f %%", row.loss * 100),
                    row.latency.map { Self.microseconds($0.median) } ?? "–",
                    row.latency.map { Self.microseconds($0.p99) } ?? "–"))
        }
        lines += problems.map { "not measured: \($0)" }
        lines += [
            "",
            "One thread sends and receives, in two more processors' worth of work besides: where there are two processors in all, the rates",
            "are what is left to share. The kernel's lines have a bridge between the interfaces, which a link does not need.",
        ]
        return lines.joined(separator: "\n")
    }

    private static func line(_ cells: String...) -> String {
        let widths = [24, 10, 10, 10, 9, 10, 10]
        return zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: " ")
    }

    private static func microseconds(_ nanoseconds: Double) -> String { String(format: "%.1f µs", nanoseconds / 1000) }
}
