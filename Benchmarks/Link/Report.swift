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

    /// Loss by offered rate, a line for each place.
    var svg: String {
        let colors = ["#888888", "#000000", "#1f77b4", "#2ca02c", "#ff7f0e", "#d62728"]
        let rates = Array(Set(rows.map(\.offered))).sorted()
        let (width, height, left, bottom) = (760.0, 420.0, 70.0, 360.0)
        func x(_ rate: Int) -> Double {
            guard let first = rates.first, let last = rates.last, last > first else { return left }
            return left + (log10(Double(rate)) - log10(Double(first))) / (log10(Double(last)) - log10(Double(first)))
                * (width - left - 170)
        }
        func y(_ loss: Double) -> Double { bottom - min(max(loss, 0), 1) * 300 }
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
            "<text x=\"20\" y=\"24\" font-size=\"15\">Packets lost between two interfaces, by offered rate</text>",
        ]
        for percent in stride(from: 0, through: 100, by: 25) {
            let at = y(Double(percent) / 100)
            parts.append("<line x1=\"\(left)\" y1=\"\(at)\" x2=\"\(width - 170)\" y2=\"\(at)\" stroke=\"#dddddd\"/>")
            parts.append("<text x=\"\(left - 8)\" y=\"\(at + 4)\" text-anchor=\"end\">\(percent) %</text>")
        }
        for rate in rates {
            parts.append("<text x=\"\(x(rate))\" y=\"\(bottom + 18)\" text-anchor=\"middle\">\(rate / 1000)k/s</text>")
        }
        var places: [String] = []
        for row in rows where !places.contains(row.place) { places.append(row.place) }
        for (index, place) in places.enumerated() {
            let color = colors[index % colors.count]
            let points = rows.filter { $0.place == place }.map { "\(x($0.offered)),\(y($0.loss))" }
            parts.append(
                "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"/>"
            )
            let at = 60.0 + Double(index) * 20
            parts.append("<rect x=\"\(width - 160)\" y=\"\(at)\" width=\"12\" height=\"12\" fill=\"\(color)\"/>")
            parts.append("<text x=\"\(width - 142)\" y=\"\(at + 11)\">\(place)</text>")
        }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }
}
