import Bytecode
import BytecodeText
import Testing

@Suite("Every operation survives its wire form and its text")
struct RoundTripTests {
    @Test("decoding what was encoded gives the instruction back", arguments: Operation.decodable)
    func wireForm(operation: Operation) throws {
        var generator = SplitMix(state: UInt64(operation.rawValue))
        for _ in 0..<5 {
            let program = [Instruction].random(operations: [operation], count: 30, using: &generator)
            let slots = try Instruction.encode(program)
            #expect(slots.count == program.count)
            #expect(try Instruction.decode(slots) == program)
        }
    }

    @Test("assembling what was disassembled gives the slots back", arguments: Operation.decodable)
    func text(operation: Operation) throws {
        var generator = SplitMix(state: 1000 + UInt64(operation.rawValue))
        let assembler = Assembler()
        let disassembler = Disassembler()
        let program = [Instruction].random(operations: [operation], count: 20, using: &generator)
        let slots = try Instruction.encode(program)
        for symbol in [{ _ in nil }, { "label+0x\($0)" }] as [(Int) -> String?] {
            let text = disassembler.listing(slots, symbol: symbol).map(\.text).joined(separator: "\n")
            #expect(try assembler.assemble(text) == slots)
        }
    }

    @Test("a program of every operation survives both ways", arguments: 0..<20 as Range<UInt64>)
    func mixture(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        let program = [Instruction].random(operations: Operation.decodable, count: 400, using: &generator)
        let slots = try Instruction.encode(program)
        #expect(try Slot.slots(fromLittleEndian: Slot.littleEndianBytes(of: slots)) == slots)
        #expect(try Instruction.decode(slots) == program)
        let text = Disassembler().listing(slots).map(\.text).joined(separator: "\n")
        #expect(try Assembler().assemble(text) == slots)
    }

    @Test("any slots at all are decoded and encoded to themselves, or refused", arguments: 0..<8 as Range<UInt64>)
    func arbitrarySlots(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        let opcodes = Set(Operation.allCases.map(\.encoding.opcode)).sorted()
        let decoder = Decoder()
        var accepted = 0
        for _ in 0..<3_000 {
            // Mostly plausible slots: a defined opcode and few bits elsewhere, or nothing would ever decode.
            var slots = (0..<3).map { _ in
                Slot(bits: generator.next() & generator.next() & generator.next() & generator.next() & ~0xff)
            }
            for index in slots.indices { slots[index].opcode = generator.pick(opcodes) }
            if Bool.random(using: &generator) { slots[1] = Slot(bits: 0) }
            slots.append(Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0))
            guard let program = try? decoder.program(slots) else { continue }
            accepted += 1
            #expect(try Instruction.encode(program) == slots)
        }
        #expect(accepted > 0)
    }

    @Test(
        "any bytes at all are listed slot by slot, and decoding them never does worse than refuse",
        arguments: 0..<4 as Range<UInt64>)
    func arbitraryBytes(seed: UInt64) throws {
        var generator = SplitMix(state: seed)
        let decoder = Decoder()
        let disassembler = Disassembler()
        for _ in 0..<500 {
            let count = Int.random(in: 0...40, using: &generator)
            let bytes = (0..<8 * count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let slots = try Slot.slots(fromLittleEndian: bytes)
            let lines = disassembler.listing(slots)
            #expect(lines.reduce(0) { $0 + $1.slotCount } == count)
            #expect(lines.allSatisfy { ($0.refusal == nil) == ($0.text != "<unknown>") })
            if let program = try? decoder.program(slots) { #expect(try Instruction.encode(program) == slots) }
        }
    }

    @Test("no two operations have the same wire form")
    func unambiguous() {
        for left in Operation.allCases {
            for right in Operation.allCases where left.rawValue < right.rawValue {
                let (a, b) = (left.encoding, right.encoding)
                guard a.opcode == b.opcode else { continue }
                let differs =
                    isSelector(a.source, b.source) || isSelector(a.offset, b.offset)
                    || isSelector(a.immediate, b.immediate)
                #expect(differs, "\(left) and \(right)")
            }
        }
    }

    private func isSelector(_ left: Encoding.Register, _ right: Encoding.Register) -> Bool {
        if case .selector(let a) = left, case .selector(let b) = right { a != b } else { false }
    }

    private func isSelector(_ left: Encoding.Offset, _ right: Encoding.Offset) -> Bool {
        if case .selector(let a) = left, case .selector(let b) = right { a != b } else { false }
    }

    private func isSelector(_ left: Encoding.Immediate, _ right: Encoding.Immediate) -> Bool {
        if case .selector(let a) = left, case .selector(let b) = right { a != b } else { false }
    }
}
