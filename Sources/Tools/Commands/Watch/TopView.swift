internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import Sandbox

/// Two looks at running commands, and what happened in between.
struct TopView {
    private let directory: String
    private var commands: [Int32: Command] = [:]

    fileprivate struct Command {
        let view: LiveView
        var lines: [Line]
    }

    /// A program between two looks.
    fileprivate struct Line {
        var sample: LiveView.Sample?
        var taken: UInt64 = 0
        var rates: [UInt64] = []
        var shown: TopReport.Program?
    }

    /// How many rates are drawn.
    fileprivate static let history = 30

    init(_ directory: String) { self.directory = directory }

    mutating func look() {
        let living = LiveView.all(in: directory)
        let processes = Set(living.map(\.description.process))
        for process in commands.keys where !processes.contains(process) { commands[process] = nil }
        for view in living where commands[view.description.process] == nil {
            commands[view.description.process] = Command(
                view: view, lines: view.description.programs.map { _ in Line() })
        }
        for process in commands.keys { commands[process]?.look() }
    }

    var report: TopReport {
        TopReport(
            commands: ordered.map { command in
                TopReport.Command(
                    process: command.view.description.process, command: command.view.description.command,
                    place: command.view.description.place, programs: command.lines.compactMap(\.shown))
            })
    }

    private var ordered: [Command] {
        commands.values.sorted { $0.view.description.process < $1.view.description.process }
    }

    func text(for terminal: Terminal) -> String {
        guard !commands.isEmpty else {
            return terminal.toned("ringfence top", .strong) + "  nothing runs in \(Printable.text(directory))\n"
        }
        var events: UInt64 = 0
        var table = Table(
            .left("process"), .left("program"), .left("hook"), .left("tier"), .right("events/s"), .left(""),
            .right("per event"), .left("verdicts"), .right("events"), .right("failed"), .right("cells"))
        for command in ordered {
            for line in command.lines {
                guard let shown = line.shown else { continue }
                events += shown.eventsPerSecond
                table.add(
                    Table.Cell("\(command.view.description.process)"), Table.Cell(shown.program, .strong),
                    Table.Cell("\(shown.hook) \(command.view.description.place)"), Table.Cell(shown.tier),
                    Table.Cell(Quantity.grouped(shown.eventsPerSecond)),
                    Table.Cell(Sparkline.text(line.rates, width: Self.history / 2), .good),
                    Table.Cell(
                        shown.nanosecondsPerEvent.map { Quantity.duration(nanoseconds: $0) } ?? "–"),
                    Table.Cell(Self.shares(shown)), Table.Cell(Quantity.grouped(shown.events)),
                    Table.Cell(Quantity.grouped(shown.failures), shown.failures > 0 ? .bad : .faint),
                    Table.Cell(Quantity.grouped(shown.cellFailures), shown.cellFailures > 0 ? .warning : .faint))
            }
        }
        let count = commands.values.reduce(0) { $0 + $1.lines.count }
        return terminal.toned("ringfence top", .strong)
            + "  \(count) program\(count == 1 ? "" : "s"), \(Quantity.grouped(events)) events/s\n\n"
            + table.text(for: terminal)
    }

    /// The verdicts of the last interval, or of all time where there were none in it.
    private static func shares(_ program: TopReport.Program) -> String {
        let counts = program.verdictsPerSecond.values.contains { $0 > 0 } ? program.verdictsPerSecond : program.verdicts
        let all = counts.values.reduce(0, +)
        guard all > 0 else { return "–" }
        return counts.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(3)
            .map { "\($0.key) \(Quantity.share($0.value, of: all))" }.joined(separator: ", ")
    }
}

extension TopView.Command {
    fileprivate mutating func look() {
        let now = monotonicNanoseconds()
        for (index, program) in view.description.programs.enumerated() {
            guard let sample = view.sample(index) else { continue }
            let before = lines[index].sample
            let elapsed = max(now - lines[index].taken, 1)
            func perSecond(_ difference: UInt64) -> UInt64 {
                before == nil ? 0 : UInt64((Double(difference) * 1e9 / Double(elapsed)).rounded())
            }
            let events = sample[.events] &- (before?[.events] ?? 0)
            let spent = sample[.nanoseconds] &- (before?[.nanoseconds] ?? 0)
            let rate = perSecond(events)
            let names = program.verdicts.prefix(LiveForm.verdicts)
            let rates = zip(sample.verdicts, before?.verdicts ?? sample.verdicts).map { perSecond($0 &- $1) }
            if before != nil {
                lines[index].rates = (lines[index].rates + [rate]).suffix(TopView.history)
            }
            let tier = Tier(rawValue: UInt8(truncatingIfNeeded: sample[.tier]))
            lines[index].shown = TopReport.Program(
                program: program.program, object: program.object, hook: program.hook, tier: tier?.name ?? "unknown",
                cellProcess: sample[.process], events: sample[.events], eventsPerSecond: rate,
                nanosecondsPerEvent: before == nil || events == 0 ? nil : spent / events,
                verdicts: Dictionary(zip(names, sample.verdicts)) { $0 + $1 },
                verdictsPerSecond: Dictionary(zip(names, rates)) { $0 + $1 }, failures: sample[.faults],
                cellFailures: sample[.cellFailures], records: sample[.records], lines: sample[.lines])
            lines[index].sample = sample
            lines[index].taken = now
        }
    }
}

/// One sample of what runs.
struct TopReport: Encodable {
    struct Program: Encodable {
        let program: String
        let object: String
        let hook: String
        let tier: String
        let cellProcess: UInt64
        let events: UInt64
        let eventsPerSecond: UInt64
        /// Of the last interval; nil where nothing happened in it.
        let nanosecondsPerEvent: UInt64?
        let verdicts: [String: UInt64]
        let verdictsPerSecond: [String: UInt64]
        /// Events that policy answered.
        let failures: UInt64
        let cellFailures: UInt64
        let records: UInt64
        let lines: UInt64
    }

    struct Command: Encodable {
        let process: Int32
        let command: String
        let place: String
        let programs: [Program]
    }

    let commands: [Command]
}

/// Numbers as a line of blocks, the largest of them the highest.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    static func text(_ numbers: [UInt64], width: Int) -> String {
        let last = numbers.suffix(width)
        guard let highest = last.max(), highest > 0 else { return String(repeating: blocks[0], count: last.count) }
        return String(last.map { blocks[Int(Double($0) / Double(highest) * Double(blocks.count - 1))] })
    }
}
