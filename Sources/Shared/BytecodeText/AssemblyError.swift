/// Where assembly text is wrong, and what was expected there.
package struct AssemblyError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        case unexpectedCharacter(UInt8)
        case malformedNumber(String)
        case numberTooLarge(String)
        /// The alternatives that would have let the line go on.
        case expected([String])
        case undefinedLabel(String)
        case duplicateLabel(String, firstLine: Int)
        case targetTooFar(distance: Int)
        /// r10 stands where a register is written.
        case writeToFramePointer
    }

    /// Counted from 1.
    package var line: Int
    /// Counted from 1, in bytes.
    package var column: Int
    package var reason: Reason
}

extension AssemblyError: CustomStringConvertible {
    package var description: String { "\(line):\(column): \(reason)" }
}

extension AssemblyError.Reason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpectedCharacter(let byte):
            "a character that begins nothing: \(byte > 0x20 && byte < 0x7f ? String(UnicodeScalar(byte)) : "byte 0x" + String(byte, radix: 16))"
        case .malformedNumber(let text): "not a number: \(text)"
        case .numberTooLarge(let text): "more than 64 bits: \(text)"
        case .expected(let alternatives): "expected " + alternatives.joined(separator: " or ")
        case .undefinedLabel(let name): "no label \(name)"
        case .duplicateLabel(let name, let firstLine): "label \(name) stands on line \(firstLine) already"
        case .targetTooFar(let distance): "the target is \(distance) slots away, more than the instruction can hold"
        case .writeToFramePointer: "r10 is read-only"
        }
    }
}
