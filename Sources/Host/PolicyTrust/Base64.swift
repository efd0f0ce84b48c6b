/// Base64 in which a value has one spelling per alphabet: padded, without spaces, the unused bits of the last
/// character zero.
package enum Base64 {
    package enum Alphabet: CaseIterable, Sendable {
        case standard, urlSafe

        var characters: [UInt8] {
            let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
            return switch self {
            case .standard: Array((common + "+/").utf8)
            case .urlSafe: Array((common + "-_").utf8)
            }
        }
    }

    package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> [UInt8] {
        let characters = alphabet.characters
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for offset in 0..<3 { bits = bits << 8 | (offset < group.count ? UInt32(group[start + offset]) : 0) }
            for position in 0..<4 {
                let character = characters[Int(bits >> (18 - 6 * UInt32(position)) & 63)]
                text.append(position <= group.count ? character : UInt8(ascii: "="))
            }
        }
        return text
    }

    /// Nil unless `text` is what ``encode(_:_:)`` makes of some bytes, in either alphabet.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        for (index, character) in text.enumerated() {
            bits = bits << 6 | UInt32(value(of: character) ?? 0)
            if index % 4 == 3 {
                bytes += [UInt8(bits >> 16 & 0xFF), UInt8(bits >> 8 & 0xFF), UInt8(bits & 0xFF)]
            }
        }
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, padding < max(1, text.count) else { return nil }
        bytes.removeLast(padding)
        // What does not come out as it went in was a stray character, a stray bit, or a mixture of alphabets.
        return Alphabet.allCases.contains { encode(bytes, $0) == text } ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        case _: nil
        }
    }
}
