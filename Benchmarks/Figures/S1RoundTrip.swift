internal import CBenchmark
internal import Enclosure
internal import Linux
internal import Measuring

/// A polled round trip through a cell of either enclosure, against the same between two threads.
enum RoundTripFigure {
    private static let tripsInARow = 256
    private static let hostProcessor: Int32 = 0
    private static let otherProcessor: Int32 = 1

    static func measure() throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail()
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
        try cell.waitUntilRunning()
        _ = cbenchmark_pin(cell.processID, otherProcessor)
        let childJail = try Jail(for: .child)
        var child = try Cell(in: childJail, file, maps: maps, generation: 2, limits: WaitLimits())
        try child.waitUntilRunning()
        _ = cbenchmark_pin(child.processID, otherProcessor)
        var lane = try ThreadLane(fixture, processor: otherProcessor)
        _ = cbenchmark_pin(0, hostProcessor)
        defer { _ = cbenchmark_unpin() }
        let ticks = Ticks()

        // Whoever waits parks meanwhile, and has to be woken first.
        func row(_ trip: () throws -> Void) throws -> [Double] {
            for _ in 0..<64 { try trip() }
            var samples: [Double] = []
            samples.reserveCapacity(tripsInARow)
            for _ in 0..<tripsInARow {
                let before = cbenchmark_ticks()
                try trip()
                samples.append(ticks.nanoseconds(before, cbenchmark_ticks()))
            }
            return samples
        }
        let processes = [cell.processID, child.processID]
        let turns = try Alternation(
            turns: 200, atMostSeconds: 10, with: processes,
            [
                { try row { try cell.roundTrip() } }, { try row { try lane.roundTrip() } },
                { try row { try child.roundTrip() } },
            ])
        guard let guest = Summary(turns.samples[0]), let threads = Summary(turns.samples[1]),
            let process = Summary(turns.samples[2])
        else {
            throw FixtureError.refused("no samples")
        }
        return Figure(
            "S1", "", "polled round trip of `r0 = 2; exit`, one at a time",
            [
                Figure.Series("guest (jailed cell)", "ns", guest),
                Figure.Series("two threads, same ring", "ns", threads),
                Figure.Series("child (locked-down process)", "ns", process),
            ],
            targets: [
                Figure.Target("guest / threads, medians", limit: 1.3, value: guest.median / threads.median),
                Figure.Target("guest / child, medians", limit: 1.1, value: guest.median / process.median),
                Figure.Target("guest p99 / median", limit: 3, value: guest.p99 / guest.median),
            ],
            under: turns,
            note: "host on processor 0, cell or thread on 1; threads' own p99 / median \(threads.p99 / threads.median)")
    }
}
