import Bytecode
import CellTesting
import Channel
import Execution
import Linux
import TestSupport
import Testing
import VectorCorpus

@testable import Enclosure

/// Every vector of the corpus, in the interpreter as it is compiled for the host and as it runs in a guest.
@Suite("The interpreter on the vector corpus")
struct VectorTests {
    static var geometry: ChannelGeometry {
        get throws { try ChannelGeometry(slotCountShift: 0, slotSizeShift: 18, logCountShift: 0) }
    }

    /// Top of the first frame, as the address map and the interpreter have it.
    static let frame = AddressMap.privateMemory + 8 * 512

    private static func boot(_ vector: Vector, _ mode: ExecutionMode = .checked) throws -> BootRecord {
        var boot = BootRecord(geometry: try geometry, entryConvention: .buffer, helperProfile: .linux)
        boot.fuel = vector.fuel
        boot.executionMode = mode
        boot.initialSequence = 0xFFFF_FFFF
        return boot
    }

    private static func host(
        _ vector: Vector, _ mode: ExecutionMode = .checked, on bench: borrowing Workbench
    ) throws -> Workbench.Outcome? {
        let code = try Instruction.decode(vector.slots)
        let boot = try bench.write(code, boot: boot(vector, mode))
        var ring = EventRing(memory: bench.memory, boot: boot)
        ring.submit(vector.memory)
        bench.memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
        var runner = ProgramRunner(memory: bench.memory, boot: boot)
        runner.handle(boot.initialSequence &+ 1, code.span)
        return try Workbench.take(&ring, payloadSize: vector.memory.count)
    }

    /// What the vector says, as a channel would carry it.
    private static func expected(_ vector: Vector, memory: UInt64) throws -> Verdict.Ending {
        switch vector.expectation {
        case .result(let result): return .returned(result)
        case .fault(let fault):
            let kind = try #require(Channel.FaultKind.allCases.first { "\($0)" == fault.kind.rawValue })
            return .faulted(
                ProgramFault(
                    kind: kind, instruction: UInt32(fault.index),
                    address: fault.address?.resolved(memory: memory, frame: frame) ?? 0,
                    accessSize: UInt32(fault.size ?? 0)))
        }
    }

    private static func check(_ outcome: Workbench.Outcome?, _ vector: Vector, _ payloadAddress: UInt64) throws {
        let outcome = try #require(outcome, "\(vector)")
        #expect(outcome.ending == (try expected(vector, memory: payloadAddress)), "\(vector)")
        if let after = vector.memoryAfter { #expect(outcome.payload == after, "\(vector)") }
        // Fuel that ran out was used to the last unit; nothing else costs more than there was.
        if case .faulted(let fault) = outcome.ending, fault.kind == .fuelExhausted {
            #expect(outcome.instructionsExecuted == vector.fuel, "\(vector)")
        } else {
            #expect((1...vector.fuel).contains(outcome.instructionsExecuted), "\(vector)")
        }
    }

    @Test("on the host, every vector ends as it says")
    func onTheHost() throws {
        let bench = try Workbench(Self.geometry)
        let payload = try Self.geometry.slot(0) + EventSlot.payload
        let vectors = try VectorCorpus.vectors()
        #expect(vectors.count >= 1000)
        for vector in vectors { try Self.check(Self.host(vector, on: bench), vector, payload) }
    }

    @Test(
        "in a guest, every vector ends as it says and as on the host, to the last field",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func inAGuest() throws {
        let hostBench = try Workbench(Self.geometry)
        var guest = try GuestBench(Self.geometry)
        let payload = try Self.geometry.slot(0) + EventSlot.payload
        for vector in try VectorCorpus.vectors() {
            let outcome = try Self.guest(vector, on: &guest)
            try Self.check(outcome, vector, payload)
            #expect(outcome == (try Self.host(vector, on: hostBench)), "\(vector)")
        }
    }

    private static func guest(
        _ vector: Vector, _ mode: ExecutionMode = .checked, on guest: inout GuestBench
    ) throws -> Workbench.Outcome? {
        let boot = try guest.bench.write(Instruction.decode(vector.slots), boot: boot(vector, mode))
        var ring = EventRing(memory: guest.bench.memory, boot: boot)
        ring.submit(vector.memory)
        try guest.run()
        return try Workbench.take(&ring, payloadSize: vector.memory.count)
    }

    @Test("in a child, every vector ends as it says and as on the host, to the last field")
    func inAChild() throws {
        let hostBench = try Workbench(Self.geometry)
        let payload = try Self.geometry.slot(0) + EventSlot.payload
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let jail = try Jail(for: .child, ready: .always)
        let maps = try MemoryFile(name: "maps", size: AddressMap.pageSize)
        for vector in try VectorCorpus.vectors() {
            let file = try programFile(Instruction.decode(vector.slots), boot: Self.boot(vector))
            var cell = try Cell(in: jail, file, maps: maps, generation: 1, limits: WaitLimits())
            defer { cell.end() }
            try cell.waitUntilRunning()
            cell.ring.submit(vector.memory)
            cell.notify()
            let verdict = try cell.awaitVerdict()
            let outcome = Workbench.outcome(
                verdict, of: cell.ring, payloadSize: vector.memory.count)
            try Self.check(outcome, vector, payload)
            #expect(outcome == (try Self.host(vector, on: hostBench)), "\(vector)")
            try jail.refill()
        }
    }

    /// What a program must come to in `mode` that comes to `outcome` where everything is checked.
    private static func inMode(_ mode: ExecutionMode, _ outcome: Workbench.Outcome?) -> Workbench.Outcome? {
        var outcome = outcome
        if !mode.countsFuel { outcome?.instructionsExecuted = 0 }
        return outcome
    }

    @Test(
        "without checks, every vector that returns does so as with them, on the host and in a guest",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"), arguments: [ExecutionMode.metered, .verified])
    func unchecked(mode: ExecutionMode) throws {
        let bench = try Workbench(Self.geometry)
        var guest = try GuestBench(Self.geometry)
        var count = 0
        for vector in try VectorCorpus.vectors() {
            guard case .result = vector.expectation else { continue }
            let expected = Self.inMode(mode, try Self.host(vector, on: bench))
            #expect(try Self.host(vector, mode, on: bench) == expected, "\(vector)")
            #expect(try Self.guest(vector, mode, on: &guest) == expected, "\(vector)")
            count += 1
        }
        #expect(count >= 900)
    }
}
