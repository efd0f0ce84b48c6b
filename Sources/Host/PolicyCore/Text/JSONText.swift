/// Writes JSON that ``StrictJSON`` reads: one line of ASCII without spaces, names in the order in which they are given. What the caller
/// opens it closes, so there is no way to write half an object.
package struct JSONText: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init() { bytes.reserveCapacity(4096) }

    package mutating func object(_ name: String? = nil, _ body: (inout JSONText) -> Void) {
        open(name, UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func array(_ name: String? = nil, _ body: (inout JSONText) -> Void) {
        open(name, UInt8(ascii: "["))
        body(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Nothing is written where there is no value: a member that is missing, and one that is null, would be two ways to say the same.
    package mutating func string(_ name: String?, _ value: String?) {
        guard let value else { return }
        begin(name)
        quote(value)
    }

    package mutating func number(_ name: String?, _ value: UInt64) {
        begin(name)
        bytes += "\(value)".utf8
    }

    package mutating func boolean(_ name: String?, _ value: Bool) {
        begin(name)
        bytes += (value ? "true" : "false").utf8
    }

    package mutating func strings(_ name: String?, _ values: [String]) {
        array(name) { text in
            for value in values { text.string(nil, value) }
        }
    }

    private mutating func open(_ name: String?, _ bracket: UInt8) {
        begin(name)
        bytes.append(bracket)
    }

    private mutating func begin(_ name: String?) {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["): break
        case _: bytes.append(UInt8(ascii: ","))
        }
        guard let name else { return }
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Whatever is not printable ASCII is escaped, so that a line stays one line and drives no terminal. A zero, which no reader here
    /// takes, becomes the character for what cannot be shown.
    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: bytes += [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)]
            case 0x20...0x7E: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case 0: escape(0xFFFD)
            case _: for unit in UTF16.encode(scalar) ?? .init() { escape(UInt32(unit)) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ unit: UInt32) {
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "u")]
        for shift: UInt32 in [12, 8, 4, 0] { bytes.append(Self.digits[Int(unit >> shift & 15)]) }
    }

    private static let digits = Array("0123456789abcdef".utf8)
}

/// What a document has not, or has in another kind than it has to.
package struct JSONMemberError: Error, Equatable, Sendable, CustomStringConvertible {
    package var name: String

    package init(_ name: String) { self.name = name }

    package var description: String { "no proper \"\(name)\"" }
}

extension JSONValue {
    package func requiredText(_ name: String) throws(JSONMemberError) -> String {
        guard let text = try optionalText(name) else { throw JSONMemberError(name) }
        return text
    }

    package func optionalText(_ name: String) throws(JSONMemberError) -> String? {
        switch self[name] {
        case nil: return nil
        case .string(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .number, .boolean, .array, .object: throw JSONMemberError(name)
        }
    }

    /// The text of that name, as what it has to stand for.
    package func requiredValue<Value>(_ name: String, _ read: (String) -> Value?) throws(JSONMemberError) -> Value {
        guard let value = read(try requiredText(name)) else { throw JSONMemberError(name) }
        return value
    }

    package func optionalValue<Value>(_ name: String, _ read: (String) -> Value?) throws(JSONMemberError) -> Value? {
        guard let text = try optionalText(name) else { return nil }
        guard let value = read(text) else { throw JSONMemberError(name) }
        return value
    }

    package func natural(_ name: String) throws(JSONMemberError) -> UInt64 {
        guard case .number(let digits) = self[name], let number = UInt64(String(decoding: digits, as: UTF8.self)) else {
            throw JSONMemberError(name)
        }
        return number
    }

    package func flag(_ name: String) throws(JSONMemberError) -> Bool {
        guard case .boolean(let value) = self[name] else { throw JSONMemberError(name) }
        return value
    }

    package func items(_ name: String) throws(JSONMemberError) -> [JSONValue] {
        guard case .array(let items) = self[name] else { throw JSONMemberError(name) }
        return items
    }

    package func texts(_ name: String) throws(JSONMemberError) -> [String] {
        var texts: [String] = []
        for item in try items(name) {
            guard case .string(let bytes) = item else { throw JSONMemberError(name) }
            texts.append(String(decoding: bytes, as: UTF8.self))
        }
        return texts
    }

    package func members(_ name: String) throws(JSONMemberError) -> [(name: String, value: JSONValue)] {
        guard case .object(let members) = self[name] else { throw JSONMemberError(name) }
        return members.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }
    }
}
