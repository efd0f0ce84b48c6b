/// The reader of policy text: a subset of TOML 1.0 in which a byte string has one meaning, and looks like it.
///
/// Left out on purpose: dotted keys and headers, literal and multi-line strings, every escape but `\"` and `\\`,
/// floats, signs, underscores and other bases in numbers, local and offset times, lists in lists, tabs, CRLF. Outside
/// comments and the value of a key called `note`, text is printable ASCII; nowhere may there be a character that a
/// person cannot see. Every limit is checked before anything is stored. It works on bytes, and never asks a `String`
/// what its characters are.
package enum StrictTOML {
    package static let maximumBytes = 256 * 1024
    package static let maximumListItems = 256
    package static let maximumKeysPerTable = 64
    package static let maximumTablesPerName = 512
    package static let maximumInlineDepth = 2
    package static let maximumKeyBytes = 64

    /// Reads a whole file.
    package static func parse(_ bytes: [UInt8]) throws(PolicyTextError) -> TOMLTable {
        guard bytes.count <= maximumBytes else {
            throw PolicyTextError(.limit("\(bytes.count) bytes of policy text", limit: maximumBytes), at: .start)
        }
        try screen(bytes)
        var reader = TOMLReader(bytes)
        return try reader.readDocument()
    }

    /// Refuses what no policy may hold at any place, before anything is interpreted.
    private static func screen(_ bytes: [UInt8]) throws(PolicyTextError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw PolicyTextError(.byteOrderMark, at: .start) }
        var position = SourcePosition.start
        var index = 0
        while index < bytes.count {
            guard let scalar = decodeScalar(bytes, at: index) else {
                throw PolicyTextError(.invalidUTF8(byte: bytes[index]), at: position)
            }
            index += scalar.length
            switch scalar.value {
            case 0x0A:
                position.line += 1
                position.column = 0
            case 0x0D: throw PolicyTextError(.carriageReturn, at: position)
            case 0x09: throw PolicyTextError(.tab, at: position)
            case 0x20...0x7E: break
            case let value:
                if isInvisible(value) { throw PolicyTextError(.forbiddenScalar(value), at: position) }
            }
            position.column += 1
        }
    }
}

/// A cursor over screened bytes.
struct TOMLReader {
    let bytes: [UInt8]
    var index = 0
    var position = SourcePosition.start

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func advance() {
        let byte = bytes[index]
        index += 1
        if byte == UInt8(ascii: "\n") {
            position.line += 1
            position.column = 1
        } else if index == bytes.count || bytes[index] & 0xC0 != 0x80 {
            position.column += 1
        }
    }

    /// Steps over one byte if it is this one.
    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        advance()
        return true
    }

    mutating func expect(_ byte: UInt8, _ what: String) throws(PolicyTextError) {
        guard take(byte) else { throw failure(.expected(what, found: current)) }
    }

    mutating func skipSpaces() {
        while current == UInt8(ascii: " ") { advance() }
    }

    mutating func skipComment() {
        guard current == UInt8(ascii: "#") else { return }
        while let byte = current, byte != UInt8(ascii: "\n") { advance() }
    }

    /// What may stand between the items of a list.
    mutating func skipSpacesCommentsAndLines() {
        while true {
            skipSpaces()
            skipComment()
            guard take(UInt8(ascii: "\n")) else { return }
        }
    }

    /// A line is over: a comment may follow, nothing else.
    mutating func finishLine() throws(PolicyTextError) {
        skipSpaces()
        skipComment()
        guard current != nil else { return }
        try expect(UInt8(ascii: "\n"), "the end of the line")
    }

    /// An error here. A byte that is no ASCII is the error, whatever was expected.
    func failure(_ problem: PolicyTextError.Problem) -> PolicyTextError {
        if let byte = current, byte >= 0x80, let scalar = decodeScalar(bytes, at: index) {
            return PolicyTextError(.notASCII(scalar.value), at: position)
        }
        return PolicyTextError(problem, at: position)
    }
}
