internal import Bytecode
internal import ProgramPackage

/// What happened at each instruction in any of the states that were checked there: a fact is what never did.
///
/// Only checked states count, and they are enough: whatever state a run is in at an instruction, one of those stands for it (a state
/// that is dropped is so for another that was checked, a function that is not walked again was walked for an entry that says the
/// same, and a loop is checked once more from what has settled). States in which bounds of loops are being looked for are guesses,
/// and happen to nobody.
struct Sightings {
    private struct Marks: OptionSet {
        let rawValue: UInt8

        /// At the first instruction of a block: some state came to it.
        static let arrives = Marks(rawValue: 1 << 0)
        static let jumps = Marks(rawValue: 1 << 1)
        static let goesOn = Marks(rawValue: 1 << 2)
        static let divides = Marks(rawValue: 1 << 3)
        static let mayDivideByZero = Marks(rawValue: 1 << 4)
        static let mayOverflow = Marks(rawValue: 1 << 5)
        static let mayBeWide = Marks(rawValue: 1 << 6)
    }

    private var marks: [Marks]

    init(instructions: Int) { marks = [Marks](repeating: [], count: instructions) }

    mutating func arrive(at pc: Int) { marks[pc].formUnion(.arrives) }

    /// - Parameter isCertain: whether the outcome is one that it has in a cell, too.
    mutating func jump(at pc: Int, isTaken: Bool, continues: Bool, isCertain: Bool) {
        if isTaken || !isCertain { marks[pc].formUnion(.jumps) }
        if continues || !isCertain { marks[pc].formUnion(.goesOn) }
    }

    mutating func divide(at pc: Int, _ form: Form, _ dividend: Value, by divisor: Value) {
        let all: Marks = [.divides, .mayDivideByZero, .mayOverflow, .mayBeWide]
        guard !marks[pc].isSuperset(of: all) else { return }
        guard dividend.isNumber, divisor.isNumber else {
            marks[pc].formUnion(all)
            return
        }
        func differs(_ number: Scalar, from constant: UInt64) -> Bool {
            let verdict =
                form.isHalf
                ? Scalar.decideHalf(.equal, number, Scalar(constant & 0xFFFF_FFFF))
                : Scalar.decide(.equal, number, Scalar(constant))
            return verdict == false
        }
        marks[pc].formUnion(.divides)
        let most = max(dividend.number.unsignedMaximum, divisor.number.unsignedMaximum)
        if most > 0xFFFF_FFFF { marks[pc].formUnion(.mayBeWide) }
        if !differs(divisor.number, from: 0) { marks[pc].formUnion(.mayDivideByZero) }
        guard form.alu == .sdiv || form.alu == .smod else { return }
        let least: UInt64 = form.isHalf ? 1 << 31 : 1 << 63
        if !differs(divisor.number, from: .max), !differs(dividend.number, from: least) {
            marks[pc].formUnion(.mayOverflow)
        }
    }

    /// What is proven of each slot; empty where that is nothing at all.
    func facts(_ subject: Subject, _ flow: ControlFlow) -> [InstructionFacts] {
        var isReached = [Bool](repeating: false, count: subject.code.count)
        for function in flow.functions {
            for block in function.blocks where marks[block.start].contains(.arrives) {
                for pc in block.start...block.end { isReached[pc] = true }
            }
        }
        var all = [InstructionFacts](repeating: [], count: subject.code.count)
        var isAnything = false
        for pc in all.indices {
            // The rest of a 64-bit immediate is where its start is.
            let start = subject.forms[pc].family == .tail && pc > 0 ? pc - 1 : pc
            all[pc] = isReached[start] ? facts(at: pc, subject.forms[pc]) : .isUnreached
            if !all[pc].isEmpty { isAnything = true }
        }
        return isAnything ? all : []
    }

    private func facts(at pc: Int, _ form: Form) -> InstructionFacts {
        let marks = marks[pc]
        var facts: InstructionFacts = []
        if marks.contains(.jumps) != marks.contains(.goesOn) {
            facts.formUnion(marks.contains(.jumps) ? .alwaysJumps : .neverJumps)
        }
        if marks.contains(.divides), !form.isHalf, !marks.contains(.mayBeWide) { facts.formUnion(.dividesHalves) }
        if marks.contains(.divides), !form.usesImmediate {
            if !marks.contains(.mayDivideByZero) { facts.formUnion(.divisorIsNotZero) }
            let isSigned = form.alu == .sdiv || form.alu == .smod
            if isSigned, !marks.contains(.mayOverflow) { facts.formUnion(.quotientFits) }
        }
        return facts
    }
}
