internal import Foundation

/// Text that becomes SVG.
struct Drawing {
    private var parts: [String]

    init(width: Double, height: Double) {
        parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.text(width)) \(Self.text(height))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            """
        ]
    }

    var svg: String { (parts + ["</svg>", ""]).joined(separator: "\n") }

    mutating func label(
        _ text: String, x: Double, y: Double, size: Double = 12, anchor: String = "start", turned: Bool = false
    ) {
        let turn = turned ? " transform=\"rotate(-60 \(Self.text(x)) \(Self.text(y)))\"" : ""
        parts.append(
            "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" font-size=\"\(Self.text(size))\" text-anchor=\"\(anchor)\"\(turn)>"
                + "\(Self.escaped(text))</text>")
    }

    mutating func bar(
        x: Double, y: Double, width: Double, height: Double, color: String, opacity: Double = 1, says: String = ""
    ) {
        parts.append(
            "<rect x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" width=\"\(Self.text(width))\" height=\"\(Self.text(height))\" "
                + "fill=\"\(color)\" fill-opacity=\"\(Self.text(opacity))\"><title>\(Self.escaped(says))</title></rect>"
        )
    }

    mutating func line(_ points: [(x: Double, y: Double)], color: String, width: Double = 1, isDashed: Bool = false) {
        let text = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        parts.append(
            "<polyline points=\"\(text)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"\(Self.text(width))\""
                + (isDashed ? " stroke-dasharray=\"5 4\"" : "") + "/>")
    }

    mutating func dot(x: Double, y: Double, color: String, says: String) {
        parts.append(
            "<circle cx=\"\(Self.text(x))\" cy=\"\(Self.text(y))\" r=\"3.5\" fill=\"\(color)\"><title>\(Self.escaped(says))"
                + "</title></circle>")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    private static func text(_ value: Double) -> String { Report.short(value, 1) }
}

/// A logarithmic axis from the bottom of a panel up: whole powers of ten.
struct LogarithmicAxis {
    let powers: ClosedRange<Int>
    let base: Double
    let height: Double

    init?(over values: [Double], base: Double, height: Double) {
        let positive = values.filter { $0 > 0 }
        guard let least = positive.min(), let most = positive.max() else { return nil }
        let low = Int(log10(least).rounded(.down))
        powers = low...max(low + 1, Int(log10(most).rounded(.up)))
        self.base = base
        self.height = height
    }

    /// What is below the axis stands on it.
    func place(_ value: Double) -> Double {
        let share =
            (log10(max(value, pow(10, Double(powers.lowerBound)))) - Double(powers.lowerBound))
            / Double(powers.count - 1)
        return base - share * height
    }

    func draw(on drawing: inout Drawing, from left: Double, to right: Double) {
        for power in powers {
            let y = place(pow(10, Double(power)))
            drawing.line([(left, y), (right, y)], color: "#ddd")
            drawing.label(Report.short(pow(10, Double(power)), max(0, -power)), x: left - 6, y: y + 4, anchor: "end")
        }
    }
}
