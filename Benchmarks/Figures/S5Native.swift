internal import Channel
internal import Measuring

/// What one eBPF instruction costs as machine code in a guest, beside the interpreter in a guest.
enum NativeFigure {
    /// Nanoseconds per instruction of the best of uBPF, rbpf, LLVM and Linux, measured on a quiet machine of the kind that this was
    /// developed on. Another machine, and a neighbour on the other half of the core, change them; the ALU loop says by how much.
    private static let best = [
        "alu": 0.163, "checksum": 0.077, "read-modify-write": 0.091, "primes": 0.298, "helper calls": 0.58,
    ]

    /// Events of one entry: what the entry and the exit cost is then little beside them, and taken off.
    private static let events = 16

    static func measure(_ workload: InterpreterFigure.Workload) throws -> Figure {
        let payload = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        var counting = try NativeGuest(CellFixture(workload.assembly, mode: .metered), compiles: true)
        let instructions = try counting.run(1, payload, expecting: workload.result).instructions
        var verified = try NativeGuest(CellFixture(workload.assembly, mode: .verified), compiles: true)
        var interpreted = try NativeGuest(CellFixture(workload.assembly, mode: .verified), compiles: false)
        var idle = try NativeGuest(CellFixture(CellFixture.tiny, mode: .verified), compiles: true)
        let perInstruction = 1 / Double(instructions) / Double(events)
        func rest() throws -> Double { try idle.run(events, payload, expecting: 2).nanoseconds }
        let turns = try Alternation(
            turns: 60, atMostSeconds: 12,
            [
                {
                    [
                        (try verified.run(events, payload, expecting: workload.result).nanoseconds - rest())
                            * perInstruction
                    ]
                },
                {
                    [
                        (try counting.run(events, payload, expecting: workload.result).nanoseconds - rest())
                            * perInstruction
                    ]
                },
                {
                    [
                        (try interpreted.run(1, payload, expecting: workload.result).nanoseconds - rest())
                            * perInstruction * Double(events)
                    ]
                },
            ])
        let summaries = turns.samples.compactMap(Summary.init)
        guard summaries.count == 3 else { throw FixtureError.refused("no samples") }
        let names = ["compiled, verified", "compiled, metered", "interpreted, verified"]
        let targets = best[workload.name].map { best in
            [
                Figure.Target(
                    "1.05 × the best peer, as measured elsewhere", limit: 1.05 * best, value: summaries[0].median)
            ]
        }
        return Figure(
            "S5", workload.name, "native code in the guest, per eBPF instruction: \(workload.name)",
            zip(names, summaries).map { Figure.Series($0, "ns", $1) }, targets: targets ?? [], under: turns,
            note: "\(instructions) instructions in one event, \(events) events in one entry")
    }
}
