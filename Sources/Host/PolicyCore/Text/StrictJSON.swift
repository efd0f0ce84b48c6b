/// A value of the JSON that envelopes are written in; events have numbers too, and the decision log truth values.
package enum JSONValue: Equatable, Sendable {
    case string([UInt8])
    /// An integer, as it is written: an optional minus, digits, no leading zero.
    case number([UInt8])
    case boolean(Bool)
    case array([JSONValue])
    case object([Member])

    package struct Member: Equatable, Sendable {
        package var name: [UInt8]
        package var value: JSONValue

        package init(name: [UInt8], value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The member of that name, if this is an object that has one.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.elementsEqual(name.utf8) }?.value
    }
}

/// JSON that is refused, and at which byte.
package struct JSONError: Error, Equatable, Sendable {
    package enum Problem: Equatable, Sendable {
        case tooLarge(bytes: Int, limit: Int)
        case tooMany(limit: Int)
        case tooDeep(limit: Int)
        case notUTF8
        case expected(String)
        case duplicateName
        case trailingBytes
        case forbiddenEscape
        case controlCharacter
        case notAStringArrayOrObject
    }

    package var problem: Problem
    package var offset: Int

    package init(problem: Problem, offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    package var code: PolicyCode {
        switch problem {
        case .tooLarge, .tooMany: .limit
        case .tooDeep, .notUTF8, .expected, .duplicateName, .trailingBytes, .forbiddenEscape, .controlCharacter,
            .notAStringArrayOrObject:
            .parse
        }
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String {
        let what =
            switch problem {
            case .tooLarge(let bytes, let limit): "\(bytes) bytes; the limit is \(limit)"
            case .tooMany(let limit): "more than \(limit) members or items"
            case .tooDeep(let limit): "nested deeper than \(limit)"
            case .notUTF8: "not UTF-8"
            case .expected(let what): "expected \(what)"
            case .duplicateName: "a member of this name is already there"
            case .trailingBytes: "bytes after the end"
            case .forbiddenEscape: "no such escape, half a surrogate pair, or an escaped NUL"
            case .controlCharacter: "a control character in a string"
            case .notAStringArrayOrObject: "only strings, arrays and objects are allowed"
            }
        return "byte \(offset): \(what)"
    }
}

/// The reader of envelopes, which is the one that faces attackers: it runs before any signature is checked. It knows
/// objects, arrays and strings, and integers and truth values where they are asked for, and refuses everything about which two JSON readers might disagree.
package enum StrictJSON {
    package static let maximumDepth = 4
    package static let maximumMembers = 64

    /// - Parameters:
    ///   - depth: how deep values may be nested; it bounds the recursion.
    ///   - members: how many an object or array may have.
    package static func parse(
        _ bytes: [UInt8], maximumBytes: Int, integers: Bool = false, booleans: Bool = false, depth: Int = maximumDepth,
        members: Int = maximumMembers
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= maximumBytes else {
            throw JSONError(problem: .tooLarge(bytes: bytes.count, limit: maximumBytes), offset: 0)
        }
        var reader = JSONReader(
            bytes: bytes, integers: integers, booleans: booleans, maximumDepth: depth, maximumMembers: members)
        reader.skipSpace()
        let value = try reader.readValue(depth: 1)
        reader.skipSpace()
        guard reader.index == bytes.count else { throw reader.failure(.trailingBytes) }
        return value
    }
}

private struct JSONReader {
    let bytes: [UInt8]
    let integers: Bool
    let booleans: Bool
    let maximumDepth: Int
    let maximumMembers: Int
    var index = 0

    var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    func failure(_ problem: JSONError.Problem) -> JSONError { JSONError(problem: problem, offset: index) }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        index += 1
        return true
    }

    /// `depth` counts the containers around this value, itself included; it bounds the recursion.
    mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        switch current {
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth <= maximumDepth else { throw failure(.tooDeep(limit: maximumDepth)) }
            return current == UInt8(ascii: "{")
                ? .object(try readObject(depth: depth)) : .array(try readArray(depth: depth))
        case nil: throw failure(.expected("a value"))
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte):
            guard integers else { throw failure(.notAStringArrayOrObject) }
            return .number(try readInteger())
        case UInt8(ascii: "t") where booleans: return .boolean(try readWord("true", true))
        case UInt8(ascii: "f") where booleans: return .boolean(try readWord("false", false))
        case _: throw failure(.notAStringArrayOrObject)
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) -> [JSONValue.Member] {
        index += 1
        var members: [JSONValue.Member] = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return members }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure(.expected("a name in quotes")) }
            guard members.count < maximumMembers else {
                throw failure(.tooMany(limit: maximumMembers))
            }
            let start = index
            let name = try readString()
            // Compared after escapes are resolved: "\u0070ayload" is "payload".
            guard !members.contains(where: { $0.name == name }) else {
                throw JSONError(problem: .duplicateName, offset: start)
            }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw failure(.expected("':'")) }
            skipSpace()
            members.append(.init(name: name, value: try readValue(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw failure(.expected("',' or '}'")) }
        }
    }

    private mutating func readArray(depth: Int) throws(JSONError) -> [JSONValue] {
        index += 1
        var items: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return items }
        while true {
            skipSpace()
            guard items.count < maximumMembers else {
                throw failure(.tooMany(limit: maximumMembers))
            }
            items.append(try readValue(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw failure(.expected("',' or ']'")) }
        }
    }

    private mutating func readWord(_ word: String, _ value: Bool) throws(JSONError) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { throw failure(.expected(word)) }
        index += word.utf8.count
        return value
    }

    /// Fractions and exponents are refused: nobody agrees on which of them are the same number.
    private mutating func readInteger() throws(JSONError) -> [UInt8] {
        let start = index
        _ = take(UInt8(ascii: "-"))
        let digits = index
        while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
        guard index > digits, bytes[digits] != 0x30 || index == digits + 1 else { throw failure(.expected("digits")) }
        if let byte = current, [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte) {
            throw failure(.expected("an integer"))
        }
        return Array(bytes[start..<index])
    }

    private mutating func readString() throws(JSONError) -> [UInt8] {
        index += 1
        var text: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return text
            case UInt8(ascii: "\\"):
                try readEscape(into: &text)
            case 0x00...0x1F: throw failure(.controlCharacter)
            case 0x20...0x7E:
                // The payload of an envelope is one such run of hundreds of kilobytes.
                let end = bytes[index...].firstIndex { !Self.isPlain($0) } ?? bytes.count
                text.append(contentsOf: bytes[index..<end])
                index = end
            case _:
                guard let scalar = decodeScalar(bytes, at: index) else { throw failure(.notUTF8) }
                text.append(contentsOf: bytes[index..<index + scalar.length])
                index += scalar.length
            }
        }
        throw failure(.expected("'\"'"))
    }

    /// Stands for itself in a string.
    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(JSONError) {
        index += 1
        let character: UInt8
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): character = bytes[index]
        case UInt8(ascii: "b"): character = 0x08
        case UInt8(ascii: "f"): character = 0x0C
        case UInt8(ascii: "n"): character = 0x0A
        case UInt8(ascii: "r"): character = 0x0D
        case UInt8(ascii: "t"): character = 0x09
        case UInt8(ascii: "u"):
            var unit = try readUnit()
            if (0xD800...0xDBFF).contains(unit) {
                guard take(UInt8(ascii: "\\")), current == UInt8(ascii: "u") else { throw failure(.forbiddenEscape) }
                let low = try readUnit()
                guard (0xDC00...0xDFFF).contains(low) else { throw failure(.forbiddenEscape) }
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            }
            guard unit != 0, let scalar = Unicode.Scalar(unit) else { throw failure(.forbiddenEscape) }
            text.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            return
        case _: throw failure(.forbiddenEscape)
        }
        text.append(character)
        index += 1
    }

    /// The `u` and four hexadecimal digits, in either case.
    private mutating func readUnit() throws(JSONError) -> UInt32 {
        index += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure(.forbiddenEscape)
            }
            unit = unit << 4 | UInt32(digit)
            index += 1
        }
        return unit
    }
}
