import Bytecode
import Channel
import NativeTesting
import ProgramPackage
import TestSupport
import Testing

@Suite("Generated programs", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct DifferentialTests {
    /// What needs maps, and what no engine runs.
    private static let elsewhere: Set<Operation> = [
        .loadMapByFD, .loadMapValueByFD, .loadVariableAddress, .loadCodeAddress, .loadMapByIndex,
        .loadMapValueByIndex, .callByBTFID,
    ]

    @Test("native code in a guest, the interpreter and the reference machine agree on thousands of programs")
    func agree() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let seed: UInt64 = 20_251_128
        var differential = try Differential(seed: seed)
        while differential.counts.programs < 6000 { try differential.step() }
        let counts = differential.counts
        print("seed \(seed): \(counts.programs) programs, returned \(counts.returned), \(counts.faults)")
        print(
            "\(counts.sets) sets, \(counts.tailCalls) tail calls, \(counts.exhausting) sets that made all there may be")
        #expect(counts.sets > 1500 && counts.tailCalls > 5000 && counts.exhausting > 20)
        #expect(counts.returned > 2000)
        #expect(counts.blinded > 500)
        print("\(counts.proven) proven, facts held against runs: \(counts.facts)")
        #expect(counts.proven > 500)
        for fact in InstructionFacts.all {
            #expect(counts.facts[fact, default: 0] > 100, "\(fact) hardly ever occurred")
        }
        for kind in [FaultKind.misalignedAtomic, .callDepthExceeded, .fuelExhausted, .unknownHelper] {
            #expect(counts.faults[kind, default: 0] > 0, "\(kind) never occurred")
        }
        #expect(counts.operations.union(Self.elsewhere) == Set(Operation.allCases))
    }

    @Test(
        "the kernel agrees on every program that it accepts",
        .enabled(if: KernelMachine.isUsable, "\(KernelMachine.reason)"))
    func kernel() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let seed: UInt64 = 20_251_129
        var differential = try KernelDifferential(seed: seed)
        while differential.counts.programs < 2000 { try differential.step() }
        let counts = differential.counts
        print("seed \(seed): \(counts.agreed) agreed, \(counts.rejected) rejected, \(counts.endless) endless")
        #expect(counts.agreed > 1000)
        let elsewhere = Self.elsewhere.union([.callHelper, .callLocal])
        #expect(counts.operations.union(elsewhere) == Set(Operation.allCases))
    }
}
