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
