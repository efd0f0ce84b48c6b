internal import Foundation
internal import Measuring

extension Report {
    /// The one table: a line for each operation.
    var text: String {
        var lines = [
            "\(host.processor), \(host.processorCount) processors; Linux \(host.kernel); KVM by \(host.kvm)",
            "\(host.compiler); commit \(host.commit); seed \(host.seed); release build", "",
            Self.line(
                "ns of one operation", Place.allCases.map { $0.rawValue } + ["guest/kernel", "child/kernel", "dropped"]),
        ]
        for name in names {
            let own = rows.filter { $0.name == name }
            let medians = Place.allCases.map { place in
                row(name, place)?.operation.map { Self.short($0.median, $0.median < 100 ? 1 : 0) } ?? "–"
            }
            let ratios = [Place.jitGuest, .jitChild].map { place in
                judgement(name, place).map { judgement in
                    judgement.target.map { "\(Self.short($0.value, 2)) \(judgement.text)" } ?? "–"
                } ?? "–"
            }
            let dropped = own.map(\.disturbedTurns).max() ?? 0
            lines.append(Self.line(name, medians + ratios + ["\(dropped)"]))
            for row in own {
                if let problem = row.problem { lines.append("    \(row.place.rawValue): \(problem)") }
            }
        }
        return (lines + ["", summary, ""] + laneLines + ["", Self.legend]).joined(separator: "\n")
    }

    /// One line for each operation that was measured on several processors at once.
    private var laneLines: [String] {
        guard !lanes.isEmpty else { return [] }
        var columns: [(place: Place, lanes: Int)] = []
        var names: [String] = []
        for row in lanes {
            if !columns.contains(where: { $0 == (row.place, row.lanes) }) { columns.append((row.place, row.lanes)) }
            if !names.contains(row.name) { names.append(row.name) }
        }
        let header = Self.line("ns on each lane", columns.map { "\($0.place.rawValue) × \($0.lanes)" })
        return [header]
            + names.map { name in
                let cells = columns.map { column in
                    let row = lanes.first { $0.name == name && $0.place == column.place && $0.lanes == column.lanes }
                    return row?.operation.map { Self.short($0.median, 1) + (row?.isDisturbed ?? false ? " busy" : "") }
                        ?? "–"
                }
                return Self.line(name, cells)
            }
            + lanes.compactMap { row in row.problem.map { "    \(row.name), \(row.place.rawValue): \($0)" } }
    }

    private var summary: String {
        let judged = judgements.filter { $0.isJudged && $0.target != nil }
        let met = judged.filter { $0.target?.isMet ?? false }.count
        return "target: at most \(Self.short(Self.limit, 1)) × the kernel's: \(met) of \(judged.count) met; "
            + "\(judgements.count - judged.count) not judged"
    }

    private static let legend = """
        An event does an operation 256 times (a tail call 33 times); from its time that of an event is taken whose program has the same loop
        with nothing in it. Medians of turns; in each turn the places follow one another, each for 16 events. Keys are random over all
        elements. Baseline is a round of the empty loop, with what an event costs shared out over it. An operation of the kernel's that takes
        less than 1 ns counts as 1 ns: two loops are not told apart any better. A cell answers bpf_ktime_get_ns with the event's time, the
        kernel reads a clock. replace: delete, then update. dropped: turns in which somebody else had a processor. Lanes: cells, or threads in the
        kernel, each on a processor of its own and all at once over the same map; a round of the loop is part of what is shown.
        """

    private static func line(_ name: String, _ cells: [String]) -> String {
        let padded = name + String(repeating: " ", count: max(1, 26 - name.count))
        return padded + cells.map { String(repeating: " ", count: max(1, 15 - $0.count)) + $0 }.joined()
    }

    static func short(_ value: Double, _ places: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(places)).grouping(.never).locale(Locale(identifier: "en")))
    }
}
