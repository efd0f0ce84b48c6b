import Bytecode
import BytecodeText
import Channel
import Compilation
import Enclosure
import NativeTesting
import TestSupport
import Testing
import Virtualization

/// Programs that no verifier would let pass, compiled all the same: the cell's walls hold, and the report says where.
@Suite("Unverified native code", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct ContainmentTests {
    private static func run(_ text: String, fuel: UInt64 = 100_000) throws -> (
        NativeOutcome?, NativeMachine.Failure?, [UInt8]
    ) {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 12, logCountShift: 0)
        var native = try NativeMachine(geometry)
        let code = try Instruction.decode(BytecodeText.Assembler().assemble(text))
        var settings = NativeSettings()
        settings.profile = .linux
        settings.fuel = fuel
        func head(_ machine: borrowing NativeMachine) -> [UInt8] {
            (0..<64).map { machine.place.memory.load8(AddressMap.code + $0) }
        }
        do {
            let outcome = try native.run([NativeCase(code: code, payload: [1, 2, 3, 4])], settings)
            return (outcome[0], nil, head(native))
        } catch let failure as NativeMachine.Failure {
            return (nil, failure, head(native))
        }
    }

    @Test(
        "an access that leaves the cell ends it at the very instruction",
        arguments: [
            ("r1 = 0x12345678 ll\nr0 = *(u64 *)(r1 + 0)\nexit", 2), ("r1 = -1\nr0 = *(u8 *)(r1 + 0)\nexit", 1),
            ("r1 = 0\n*(u64 *)(r1 + 0) = 1\nexit", 1),
            ("r1 = 0x400000\n*(u64 *)(r1 + 0) = 1\nr0 = 0\nexit", 1),
            ("r1 = 0x500000\n*(u8 *)(r1 + 0) = 1\nr0 = 0\nexit", 1),
            ("r1 = 0x810000\nr0 = *(u64 *)(r1 + 0)\nexit", 1),
        ])
    func wild(text: String, index: Int) throws {
        let (outcome, failure, _) = try Self.run(text)
        #expect(outcome == nil)
        guard case .stopped(_, let fault?, _, let instruction) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(instruction == index, "\(fault)")
    }

    @Test("code cannot be written by the program that it is, whatever it stores where")
    func codeIsReadOnly() throws {
        for offset in [0, 8, 64] {
            let (outcome, failure, head) = try Self.run(
                "r1 = 0xA00000\nr2 = -1\n*(u64 *)(r1 + \(offset)) = r2\nr0 = 0\nexit")
            #expect(outcome == nil && failure != nil)
            #expect(!head.contains(0xFF) || head[11] == 0xFF)
            #expect(Array(head[0..<4]) == [0x48, 0x8B, 0x04, 0x25])
        }
    }

    @Test("memory that is not code cannot be executed: a function's return address that was written over ends the cell")
    func dataIsNotCode() throws {
        // The image's stack is the cell's own memory, which a wild store can reach: it may end up anywhere in code, but in no data.
        let (outcome, failure, _) = try Self.run(
            """
            call +1
            exit
            r1 = 0x1F0F000
            r2 = 0x1F10000
            r3 = 0x1F01000
            again:
            *(u64 *)(r1 + 0) = r3
            r1 += 8
            if r1 < r2 goto again
            exit
            """)
        #expect(outcome == nil)
        guard case .stopped(_, let fault?, _, _) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(fault.instruction == 0x1F0_1000)
    }

    @Test(
        "registers that a program never wrote are zero, so no result holds an address of host or image",
        arguments: [
            "r0 = r3", "r0 = r4", "r0 = r5", "r0 = r6", "r0 = r7", "r0 = r8", "r0 = r9", "r0 += 0",
            "call 7\nr0 = r5\nr0 |= r4",
        ])
    func unwritten(text: String) throws {
        let (outcome, _, _) = try Self.run(text + "\nexit")
        #expect(outcome?.ending == .returned(0))
    }

    @Test("endless loops and recursion end by fuel and by depth")
    func endless() throws {
        let (loop, _, _) = try Self.run("goto -1\nr0 = 0\nexit")
        guard case .faulted(let fault)? = loop?.ending else {
            Issue.record("\(String(describing: loop))")
            return
        }
        #expect(fault.kind == .fuelExhausted)
        let (recursion, _, _) = try Self.run("r6 = 1\ncall -2\nexit")
        guard case .faulted(let depth)? = recursion?.ending else {
            Issue.record("\(String(describing: recursion))")
            return
        }
        #expect(depth.kind == .callDepthExceeded)
    }

    @Test("what one event left in its frames the next does not find, however deep it was")
    func frames() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 2, slotSizeShift: 12, logCountShift: 0)
        var native = try NativeMachine(geometry)
        func chain(_ work: String) -> String {
            // Eight frames, each of which does the work.
            (0..<8).map { depth in depth < 7 ? "\(work)\ncall +1\nexit" : "\(work)\nexit" }.joined(separator: "\n")
        }
        let assembler = BytecodeText.Assembler()
        let write = try Instruction.decode(
            assembler.assemble(chain("r1 = -1\n*(u64 *)(r10 - 512) = r1\n*(u64 *)(r10 - 8) = r1")))
        let read = try Instruction.decode(
            assembler.assemble(
                "r0 = 0\n" + chain("r1 = *(u64 *)(r10 - 512)\nr0 |= r1\nr1 = *(u64 *)(r10 - 8)\nr0 |= r1")))
        var settings = NativeSettings()
        for mode in [ExecutionMode.metered, .verified] {
            settings.mode = mode
            let outcomes = try native.run(
                [write, read, write, read].map { NativeCase(code: $0, payload: []) }, settings)
            #expect(outcomes[1].ending == .returned(0) && outcomes[3].ending == .returned(0))
        }
    }

    @Test("an image refuses to run machine code where every access is to be checked")
    func checkedIsRefused() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 12, logCountShift: 0)
        var native = try NativeMachine(geometry)
        var settings = NativeSettings()
        settings.mode = .checked
        let code = try Instruction.decode(BytecodeText.Assembler().assemble("r0 = 2\nexit"))
        #expect(throws: NativeMachine.Failure.self) {
            try native.run([NativeCase(code: code, payload: [])], settings)
        }
        #expect(native.place.memory.load32(CellWords.state) == CellState.refusedBootRecord)
        settings.mode = .verified
        #expect(try native.run([NativeCase(code: code, payload: [])], settings)[0].ending == .returned(2))
    }
}
