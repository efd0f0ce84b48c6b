import Bytecode
import BytecodeText
import Testing
import VectorCorpus

@Suite("Text and bytes are those of the toolchain", .enabled(if: Toolchain.found != nil, "no clang beside swift"))
struct ToolchainTests {
    /// Operations whose text the toolchain writes with less than the slots hold, or cannot read back.
    private static let ours: Set<Operation> = [
        .callByBTFID, .callLocal, .loadMapByFD, .loadMapValueByFD, .loadVariableAddress, .loadCodeAddress,
        .loadMapByIndex, .loadMapValueByIndex,
    ]

    private static let shared = Operation.decodable.filter { !ours.contains($0) }

    /// Random instructions of one operation, with targets that both sides can name.
    private func program(of operation: Operation, seed: UInt64) -> [Instruction] {
        var generator = SplitMix(state: seed)
        return .random(operations: [operation], count: 60, using: &generator)
    }

    @Test("clang assembles our text to our bytes, and objdump prints them as we do", arguments: shared)
    func differential(operation: Operation) throws {
        let toolchain = try #require(Toolchain.found)
        let program = program(of: operation, seed: 5000 + UInt64(operation.rawValue))
        let slots = try Instruction.encode(program)
        let lines = Disassembler().listing(slots).map(\.text)
        let theirs = try toolchain.assemble(lines.joined(separator: "\n") + "\n")
        #expect(theirs.bytes == Slot.littleEndianBytes(of: slots))
        // The object's section has the name that objdump puts after a jump.
        let named = Disassembler().listing(slots) { ".text" + ($0 == 0 ? "" : "+0x" + String($0 * 8, radix: 16)) }
        for (ours, theirs) in zip(named.map(\.text), theirs.lines) {
            #expect(ours == signed(theirs, operation))
        }
        #expect(theirs.lines.count == named.count)
    }

    /// objdump prints a helper's id as a signed number, and the start of a section by its name alone.
    private func signed(_ line: String, _ operation: Operation) -> String {
        guard operation == .callHelper, line.hasPrefix("call -0x"), let id = Int64(line.dropFirst(8), radix: 16) else {
            return line
        }
        return "call 0x" + String(UInt32(truncatingIfNeeded: -id), radix: 16)
    }

    @Test("clang assembles every program of the corpus to the same bytes")
    func corpus() throws {
        let toolchain = try #require(Toolchain.found)
        let vectors = try VectorCorpus.vectors()
        // One file for all: labels get a number of their own.
        var text = ""
        var bytes: [UInt8] = []
        for (number, vector) in vectors.enumerated() {
            let labels = Set(
                vector.assembly.split(separator: "\n").filter { $0.hasSuffix(":") }.map { String($0.dropLast()) })
            for line in vector.assembly.split(separator: "\n") {
                let words = line.split(separator: " ").map { word in
                    let name = word.hasSuffix(":") ? String(word.dropLast()) : String(word)
                    return labels.contains(name) ? "L\(number)\(word)" : String(word)
                }
                text += words.joined(separator: " ") + "\n"
            }
            bytes += Slot.littleEndianBytes(of: vector.slots)
        }
        let theirs = try toolchain.assemble(text)
        #expect(theirs.bytes == bytes)
    }
}
