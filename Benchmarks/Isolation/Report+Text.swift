internal import Foundation
internal import Measuring

extension Report {
    /// The one table: a block for each program, a line for each place.
    var text: String {
        var lines = [
            "\(host.processor), \(host.processorCount) processors; Linux \(host.kernel); KVM by \(host.kvm)",
            "\(host.compiler); commit \(host.commit); seed \(host.seed); release build", "",
            Self.line(
                "program", "place",
                [
                    "event p50", "p99", "per insn", "events/s batched", "start", "memory",
                ]),
        ]
        var program = ""
        for row in rows {
            if row.program != program {
                lines.append("")
                // Turns are the same in every place, but a place that is not there has none.
                let same = rows.filter { $0.program == row.program }
                let disturbed = same.map(\.disturbedTurns).max() ?? 0
                lines.append(
                    "\(row.program): \(row.instructions) instructions; \(disturbed) disturbed turns dropped"
                        + (same.contains(where: \.isDisturbed) ? "; NEVER QUIET: all turns count" : ""))
            }
            program = row.program
            if let problem = row.problem {
                lines.append(Self.pad("", 20) + Self.pad(row.place.rawValue, 14) + problem.uppercasedStart)
                continue
            }
            lines.append(
                Self.line(
                    "", row.place.rawValue,
                    [
                        row.event.map { Self.time($0.median) }, row.event.map { Self.time($0.p99) },
                        row.perInstruction.map { "\(Self.short($0, 3)) ns" },
                        row.eventsPerSecond.map { Self.count($0) },
                        row.start.map { Self.time($0.median) }, row.memory.map { "\($0 / 1024) KiB" },
                    ].map { $0 ?? "–" }))
        }
        lines.append("")
        for judgement in targets {
            let target = judgement.target
            let verdict = judgement.isJudged ? (target.isMet ? "met" : "NOT MET") : "NOT JUDGED (busy)"
            lines.append(
                "target \(target.text) (≤ \(Self.short(target.limit, 2))): \(Self.short(target.value, 3))  \(verdict)")
        }
        return (lines + ["", Self.legend]).joined(separator: "\n")
    }

    private static let legend = """
        event: from submission to verdict, one at a time; in-process a call; in the kernel a run as it times it itself, of a short program
        the average of 500. per insn: what it takes longer than tiny, shared out. batched: 32 in flight, or as many calls in a row. start:
        from nothing (a spawner waits) to the first verdict, compilation in. memory: what is the cell's process's own; what the kernel charges.
        call 5 is bpf_ktime_get_ns: a cell answers with the event's time, the kernel reads a clock.
        """

    private static func line(_ program: String, _ place: String, _ cells: [String]) -> String {
        pad(program, 20) + pad(place, 14) + cells.map { lead($0, 17) }.joined()
    }

    static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1_000: "\(short(nanoseconds, nanoseconds < 100 ? 1 : 0)) ns"
        case ..<1_000_000: "\(short(nanoseconds / 1_000, 1)) µs"
        default: "\(short(nanoseconds / 1_000_000, 2)) ms"
        }
    }

    private static func count(_ value: Double) -> String {
        value >= 1e6 ? "\(short(value / 1e6, 2)) M" : value >= 1e3 ? "\(short(value / 1e3, 1)) k" : short(value, 0)
    }

    static func short(_ value: Double, _ places: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(places)).grouping(.never).locale(Locale(identifier: "en")))
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
    private static func lead(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}

extension String {
    /// What is missing is to be seen.
    fileprivate var uppercasedStart: String {
        guard let colon = firstIndex(of: ":") else { return self }
        return self[..<colon].uppercased() + self[colon...]
    }
}
