/// A general register, under the number that encodings have (SDM volume 2, table 2-2; the fourth bit is REX's).
package enum Register: UInt8, CaseIterable, Sendable {
    case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
}

extension Register {
    /// R0 to R10 of a program, a digit each: rax rdi rsi rdx rcx r8 rbx r13 r14 r15 rbp.
    ///
    /// R1 to R5 are where C has its arguments, R6 to R10 where C keeps them, so that a call of a helper moves nothing.
    private static let places: UInt64 = 0x5FE_D381_2670

    /// Where a program's register lives.
    @inline(__always) init(ofProgram register: UInt8) {
        self = Register(number: UInt8(truncatingIfNeeded: Self.places &>> (UInt64(register) &* 4)))
    }

    /// - Parameter number: its low four bits count.
    @inline(__always) init(number: UInt8) {
        // SAFETY: the sixteen cases have the raw values 0 to 15, as which they are stored.
        self = unsafe unsafeBitCast(number & 15, to: Register.self)
    }

    /// Not any register's of a program.
    static var fuel: Register { .r12 }
    static var scratch: Register { .r10 }
    static var scratch2: Register { .r11 }
    static var scratch3: Register { .r9 }
}

/// A register as the bits that it adds to an instruction, were that a prefix, an opcode and the operands' byte: found once for each
/// register of a program, so that an instruction that names it takes one look.
struct Operand: BitwiseCopyable, Equatable {
    /// In the place of a register operand, and of one that may be memory.
    let asRegister: UInt32
    let asMemory: UInt32

    @inline(__always) init(_ register: Register) {
        let number = UInt32(register.rawValue)
        asRegister = (number & 8) >> 1 | (number & 7) << 19
        asMemory = number >> 3 | (number & 7) << 16
    }

    /// Of a program's registers, by their numbers. None is RSP or R12, which as a base want a byte more.
    static let ofProgram = ByteTable { number in
        let operand = Operand(Register(ofProgram: number))
        precondition(operand.low != 4, "no register of a program is RSP or R12")
        return operand
    }

    /// The three bits of the register's number that are not in the prefix.
    @inline(__always) var low: UInt32 { asMemory &>> 16 }
    @inline(__always) var register: Register {
        Register(number: UInt8(truncatingIfNeeded: low | (asMemory & 1) &<< 3))
    }
}
