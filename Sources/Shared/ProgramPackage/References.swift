import Bytecode

/// What a 64-bit immediate instruction of a linked program refers to (RFC 9669 section 5.4; sub-types in the source
/// register).
package enum Reference: Equatable, Sendable {
    /// Sub-type 1: a map as a whole.
    case map(index: Int)
    /// Sub-type 2: an address inside the only value of a map.
    case mapValue(index: Int, offset: UInt32)
    /// Sub-type 4: the address of a function of this program, as the index of its first slot.
    case code(slot: Int)
}

/// Why the references of a linked program cannot be right. Slots are indices into the program.
package enum ReferenceError: Error, Equatable, Sendable {
    /// The first half of a 64-bit immediate is the last slot.
    case wideImmediateCut(slot: Int)
    /// A sub-type that a linked program cannot hold: descriptors by index, variables, and numbers nobody has defined.
    case unsupportedSubtype(slot: Int, subtype: UInt8)
    case mapOutOfRange(slot: Int, index: Int32, count: Int)
    /// A map reference carries an offset, or one to a value reaches outside of it.
    case offsetOutOfRange(slot: Int, offset: UInt32, limit: UInt32)
    case codeOutOfRange(slot: Int, target: Int64, count: Int)
    /// The map is only a pattern for what another map holds.
    case template(slot: Int, index: Int)
}

extension ReferenceError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wideImmediateCut(let slot):
            "insn \(slot): the second half of the 64-bit immediate is missing"
        case .unsupportedSubtype(let slot, let subtype):
            "insn \(slot): a 64-bit immediate of sub-type \(subtype) cannot be in a linked program"
        case .mapOutOfRange(let slot, let index, let count):
            "insn \(slot): refers to map \(index); there are \(count)"
        case .offsetOutOfRange(let slot, let offset, let limit):
            "insn \(slot): refers to byte \(offset) of a map value of \(limit)"
        case .codeOutOfRange(let slot, let target, let count):
            "insn \(slot): refers to the function at slot \(target); there are \(count) slots"
        case .template(let slot, let index):
            "insn \(slot): refers to map \(index), which is only a pattern for what another map holds"
        }
    }
}

extension Program {
    /// Opcode of a 64-bit immediate: BPF_LD | BPF_IMM | BPF_DW.
    package static let wideImmediateOpcode: UInt8 = 0x18

    /// Every reference of ``code`` with the slot that holds it, in order, each checked against `maps`.
    package func references(to maps: [MapDefinition]) throws(ReferenceError) -> [(slot: Int, reference: Reference)] {
        var found: [(slot: Int, reference: Reference)] = []
        var index = 0
        while index < code.count {
            let slot = code[index]
            guard slot.opcode == Self.wideImmediateOpcode else {
                index += 1
                continue
            }
            guard index + 1 < code.count else { throw .wideImmediateCut(slot: index) }
            if let reference = try reference(at: index, to: maps) { found.append((index, reference)) }
            index += 2
        }
        return found
    }

    /// The reference that the wide immediate at `index` is, or nil where it is a number. The caller has seen that two
    /// slots are there.
    private func reference(at index: Int, to maps: [MapDefinition]) throws(ReferenceError) -> Reference? {
        let slot = code[index]
        let offset = UInt32(bitPattern: code[index + 1].immediate)
        switch slot.source {
        case 0:
            return nil
        case 1, 2:
            guard slot.immediate >= 0, slot.immediate < maps.count else {
                throw .mapOutOfRange(slot: index, index: slot.immediate, count: maps.count)
            }
            let map = Int(slot.immediate)
            guard !maps[map].isTemplate else { throw .template(slot: index, index: map) }
            if slot.source == 1 {
                guard offset == 0 else { throw .offsetOutOfRange(slot: index, offset: offset, limit: 0) }
                return .map(index: map)
            }
            guard offset < maps[map].valueSize else {
                throw .offsetOutOfRange(slot: index, offset: offset, limit: maps[map].valueSize)
            }
            return .mapValue(index: map, offset: offset)
        case 4:
            let target = Int64(index) + Int64(slot.immediate) + 1
            guard target >= 0, target < code.count else {
                throw .codeOutOfRange(slot: index, target: target, count: code.count)
            }
            return .code(slot: Int(target))
        default:
            throw .unsupportedSubtype(slot: index, subtype: slot.source)
        }
    }
}
