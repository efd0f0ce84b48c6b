internal import CLinux
internal import Channel
internal import Confinement
internal import Enclosure
internal import Foundation
internal import Linux
internal import Measuring
internal import Virtualization

/// What a new cell costs, from nothing, from a stopped one, and after a crash.
enum ColdStartFigure {
    /// A new cell to its first verdict, against the requests to KVM that no cell can do without.
    static func fromNothing(idleNanoseconds: UInt64) throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail()
        let coldJail = try Jail(ready: .none)
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        let hypervisor = try Hypervisor()
        var generation: UInt32 = 0
        var monitor: [ConfinementStep: [Double]] = [:]
        var bare: [String: [Double]] = [:]
        var phases: [[Double]] = [[], [], []]
        let turns = try Alternation(
            turns: 60, atMostSeconds: 15, idleNanoseconds: idleNanoseconds,
            [
                {
                    generation += 1
                    let start = monotonicNanoseconds()
                    var cell = try Cell(in: jail, file, maps: maps, generation: generation, limits: WaitLimits())
                    let started = monotonicNanoseconds()
                    try cell.waitUntilRunning()
                    let running = monotonicNanoseconds()
                    try cell.roundTrip()
                    let end = monotonicNanoseconds()
                    phases[0].append(Double(started - start))
                    phases[1].append(Double(running - started))
                    phases[2].append(Double(end - running))
                    if let report = cell.confinement {
                        for (step, cost) in zip(ConfinementStep.allCases, report.costs) {
                            monitor[step, default: []].append(Double(cost))
                        }
                    }
                    // The machine's end is not part of the sample, and must not be part of the next.
                    cell.end()
                    try jail.refill()
                    return [Double(end - start)]
                },
                {
                    generation += 1
                    let start = monotonicNanoseconds()
                    var cell = try Cell(in: coldJail, file, maps: maps, generation: generation, limits: WaitLimits())
                    try cell.waitUntilRunning()
                    try cell.roundTrip()
                    let end = monotonicNanoseconds()
                    cell.end()
                    return [Double(end - start)]
                },
                {
                    let machine = try BareMachine(on: hypervisor, channelSize: fixture.geometry.size)
                    for step in machine.steps { bare[step.name, default: []].append(step.nanoseconds) }
                    return [machine.steps.reduce(0) { $0 + $1.nanoseconds }]
                },
            ])
        guard let cell = Summary(turns.samples[0]), let cold = Summary(turns.samples[1]),
            let ioctls = Summary(turns.samples[2])
        else {
            throw FixtureError.refused("no samples")
        }
        var series = [
            Figure.Series("from nothing: fork, lock-down, machine, image", "ns", cold),
            Figure.Series("with a monitor and its machine waiting", "ns", cell),
            Figure.Series("bare KVM requests", "ns", ioctls),
        ]
        func add(_ name: String, _ samples: [Double]) {
            if let summary = Summary(samples) { series.append(Figure.Series(name, "ns", summary)) }
        }
        add("  cell: regions, channel, fork", phases[0])
        add("  cell: machine, confinement, image boot", phases[1])
        add("  cell: first event", phases[2])
        // The rest of the steps come to less than any of these.
        for step in [ConfinementStep.mappingAudit, .filter, .closeDescriptors, .capabilities, .landlock] {
            add("    confinement: \(step)", monitor[step] ?? [])
        }
        for name in ["KVM_CREATE_VM", "3 memory slots", "KVM_CREATE_VCPU", "registers", "first KVM_RUN"] {
            add("  bare: \(name)", bare[name] ?? [])
        }
        let idle = idleNanoseconds == 0 ? "back to back" : "\(idleNanoseconds / 1_000_000) ms idle before each"
        return Figure(
            "S8", idleNanoseconds == 0 ? "a" : "a-idle", "new cell to first verdict, \(idle)", series,
            targets: [
                Figure.Target("from nothing / bare requests, medians", limit: 1.25, value: cold.median / ioctls.median),
                Figure.Target("waiting / bare requests, medians", limit: 1.25, value: cell.median / ioctls.median),
            ],
            under: turns,
            note: "indented lines are of all turns, disturbed ones too")
    }

    /// A new child to its first verdict, against a fork of a process as small as can be, and its end.
    static func child() throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail(for: .child)
        let coldJail = try Jail(for: .child, ready: .none)
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        var generation: UInt32 = 0
        var costs: [ConfinementStep: [Double]] = [:]
        func sample(in jail: Jail) throws -> Double {
            generation += 1
            let start = monotonicNanoseconds()
            var cell = try Cell(in: jail, file, maps: maps, generation: generation, limits: WaitLimits())
            try cell.waitUntilRunning()
            try cell.roundTrip()
            let end = monotonicNanoseconds()
            for (step, cost) in zip(ConfinementStep.allCases, cell.confinement?.costs ?? []) {
                costs[step, default: []].append(Double(cost))
            }
            cell.end()
            return Double(end - start)
        }
        let turns = try Alternation(
            turns: 60, atMostSeconds: 10, idleNanoseconds: 1_000_000,
            [
                {
                    let taken = try sample(in: jail)
                    try jail.refill()
                    return [taken]
                },
                { [try sample(in: coldJail)] },
            ])
        guard let waiting = Summary(turns.samples[0]), let cold = Summary(turns.samples[1]) else {
            throw FixtureError.refused("no samples")
        }
        var series = [
            Figure.Series("from nothing: fork, lock-down, image", "ns", cold),
            Figure.Series("with a child waiting", "ns", waiting),
        ]
        for step in [ConfinementStep.mappingAudit, .closeDescriptors, .capabilities, .landlock] {
            if let summary = Summary(costs[step] ?? []) {
                series.append(Figure.Series("    confinement: \(step)", "ns", summary))
            }
        }
        return Figure(
            "S8", "e", "new child to first verdict", series, under: turns,
            note: "indented lines are of all turns, disturbed ones too")
    }

    /// A spare, booted and parked, that takes the place of a cell: from the moment that it is needed to its first verdict. And a
    /// cell that ran before, stopped and cleared.
    static func pooled() throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail()
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
        try cell.waitUntilRunning()
        var stops: [Double] = []
        var generation: UInt32 = 1
        let turns = try Alternation(
            turns: 200, atMostSeconds: 8, idleNanoseconds: 200_000,
            [
                {
                    stops.append(
                        try timed {
                            guard cell.stop() != nil else { throw FixtureError.refused("a cell did not stop") }
                        })
                    return [
                        try timed {
                            try cell.reset()
                            try cell.roundTrip()
                        }
                    ]
                },
                {
                    generation += 1
                    var spare = try Cell(in: jail, file, maps: maps, generation: generation, limits: WaitLimits())
                    try spare.waitUntilRunning()
                    // It has polled for nothing, and sleeps.
                    usleep(2000)
                    return [try timed { try spare.roundTrip() }]
                },
            ])
        guard let reset = Summary(turns.samples[0]), let stop = Summary(stops), let spare = Summary(turns.samples[1])
        else {
            throw FixtureError.refused("no samples")
        }
        return Figure(
            "S8", "b", "cell from the pool, to its first verdict",
            [
                Figure.Series("a spare that sleeps takes over", "ns", spare),
                Figure.Series("a used cell, from its reset", "ns", reset), Figure.Series("stop, before it", "ns", stop),
            ],
            targets: [Figure.Target("reset to first verdict, µs", limit: 100, value: reset.median / 1000)],
            under: turns)
    }

    /// A new cell in the place of one whose monitor was killed.
    static func replacement() throws -> Figure {
        let fixture = try CellFixture(CellFixture.tiny)
        let jail = try Jail()
        let file = try fixture.file()
        let maps = try CellFixture.maps()
        var generation: UInt32 = 1
        var cell = try Cell(in: jail, file, maps: maps, generation: generation, limits: WaitLimits())
        try cell.waitUntilRunning()
        var noticed: [Double] = []
        let turns = try Alternation(
            turns: 40, atMostSeconds: 12, idleNanoseconds: 1_000_000,
            [
                {
                    _ = clinux_kill(cell.processID)
                    noticed.append(
                        try timed {
                            do {
                                try cell.roundTrip()
                                throw FixtureError.refused("a killed cell answered")
                            } catch is CellFailure {}
                        })
                    return [
                        try timed {
                            cell.end()
                            generation += 1
                            cell = try Cell(
                                in: jail, file, maps: maps, generation: generation, limits: WaitLimits())
                            try cell.waitUntilRunning()
                            try cell.roundTrip()
                            try jail.refill()
                        }
                    ]
                }
            ])
        guard let replaced = Summary(turns.samples[0]), let seen = Summary(noticed) else {
            throw FixtureError.refused("no samples")
        }
        return Figure(
            "S8", "d", "replacement of a killed cell, to its first verdict",
            [
                Figure.Series("failure to first verdict of the next", "ns", replaced),
                Figure.Series("event sent to failure noticed", "ns", seen),
            ],
            under: turns)
    }

    /// The whole command on one packet, from its start to its end.
    static func command() throws -> Figure {
        let build = ".build/release/ringfence"
        let object = ".build/examples/pass.bpf.o"
        let policy = ".build/dev/policy.dsse"
        let key = ".build/dev/dev.pub"
        for path in [build, object, policy, key] where !FileManager.default.fileExists(atPath: path) {
            throw FixtureError.refused("\(path) is missing; `make bench` makes it")
        }
        let capture = Results.directory + "/one.pcap"
        try FileManager.default.createDirectory(atPath: Results.directory, withIntermediateDirectories: true)
        try Data(onePacket).write(to: URL(filePath: capture))
        let arguments = [
            "run", object, "--pcap", capture, "--policy", policy, "--trust", key, "--tier", "interp-guest",
        ]
        func start(_ path: String, _ arguments: [String]) throws {
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments = arguments
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw FixtureError.refused("\(path) ended with status \(process.terminationStatus)")
            }
        }
        let turns = try Alternation(
            turns: 30, atMostSeconds: 10, idleNanoseconds: 5_000_000,
            [
                { [try timed { try start(build, arguments) }] },
                { [try timed { try start(build, ["--help"]) }] },
            ])
        guard let run = Summary(turns.samples[0]), let version = Summary(turns.samples[1]) else {
            throw FixtureError.refused("no samples")
        }
        return Figure(
            "S8", "c", "`ringfence run`, one packet, from start to end of the process",
            [Figure.Series("ringfence run", "ns", run), Figure.Series("ringfence --help", "ns", version)],
            under: turns,
            note: "start, policy, admission in a jail, cell, one verdict, report, end")
    }

    /// A capture of one frame of 60 zero bytes (pcap, microseconds, Ethernet).
    private static var onePacket: [UInt8] {
        let header: [UInt32] = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65535, 1, 0, 0, 60, 60]
        return header.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
            + [UInt8](repeating: 0, count: 60)
    }
}
