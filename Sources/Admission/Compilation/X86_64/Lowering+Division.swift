internal import Bytecode
internal import ProgramPackage

/// Division, for which the machine wants RAX and RDX, R0 and R3 of the program, and faults where RFC 9669 does not.
extension Lowering {
    enum Division: UInt8 {
        case quotient, remainder, signedQuotient, signedRemainder

        var isSigned: Bool {
            switch self {
            case .quotient, .remainder: false
            case .signedQuotient, .signedRemainder: true
            }
        }
        var isRemainder: Bool {
            switch self {
            case .quotient, .signedQuotient: false
            case .remainder, .signedRemainder: true
            }
        }
    }

    /// By a constant, sign-extended to the operation's width.
    ///
    /// - Parameter live: the registers that matter afterwards.
    mutating func divide(
        _ division: Division, _ width: Width, _ d: Register, _ immediate: Int32, _ live: UInt16, _ index: Int
    ) {
        if immediate == 0 { return divideByZero(division, width, d) }
        if division.isSigned, immediate == -1 { return divideByMinusOne(division, width, d) }
        let hasNoSign = !division.isSigned || facts(at: index).contains(.dividesHalves)
        if hasNoSign, immediate > 0, immediate & (immediate - 1) == 0 {
            return divide(division, width, d, byPowerOfTwo: immediate)
        }
        let divisor = width == .bits64 ? UInt64(bitPattern: Int64(immediate)) : UInt64(UInt32(bitPattern: immediate))
        constant(.scratch3, divisor)
        divideUnchecked(division, width, d, .scratch3, live, facts(at: index))
    }

    private func facts(at index: Int) -> InstructionFacts { program.facts.isEmpty ? [] : program.facts[index] }

    private mutating func divide(_ division: Division, _ width: Width, _ d: Register, byPowerOfTwo divisor: Int32) {
        if division.isRemainder {
            // What is left is less than the divisor, so the upper half is zero.
            return assembler.emit(.andImmediate, .bits32, rm: d, immediate: divisor - 1)
        }
        if divisor != 1 {
            assembler.emit(.shiftRightImmediate, width, rm: d, immediate: Int32(divisor.trailingZeroBitCount))
        } else if width == .bits32 {
            assembler.emit(.load, .bits32, d, rm: d)
        }
    }

    /// A quotient is 0, a remainder the dividend (RFC 9669 section 4.1).
    mutating func divideByZero(_ division: Division, _ width: Width, _ d: Register) {
        if !division.isRemainder { return clear(d) }
        if width == .bits32 { assembler.emit(.load, .bits32, d, rm: d) }
    }

    /// The most negative number divided by -1 is itself, and the remainder 0; the machine would fault.
    mutating func divideByMinusOne(_ division: Division, _ width: Width, _ d: Register) {
        if division.isRemainder { clear(d) } else { assembler.emit(.negate, width, rm: d) }
    }

    /// By a register.
    ///
    /// - Parameter known: what it holds, where that is known.
    mutating func divide(
        _ division: Division, _ width: Width, _ d: Register, _ s: Register, _ known: UInt64?, _ live: UInt16,
        _ index: Int
    ) {
        if let known {
            // The lower half is all that counts, or all that there is.
            let low = Int32(truncatingIfNeeded: known)
            if width == .bits32 || UInt64(bitPattern: Int64(low)) == known {
                return divide(division, width, d, low, live, index)
            }
        } else {
            let facts = facts(at: index)
            if !facts.contains(.divisorIsNotZero) {
                assembler.emit(.testRegister, width, s, rm: s)
                branch(.equal, toOutlined: .zeroDivisor(division, width, d), at: index)
            }
            // Halves, as what a whole word holds, are not negative.
            if division.isSigned, facts.isDisjoint(with: [.quotientFits, .dividesHalves]) {
                assembler.emit(.compareImmediate, width, rm: s, immediate: -1)
                branch(.equal, toOutlined: .minusOneDivisor(division, width, d), at: index)
            }
        }
        var divisor = s
        if s == .rax || s == .rdx {
            assembler.emit(.load, .bits64, .scratch3, rm: s)
            divisor = .scratch3
        }
        divideUnchecked(division, width, d, divisor, live, facts(at: index))
    }

    /// - Parameter divisor: neither RAX nor RDX, nor 0, nor -1 where the division is signed.
    private mutating func divideUnchecked(
        _ division: Division, _ width: Width, _ d: Register, _ divisor: Register, _ live: UInt16,
        _ facts: InstructionFacts
    ) {
        // Where both numbers are the lower halves of their registers and the rest is 0, halves are divided, which takes half the
        // time or less, and no sign: the result is the same, and its upper half is 0.
        let dividesHalves = facts.contains(.dividesHalves)
        let width = dividesHalves ? .bits32 : width
        let keepsResult = d != .rax && live & 1 << 0 != 0
        let keepsArgument3 = d != .rdx && live & 1 << 3 != 0
        if keepsResult { assembler.emit(.load, .bits64, .scratch, rm: .rax) }
        if keepsArgument3 { assembler.emit(.load, .bits64, .scratch2, rm: .rdx) }
        if d != .rax { assembler.emit(.load, width, .rax, rm: d) }
        if division.isSigned, !dividesHalves {
            assembler.emit(.signExtendResult, width)
            assembler.emit(.divideSigned, width, rm: divisor)
        } else {
            clear(.rdx)
            assembler.emit(.divide, width, rm: divisor)
        }
        let answer: Register = division.isRemainder ? .rdx : .rax
        if d != answer { assembler.emit(.load, .bits64, d, rm: answer) }
        if keepsResult { assembler.emit(.load, .bits64, .rax, rm: .scratch) }
        if keepsArgument3 { assembler.emit(.load, .bits64, .rdx, rm: .scratch2) }
    }
}
