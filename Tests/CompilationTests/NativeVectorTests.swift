import Bytecode
import Channel
import Enclosure
import NativeTesting
import TestSupport
import Testing
import VectorCorpus

/// The vector corpus as native code in a guest.
@Suite("Native code on the vector corpus", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct NativeVectorTests {
    private static var geometry: ChannelGeometry {
        get throws { try ChannelGeometry(slotCountShift: 0, slotSizeShift: 18, logCountShift: 0) }
    }

    /// The faults that only an engine makes that checks accesses: native code has the walls of the cell instead.
    private static let madeByChecks: Set<Vector.FaultKind> = [.outOfBoundsRead, .outOfBoundsWrite]

    private static func settings(_ vector: Vector, _ mode: ExecutionMode) -> NativeSettings {
        var settings = NativeSettings()
        settings.fuel = vector.fuel
        settings.mode = mode
        settings.profile = .linux
        return settings
    }

    @Test(
        "every vector that returns does so, to the last field, as in the interpreter", arguments: [nil, 7] as [UInt64?])
    func returns(blindingSeed: UInt64?) throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        var native = try NativeMachine(Self.geometry)
        let host = try HostMachine(Self.geometry)
        var count = 0
        for vector in try VectorCorpus.vectors() {
            guard case .result(let result) = vector.expectation else { continue }
            let one = NativeCase(code: try Instruction.decode(vector.slots), payload: vector.memory)
            for mode in [ExecutionMode.metered, .verified] {
                var settings = Self.settings(vector, mode)
                settings.blindingSeed = blindingSeed
                let outcome = try native.run([one], settings)
                #expect(outcome == (try host.run([one], settings)), "\(vector)")
                #expect(outcome[0].ending == .returned(result), "\(vector)")
                if let after = vector.memoryAfter { #expect(outcome[0].payload == after, "\(vector)") }
            }
            count += 1
        }
        #expect(count >= 900)
    }

    @Test("every fault that needs no check of accesses is the interpreter's")
    func faults() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        var native = try NativeMachine(Self.geometry)
        let host = try HostMachine(Self.geometry)
        var kinds: [Vector.FaultKind: Int] = [:]
        for vector in try VectorCorpus.vectors() {
            guard case .fault(let fault) = vector.expectation, !Self.madeByChecks.contains(fault.kind) else { continue }
            let one = NativeCase(code: try Instruction.decode(vector.slots), payload: vector.memory)
            let settings = Self.settings(vector, .metered)
            let expected = try host.run([one], settings)[0]
            let outcome = try native.run([one], settings)[0]
            if fault.kind == .fuelExhausted {
                // It is looked at elsewhere, so only the kind is the same.
                guard case .faulted(let got) = outcome.ending else {
                    Issue.record("\(vector): \(outcome)")
                    continue
                }
                #expect(got.kind == .fuelExhausted && outcome.instructionsExecuted == vector.fuel, "\(vector)")
            } else {
                #expect(outcome == expected, "\(vector)")
            }
            kinds[fault.kind, default: 0] += 1
        }
        for kind in Vector.FaultKind.allCases where !Self.madeByChecks.contains(kind) {
            #expect(kinds[kind, default: 0] > 0, "\(kind)")
        }
    }
}
