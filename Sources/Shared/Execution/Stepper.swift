package import Bytecode
internal import CExecution
package import Channel

/// The interpreter, one instruction at a time, for whoever watches a program on the host: the instructions, the checks and the
/// calls of bpf-to-bpf functions are those of ``ProgramRunner``. No cell uses it.
///
/// Helpers are the watcher's: ``step()`` stops at a call of one, and goes on behind it after ``skip()``.
package struct Stepper {
    package enum Step: Equatable, Sendable {
        /// The instruction is done.
        case done
        /// A call of the helper with this number; nothing has happened yet.
        case helper(Int64)
        /// The address of the instruction with this index is wanted in the destination register; nothing has happened yet.
        case codeAddress(Int)
        case returned(UInt64)
        case fault(FaultKind, address: UInt64, size: UInt32)
    }

    private var runner: ProgramRunner
    private var cursor: Cursor
    private let registers: RegisterFile

    /// - Parameters:
    ///   - memory: has the host words, private memory, and whatever the boot record and the descriptors name.
    ///   - boot: says where the instructions and the map descriptors lie; what ``Decoder`` made, whole and in order.
    package init(memory: CellMemory, boot: BootRecord) {
        runner = ProgramRunner(memory: memory, boot: boot)
        runner.engine.codeStart = memory.hostAddress(of: boot.instructions)
        registers = RegisterFile(in: memory)
        cursor = Cursor(start: runner.engine.codeStart, fuel: 0)
    }

    /// Puts the program at its start: registers zero but for the arguments and the frame pointer, one frame.
    ///
    /// - Parameter payload: memory that it may read and write beside its maps' values.
    package mutating func begin(
        _ argument1: UInt64, _ argument2: UInt64, payload: UInt64, payloadSize: UInt64, fuel: UInt64
    ) {
        runner.regions.begin(payload: payload, payloadSize, context: 0, 0)
        runner.depth = 0
        runner.deepest = 0
        registers.first = [16 of UInt64](repeating: 0)
        registers[1] = argument1
        registers[2] = argument2
        registers[10] = runner.regions.stackEnd
        cursor = Cursor(start: runner.engine.codeStart, fuel: fuel)
    }

    /// Makes other memory the payload, as a helper that moves a packet does, and looks at every descriptor anew.
    package mutating func move(payload: UInt64, payloadSize: UInt64) {
        let frames = runner.regions.stackStart
        runner.regions.begin(payload: payload, payloadSize, context: 0, 0)
        runner.regions.stackStart = frames
    }

    /// Index of the instruction that ``step()`` will do.
    package var index: Int { Int(truncatingIfNeeded: (cursor.address &- runner.engine.codeStart) / Cursor.stride) }
    package var instruction: Instruction { cursor.instruction }
    package var fuel: UInt64 { cursor.hasFuel ? cursor.fuel : 0 }
    /// Frames in use besides the first.
    package var depth: Int { runner.depth }
    /// The stack, all frames that there can be.
    package static var stack: Range<UInt64> {
        ProgramRunner.stackEnd - UInt64(ProgramRunner.maximumFrames) * ProgramRunner.frameSize..<ProgramRunner.stackEnd
    }
    package static var frames: Int { ProgramRunner.maximumFrames }
    package static var bytesOfFrame: UInt64 { ProgramRunner.frameSize }
    /// Lowest byte of the frames in use.
    package var stackStart: UInt64 { runner.regions.stackStart }

    /// R0 to R10.
    package subscript(_ register: UInt8) -> UInt64 {
        get { registers[register] }
        nonmutating set { registers[register] = newValue }
    }

    package mutating func mayRead(_ address: UInt64, count: UInt64) -> Bool {
        runner.regions.mayRead(address, count: count)
    }

    package mutating func mayWrite(_ address: UInt64, count: UInt64) -> Bool {
        count == 0 || runner.regions.mayWrite(address, count)
    }

    /// Does one instruction.
    package mutating func step() -> Step {
        switch cursor.instruction.operation {
        case .callHelper where cursor.hasFuel: return .helper(cursor.instruction.immediate)
        case .loadCodeAddress where cursor.hasFuel: return .codeAddress(Int(cursor.instruction.offset))
        case let operation:
            while true {
                let stop: Stop =
                    cursor.hasFuel
                    ? runner.step(operation, .checked, &cursor, registers) : .fault(.fuelExhausted)
                if stop == .none { return .done }
                if runner.settle(stop, &cursor) == .ended { break }
            }
        }
        let outcome = runner.engine.outcome
        guard let fault = outcome.fault else { return .returned(outcome.result) }
        return .fault(fault, address: outcome.address, size: outcome.accessSize)
    }

    /// Steps over the instruction, for which its fuel is paid.
    package mutating func skip() {
        if cursor.instruction.operation.encoding.occupiesTwoSlots { cursor.skipTail(.checked) }
        cursor.advance()
    }

    /// Calls the function at `target` as a local call would, to come back to the present instruction, whatever it is.
    ///
    /// - Returns: false where there are as many frames as there may be.
    package mutating func call(_ target: Int) -> Bool {
        guard runner.depth < ProgramRunner.maximumFrames - 1 else { return false }
        runner.push(returnTo: Int(truncatingIfNeeded: cursor.address), &registers.first)
        _ = cursor.jump(.checked, to: runner.engine.codeStart &+ UInt64(truncatingIfNeeded: target) &* Cursor.stride)
        return true
    }
}
