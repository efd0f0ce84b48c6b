import Bytecode
import Foundation
import ProgramPackage
import Testing

/// The programs of the public BPF conformance suite, put to the verifier: they stay where they are, in the folder that
/// $RINGFENCE_CONFORMANCE names (`tests` of the repository Alan-Jowett/bpf_conformance).
@Suite("Conformance programs")
struct ConformanceTests {
    static let folder = ProcessInfo.processInfo.environment["RINGFENCE_CONFORMANCE"].map { URL(fileURLWithPath: $0) }

    @Test(
        "every program is accepted, and what it returns lies in the range that is computed",
        .enabled(if: folder != nil, "needs $RINGFENCE_CONFORMANCE, the folder of the suite's .data files"))
    func everyProgram() throws {
        let programs = try ConformanceProgram.all(in: #require(Self.folder))
        #expect(programs.count >= 313)
        var exact = 0
        var accepted = 0
        for program in programs {
            let code: [Instruction]
            do { code = try Instruction.decode(program.slots) } catch {
                // RFC 9669 leaves calls through a register to a conformance group that is not ours.
                guard case .indirectCall = error else { throw error }
                #expect(program.name == "callx")
                continue
            }
            let answer = try VerifierSeam.ask(
                Inquiry(code: code, entry: .buffer(size: program.memory.count), observed: []))
            guard answer.verdict == .accepted else {
                Issue.record("\(program.name): \(answer.verdict) \(answer.findings.map(\.text))")
                continue
            }
            accepted += 1
            guard let result = answer.result else {
                Issue.record("\(program.name): accepted without a range of what it returns")
                continue
            }
            #expect(result.contains(program.result), "\(program.name) returns \(program.result), not in \(result)")
            if result.lowerBound == result.upperBound { exact += 1 }
        }
        print("\(programs.count) programs, \(accepted) accepted, \(exact) with one possible result")
        #expect(accepted == programs.count - 1)
    }
}

extension EntryState {
    /// R1 points to memory of unknown contents, R2 is its size; both are 0 where there is none.
    static func buffer(size: Int) -> EntryState {
        var state = EntryState()
        let length = Int64(size)
        state.registers[2] = .number(Amount(length...length))
        if size == 0 {
            state.registers[1] = .number(Amount(0...0))
        } else {
            state.maps = [
                MapDefinition(name: "memory", type: 2, keySize: 4, valueSize: UInt32(size), maximumEntries: 1)
            ]
            state.registers[1] = .mapValue(map: 0, Amount(0...0), isNullable: false)
        }
        return state
    }
}
