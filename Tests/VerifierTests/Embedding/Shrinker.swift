import Bytecode

/// Makes a failing program smaller while it still fails.
package enum Shrinker {
    /// - Parameter fails: whether a program shows the failure still.
    package static func shrunk(
        _ program: [Instruction], attempts: Int = 4_000, fails: ([Instruction]) -> Bool
    ) -> [Instruction] {
        var best = program
        var left = attempts
        var size = max(best.count / 2, 1)
        while size >= 1, left > 0 {
            var start = best.count - size
            var improved = false
            while start >= 0, left > 0 {
                if let smaller = without(best, start..<start + size) {
                    left -= 1
                    if fails(smaller) {
                        best = smaller
                        improved = true
                    }
                }
                start -= max(size, 1)
                start = min(start, best.count - size)
                if best.count < size { break }
            }
            if !improved || size > best.count { size /= 2 }
        }
        return best
    }

    /// The program without a range of it; jumps into the range go behind it.
    static func without(_ program: [Instruction], _ range: Range<Int>) -> [Instruction]? {
        guard range.lowerBound >= 0, range.upperBound <= program.count, program.count > range.count else { return nil }
        // Halves of 64-bit immediates stay together.
        if program[range.lowerBound].operation == .wideImmediateTail { return nil }
        if range.upperBound < program.count, program[range.upperBound].operation == .wideImmediateTail { return nil }
        var result: [Instruction] = []
        for (index, instruction) in program.enumerated() where !range.contains(index) {
            var instruction = instruction
            if instruction.operation.namesTarget {
                let target = Int(instruction.offset)
                let moved = target < range.lowerBound ? target : max(target - range.count, range.lowerBound)
                guard moved < program.count - range.count else { return nil }
                instruction.offset = Int32(moved)
            }
            result.append(instruction)
        }
        guard let slots = try? Instruction.encode(result), let decoded = try? Instruction.decode(slots) else {
            return nil
        }
        return decoded
    }
}
