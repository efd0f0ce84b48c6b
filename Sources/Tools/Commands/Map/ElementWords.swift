internal import CommandSupport
internal import Maps

/// What a person says about an element of a map, in the words of bpftool: `key 0x01 0 0 0 value hex 2a 00 00 00 noexist`.
struct ElementWords: Equatable {
    enum Bytes: Equatable {
        case given([UInt8])
        /// JSON, to be read by the map's types.
        case json(String)
    }

    var key: Bytes?
    var value: Bytes?
    var mode: MapUpdate = .createOrReplace

    /// Why words mean nothing.
    enum Problem: Error, Equatable, CustomStringConvertible {
        case unexpected(String)
        case noBytes(after: String)
        case notAByte(String, isHexadecimal: Bool)
        case twice(String)

        var description: String {
            switch self {
            case .unexpected(let word): "\"\(word)\" is none of key, value, any, noexist, exist"
            case .noBytes(let word): "no bytes follow \"\(word)\""
            case .notAByte(let word, let isHexadecimal):
                "\"\(word)\" is no byte: " + (isHexadecimal ? "two hexadecimal digits" : "0 to 255, or 0x00 to 0xff")
            case .twice(let word): "\"\(word)\" is said twice"
            }
        }
    }

    /// - Parameters:
    ///   - key: the key as JSON, where it is said so.
    ///   - value: the value as JSON.
    init(_ words: [String], key: String? = nil, value: String? = nil) throws(Problem) {
        self.key = key.map { .json($0) }
        self.value = value.map { .json($0) }
        var rest = words[...]
        var isModeGiven = false
        while let word = rest.popFirst() {
            switch word {
            case "key":
                guard self.key == nil else { throw .twice(word) }
                self.key = .given(try Self.bytes(after: word, &rest))
            case "value":
                guard self.value == nil else { throw .twice(word) }
                self.value = .given(try Self.bytes(after: word, &rest))
            case "any", "noexist", "exist":
                guard !isModeGiven else { throw .twice(word) }
                isModeGiven = true
                mode = word == "any" ? .createOrReplace : word == "exist" ? .replace : .create
            case _: throw .unexpected(word)
            }
        }
    }

    private static func bytes(after word: String, _ rest: inout ArraySlice<String>) throws(Problem) -> [UInt8] {
        let isHexadecimal = rest.first == "hex"
        if isHexadecimal { rest.removeFirst() }
        var bytes: [UInt8] = []
        while let next = rest.first, !["key", "value", "any", "noexist", "exist"].contains(next) {
            guard let byte = byte(next, isHexadecimal) else { throw .notAByte(next, isHexadecimal: isHexadecimal) }
            bytes.append(byte)
            rest.removeFirst()
        }
        guard !bytes.isEmpty else { throw .noBytes(after: word) }
        return bytes
    }

    /// A number as C writes it, or two hexadecimal digits.
    private static func byte(_ text: String, _ isHexadecimal: Bool) -> UInt8? {
        guard let first = text.utf8.first, first != 0x2B, first != 0x2D else { return nil }
        if text.hasPrefix("0x") { return text.utf8.count > 2 ? UInt8(text.dropFirst(2), radix: 16) : nil }
        if isHexadecimal { return UInt8(text, radix: 16) }
        return first == 0x30 && text.utf8.count > 1 ? UInt8(text.dropFirst(), radix: 8) : UInt8(text)
    }
}
