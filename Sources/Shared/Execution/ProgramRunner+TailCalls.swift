internal import Bytecode
internal import Channel
internal import Maps

/// `bpf_tail_call`: another program of the cell goes on in place of the running function, with its frame and its way back.
///
/// What Linux leaves open is settled, so that every engine does the same: a call that leads nowhere leaves 0 in R0, and a program that is
/// entered finds 0 in every register but R1, which its caller has set, and R10.
extension ProgramRunner {
    /// The helper's number, as instructions have it.
    @inline(__always) static var tailCallHelper: Int64 { Int64(Helper.tailCall.rawValue) }

    /// Leaves in R0 the number of the program that goes on, which is one of the cell's, or 0 where none does.
    @_optimize(size) mutating func tailCall(_ registers: inout [16 of UInt64]) -> FaultKind? {
        guard let map = maps.map(at: registers[2]), map.descriptor.type == MapKind.programArray.rawValue else {
            return refuse(registers[2])
        }
        let number = UInt64(map.untrustedNumber(at: low(registers[3])))
        guard number <= boot.programCount else {
            // The host writes no such number, and programs write none.
            refusedArgument = registers[2]
            return .corruptMap
        }
        registers[0] = 0
        if number == 0 || tailCalls == Helper.mostTailCalls { return nil }
        tailCalls &+= 1
        registers[0] = number
        return nil
    }

    /// Goes on after ``tailCall(_:)``: in the program whose number it left, or behind the call.
    @_optimize(size) @inline(never)
    mutating func followTailCall(_ mode: Mode, _ cursor: inout Cursor, _ registers: RegisterFile) -> Stop {
        let number = registers[0]
        guard number != 0 else {
            cursor.advance()
            return .none
        }
        let context = registers[1]
        let frame = registers[10]
        registers.first = [16 of UInt64](repeating: 0)
        registers[1] = context
        registers[10] = frame
        let start = UInt64(memory.load32(boot.programs &+ (number &- 1) &* 4))
        return cursor.jump(mode, to: engine.codeStart &+ start &* Cursor.stride)
    }
}
