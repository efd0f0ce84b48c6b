import Bytecode

/// What linking needs to know of an instruction: whether it refers to something, jumps or ends the flow. Everything
/// else about it, including whether it exists, is for the decoder to say.
enum SlotShape: Equatable {
    /// 64-bit immediate, of two slots.
    case wideImmediate
    /// Call of a function of the object (source register 1).
    case localCall
    /// Call of a kernel function (source register 2), which compilers leave to a relocation.
    case kernelCall
    /// Distance in slots from the next slot, and whether control may also continue there.
    case jump(distance: Int, isConditional: Bool)
    case exit
    case plain

    init(_ slot: Slot) {
        let isJump32 = slot.opcode & 7 == 6
        guard isJump32 || slot.opcode & 7 == 5 else {
            self = slot.opcode == 0x18 ? .wideImmediate : .plain
            return
        }
        switch slot.opcode >> 4 {
        // The 32-bit class has the jump whose distance is the immediate (RFC 9669 section 4.3).
        case 0: self = .jump(distance: isJump32 ? Int(slot.immediate) : Int(slot.offset), isConditional: false)
        case 8 where slot.opcode == 0x85 && slot.source == 1: self = .localCall
        case 8 where slot.opcode == 0x85 && slot.source == 2: self = .kernelCall
        case 8: self = .plain
        case 9: self = .exit
        default: self = .jump(distance: Int(slot.offset), isConditional: true)
        }
    }
}
