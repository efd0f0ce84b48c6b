/// How wide an operation is.
package enum Width: UInt8, CaseIterable, Sendable {
    case bits32 = 0
    case bits64 = 8  // REX.W

    @inline(__always) var rex: UInt8 { rawValue }
}

/// An operand in memory.
package enum Address: Equatable, Sendable {
    case based(Register, Int32)
    /// Below 2 GiB, where every address of a cell that code names lies.
    case absolute(UInt32)
    /// base + index × 2^shift; the index is not RSP, the base not RBP or R13.
    case indexed(Register, Register, shift: UInt8)
}

/// Turns rows with operands into bytes.
///
/// Every prefix is there only where it is needed, every immediate and displacement as short as it can be.
package struct Assembler: ~Copyable {
    package private(set) var buffer: CodeBuffer

    package init(capacity: Int) {
        buffer = CodeBuffer(capacity: capacity)
    }

    /// Bytes so far.
    @inline(__always) package var count: Int { buffer.count }

    // MARK: register operands

    /// `row register/memory operand, register operand` or the other way round, as the row says.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, _ register: Register, rm: Register) {
        emit(Stencil(row, width), Operand(register), rm: Operand(rm))
    }

    /// A row whose only operand is `rm`.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, rm: Register) {
        emit(Stencil(row, width), nil, rm: Operand(rm))
    }

    /// A row with an immediate operand.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, rm: Register, immediate: Int32) {
        emit(Stencil(row, width), nil, rm: Operand(rm), immediate: immediate)
    }

    @inline(__always) package mutating func multiply(
        _ width: Width, _ destination: Register, rm: Register, by immediate: Int32
    ) {
        emit(Stencil(.multiplyImmediate, width), Operand(destination), rm: Operand(rm), immediate: immediate)
    }

    @inline(__always) mutating func emit(_ stencil: Stencil, _ register: Operand?, rm: Operand) {
        emit(stencil, stencil.filled(register?.asRegister ?? 0, rm.asMemory, mode: Stencil.direct))
    }

    /// With its immediate an instruction on registers has at most seven bytes, since no row has both an escape and an immediate.
    @inline(__always) mutating func emit(_ stencil: Stencil, _ register: Operand?, rm: Operand, immediate: Int32) {
        let (chosen, size) = stencil.with(immediate)
        let (word, bits) = chosen.filled(register?.asRegister ?? 0, rm.asMemory, mode: Stencil.direct)
        emit(stencil, (word | UInt64(UInt32(bitPattern: immediate)) &<< bits, bits &+ size))
    }

    // MARK: the same of a stencil that is plain, which most are

    @inline(__always) mutating func emit(plain stencil: Stencil, _ register: Operand?, rm: Operand) {
        append(stencil.filled(register?.asRegister ?? 0, rm.asMemory, mode: Stencil.direct, isPlain: true))
    }

    /// With an immediate that is a byte where one holds it.
    @inline(__always) mutating func emit(plain stencil: Stencil, rm: Operand, shortest immediate: Int32) {
        let (chosen, size) = stencil.shortening(immediate)
        let (word, bits) = chosen.filled(0, rm.asMemory, mode: Stencil.direct, isPlain: true)
        append((word | UInt64(UInt32(bitPattern: immediate)) &<< bits, bits &+ size))
    }

    /// With an immediate that is a byte.
    @inline(__always) mutating func emit(plain stencil: Stencil, rm: Operand, byte immediate: UInt8) {
        let (word, bits) = stencil.filled(0, rm.asMemory, mode: Stencil.direct, isPlain: true)
        append((word | UInt64(immediate) &<< bits, bits &+ 8))
    }

    /// With an operand in memory that is based on a register of a program, which neither RSP nor R12 is.
    @inline(__always) mutating func emit(
        plain stencil: Stencil, _ register: Operand, _ base: Operand, _ displacement: Int32
    ) {
        let (mode, size) = Self.mode(base, displacement)
        let (word, bits) = stencil.filled(register.asRegister, base.asMemory, mode: mode, isPlain: true)
        append((word | UInt64(UInt32(bitPattern: displacement)) &<< bits, bits &+ size))
    }

    // MARK: memory operands

    /// What the operands' byte says of a displacement, and how many bits of one there are.
    @inline(__always) private static func mode(_ base: Operand, _ displacement: Int32) -> (UInt32, size: UInt64) {
        // RBP and R13 without a displacement would mean something else (SDM volume 2, table 2-2).
        let isNone = displacement == 0 && base.low != 5
        let isShort = Int32(Int8(truncatingIfNeeded: displacement)) == displacement
        return (isNone ? 0 : isShort ? 0x40 : 0x80, isNone ? 0 : isShort ? 8 : 32)
    }

    @inline(__always) package mutating func emit(
        _ row: Row, _ width: Width, _ register: Register, _ address: Address, locked: Bool = false
    ) {
        emit(Stencil(row, width), Operand(register), address, locked: locked)
    }

    /// A row with an immediate operand.
    @inline(__always) package mutating func emit(
        _ row: Row, _ width: Width, _ address: Address, immediate: Int32
    ) {
        let (stencil, size) = Stencil(row, width).with(immediate)
        emit(stencil, nil, address)
        append((UInt64(UInt32(bitPattern: immediate)), size))
    }

    @inline(__always) mutating func emit(
        _ stencil: Stencil, _ register: Operand?, _ address: Address, locked: Bool = false
    ) {
        if locked { append((Self.lock, 8)) }
        let register = register?.asRegister ?? 0
        switch address {
        case .based(let base, let displacement): emit(stencil, register, Operand(base), displacement)
        case .absolute(let place):
            emit(stencil, stencil.filled(register, Self.followed, mode: 0))
            append((0x25 | UInt64(place) << 8, 40))
        case .indexed(let base, let index, let shift):
            let (b, i) = (UInt32(base.rawValue), UInt32(index.rawValue))
            precondition(b & 7 != 5 && index != .rsp, "this base or index means something else")
            let (word, bits) = stencil.filled(register, Self.followed | (i & 8) >> 2 | b >> 3, mode: 0)
            let further = UInt64(UInt32(shift) << 6 | (i & 7) << 3 | b & 7)
            emit(stencil, (word | further &<< bits, bits &+ 8))
        }
    }

    @inline(__always) mutating func emit(
        _ stencil: Stencil, _ register: UInt32, _ base: Operand, _ displacement: Int32
    ) {
        let (mode, size) = Self.mode(base, displacement)
        let (word, bits) = stencil.filled(register, base.asMemory, mode: mode)
        let displacement = UInt64(UInt32(bitPattern: displacement))
        if base.low == 4 {
            // RSP and R12 as a base want a byte more.
            emit(stencil, (word | 0x24 &<< bits, bits &+ 8))
            return append((displacement, size))
        }
        emit(stencil, (word | displacement &<< bits, bits &+ size))
    }

    @inline(__always) mutating func emit(
        _ stencil: Stencil, _ base: Operand, _ displacement: Int32, immediate: Int32
    ) {
        let (chosen, size) = stencil.with(immediate)
        emit(chosen, 0, base, displacement)
        append((UInt64(UInt32(bitPattern: immediate)), size))
    }

    // MARK: registers in the opcode, and no operand

    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, _ register: Register) {
        emit(Stencil(row, width), inOpcode: Operand(register))
    }

    @inline(__always) mutating func emit(_ stencil: Stencil, inOpcode register: Operand) {
        append(stencil.filled(register))
    }

    @inline(__always) package mutating func emit(_ row: Row, _ register: Register, immediate32: UInt32) {
        let (word, bits) = Stencil(row, .bits32).filled(Operand(register))
        append((word | UInt64(immediate32) &<< bits, bits &+ 32))
    }

    @inline(__always) package mutating func emit(_ row: Row, _ register: Register, immediate64: UInt64) {
        append(Stencil(row, .bits64).filled(Operand(register)))
        append((immediate64, 64))
    }

    @inline(__always) package mutating func emit(_ row: Row, _ width: Width = .bits32) {
        append(Stencil(row, width).bare)
    }

    /// A short jump backwards to `offset`, over code in which nothing is left to be placed.
    @inline(__always) package mutating func jumpBack(_ condition: Condition, to offset: Int) {
        let distance = offset - (count + 2)
        precondition(distance >= -128 && distance < 0, "a loop inside one instruction is short")
        buffer.append(UInt64(0x70 | condition.rawValue) | UInt64(UInt8(truncatingIfNeeded: distance)) << 8, 2)
    }

    // MARK: bytes

    private static let lock: UInt64 = 0xF0
    private static let operand16: UInt64 = 0x66
    /// Of the operands' byte: another follows.
    private static let followed: UInt32 = 4 << 16

    @inline(__always) private mutating func emit(_ stencil: Stencil, _ bytes: Stencil.Bytes) {
        if stencil.isOperand16 { append((Self.operand16, 8)) }
        append(bytes)
    }

    /// As one word: what is appended next waits for the place where this one ends.
    @inline(__always) private mutating func append(_ bytes: Stencil.Bytes) {
        buffer.append(bytes.word, Int(truncatingIfNeeded: bytes.bits &>> 3))
    }
}
