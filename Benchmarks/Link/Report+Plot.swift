internal import Foundation
internal import Measuring

/// Two panels over the offered rate, a line for each place: what was lost, and what a packet took (p50 whole, p99 dashed).
extension Report {
    private static let colors = ["#888888", "#000000", "#1f77b4", "#2ca02c", "#ff7f0e", "#d62728", "#9467bd"]
    private static let width = 480.0
    private static let bottom = 360.0
    private static let height = 300.0

    /// Where a panel's lines run.
    private struct Panel {
        let left: Double
        let title: String
        let rates: [Int]
        /// What lies at the bottom and at the top, and whether in between is by powers of ten.
        let range: ClosedRange<Double>
        let isLogarithmic: Bool

        func x(_ rate: Int) -> Double {
            guard let first = rates.first, let last = rates.last, last > first else { return left }
            return left + Self.share(Double(rate), Double(first)...Double(last), true) * Report.width
        }

        func y(_ value: Double) -> Double {
            let inside = min(max(value, range.lowerBound), range.upperBound)
            return Report.bottom - Self.share(inside, range, isLogarithmic) * Report.height
        }

        private static func share(_ value: Double, _ range: ClosedRange<Double>, _ isLogarithmic: Bool) -> Double {
            guard isLogarithmic else { return (value - range.lowerBound) / (range.upperBound - range.lowerBound) }
            return log10(value / range.lowerBound) / log10(range.upperBound / range.lowerBound)
        }

        func grid(_ marks: [(value: Double, text: String)]) -> [String] {
            var parts = ["<text x=\"\(left)\" y=\"40\" font-size=\"14\">\(title)</text>"]
            for mark in marks {
                let at = y(mark.value)
                parts.append(
                    "<line x1=\"\(left)\" y1=\"\(at)\" x2=\"\(left + Report.width)\" y2=\"\(at)\" stroke=\"#ddd\"/>")
                parts.append("<text x=\"\(left - 8)\" y=\"\(at + 4)\" text-anchor=\"end\">\(mark.text)</text>")
            }
            for rate in rates {
                parts.append(
                    "<text x=\"\(x(rate))\" y=\"\(Report.bottom + 18)\" text-anchor=\"middle\">\(rate / 1000)k/s</text>"
                )
            }
            return parts
        }

        func line(_ points: [(rate: Int, value: Double)], _ color: String, isDashed: Bool = false) -> String {
            let places = points.map { "\(x($0.rate)),\(y($0.value))" }.joined(separator: " ")
            let dashes = isDashed ? " stroke-dasharray=\"4 3\"" : ""
            return "<polyline points=\"\(places)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"\(dashes)/>"
        }
    }

    var svg: String {
        let rates = Array(Set(rows.map(\.offered))).sorted()
        let lost = Panel(
            left: 70, title: "Packets lost, by offered rate", rates: rates, range: 0...1, isLogarithmic: false)
        let taken = Panel(
            left: 660, title: "Time of a packet, by offered rate: p50, and p99 dashed", rates: rates,
            range: 1_000...1e9, isLogarithmic: true)
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1340 400\" font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        parts += lost.grid(stride(from: 0, through: 100, by: 25).map { (Double($0) / 100, "\($0) %") })
        parts += taken.grid([
            (1e3, "1 µs"), (1e4, "10 µs"), (1e5, "100 µs"), (1e6, "1 ms"), (1e7, "10 ms"), (1e8, "100 ms"),
            (1e9, "1 s"),
        ])
        var places: [String] = []
        for row in rows where !places.contains(row.place) { places.append(row.place) }
        for (index, place) in places.enumerated() {
            let color = Self.colors[index % Self.colors.count]
            let own = rows.filter { $0.place == place }
            parts.append(lost.line(own.map { ($0.offered, $0.loss) }, color))
            parts.append(taken.line(own.compactMap { row in row.latency.map { (row.offered, $0.median) } }, color))
            parts.append(
                taken.line(own.compactMap { row in row.latency.map { (row.offered, $0.p99) } }, color, isDashed: true))
            let at = 60.0 + Double(index) * 20
            parts.append("<rect x=\"1170\" y=\"\(at)\" width=\"12\" height=\"12\" fill=\"\(color)\"/>")
            parts.append("<text x=\"1188\" y=\"\(at + 11)\">\(place)</text>")
        }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }
}
