internal import CBenchmark
internal import Linux
internal import Measuring

/// Takes the samples: each operation and what it is compared with, in every place in turn.
final class Measurement {
    private let workshop: Workshop
    private let ticks: Ticks

    init() throws {
        workshop = try Workshop()
        _ = cbenchmark_pin(0, 0)
        ticks = Ticks()
    }

    private func lane(_ program: String, _ place: Place) throws -> any Lane {
        switch place {
        case .jitGuest, .jitChild, .interpGuest: try CellLane(program, at: place, in: workshop, ticks)
        case .kernel: try KernelLane(program, of: workshop.package)
        }
    }

    /// Events after which few elements of a map have never been asked for.
    private static func warming(_ operation: Operation, at place: Place) -> Int {
        // A ring that nobody reads is full after a few.
        if operation.events < 16 { return operation.events }
        let touches = Double(operation.entries ?? 1024) * (place == .interpGuest ? 1 : 4)
        return max(64, Int(touches / operation.rounds))
    }

    func rows(of operation: Operation) -> [Row] {
        var rows = Place.allCases.map { Row(operation.name, $0, series: operation.series, entries: operation.entries) }
        var lanes: [(row: Int, operation: any Lane, baseline: (any Lane)?)] = []
        for (index, place) in Place.allCases.enumerated() {
            do {
                let own = try lane(operation.program, place)
                let other = try operation.baseline.map { try lane($0, place) }
                for _ in 0..<operation.firstSamples { try own.warm(events: Self.warming(operation, at: place)) }
                try other?.warm(events: 64)
                lanes.append((index, own, other))
            } catch { rows[index].problem = (error as? OperationsError)?.description ?? "not available: \(error)" }
        }
        do { try measure(operation, lanes, &rows) } catch {
            for lane in lanes { rows[lane.row].problem = "not measured: \(error)" }
        }
        return rows
    }

    private func measure(
        _ operation: Operation, _ lanes: [(row: Int, operation: any Lane, baseline: (any Lane)?)], _ rows: inout [Row]
    ) throws {
        let events = operation.events
        let turns = try Alternation(
            turns: 20, atMostSeconds: 2.5,
            with: lanes.flatMap { [$0.operation.process, $0.baseline?.process] }.compactMap { $0 },
            lanes.map { lane in { [try lane.operation.sample(events: events)] } }
                + lanes.map { lane in { [try lane.baseline?.sample(events: events) ?? 0] } })
        for (number, lane) in lanes.enumerated() {
            // Both of one turn: what changes over time changes them alike.
            let differences = zip(turns.samples[number], turns.samples[number + lanes.count]).map {
                ($0 - $1) / operation.rounds
            }
            rows[lane.row].operation = Summary(differences)
            rows[lane.row].event = Summary(turns.samples[number])
            rows[lane.row].disturbedTurns = turns.disturbedTurns
            rows[lane.row].isDisturbed = turns.isDisturbed
        }
    }
}
