internal import Bytecode
internal import Channel
internal import Compilation
internal import Measuring
internal import ProgramPackage
internal import Verifier

/// What it saves to know what was proven: the same program as machine code, by the verifier's facts and without them.
enum FactsFigure {
    /// In a round, three divisions by what is not 0, one of them signed, and three branches that ranges decide.
    private static let assembly = """
        r0 = 0
        r3 = 100000
        loop:
        r4 = r3
        r4 &= 63
        r4 += 1
        r5 = r3
        r5 /= r4
        r6 = r3
        w6 %= w4
        if r6 > 64 goto never
        r7 = r3
        r7 s/= r4
        if r7 s< 0 goto never
        r0 += r5
        r0 ^= r7
        if r4 == 0 goto never
        r0 += r6
        r3 -= 1
        if r3 != 0 goto loop
        r0 = 2
        exit
        never:
        r0 <<= 3
        r0 |= 1
        exit
        """
    private static let events = 16

    static func measure() throws -> Figure {
        var fixture = try CellFixture(assembly, mode: .verified)
        let program = Program(
            name: "proven", section: "xdp", code: try Instruction.encode(fixture.code),
            functions: [FunctionRange(name: "proven", start: 0)])
        let verification = Verifier.verify(program: 0, of: ObjectPackage(licence: "GPL", programs: [program]))
        guard verification.verdict == .accepted, !verification.facts.isEmpty else {
            throw FixtureError.refused("nothing is proven of the program")
        }
        var counting = try NativeGuest(CellFixture(assembly, mode: .metered), compiles: true)
        let instructions = try counting.run(1, [], expecting: 2).instructions
        var plain = try NativeGuest(fixture, compiles: true)
        let plainBytes = plain.codeBytes
        fixture.facts = verification.facts
        var proven = try NativeGuest(fixture, compiles: true)
        let provenBytes = proven.codeBytes
        var idle = try NativeGuest(CellFixture(CellFixture.tiny, mode: .verified), compiles: true)
        let perInstruction = 1 / Double(instructions) / Double(events)
        func rest() throws -> Double { try idle.run(events, [], expecting: 2).nanoseconds }
        let turns = try Alternation(
            turns: 60, atMostSeconds: 12,
            [
                { [(try proven.run(events, [], expecting: 2).nanoseconds - rest()) * perInstruction] },
                { [(try plain.run(events, [], expecting: 2).nanoseconds - rest()) * perInstruction] },
            ])
        let summaries = turns.samples.compactMap(Summary.init)
        guard summaries.count == 2 else { throw FixtureError.refused("no samples") }
        return Figure(
            "S5", "facts", "native code in the guest, per eBPF instruction: divisions and decided branches",
            zip(["by what is proven", "by the code alone"], summaries).map { Figure.Series($0, "ns", $1) },
            targets: [
                Figure.Target("of the code alone", limit: 1, value: summaries[0].median / summaries[1].median)
            ], under: turns,
            note: "\(instructions) instructions in one event; \(provenBytes) and \(plainBytes) bytes of code")
    }
}
