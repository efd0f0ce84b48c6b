/// Why an instruction has no wire form.
package enum EncodeError: Error, Equatable, Sendable {
    /// The distance to the target does not fit the field that holds it.
    case targetTooFar(index: Int, distance: Int)
    /// A field holds a value the wire has no room for, or one that the operation does not use.
    case unrepresentable(index: Int, field: DecodeError.Field, value: Int64)
    /// A 64-bit immediate is not followed by its second slot, or a second slot follows nothing.
    case unpairedWideImmediate(index: Int)
}

extension Instruction {
    /// The slots of a program, the inverse of ``decode(_:limit:)``: what decodes encodes to the slots it came from.
    ///
    /// Only the form of each instruction is checked here; what a program must be as a whole, decoding checks.
    package static func encode(_ program: [Instruction]) throws(EncodeError) -> [Slot] {
        var slots: [Slot] = []
        slots.reserveCapacity(program.count)
        while slots.count < program.count {
            let index = slots.count
            let instruction = program[index]
            guard instruction.operation != .wideImmediateTail else { throw .unpairedWideImmediate(index: index) }
            let (first, second) = try instruction.slots(at: index)
            slots.append(first)
            guard let second else { continue }
            guard index + 1 < program.count, program[index + 1] == Instruction(.wideImmediateTail) else {
                throw .unpairedWideImmediate(index: index)
            }
            slots.append(second)
        }
        return slots
    }

    /// The wire form of this instruction where it stands at `index`.
    package func slots(at index: Int) throws(EncodeError) -> (Slot, Slot?) {
        let encoding = operation.encoding
        var slot = Slot(opcode: encoding.opcode, registers: 0, offset: 0, immediate: 0)
        var second: Slot?
        var usesOffset = true
        var usesImmediate = false

        let low = try Self.number(of: destination, encoding.destination, .destination, at: index)
        let high = try Self.number(of: source, encoding.source, .source, at: index)
        slot.registers = low | high << 4

        switch encoding.offset {
        case .unused: usesOffset = false
        case .selector(let value):
            slot.offset = value
            usesOffset = false
        case .displacement:
            guard let value = Int16(exactly: offset) else {
                throw .unrepresentable(index: index, field: .offset, value: Int64(offset))
            }
            slot.offset = value
        case .jump:
            let distance = Int(offset) - index - 1
            guard let value = Int16(exactly: distance) else {
                throw .targetTooFar(index: index, distance: distance)
            }
            slot.offset = value
        }

        switch encoding.immediate {
        case .unused, .kernelFunction: break
        case .selector(let value): slot.immediate = value
        case .value, .helper:
            guard let value = Int32(exactly: immediate) else {
                throw .unrepresentable(index: index, field: .immediate, value: immediate)
            }
            slot.immediate = value
            usesImmediate = true
        case .wide, .wideLow:
            slot.immediate = Int32(truncatingIfNeeded: immediate)
            let high = Int32(truncatingIfNeeded: immediate >> 32)
            guard high == 0 || encoding.immediate == .wide else {
                throw .unrepresentable(index: index, field: .immediate, value: immediate)
            }
            second = Slot(opcode: 0, registers: 0, offset: 0, immediate: high)
            usesImmediate = true
        case .jump, .localCall, .wideCode:
            let distance = Int(offset) - index - 1
            guard let value = Int32(exactly: distance) else {
                throw .targetTooFar(index: index, distance: distance)
            }
            slot.immediate = value
            usesOffset = true
            if encoding.occupiesTwoSlots { second = Slot(opcode: 0, registers: 0, offset: 0, immediate: 0) }
        }
        guard usesOffset || offset == 0 else {
            throw .unrepresentable(index: index, field: .offset, value: Int64(offset))
        }
        guard usesImmediate || immediate == 0 else {
            throw .unrepresentable(index: index, field: .immediate, value: immediate)
        }
        return (slot, second)
    }

    private static func number(
        of register: UInt8, _ role: Encoding.Register, _ field: DecodeError.Field, at index: Int
    ) throws(EncodeError) -> UInt8 {
        let limit: UInt8
        switch role {
        case .selector(let value):
            guard register == 0 else {
                throw .unrepresentable(index: index, field: field, value: Int64(register))
            }
            return value
        case .unused: limit = 0
        case .read: limit = 10
        case .written, .updated: limit = 9
        }
        guard register <= limit else {
            throw .unrepresentable(index: index, field: field, value: Int64(register))
        }
        return register
    }
}
