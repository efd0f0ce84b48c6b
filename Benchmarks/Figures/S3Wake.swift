internal import CBenchmark
internal import Channel
internal import Enclosure
internal import Linux
internal import Measuring
internal import Virtualization

/// An event for a parked cell, against the least that it must cost: waking a thread and one exit of a guest.
enum WakeFigure {
    static func measure() throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail()
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
        try cell.waitUntilRunning()
        _ = cbenchmark_pin(cell.processID, 1)
        let childJail = try Jail(for: .child)
        var child = try Cell(in: childJail, file, maps: maps, generation: 2, limits: WaitLimits())
        try child.waitUntilRunning()
        _ = cbenchmark_pin(child.processID, 1)
        var lane = try ThreadLane(fixture, processor: 1)
        var machine = try BareMachine(on: Hypervisor(), channelSize: fixture.geometry.size)
        _ = cbenchmark_pin(0, 0)
        defer { _ = cbenchmark_unpin() }
        // Idle for longer than either side polls, so that both are parked.
        let processes = [cell.processID, child.processID]
        let turns = try Alternation(
            turns: 300, atMostSeconds: 10, idleNanoseconds: 2_000_000, with: processes,
            [
                { [try timed { try cell.roundTrip() }] },
                { [try timed { try lane.roundTrip() }] },
                { [try timed { try machine.ring() }] },
                { [try timed { try child.roundTrip() }] },
            ])
        guard let guest = Summary(turns.samples[0]), let thread = Summary(turns.samples[1]),
            let exit = Summary(turns.samples[2]), let process = Summary(turns.samples[3])
        else { throw FixtureError.refused("no samples") }
        return Figure(
            "S3", "", "parked: wake to verdict",
            [
                Figure.Series("guest (jailed cell)", "ns", guest),
                Figure.Series("parked thread: futex wake to verdict", "ns", thread),
                Figure.Series("one exit and entry, in process", "ns", exit),
                Figure.Series("child (locked-down process)", "ns", process),
            ],
            targets: [
                Figure.Target(
                    "guest / (thread + exit), medians", limit: 1.5, value: guest.median / (thread.median + exit.median))
            ],
            under: turns,
            note: "2 ms idle before each sample")
    }
}
