internal import Foundation
internal import Measuring

/// Groups of bars on a logarithmic scale, as SVG.
struct Plot {
    /// One group for each program, one bar for each place; nil leaves a gap that says why.
    struct Panel {
        let title: String
        let unit: String
        let groups: [(name: String, bars: [Bar])]
    }

    struct Bar {
        let place: Place
        /// Height, and where the whisker ends.
        let value: Double?
        var whisker: Double?
        /// What stands in the place of a bar that there is not.
        var gap = ""
    }

    let title: String
    let panels: [Panel]

    private static let width = 1180.0
    private static let plotHeight = 240.0
    private static let panelHeight = 330.0
    private static let left = 70.0
    private static let top = 70.0

    var svg: String {
        let height = Self.top + Double(panels.count) * Self.panelHeight
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.text(Self.width)) \(Self.text(height))" \
            font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="white"/>
            """,
            Self.label(title, x: 20, y: 24, size: 15),
        ]
        for (index, place) in Place.allCases.enumerated() {
            let x = Self.left + Double(index) * 130
            parts.append("<rect x=\"\(Self.text(x))\" y=\"38\" width=\"12\" height=\"12\" fill=\"\(place.color)\"/>")
            parts.append(Self.label(place.rawValue, x: x + 18, y: 48))
        }
        for (index, panel) in panels.enumerated() {
            parts += draw(panel, from: Self.top + Double(index) * Self.panelHeight)
        }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }

    private func draw(_ panel: Panel, from y: Double) -> [String] {
        let values = panel.groups.flatMap(\.bars).flatMap { [$0.value, $0.whisker] }.compactMap { $0 }.filter { $0 > 0 }
        guard let least = values.min(), let most = values.max() else { return [] }
        let (bottom, ceiling) = (log10(least).rounded(.down), log10(most).rounded(.up))
        let base = y + 30 + Self.plotHeight
        func height(_ value: Double) -> Double {
            max(1, (log10(max(value, least)) - bottom) / max(ceiling - bottom, 1) * Self.plotHeight)
        }
        var parts = [Self.label("\(panel.title), \(panel.unit), logarithmic", x: Self.left, y: y + 18, size: 13)]
        for power in Int(bottom)...Int(max(ceiling, bottom + 1)) {
            let line = base - (Double(power) - bottom) / max(ceiling - bottom, 1) * Self.plotHeight
            parts.append(
                "<line x1=\"\(Self.text(Self.left))\" x2=\"\(Self.text(Self.width - 20))\" y1=\"\(Self.text(line))\" "
                    + "y2=\"\(Self.text(line))\" stroke=\"#ddd\"/>")
            parts.append(Self.label(Self.power(power), x: Self.left - 6, y: line + 4, anchor: "end"))
        }
        let groupWidth = (Self.width - Self.left - 20) / Double(max(panel.groups.count, 1))
        for (index, group) in panel.groups.enumerated() {
            let start = Self.left + Double(index) * groupWidth + 8
            let barWidth = (groupWidth - 16) / Double(max(group.bars.count, 1))
            for (number, bar) in group.bars.enumerated() {
                let x = start + Double(number) * barWidth
                parts += draw(bar, x: x, width: barWidth - 2, base: base, height: height)
            }
            parts.append(Self.label(group.name, x: start + (groupWidth - 16) / 2, y: base + 18, anchor: "middle"))
        }
        return parts
    }

    private func draw(_ bar: Bar, x: Double, width: Double, base: Double, height: (Double) -> Double) -> [String] {
        guard let value = bar.value, value > 0 else {
            let middle = x + width / 2
            return [
                "<text x=\"\(Self.text(middle))\" y=\"\(Self.text(base - 4))\" font-size=\"9\" fill=\"#a00\" "
                    + "transform=\"rotate(-90 \(Self.text(middle)) \(Self.text(base - 4)))\">\(Self.escaped(bar.gap))</text>"
            ]
        }
        let top = base - height(value)
        var parts = [
            "<rect x=\"\(Self.text(x))\" y=\"\(Self.text(top))\" width=\"\(Self.text(width))\" "
                + "height=\"\(Self.text(base - top))\" fill=\"\(bar.place.color)\"><title>\(bar.place.rawValue): "
                + "\(Report.short(value, value < 10 ? 3 : 0))</title></rect>"
        ]
        if let whisker = bar.whisker, whisker > value {
            let middle = Self.text(x + width / 2)
            parts.append(
                "<line x1=\"\(middle)\" x2=\"\(middle)\" y1=\"\(Self.text(top))\" "
                    + "y2=\"\(Self.text(base - height(whisker)))\" stroke=\"#333\"/>")
        }
        return parts
    }

    private static func power(_ power: Int) -> String {
        guard power >= 0 else { return "0." + String(repeating: "0", count: -power - 1) + "1" }
        let prefixes = ["", " k", " M", " G", " T"]
        let prefix = min(power / 3, prefixes.count - 1)
        return "1" + String(repeating: "0", count: power - 3 * prefix) + prefixes[prefix]
    }

    private static func label(
        _ text: String, x: Double, y: Double, size: Int = 12, anchor: String = "start"
    ) -> String {
        "<text x=\"\(Self.text(x))\" y=\"\(Self.text(y))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\">"
            + "\(escaped(text))</text>"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
    }

    private static func text(_ value: Double) -> String { Report.short(value, 1) }
}

extension Place {
    fileprivate var color: String {
        switch self {
        case .interpGuest: "#9ecae1"
        case .jitGuest: "#2171b5"
        case .interpChild: "#fdbe85"
        case .jitChild: "#d94701"
        case .inProcess: "#969696"
        case .kernel: "#31a354"
        }
    }
}

extension Report {
    var plot: Plot {
        var programs: [String] = []
        for row in rows where !programs.contains(row.program) { programs.append(row.program) }
        func groups(
            _ programs: [String], _ value: (Row) -> Double?, _ whisker: (Row) -> Double? = { _ in nil }
        ) -> [(name: String, bars: [Plot.Bar])] {
            programs.map { program in
                (
                    program,
                    rows.filter { $0.program == program }.map { row in
                        Plot.Bar(
                            place: row.place, value: value(row), whisker: whisker(row),
                            gap: row.problem.map { String($0.prefix { $0 != ":" }) } ?? "")
                    }
                )
            }
        }
        let long = programs.filter { program in rows.contains { $0.program == program && $0.perInstruction != nil } }
        return Plot(
            title: "What isolation costs: \(host.processor), Linux \(host.kernel), \(host.kvm)",
            panels: [
                Plot.Panel(
                    title: "One event, median with the 99th percentile above it", unit: "ns",
                    groups: groups(programs, { $0.event?.median }, { $0.event?.p99 })),
                Plot.Panel(title: "One instruction", unit: "ns", groups: groups(long, { $0.perInstruction })),
                Plot.Panel(
                    title: "Events in a second, the ring kept full", unit: "1/s",
                    groups: groups(programs, { $0.eventsPerSecond })),
            ])
    }
}
