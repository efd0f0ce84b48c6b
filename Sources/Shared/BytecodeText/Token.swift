/// One word of assembly text, and where it stands.
struct Token: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// Letters, digits, `_`, `.` and `$`, not starting with a digit: a register, a mnemonic, a label.
        case word(String)
        /// A number without its sign.
        case number(UInt64)
        case symbol(String)
        /// `%D` in a template.
        case placeholder(Placeholder)
    }

    var kind: Kind
    /// Counted from 1, in bytes.
    var column: Int
}

/// Cuts one line into tokens. White space separates and otherwise means nothing.
struct Lexer {
    private static let symbols: [[UInt8]] = [
        "<<=", ">>=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "==", "!=", "<=", ">=", "<", ">", "=", "+", "-",
        "*", "&", "(", ")", "[", "]", ",", ":",
    ].map { Array($0.utf8) }

    private let bytes: [UInt8]
    private var position = 0

    private init(_ text: some Sequence<UInt8>) { bytes = Array(text) }

    /// The tokens of a line of source, without its comment (`#`, `;` or `//` to the end of the line).
    static func tokens(ofLine text: Substring.UTF8View, number: Int) throws(AssemblyError) -> [Token] {
        var lexer = Lexer(text)
        do throws(Failure) { return try lexer.all(templates: false) } catch {
            throw AssemblyError(line: number, column: error.column, reason: error.reason)
        }
    }

    /// The tokens of an instruction's syntax, which is ours and therefore well formed.
    static func tokens(ofTemplate text: String) -> [Token] {
        var lexer = Lexer(text.utf8)
        do throws(Failure) { return try lexer.all(templates: true) } catch {
            preconditionFailure("the syntax of every instruction is well formed")
        }
    }

    private struct Failure: Error {
        var column: Int
        var reason: AssemblyError.Reason
    }

    private mutating func all(templates: Bool) throws(Failure) -> [Token] {
        var tokens: [Token] = []
        while position < bytes.count {
            let byte = bytes[position]
            let column = position + 1
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") {
                position += 1
            } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") || startsWith(Array("//".utf8)) {
                break
            } else if templates, byte == UInt8(ascii: "%"), let placeholder = takePlaceholder() {
                tokens.append(Token(kind: .placeholder(placeholder), column: column))
            } else if Self.isDigit(byte) {
                tokens.append(Token(kind: .number(try takeNumber()), column: column))
            } else if Self.isWordByte(byte) {
                let start = position
                while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
                tokens.append(Token(kind: .word(text(from: start)), column: column))
            } else if let symbol = Self.symbols.first(where: startsWith) {
                position += symbol.count
                tokens.append(Token(kind: .symbol(String(decoding: symbol, as: UTF8.self)), column: column))
            } else {
                throw Failure(column: column, reason: .unexpectedCharacter(byte))
            }
        }
        return tokens
    }

    private mutating func takePlaceholder() -> Placeholder? {
        guard position + 1 < bytes.count,
            let placeholder = Placeholder(rawValue: bytes[position + 1])
        else { return nil }
        position += 2
        return placeholder
    }

    private mutating func takeNumber() throws(Failure) -> UInt64 {
        let start = position
        while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
        let text = text(from: start)
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHexadecimal ? text.dropFirst(2) : text[...]
        let radix = isHexadecimal ? 16 : 10
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.hexDigitValue.map { $0 < radix } ?? false })
        else { throw Failure(column: start + 1, reason: .malformedNumber(text)) }
        guard let value = UInt64(digits, radix: radix) else {
            throw Failure(column: start + 1, reason: .numberTooLarge(text))
        }
        return value
    }

    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private func startsWith(_ text: [UInt8]) -> Bool { bytes[position...].starts(with: text) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return isDigit(byte) || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "$")
    }
}
