internal import Bytecode

extension Notes {
    /// Finds what can be reached from the entries, and who is jumped to.
    ///
    /// - Parameters:
    ///   - entries: of the programs, to each of which a tail call may lead.
    ///   - unreachable: what somebody has proven that it cannot be; empty, or one for each instruction. Believed of where a
    ///   branch leads, and of nothing else: what straight code leads to has code in any case, so control never runs into what is not its.
    mutating func findControlFlow(
        _ code: borrowing Span<Instruction>, entries: [Int], unreachable: borrowing Span<Bool>
    ) {
        let effects = Effects.table
        var pending = entries.map { Int32(truncatingIfNeeded: $0) }
        // What an entry finds in registers is made there, so nothing is known at it, and nothing before it needs to know.
        for entry in entries { markTarget(entry, from: -1) }
        while let start = pending.popLast() {
            var index = Int(start)
            // A run of instructions, each followed by the next, until one that was seen before.
            while index < code.count, !isReachable(index) {
                let instruction = code[index]
                let effect = effects[Int(instruction.operation.number)]
                markReachable(index, effect)
                if effect.isDisjoint(with: .transfers) {
                    index += effect.contains(.occupiesTwoSlots) ? 2 : 1
                    continue
                }
                if !effect.isDisjoint(with: [.branches, .jumps, .callsLocal]) {
                    let target = Int(instruction.offset)
                    let isDead = effect.contains(.branches) && !unreachable.isEmpty && unreachable[target]
                    if !isDead {
                        markTarget(target, from: index)
                        if !isReachable(target) { pending.append(instruction.offset) }
                    }
                }
                if effect.isDisjoint(with: [.branches, .callsLocal]) { break }
                index += 1
                if effect.contains(.branches), !unreachable.isEmpty, unreachable[index] { break }
            }
        }
    }
}
