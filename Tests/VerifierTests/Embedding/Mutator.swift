import Bytecode
import TestSupport

/// Changes real programs a little: another operation of the same shape, another register, number or distance, a check less.
package struct Mutator {
    private var noise: SeededGenerator
    /// Operations by shape: those that an instruction can become without a field changing its meaning.
    private static let families: [[Operation]] = {
        var families: [String: [Operation]] = [:]
        for operation in Operation.allCases where operation != .wideImmediateTail {
            let encoding = operation.encoding
            if case .selector = encoding.source { continue }
            let shape = "\(encoding.destination) \(encoding.source) \(encoding.offset == .jump) \(encoding.immediate)"
            families[shape, default: []].append(operation)
        }
        return families.values.filter { $0.count > 1 }.sorted { $0[0].rawValue < $1[0].rawValue }
    }()
    private static let familyOfOperation: [Int?] = Operation.allCases.map { operation in
        families.firstIndex { $0.contains(operation) }
    }

    package init(seed: UInt64) { noise = SeededGenerator(seed: seed) }

    private mutating func below(_ limit: Int) -> Int { Int(truncatingIfNeeded: noise.next() % UInt64(max(limit, 1))) }

    package mutating func mutated(_ program: [Instruction]) -> [Instruction] {
        var code = program
        for _ in 0..<1 + below(3) { change(&code) }
        return code
    }

    private mutating func change(_ code: inout [Instruction]) {
        let index = below(code.count)
        let operation = code[index].operation
        guard operation != .wideImmediateTail else { return }
        let encoding = operation.encoding
        switch below(8) {
        case 0:
            guard let family = Self.familyOfOperation[Int(operation.rawValue)] else { return }
            code[index].operation = Self.families[family][below(Self.families[family].count)]
        case 1:
            guard encoding.destination != .unused else { return }
            code[index].destination = UInt8(below(encoding.destination == .read ? 11 : 10))
        case 2:
            if case .selector = encoding.source { return }
            guard encoding.source != .unused else { return }
            code[index].source = UInt8(below(encoding.source == .read ? 11 : 10))
        case 3...4:
            guard encoding.immediate == .value else { return }
            let old = code[index].immediate
            switch below(6) {
            case 0: code[index].immediate = old &+ 1
            case 1: code[index].immediate = old &- 1
            case 2: code[index].immediate = 0 &- old
            case 3: code[index].immediate = old &* 2
            case 4: code[index].immediate = Int64(below(64))
            default: code[index].immediate = old ^ 1 << Int64(below(31))
            }
            code[index].immediate = Int64(Int32(truncatingIfNeeded: code[index].immediate))
        case 5:
            if encoding.offset == .displacement {
                let change = [1, -1, 2, -2, 4, -4, 8, -8][below(8)]
                code[index].offset = Int32(Int16(truncatingIfNeeded: Int(code[index].offset) + change))
            } else if operation.namesTarget {
                retarget(&code, index)
            }
        case 6:
            // A check less.
            guard encoding.offset == .jump, operation != .jump else { return }
            code[index] = Instruction(.jump, offset: Int32(index + 1))
        default:
            // Twice the same, or nothing at all.
            guard !operation.namesTarget, !encoding.occupiesTwoSlots, operation != .exit else { return }
            code[index] = Instruction(.jump, offset: Int32(index + 1))
        }
    }

    private mutating func retarget(_ code: inout [Instruction], _ index: Int) {
        let target = max(0, min(code.count - 1, Int(code[index].offset) + below(9) - 4))
        guard code[target].operation != .wideImmediateTail else { return }
        code[index].offset = Int32(target)
    }
}
