package import Bytecode

/// Slots to text, as the toolchain's `llvm-objdump -d` prints them.
///
/// The differences are where its text says less than the slots do: a local call has a signed distance (`call +0x2`),
/// a helper's id none (`call 0x2`), and both halves of a map value's address are written.
package struct Disassembler: Sendable {
    /// One instruction of a listing.
    package struct Line: Equatable, Sendable {
        /// The slot it starts at.
        package var index: Int
        /// 1, or 2 for a 64-bit immediate.
        package var slotCount: Int
        /// The instruction, or `<unknown>`.
        package var text: String
        /// The slot that a jump or a local call names.
        package var target: Int?
        /// Why the slot is no instruction.
        package var refusal: DecodeError?
    }

    private let decoder = Decoder()

    package init() {}

    /// Every slot as it stands, whether or not the whole is a program: what does not decode says why.
    ///
    /// `symbol` names the target of a jump; the name follows the distance in angle brackets.
    package func listing(_ slots: [Slot], symbol: (Int) -> String? = { _ in nil }) -> [Line] {
        var lines: [Line] = []
        var index = 0
        while index < slots.count {
            var line = Line(index: index, slotCount: 1, text: "<unknown>")
            do throws(DecodeError) {
                let instruction = try decoder.instruction(at: index, in: slots)
                line.text = text(of: instruction, at: index, symbol: symbol)
                if instruction.operation.namesTarget { line.target = Int(instruction.offset) }
                if instruction.operation.encoding.occupiesTwoSlots { line.slotCount = 2 }
            } catch {
                line.refusal = error
            }
            lines.append(line)
            index += line.slotCount
        }
        return lines
    }

    /// One instruction where it stands at `index`.
    package func text(
        of instruction: Instruction, at index: Int, symbol: (Int) -> String? = { _ in nil }
    ) -> String {
        var result = ""
        var isPlaceholder = false
        for byte in instruction.operation.encoding.syntax.description.utf8 {
            if isPlaceholder {
                isPlaceholder = false
                guard let placeholder = Placeholder(rawValue: byte) else {
                    // The percent sign of `%=`.
                    result += "%" + String(UnicodeScalar(byte))
                    continue
                }
                result += text(of: placeholder, in: instruction, at: index, symbol: symbol)
            } else if byte == UInt8(ascii: "%") {
                isPlaceholder = true
            } else {
                result.append(Character(UnicodeScalar(byte)))
            }
        }
        return result
    }

    private func text(
        of placeholder: Placeholder, in instruction: Instruction, at index: Int, symbol: (Int) -> String?
    ) -> String {
        let immediate = instruction.immediate
        switch placeholder {
        case .destination: return "r\(instruction.destination)"
        case .destinationHalf, .destinationEither: return "w\(instruction.destination)"
        case .source: return "r\(instruction.source)"
        case .sourceHalf, .sourceEither: return "w\(instruction.source)"
        case .displacement:
            let sign = instruction.offset < 0 ? "- 0x" : "+ 0x"
            return sign + String(instruction.offset.magnitude, radix: 16)
        case .target:
            let target = Int(instruction.offset)
            let distance = target - index - 1
            let text = (distance < 0 ? "-0x" : "+0x") + String(distance.magnitude, radix: 16)
            return symbol(target).map { "\(text) <\($0)>" } ?? text
        case .immediate, .immediateOfHalf, .wide: return Number(immediate).text
        case .helper, .wideLow: return Number(Int64(UInt32(truncatingIfNeeded: immediate))).text
        case .wideHigh: return Number(Int64(UInt32(truncatingIfNeeded: immediate >> 32))).text
        }
    }
}
