internal import Bytecode

/// Arithmetic that has an instruction of the machine, or nearly.
extension Lowering {
    @inline(__always) mutating func clear(_ register: Register) {
        assembler.emit(.xorRegister, .bits32, register, rm: register)
    }

    /// The next number that constants are combined with (xorshift64*, Vigna 2016): not secret from whoever reads the code.
    mutating func nextBlind() -> UInt64 {
        random ^= random &>> 12
        random ^= random &<< 25
        random ^= random &>> 27
        return random &* 0x2545_F491_4F6C_DD1D
    }

    /// A constant that the author of the program chose.
    @inline(__always) mutating func constant(_ register: Register, _ value: UInt64) {
        if options.blindingSeed != nil { return blinded(register, value) }
        plain(register, value)
    }

    /// A constant in as few bytes as hold it.
    @inline(__always) mutating func plain(_ register: Register, _ value: UInt64) {
        if value == 0 {
            clear(register)
        } else if value <= UInt64(UInt32.max) {
            assembler.emit(.moveImmediate32, register, immediate32: UInt32(truncatingIfNeeded: value))
        } else if let small = Int32(exactly: Int64(bitPattern: value)) {
            assembler.emit(.storeImmediate, .bits64, rm: register, immediate: small)
        } else {
            assembler.emit(.moveImmediate64, register, immediate64: value)
        }
    }

    @inline(never) private mutating func blinded(_ register: Register, _ value: UInt64) {
        let blind = nextBlind()
        if value <= UInt64(UInt32.max) {
            let low = UInt32(truncatingIfNeeded: blind) | 1
            assembler.emit(.moveImmediate32, register, immediate32: UInt32(value) ^ low)
            assembler.emit(.xorImmediate, .bits32, rm: register, immediate: Int32(bitPattern: low))
        } else {
            // The other half of the sum is in a register that no operand lives in.
            let other: Register = register == .scratch2 ? .scratch : .scratch2
            assembler.emit(.moveImmediate64, register, immediate64: value ^ blind)
            assembler.emit(.moveImmediate64, other, immediate64: blind)
            assembler.emit(.xorRegister, .bits64, other, rm: register)
        }
    }

    /// The immediate operand, in scratch where constants are blinded.
    @inline(__always) mutating func blindedOperand(_ immediate: Int32) -> Operand? {
        guard options.blindingSeed != nil else { return nil }
        blinded(.scratch, UInt64(bitPattern: Int64(immediate)))
        return Operand(.scratch)
    }

    /// Says that the zero flag is that of what the instruction at `index` left.
    @inline(__always) mutating func flagsShow(_ instruction: Instruction, _ width: Width, _ index: Int) {
        flags = Flags(before: index &+ 1, register: instruction.destination, width)
    }

    /// Before which instruction the zero flag says whether a register is 0; which register, and of what width: one of 32 bits has an upper
    /// half of zeros. One word, since it is noted at every second instruction and asked for at few.
    struct Flags: Equatable {
        private let bits: UInt64

        private init(bits: UInt64) { self.bits = bits }
        static let unknown = Flags(bits: 0)

        @inline(__always) init(before index: Int, register: UInt8, _ width: Width) {
            bits = UInt64(truncatingIfNeeded: index) &<< 16 | UInt64(register) &<< 8 | UInt64(width.rawValue)
        }

        /// Whether a comparison with 0 at `index` is made already.
        func show(_ register: UInt8, _ width: Width, at index: Int) -> Bool {
            switch width {
            case .bits32: self == Flags(before: index, register: register, .bits32)
            case .bits64:
                self == Flags(before: index, register: register, .bits64)
                    || self == Flags(before: index, register: register, .bits32)
            }
        }
    }

    @inline(__always) mutating func arithmetic(
        _ stencil: Stencil, _ other: Stencil, _ width: Width, _ destination: Operand, _ immediate: Int32,
        _ instruction: Instruction, _ index: Int
    ) {
        if let operand = blindedOperand(immediate) {
            assembler.emit(other, operand, rm: destination)
        } else {
            assembler.emit(plain: stencil, rm: destination, shortest: immediate)
        }
        flagsShow(instruction, width, index)
    }

    mutating func multiply(_ width: Width, _ d: Register, _ immediate: Int32) {
        if let operand = blindedOperand(immediate) {
            return assembler.emit(Stencil(.multiply, width), Operand(d), rm: operand)
        }
        switch immediate {
        case 0: clear(d)
        case 3 where d != .rbp && d != .r13:
            assembler.emit(.loadAddress, width, d, .indexed(d, d, shift: 1))
        case 5 where d != .rbp && d != .r13:
            assembler.emit(.loadAddress, width, d, .indexed(d, d, shift: 2))
        case 9 where d != .rbp && d != .r13:
            assembler.emit(.loadAddress, width, d, .indexed(d, d, shift: 3))
        case 2... where immediate & (immediate - 1) == 0:
            assembler.emit(.shiftLeftImmediate, width, rm: d, immediate: Int32(immediate.trailingZeroBitCount))
        case let factor: assembler.multiply(width, d, rm: d, by: factor)
        }
    }

    /// Shifting by nothing still clears the upper half.
    @inline(__always) mutating func shift32(_ stencil: Stencil, _ destination: Operand, _ immediate: Int32) {
        if immediate & 31 == 0 {
            return assembler.emit(Stencil(.load, .bits32), destination, rm: destination)
        }
        assembler.emit(plain: stencil, rm: destination, byte: UInt8(truncatingIfNeeded: immediate & 31))
    }

    /// By a count that is known, which is masked as the machine masks one in a register.
    mutating func shift(by count: UInt64, _ template: Template, _ destination: Operand) {
        switch template.width {
        case .bits32: shift32(template.other, destination, Int32(truncatingIfNeeded: count & 31))
        case .bits64:
            assembler.emit(plain: template.other, rm: destination, byte: UInt8(truncatingIfNeeded: count & 63))
        }
    }

    /// The machine's count is in CL, which is R4's. It masks the count as RFC 9669 does.
    ///
    /// - Parameter live: the registers that matter afterwards.
    mutating func shift(_ stencil: Stencil, _ width: Width, _ d: Register, _ s: Register, _ live: UInt16) {
        if s == .rcx, d != .rcx {
            return assembler.emit(stencil, nil, rm: Operand(d))
        }
        if d == .rcx {
            assembler.emit(.load, width, .scratch, rm: .rcx)
            if s != .rcx { assembler.emit(.load, .bits32, .rcx, rm: s) }
            assembler.emit(stencil, nil, rm: Operand(.scratch))
            return assembler.emit(.load, .bits64, .rcx, rm: .scratch)
        }
        let keeps = live & 1 << 4 != 0
        if keeps { assembler.emit(.load, .bits64, .scratch, rm: .rcx) }
        assembler.emit(.load, .bits32, .rcx, rm: s)
        assembler.emit(stencil, nil, rm: Operand(d))
        if keeps { assembler.emit(.load, .bits64, .rcx, rm: .scratch) }
    }

    /// A copy; where the next instruction adds to it, both are one.
    @inline(__always) mutating func move(
        _ d: Operand, _ s: Operand, _ stencil: Stencil, at index: Int, _ code: borrowing Span<Instruction>,
        _ notes: borrowing Notes
    ) -> Int {
        let next = code[index + 1]
        let isOne = next.destination == code[index].destination && !notes.isTarget(index + 1) && d != s
        if isOne, next.operation == .add64Immediate, options.blindingSeed == nil {
            assembler.emit(
                Stencil(.loadAddress, .bits64), d.asRegister, s, Int32(truncatingIfNeeded: next.immediate))
        } else if isOne, next.operation == .add64Register, next.source != next.destination, s.low != 5 {
            // RBP and R13 as the first of two mean something else.
            let other = Register(ofProgram: next.source)
            assembler.emit(.loadAddress, .bits64, d.register, .indexed(s.register, other, shift: 0))
        } else {
            if d != s { assembler.emit(plain: stencil, d, rm: s) }
            return 1
        }
        unpaid += 1
        return 2
    }
}
