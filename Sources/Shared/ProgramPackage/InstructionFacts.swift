package import Bytecode

/// What is proven of one instruction, for every run and every way there: what a compiler need not look for.
///
/// A byte for each slot of a program. No bit means that nothing is known, so that whoever loses facts loses speed and nothing else.
package struct InstructionFacts: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No run comes to it.
    package static let isUnreached = InstructionFacts(rawValue: 1 << 0)
    /// A conditional jump goes on behind it whenever a run comes to it; goes to its target.
    package static let neverJumps = InstructionFacts(rawValue: 1 << 1)
    package static let alwaysJumps = InstructionFacts(rawValue: 1 << 2)
    /// What a division by a register divides by is not 0, in the operation's width.
    package static let divisorIsNotZero = InstructionFacts(rawValue: 1 << 3)
    /// A signed division does not divide the most negative number of its width by -1.
    package static let quotientFits = InstructionFacts(rawValue: 1 << 4)
    /// What a division of 64 bits divides, and what by, is less than 2^32.
    package static let dividesHalves = InstructionFacts(rawValue: 1 << 5)

    package static let all: [InstructionFacts] = [
        .isUnreached, .neverJumps, .alwaysJumps, .divisorIsNotZero, .quotientFits, .dividesHalves,
    ]
    private static let known = InstructionFacts(all)

    /// What can be said of the instruction in a slot.
    ///
    /// - Parameter isSecondHalf: whether the slot is the rest of a 64-bit immediate.
    package init(sayableOf slot: Slot, isSecondHalf: Bool) {
        self = .isUnreached
        if isSecondHalf { return }
        // RFC 9669 section 3: the class in the lowest three bits, the operation in the highest four, and whether it takes a register
        // (section 4.1, 4.3).
        let operation = slot.opcode & 0xF0
        let isArithmetic = slot.opcode & 0x07 == 0x04 || slot.opcode & 0x07 == 0x07
        let isJump = slot.opcode & 0x07 == 0x05 || slot.opcode & 0x07 == 0x06
        if isArithmetic, operation == 0x30 || operation == 0x90 {
            if slot.opcode & 0x08 != 0 {
                formUnion(slot.offset == 0 ? .divisorIsNotZero : [.divisorIsNotZero, .quotientFits])
            }
            if slot.opcode & 0x07 == 0x07 { formUnion(.dividesHalves) }
        }
        // JA, CALL and EXIT have no condition.
        if isJump, operation != 0x00, operation != 0x80, operation != 0x90 {
            formUnion([.neverJumps, .alwaysJumps])
        }
    }

    /// What is wrong with a byte of facts, whatever it is about.
    package func check() throws(InstructionFactsProblem) {
        guard isSubset(of: Self.known) else { throw .unknown(bits: subtracting(Self.known).rawValue) }
        guard !isSuperset(of: [.neverJumps, .alwaysJumps]), !contains(.isUnreached) || self == .isUnreached else {
            throw .contradiction(bits: rawValue)
        }
    }

    /// What is wrong with facts about code: one thing is said of each slot, and each can be said of what is in it.
    package static func check(
        _ facts: [InstructionFacts], about code: [Slot]
    ) throws(InstructionFactsError) {
        guard facts.isEmpty || facts.count == code.count else {
            throw InstructionFactsError(slot: facts.count, problem: .count(slots: code.count))
        }
        var isSecondHalf = false
        for (index, fact) in facts.enumerated() {
            let slot = code[index]
            if !fact.isEmpty {
                let sayable = InstructionFacts(sayableOf: slot, isSecondHalf: isSecondHalf)
                do throws(InstructionFactsProblem) {
                    try fact.check()
                    guard fact.isSubset(of: sayable) else {
                        throw .meaningless(bits: fact.subtracting(sayable).rawValue, opcode: slot.opcode)
                    }
                } catch { throw InstructionFactsError(slot: index, problem: error) }
            }
            isSecondHalf = !isSecondHalf && slot.opcode == Program.wideImmediateOpcode
        }
    }
}

/// Why facts cannot be any.
package enum InstructionFactsProblem: Error, Equatable, Sendable {
    /// Bits that stand for nothing.
    case unknown(bits: UInt8)
    /// A jump that always and never jumps, or something else about what no run comes to.
    case contradiction(bits: UInt8)
    /// A fact that such an instruction cannot have.
    case meaningless(bits: UInt8, opcode: UInt8)
    /// There are not as many as slots, and not none.
    case count(slots: Int)
}

package struct InstructionFactsError: Error, Equatable, Sendable {
    package var slot: Int
    package var problem: InstructionFactsProblem

    package init(slot: Int, problem: InstructionFactsProblem) {
        self.slot = slot
        self.problem = problem
    }
}

extension InstructionFactsError: CustomStringConvertible {
    package var description: String {
        func hex(_ byte: UInt8) -> String { "0x\(String(byte, radix: 16))" }
        return switch problem {
        case .unknown(let bits): "insn \(slot): facts with bits \(hex(bits)), which stand for nothing"
        case .contradiction(let bits): "insn \(slot): facts \(hex(bits)) contradict each other"
        case .meaningless(let bits, let opcode):
            "insn \(slot): facts \(hex(bits)) are said of opcode \(hex(opcode)), which cannot have them"
        case .count(let slots): "facts about \(slot) instructions; there are \(slots)"
        }
    }
}
