internal import Foundation
internal import Measuring

/// Every operation as bars; below, how operations grow with the number of elements.
extension Report {
    private static var width: Double { 1480 }
    private static var left: Double { 60 }

    var plot: Drawing {
        var drawing = Drawing(width: Self.width, height: 960)
        drawing.label(
            "Operations of programs: \(host.processor), Linux \(host.kernel), \(host.kvm)", x: 20, y: 24, size: 15)
        for (index, place) in Place.allCases.enumerated() {
            let x = Self.left + Double(index) * 130
            drawing.bar(x: x, y: 38, width: 12, height: 12, color: place.color)
            drawing.label(place.rawValue, x: x + 18, y: 48)
        }
        drawBars(on: &drawing)
        let families = ["HASH", "LPM_TRIE"]
        let panel = (Self.width - 20) / Double(families.count + 1)
        for (index, family) in families.enumerated() {
            drawScaling(
                of: family, on: &drawing, from: Self.left + Double(index) * panel, to: Double(index + 1) * panel - 20)
        }
        drawLanes(on: &drawing, from: Self.left + 2 * panel, to: Self.width - 20)
        return drawing
    }

    /// A bar for one lane and a paler one for each of several, which are as high where the lanes do not hinder one another.
    private func drawLanes(on drawing: inout Drawing, from left: Double, to right: Double) {
        var names: [String] = []
        for row in lanes where !names.contains(row.name) { names.append(row.name) }
        guard let axis = LogarithmicAxis(over: lanes.compactMap { $0.operation?.median }, base: 860, height: 270)
        else { return }
        drawing.label("One lane, and each of two at once, ns", x: left, y: 572, size: 13)
        axis.draw(on: &drawing, from: left, to: right)
        let group = (right - left) / Double(names.count)
        for (index, name) in names.enumerated() {
            let own = lanes.filter { $0.name == name }
            let width = (group - 6) / Double(max(own.count, 1))
            for (number, row) in own.enumerated() {
                guard let median = row.operation?.median else { continue }
                let top = axis.place(median)
                drawing.bar(
                    x: left + Double(index) * group + 3 + Double(number) * width, y: top, width: max(1, width - 0.5),
                    height: max(1, axis.base - top), color: row.place.color, opacity: row.lanes == 1 ? 1 : 0.5,
                    says: "\(name), \(row.place.rawValue), \(row.lanes): \(Self.short(median, 1)) ns")
            }
            drawing.label(
                name, x: left + (Double(index) + 0.5) * group, y: axis.base + 14, size: 10, anchor: "end", turned: true)
        }
    }

    private func drawBars(on drawing: inout Drawing) {
        let medians = rows.compactMap { $0.operation?.median }
        // Bars of less than a tenth of a nanosecond say nothing.
        guard let axis = LogarithmicAxis(over: medians.map { max($0, 0.1) }, base: 360, height: 270) else { return }
        drawing.label("One operation, median, ns, logarithmic", x: Self.left, y: 78, size: 13)
        axis.draw(on: &drawing, from: Self.left, to: Self.width - 20)
        let group = (Self.width - Self.left - 20) / Double(max(names.count, 1))
        for (index, name) in names.enumerated() {
            let start = Self.left + Double(index) * group + 3
            let width = (group - 6) / Double(Place.allCases.count)
            for (number, place) in Place.allCases.enumerated() {
                guard let median = row(name, place)?.operation?.median else { continue }
                let top = axis.place(median)
                drawing.bar(
                    x: start + Double(number) * width, y: top, width: max(1, width - 0.5),
                    height: max(1, axis.base - top), color: place.color,
                    says: "\(name), \(place.rawValue): \(Self.short(median, 1)) ns")
            }
            drawing.label(name, x: start + group / 2, y: axis.base + 14, size: 10, anchor: "end", turned: true)
        }
    }

    /// Reads as lines, updates as broken ones.
    private func drawScaling(of family: String, on drawing: inout Drawing, from left: Double, to right: Double) {
        let own = rows.filter { $0.series?.hasPrefix(family) ?? false }
        let sizes = Set(own.compactMap(\.entries)).sorted()
        guard let least = sizes.first, let most = sizes.last, most > least,
            let axis = LogarithmicAxis(over: own.compactMap { $0.operation?.median }, base: 910, height: 320)
        else { return }
        drawing.label("\(family) by its elements: read (line), update (broken line), ns", x: left, y: 572, size: 13)
        axis.draw(on: &drawing, from: left, to: right)
        func place(_ entries: Int) -> Double {
            left + 20 + (log2(Double(entries)) - log2(Double(least))) / (log2(Double(most)) - log2(Double(least)))
                * (right - left - 60)
        }
        for entries in sizes {
            let text = entries >= 1 << 20 ? "\(entries >> 20) M" : "\(entries >> 10) K"
            drawing.label(text, x: place(entries), y: axis.base + 18, anchor: "middle")
        }
        for series in Set(own.compactMap(\.series)).sorted() {
            for lane in Place.allCases {
                let points = own.filter { $0.series == series && $0.place == lane }.compactMap { row in
                    row.operation.map { (x: place(row.entries ?? 0), y: axis.place($0.median), median: $0.median) }
                }.sorted { $0.x < $1.x }
                guard !points.isEmpty else { continue }
                drawing.line(
                    points.map { ($0.x, $0.y) }, color: lane.color, width: 2, isDashed: series.hasSuffix("update"))
                for point in points {
                    drawing.dot(
                        x: point.x, y: point.y, color: lane.color,
                        says: "\(series), \(lane.rawValue): \(Self.short(point.median, 1)) ns")
                }
            }
        }
    }
}

extension Place {
    fileprivate var color: String {
        switch self {
        case .jitGuest: "#2171b5"
        case .jitChild: "#d94701"
        case .interpGuest: "#9ecae1"
        case .kernel: "#31a354"
        }
    }
}
