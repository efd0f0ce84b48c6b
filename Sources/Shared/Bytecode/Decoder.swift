/// Reads slots as instructions and refuses what RFC 9669 does not define.
///
/// Instructions that the standard defines but that mean nothing useful are accepted with the meaning it gives
/// them: a shift by more than the width is masked, a division by a zero immediate yields zero.
package struct Decoder: Sendable {
    /// The longest program a caller gets without asking for more.
    package static var defaultLimit: Int { 1_000_000 }

    private struct Row: Sendable {
        var operation: Operation
        var encoding: Encoding
    }

    /// The rows of the instruction set by opcode byte.
    private let rows: [[Row]]

    package init() {
        var rows: [[Row]] = Array(repeating: [], count: 256)
        for operation in Operation.allCases where operation != .wideImmediateTail {
            let encoding = operation.encoding
            rows[Int(encoding.opcode)].append(Row(operation: operation, encoding: encoding))
        }
        self.rows = rows
    }

    /// A whole program: one instruction per slot, every target absolute, in range and at the start of an instruction.
    package func program(
        _ slots: [Slot], limit: Int = Decoder.defaultLimit
    ) throws(DecodeError) -> [Instruction] {
        guard !slots.isEmpty else { throw .emptyProgram }
        guard slots.count <= limit else { throw .programTooLong(count: slots.count, limit: limit) }
        var program: [Instruction] = []
        program.reserveCapacity(slots.count)
        while program.count < slots.count {
            let index = program.count
            let instruction = try self.instruction(at: index, in: slots)
            program.append(instruction)
            if instruction.operation.encoding.occupiesTwoSlots {
                program.append(Instruction(.wideImmediateTail))
            }
        }
        try Self.checkTargets(of: program)
        return program
    }

    /// The one instruction that starts at `index`, by itself: that its target is the start of an instruction is
    /// known only of a whole program.
    package func instruction(at index: Int, in slots: [Slot]) throws(DecodeError) -> Instruction {
        precondition(slots.indices.contains(index), "an instruction is read at an index of the program")
        let slot = slots[index]
        let row = try row(of: slot, at: index)
        let encoding = row.encoding
        var instruction = Instruction(row.operation)
        instruction.destination = try register(slot.destination, encoding.destination, .destination, at: index)
        instruction.source = try register(slot.source, encoding.source, .source, at: index)

        switch encoding.offset {
        case .unused:
            guard slot.offset == 0 else {
                throw .reservedField(index: index, field: .offset, value: Int(slot.offset))
            }
        case .selector: break
        case .displacement: instruction.offset = Int32(slot.offset)
        case .jump:
            let target = index + 1 + Int(slot.offset)
            guard slots.indices.contains(target) else {
                throw .jumpOutOfRange(index: index, target: target, count: slots.count)
            }
            instruction.offset = Int32(target)
        }

        let target = index + 1 + Int(slot.immediate)
        switch encoding.immediate {
        case .unused:
            guard slot.immediate == 0 else {
                throw .reservedField(index: index, field: .immediate, value: Int(slot.immediate))
            }
        case .selector: break
        case .value, .helper: instruction.immediate = Int64(slot.immediate)
        case .kernelFunction: throw .kernelFunctionCall(index: index, id: slot.immediate)
        case .jump:
            guard slots.indices.contains(target) else {
                throw .jumpOutOfRange(index: index, target: target, count: slots.count)
            }
            instruction.offset = Int32(target)
        case .localCall:
            guard slots.indices.contains(target) else {
                throw .callOutOfRange(index: index, target: target, count: slots.count)
            }
            instruction.offset = Int32(target)
        case .wide:
            let high = try secondHalf(after: index, in: slots, isUsed: true)
            instruction.immediate = Int64(high) << 32 | Int64(UInt32(bitPattern: slot.immediate))
        case .wideLow:
            _ = try secondHalf(after: index, in: slots, isUsed: false)
            instruction.immediate = Int64(UInt32(bitPattern: slot.immediate))
        case .wideCode:
            _ = try secondHalf(after: index, in: slots, isUsed: false)
            guard slots.indices.contains(target) else {
                throw .codeAddressOutOfRange(index: index, target: target, count: slots.count)
            }
            instruction.offset = Int32(target)
        }
        return instruction
    }

    private func row(of slot: Slot, at index: Int) throws(DecodeError) -> Row {
        let candidates = rows[Int(slot.opcode)]
        for row in candidates where row.encoding.matches(slot) { return row }
        guard let candidate = candidates.first else { throw Self.refusal(ofOpcode: slot.opcode, at: index) }
        // All candidates of an opcode select by the same field.
        if case .selector = candidate.encoding.source {
            throw .undefinedSelector(
                index: index, opcode: slot.opcode, field: .source, value: Int(slot.source))
        }
        if case .selector = candidate.encoding.offset {
            throw .undefinedSelector(
                index: index, opcode: slot.opcode, field: .offset, value: Int(slot.offset))
        }
        throw .undefinedSelector(
            index: index, opcode: slot.opcode, field: .immediate, value: Int(slot.immediate))
    }

    /// The name for an opcode byte without a row.
    private static func refusal(ofOpcode opcode: UInt8, at index: Int) -> DecodeError {
        let isClassLD = opcode & 0x07 == 0
        let mode = opcode & 0xe0
        if opcode == 0 { return .wideImmediateTailWithoutHead(index: index) }
        if isClassLD, mode == 0x20 || mode == 0x40 { return .legacyPacketAccess(index: index, opcode: opcode) }
        if opcode == 0x8d { return .indirectCall(index: index) }
        return .unknownOpcode(index: index, opcode: opcode)
    }

    private func register(
        _ number: UInt8, _ role: Encoding.Register, _ field: DecodeError.Field, at index: Int
    ) throws(DecodeError) -> UInt8 {
        switch role {
        case .selector: return 0
        case .unused:
            guard number == 0 else { throw .reservedField(index: index, field: field, value: Int(number)) }
        case .read:
            guard number <= 10 else { throw .invalidRegister(index: index, field: field, number: number) }
        case .written, .updated:
            guard number <= 10 else { throw .invalidRegister(index: index, field: field, number: number) }
            guard number != 10 else { throw .writeToFramePointer(index: index, field: field) }
        }
        return number
    }

    /// The immediate of the second slot of a wide instruction, all of whose other fields must be zero.
    private func secondHalf(after index: Int, in slots: [Slot], isUsed: Bool) throws(DecodeError) -> Int32 {
        let index = index + 1
        guard index < slots.count else { throw .truncatedWideImmediate(index: index - 1) }
        let slot = slots[index]
        func requireZero(_ field: DecodeError.Field, _ value: Int) throws(DecodeError) {
            guard value == 0 else { throw .reservedField(index: index, field: field, value: value) }
        }
        try requireZero(.opcode, Int(slot.opcode))
        try requireZero(.destination, Int(slot.destination))
        try requireZero(.source, Int(slot.source))
        try requireZero(.offset, Int(slot.offset))
        if !isUsed { try requireZero(.immediate, Int(slot.immediate)) }
        return slot.immediate
    }

    private static func checkTargets(of program: [Instruction]) throws(DecodeError) {
        for (index, instruction) in program.enumerated() where instruction.operation.namesTarget {
            let target = Int(instruction.offset)
            guard program[target].operation != .wideImmediateTail else {
                throw .targetInsideWideImmediate(index: index, target: target)
            }
        }
        let last = program[program.count - 1].operation
        guard last == .exit || last == .jump || last == .jumpLong else {
            throw .fallsOffEnd(index: program.count - 1)
        }
    }
}

extension Instruction {
    /// The instructions of a program, one per slot; see ``Decoder``.
    package static func decode(
        _ slots: [Slot], limit: Int = Decoder.defaultLimit
    ) throws(DecodeError) -> [Instruction] {
        try Decoder().program(slots, limit: limit)
    }
}

extension Operation {
    /// Whether ``Instruction/offset`` is the absolute index of another instruction.
    package var namesTarget: Bool {
        let encoding = self.encoding
        if encoding.offset == .jump { return true }
        switch encoding.immediate {
        case .jump, .localCall, .wideCode: return true
        case .unused, .value, .helper, .kernelFunction, .selector, .wide, .wideLow: return false
        }
    }
}
