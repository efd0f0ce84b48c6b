import Bytecode
import Embedding
import ProgramPackage
import Verifier

/// What the verifier proves of a generated program.
///
/// Its payload is proven to be the value of a map, of which nothing is known, and so is any memory. What a program finds at its entry is
/// made by instructions before it: R6 its payload, R2 its length, the other registers and the stack zero. So what is proven of the
/// program behind them holds of the program as engines run it, which begins by keeping its payload in R6.
enum Proof {
    private static let map = MapDefinition(
        name: "payload", type: 2, keySize: 4, valueSize: UInt32(ProgramGenerator.payloadSize), maximumEntries: 1)

    /// Instructions in place of a program's first.
    private static let entry: [Instruction] = {
        var code = [
            Instruction(.loadMapValueByFD, destination: 6, immediate: 0), Instruction(.wideImmediateTail),
        ]
        code += stride(from: Int32(-512), to: 0, by: 8).map {
            Instruction(.store64Immediate, destination: 10, offset: $0)
        }
        code += ([0, 1, 3, 4, 5, 7, 8, 9] as [UInt8]).map { Instruction(.mov64Immediate, destination: $0) }
        code.append(Instruction(.mov64Immediate, destination: 2, immediate: Int64(ProgramGenerator.payloadSize)))
        return code
    }()

    /// The verdict on a program, and what is proven of each of its instructions.
    static func of(_ code: [Instruction]) throws -> (verdict: Verdict, facts: [InstructionFacts]) {
        // Slots name targets by distance, so code may stand behind other code as it is.
        let slots = try Instruction.encode(entry) + Instruction.encode(code).dropFirst()
        let package = Fixture.package(slots, section: "xdp", maps: [map])
        let verification = Verifier.verify(program: 0, of: package, options: quickOptions)
        guard !verification.facts.isEmpty else { return (verification.verdict, []) }
        return (verification.verdict, [[]] + verification.facts.dropFirst(entry.count))
    }
}
