/// A piece of policy text. Only text that its reader has accepted is cut into pieces, so no piece is ever wrong.
enum TOMLToken: Equatable {
    case newline
    /// From `#` to the end of the line, without spaces at its end.
    case comment([UInt8])
    /// A string with its quotes, or a word: a bare key, a number, a time, true or false.
    case atom([UInt8])
    /// One of `[ ] { } , =`.
    case mark(UInt8)

    static func tokens(of bytes: [UInt8]) -> [TOMLToken] {
        var tokens: [TOMLToken] = []
        var index = 0
        while index < bytes.count {
            let start = index
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: " "): break
            case UInt8(ascii: "\n"): tokens.append(.newline)
            case UInt8(ascii: "#"):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
                var comment = bytes[start..<index]
                while comment.last == UInt8(ascii: " ") { comment.removeLast() }
                tokens.append(.comment(Array(comment)))
            case UInt8(ascii: "\""):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index = min(index + 1, bytes.count)
                tokens.append(.atom(Array(bytes[start..<index])))
            case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","),
                UInt8(ascii: "="):
                tokens.append(.mark(byte))
            case _:
                while index < bytes.count, !Self.endsWord(bytes[index]) { index += 1 }
                tokens.append(.atom(Array(bytes[start..<index])))
            }
        }
        return tokens
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "["),
            UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), UInt8(ascii: "="):
            true
        case _: false
        }
    }
}
