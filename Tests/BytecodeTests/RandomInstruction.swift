import Bytecode

/// A generator whose sequence a seed fixes, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }
}

extension Operation {
    /// Those that a slot can hold by themselves and that decoding accepts.
    static var decodable: [Operation] {
        allCases.filter { $0 != .wideImmediateTail && $0 != .callByBTFID }
    }
}

extension Instruction {
    /// An instruction of `operation` at `index` in a program of `count` slots, its used fields random with a taste
    /// for the extremes.
    static func random(
        _ operation: Operation, at index: Int, count: Int, using generator: inout SplitMix
    ) -> Instruction {
        let encoding = operation.encoding
        var instruction = Instruction(operation)
        instruction.destination = register(encoding.destination, using: &generator)
        instruction.source = register(encoding.source, using: &generator)
        if case .displacement = encoding.offset {
            let any = Int16.random(in: .min ... .max, using: &generator)
            instruction.offset = Int32(generator.pick([Int16.min, -1, 0, 1, .max, any]))
        }
        if operation.namesTarget {
            instruction.offset = Int32.random(in: 0..<Int32(count), using: &generator)
        }
        let bits = Int64.random(in: .min ... .max, using: &generator)
        let word = generator.pick([Int32.min, -1, 0, 1, .max, Int32(truncatingIfNeeded: bits)])
        switch encoding.immediate {
        case .value, .helper: instruction.immediate = Int64(word)
        case .wide:
            instruction.immediate = generator.pick([.min, -1, 0, .max, bits])
        case .wideLow: instruction.immediate = Int64(UInt32(bitPattern: word))
        case .unused, .jump, .localCall, .kernelFunction, .selector, .wideCode: break
        }
        return instruction
    }

    private static func register(_ role: Encoding.Register, using generator: inout SplitMix) -> UInt8 {
        switch role {
        case .unused, .selector: 0
        case .read: .random(in: 0...10, using: &generator)
        case .written, .updated: .random(in: 0...9, using: &generator)
        }
    }
}

extension Array where Element == Instruction {
    /// A program that decodes: `count` instructions of random operations and a final exit, targets repaired to name
    /// the start of an instruction.
    static func random(operations: [Operation], count: Int, using generator: inout SplitMix) -> [Instruction] {
        var program: [Instruction] = []
        while program.count < count {
            let operation = generator.pick(operations)
            program.append(.random(operation, at: program.count, count: count, using: &generator))
            if operation.encoding.occupiesTwoSlots { program.append(Instruction(.wideImmediateTail)) }
        }
        program.append(Instruction(.exit))
        for index in program.indices where program[index].operation.namesTarget {
            let target = Int(program[index].offset)
            if program[target].operation == .wideImmediateTail { program[index].offset -= 1 }
        }
        return program
    }
}
