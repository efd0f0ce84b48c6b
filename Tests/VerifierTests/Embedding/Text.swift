import Bytecode
import BytecodeText

/// A program as it can be assembled again.
package func assembly(_ code: [Instruction]) -> String {
    guard let slots = try? Instruction.encode(code) else { return "cannot be encoded" }
    return Disassembler().listing(slots).map { "\($0.index):\t\($0.text)" }.joined(separator: "\n")
}
