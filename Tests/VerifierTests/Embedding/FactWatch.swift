import Bytecode
import ProgramPackage

/// Holds what is proven of each instruction against a run of the program, an instruction at a time.
package struct FactWatch {
    package typealias Counts = [InstructionFacts: Int]

    private let code: [Instruction]
    private let facts: [InstructionFacts]
    /// The branch that the run has just been at.
    private var branch: Int?
    /// How often each fact was held against a run; of code that no run comes to, instructions for each run that did not.
    package private(set) var counts: Counts = [:]

    package init(_ code: [Instruction], _ facts: [InstructionFacts]) {
        self.code = code
        self.facts = facts
    }

    /// A run begins at the program's entry.
    package mutating func begin() {
        branch = nil
        counts[.isUnreached, default: 0] += facts.count { $0.contains(.isUnreached) }
    }

    /// What is not so, though it is said to be, of a run that is about to do an instruction; nil where all is.
    package mutating func objection(at index: Int, register: (UInt8) -> UInt64) -> String? {
        guard !facts.isEmpty else { return nil }
        if let branch {
            self.branch = nil
            let isBehind = index == branch + 1
            let isTarget = index == Int(code[branch].offset)
            if facts[branch].contains(.neverJumps) {
                counts[.neverJumps, default: 0] += 1
                if !isBehind { return "never jumps and goes to \(index)" }
            }
            if facts[branch].contains(.alwaysJumps) {
                counts[.alwaysJumps, default: 0] += 1
                if !isTarget { return "always jumps and goes to \(index)" }
            }
        }
        let fact = facts[index]
        if fact.isEmpty { return nil }
        if fact.contains(.isUnreached) { return "is never reached" }
        if !fact.isDisjoint(with: [.neverJumps, .alwaysJumps]) { branch = index }
        let isHalf = Instruction.isHalf(code[index].operation)
        let row = code[index].operation.encoding
        let right = row.source == .read ? register(code[index].source) : UInt64(bitPattern: code[index].immediate)
        let divisor = Self.number(right, isHalf)
        if fact.contains(.divisorIsNotZero) {
            counts[.divisorIsNotZero, default: 0] += 1
            if divisor == 0 { return "divides by 0" }
        }
        if fact.contains(.quotientFits) {
            counts[.quotientFits, default: 0] += 1
            let dividend = Self.number(register(code[index].destination), isHalf)
            if divisor == -1, dividend == (isHalf ? Int64(Int32.min) : .min) { return "divides \(dividend) by -1" }
        }
        if fact.contains(.dividesHalves) {
            counts[.dividesHalves, default: 0] += 1
            let left = register(code[index].destination)
            if max(left, right) > 0xFFFF_FFFF { return "divides \(left) by \(right) as halves" }
        }
        return nil
    }

    private static func number(_ word: UInt64, _ isHalf: Bool) -> Int64 {
        isHalf ? Int64(Int32(truncatingIfNeeded: word)) : Int64(bitPattern: word)
    }
}

extension Instruction {
    /// Whether an operation is one on the low halves of registers, by its class (RFC 9669 section 3).
    fileprivate static func isHalf(_ operation: Operation) -> Bool { operation.encoding.opcode & 0x07 == 0x04 }
}
