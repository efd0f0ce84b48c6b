internal import Bytecode
internal import ProgramPackage

extension Notes {
    /// Finds what can be reached from the entries, and who is jumped to.
    ///
    /// - Parameters:
    ///   - entries: of the programs, to each of which a tail call may lead.
    ///   - facts: what somebody has proven; empty, or one for each instruction. Believed of which way a branch goes, and of nothing
    ///   else: what straight code leads to has code in any case, so control never runs into what is not its.
    mutating func findControlFlow(
        _ code: borrowing Span<Instruction>, entries: [Int], facts: borrowing Span<InstructionFacts>
    ) {
        let uses = RegisterUse.table
        // What an entry finds in registers is made there, so nothing is known at it, and nothing before it needs to know.
        for entry in entries { markTarget(entry, from: -1) }
        // Once through the whole code, from one instruction that something is known to lead to on to the next. What only a jump backwards
        // leads to is not known there when the way comes by; it is gone to afterwards.
        var pending: [Int32] = []
        var isFirst = true
        var index = 0
        while true {
            // A run of instructions, each followed by the next, until one that was seen before.
            while true {
                let (last, effects) = reach(from: index, code, uses)
                index = last
                guard let effects else { break }
                index &+= effects.contains(.occupiesTwoSlots) ? 2 : 1
                if effects.isDisjoint(with: .transfers) { continue }
                if !effects.isDisjoint(with: [.branches, .jumps, .callsLocal]) {
                    let target = Int(code[last].offset)
                    var way = Way.either
                    if effects.contains(.branches), !facts.isEmpty {
                        way = Way(facts[last])
                        decide(last, way)
                    }
                    if way != .onward {
                        markTarget(target, from: last)
                        if !isFirst || target < index, !isReachable(target) { pending.append(code[last].offset) }
                    }
                    if way == .jump { break }
                }
                if effects.isDisjoint(with: [.branches, .callsLocal]) { break }
            }
            if isFirst {
                while index < code.count, !isTarget(index) || isReachable(index) { index &+= 1 }
                if index < code.count { continue }
                isFirst = false
            }
            guard let next = pending.popLast() else { return }
            index = Int(next)
        }
    }
}

/// Which way a branch goes: what is proven, or that nothing is.
enum Way: UInt8 {
    case either, onward, jump

    /// What contradicts itself is not believed.
    init(_ facts: InstructionFacts) {
        switch (facts.contains(.neverJumps), facts.contains(.alwaysJumps)) {
        case (true, false): self = .onward
        case (false, true): self = .jump
        case (false, false), (true, true): self = .either
        }
    }
}
