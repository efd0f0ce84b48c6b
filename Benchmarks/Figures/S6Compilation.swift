internal import Bytecode
internal import BytecodeText
internal import Compilation
internal import Linux
internal import Measuring
internal import ProgramPackage

/// What it costs to compile a program: the smallest, and one of 4,000 instructions that is like what compilers make.
enum CompilationFigure {
    static func measure() throws -> Figure {
        let small = try Instruction.decode(Assembler().assemble(CellFixture.tiny))
        let large = try Instruction.decode(Assembler().assemble(mixed(4000)))
        let turns = try Alternation(
            turns: 200, atMostSeconds: 10, isAlone: true,
            [
                { [try time(small, rounds: 100)] }, { [try time(large, rounds: 1)] },
                { [try time(large, rounds: 1, countsFuel: true)] },
            ])
        let summaries = turns.samples.compactMap(Summary.init)
        guard summaries.count == 3 else { throw FixtureError.refused("no samples") }
        let names = ["2 instructions", "\(large.count) instructions", "\(large.count) instructions, metered"]
        return Figure(
            "S6", "", "compilation of a program", zip(names, summaries).map { Figure.Series($0, "µs", $1) },
            targets: [
                Figure.Target("2 instructions", limit: 2, value: summaries[0].median),
                Figure.Target("4,000 instructions", limit: 60, value: summaries[1].median),
            ], under: turns, note: "decoded instructions to placed code, its map included")
    }

    private static func time(_ code: [Instruction], rounds: Int, countsFuel: Bool = false) throws -> Double {
        let target = Compilation.Target(helper: 0x40_2000, fault: 0x40_2100)
        let program = Compilation.Program(code: code)
        var bytes = 0
        let start = monotonicNanoseconds()
        for _ in 0..<rounds {
            bytes += try Compilation.x86(program, Compilation.Options(countsFuel: countsFuel), for: target).bytes.count
        }
        let elapsed = Double(monotonicNanoseconds() - start)
        guard bytes > 0 else { throw FixtureError.refused("nothing was compiled") }
        return elapsed / 1000 / Double(rounds)
    }

    /// One branch, two loads and a store in ten instructions, the rest arithmetic.
    private static func mixed(_ count: Int) -> String {
        let lines = [
            "r0 += r2", "r3 = *(u32 *)(r1 + 12)", "r3 &= 255", "*(u64 *)(r10 - 16) = r3", "if r3 > 77 goto +2",
            "r4 <<= 3", "r5 = r4", "r0 ^= 51", "r2 = *(u8 *)(r1 + 3)", "r4 -= r2",
        ]
        let start = ["r0 = 0", "r2 = 1", "r4 = 3", "r5 = 4"]
        let body = (0..<count - start.count - 1).map { lines[$0 % lines.count] }
        // A branch near the end must not lead past it.
        let end = body.suffix(3).map { $0.hasPrefix("if") ? "r0 += 1" : $0 }
        return (start + body.dropLast(3) + end + ["exit"]).joined(separator: "\n")
    }
}
