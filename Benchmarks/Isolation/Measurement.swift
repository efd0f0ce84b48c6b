internal import CBenchmark
internal import Enclosure
internal import Linux
internal import Measuring

/// Takes the samples: every place in turn, each subject in all of them.
final class Measurement {
    private let ticks: Ticks
    private let guests: Result<Jail, IsolationError>
    private let children: Result<Jail, IsolationError>
    private var generation: UInt32 = 0
    private static let starts = 20

    init() {
        guests = Self.jail(.guest)
        children = Self.jail(.child)
        _ = cbenchmark_pin(0, 0)
        ticks = Ticks()
    }

    /// Nothing waits for a cell: a start is then one from nothing.
    private static func jail(_ kind: EnclosureKind) -> Result<Jail, IsolationError> {
        do {
            let jail = try Jail(for: kind, ready: .none)
            return jail.startsCells ? .success(jail) : .failure(.notAvailable("/dev/kvm cannot be opened"))
        } catch { return .failure(.notAvailable("\(error)")) }
    }

    private func cell(_ subject: Subject, _ place: Place, _ kind: EnclosureKind, _ expected: UInt64) throws -> CellLane
    {
        let jail: Jail
        switch kind {
        case .guest: jail = try guests.get()
        case .child: jail = try children.get()
        }
        generation += 1
        return try CellLane(
            subject, isNative: place.isNative, in: jail, generation: generation, expecting: expected, ticks)
    }

    private func lane(_ subject: Subject, _ place: Place, _ local: LocalLane) throws -> any Lane {
        switch place {
        case .interpGuest, .jitGuest, .interpChild, .jitChild:
            guard let kind = place.enclosure else { preconditionFailure("a tier has an enclosure") }
            let lane = try cell(subject, place, kind, local.expected)
            lane.pin()
            return lane
        case .inProcess: return local
        case .kernel: return try KernelLane(subject, expecting: local.expected)
        }
    }

    /// - Parameter idle: the rows of a program that does nothing, whose events are the way alone.
    func rows(of subject: Subject, beside idle: [Row]) throws -> [Row] {
        let local = try LocalLane(subject, ticks)
        var rows: [Row] = []
        var lanes: [(index: Int, lane: any Lane)] = []
        for (index, place) in Place.allCases.enumerated() {
            var row = Row(subject.name, place, instructions: local.instructions)
            do {
                lanes.append((index, try lane(subject, place, local)))
            } catch { row.problem = (error as? IsolationError).map { "\($0)" } ?? "not available: \(error)" }
            rows.append(row)
        }
        let turns = try Alternation(
            turns: subject.single > 16 ? 60 : 25, atMostSeconds: subject.single > 16 ? 12 : 18,
            with: lanes.compactMap(\.lane.process),
            lanes.map { lane in { try lane.lane.single(subject.single) } }
                + lanes.map { lane in { [try lane.lane.batched(subject.batched)] } })
        for (turn, (index, lane)) in lanes.enumerated() {
            rows[index].event = Summary(turns.samples[turn])
            rows[index].batched = Summary(turns.samples[turn + lanes.count])
            rows[index].memory = lane.memory
            rows[index].disturbedTurns = turns.disturbedTurns
            rows[index].isDisturbed = turns.isDisturbed
            // Only a long program says what an instruction costs.
            guard local.instructions > 10_000, let event = rows[index].event, index < idle.count,
                let way = idle[index].event
            else { continue }
            rows[index].perInstruction = (event.median - way.median) / Double(local.instructions)
        }
        return rows
    }

    /// From nothing to the first verdict, in each place where there was one.
    func start(_ subject: Subject, _ rows: inout [Row]) throws {
        let local = try LocalLane(subject, ticks)
        let indices = rows.indices.filter { rows[$0].problem == nil }
        let turns = try Alternation(
            turns: Self.starts, atMostSeconds: 15,
            indices.map { index in
                {
                    let place = Place.allCases[index]
                    var kept: (any Lane)?
                    let taken = try timed {
                        if let kind = place.enclosure {
                            let lane = try self.cell(subject, place, kind, local.expected)
                            try lane.trip()
                            kept = lane
                        } else if place == .kernel {
                            kept = try KernelLane(subject, expecting: local.expected)
                            _ = try kept?.batched(1)
                        } else {
                            try LocalLane.start(subject)
                        }
                    }
                    // Its end is not part of the sample.
                    kept = nil
                    return [taken]
                }
            })
        for (turn, index) in indices.enumerated() { rows[index].start = Summary(turns.samples[turn]) }
    }
}
