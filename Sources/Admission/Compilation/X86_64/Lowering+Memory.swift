internal import Bytecode
internal import Channel

/// Stores of constants, and atomic operations.
extension Lowering {
    @inline(__always) mutating func store(
        _ template: Template, _ base: Operand, _ displacement: Int32, _ immediate: Int32
    ) {
        if let operand = blindedOperand(immediate) {
            assembler.emit(template.other, operand.asRegister, base, displacement)
        } else {
            assembler.emit(template.stencil, base, displacement, immediate: immediate)
        }
    }

    /// Where an atomic operation works, once it is known to be aligned: the machine would do it anyway, but lock the bus of the whole
    /// host meanwhile.
    private mutating func aligned(
        _ d: Register, _ instruction: Instruction, _ width: Width, _ index: Int
    ) -> Address {
        let size: UInt8 = width == .bits64 ? 8 : 4
        let address = Address.based(d, instruction.offset)
        // Frames are aligned, so the displacement decides.
        if instruction.destination == 10, instruction.offset & Int32(size - 1) == 0 { return address }
        assembler.emit(.loadAddress, .bits64, .scratch2, address)
        assembler.emit(.testImmediate8, .bits32, rm: .scratch2, immediate: Int32(size - 1))
        branch(.notEqual, toOutlined: .fault(.misalignedAtomic, size: size), at: index)
        return .based(.scratch2, 0)
    }

    /// What the machine has an instruction for.
    mutating func atomic(
        _ stencil: Stencil, _ width: Width, _ d: Register, _ s: Register, _ instruction: Instruction, _ index: Int,
        locked: Bool = true
    ) {
        let address = aligned(d, instruction, width, index)
        assembler.emit(stencil, Operand(s), address, locked: locked)
    }

    /// What it has none for: done again until nobody else was faster.
    ///
    /// - Parameter live: the registers that matter afterwards.
    mutating func fetching(
        _ stencil: Stencil, _ width: Width, _ d: Register, _ s: Register, _ instruction: Instruction, _ index: Int,
        _ live: UInt16
    ) {
        var address = aligned(d, instruction, width, index)
        if address != .based(.scratch2, 0) {
            assembler.emit(.loadAddress, .bits64, .scratch2, address)
            address = .based(.scratch2, 0)
        }
        assembler.emit(.load, .bits64, .scratch3, rm: s)
        // The source register takes the new value meanwhile, since it is about to be written; R0 cannot.
        let new: Register = s == .rax ? .scratch : s
        let keepsResult = s != .rax && live & 1 != 0
        if keepsResult { assembler.emit(.load, .bits64, .scratch, rm: .rax) }
        assembler.emit(.load, width, .rax, address)
        let again = assembler.count
        assembler.emit(.load, width, new, rm: .rax)
        assembler.emit(stencil, Operand(.scratch3), rm: Operand(new))
        assembler.emit(.compareExchange, width, new, address, locked: true)
        assembler.jumpBack(.notEqual, to: again)
        if s != .rax { assembler.emit(.load, width, s, rm: .rax) }
        if keepsResult { assembler.emit(.load, .bits64, .rax, rm: .scratch) }
    }
}
