import Bytecode
import Embedding
import ProgramPackage
import Testing
import Verifier

/// That a function is verified once for each thing that it is shown; that nothing wrong follows from it is what the corpus
/// (summaries.s) and random programs are for.
@Suite("Summaries of functions")
struct SummaryTests {
    /// A program that calls a function of 50 rounds, with each of these arguments.
    private func program(_ arguments: [Int64]) throws -> ProgramVerification {
        let function = Int32(1 + arguments.count * 3 + 2)
        var code = [Instruction(.mov64Immediate, destination: 6)]
        for argument in arguments {
            code.append(Instruction(.mov64Immediate, destination: 1, immediate: argument))
            code.append(Instruction(.callLocal, offset: function))
            // What the caller has of its own is another number each time.
            code.append(Instruction(.add64Immediate, destination: 6, immediate: argument))
        }
        code += [
            Instruction(.mov64Immediate, destination: 0, immediate: 1),
            Instruction(.exit),
            Instruction(.mov64Immediate, destination: 0),
            Instruction(.mov64Immediate, destination: 2),
            Instruction(.add64Register, destination: 0, source: 1),
            Instruction(.add64Immediate, destination: 2, immediate: 1),
            Instruction(.jumpLess64Immediate, destination: 2, offset: function + 2, immediate: 50),
            Instruction(.exit),
        ]
        return Verifier.verify(program: 0, of: Fixture.package(try Instruction.encode(code), section: "xdp"))
    }

    @Test(
        "a function that is called again with the same is not walked again, and its instructions count for the longest run"
    )
    func again() throws {
        let once = try program([5])
        let often = try program([Int64](repeating: 5, count: 40))
        #expect(once.verdict == .accepted && often.verdict == .accepted)
        #expect(once.visits > 100)
        // Three instructions more for each call, and not the function's hundred.
        #expect(often.visits < once.visits + 40 * 6)
        let longest = try #require(often.longestRun)
        #expect(longest >= 40 * 100, "a run executes the function forty times")
    }

    @Test("a function that is called with something else is walked again")
    func otherwise() throws {
        let same = try program([5, 5, 5, 5])
        let different = try program([1, 2, 3, 4])
        #expect(different.visits > same.visits + 3 * 100)
    }
}
