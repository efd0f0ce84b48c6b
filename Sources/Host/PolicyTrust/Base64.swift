/// Base64 in which a value has one spelling per alphabet: padded, without spaces, the unused bits of the last
/// character zero.
package enum Base64 {
    package enum Alphabet: CaseIterable, Sendable {
        case standard, urlSafe

        fileprivate var characters: [UInt8] {
            switch self {
            case .standard: Base64.standardCharacters
            case .urlSafe: Base64.urlSafeCharacters
            }
        }
    }

    private static let common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    private static let standardCharacters = Array((common + "+/").utf8)
    private static let urlSafeCharacters = Array((common + "-_").utf8)

    package static func encode(_ bytes: [UInt8], _ alphabet: Alphabet = .standard) -> [UInt8] {
        let characters = alphabet.characters
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var bits: UInt32 = 0
            for offset in 0..<3 { bits = bits << 8 | (offset < count ? UInt32(bytes[start + offset]) : 0) }
            for position in 0..<4 {
                let character = characters[Int(bits >> (18 - 6 * UInt32(position)) & 63)]
                text.append(position <= count ? character : UInt8(ascii: "="))
            }
        }
        return text
    }

    /// Nil unless `text` is what ``encode(_:_:)`` makes of some bytes, in either alphabet.
    package static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let count = text.count - padding
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        var (hasStandard, hasURLSafe) = (false, false)
        for index in 0..<count {
            let character = text[index]
            guard let value = value(of: character) else { return nil }
            if value >= 62 {
                let isStandard = character == UInt8(ascii: "+") || character == UInt8(ascii: "/")
                if isStandard { hasStandard = true } else { hasURLSafe = true }
            }
            bits = bits << 6 | UInt32(value)
            guard index % 4 == 3 else { continue }
            bytes.append(UInt8(bits >> 16 & 0xFF))
            bytes.append(UInt8(bits >> 8 & 0xFF))
            bytes.append(UInt8(bits & 0xFF))
        }
        guard !hasStandard || !hasURLSafe else { return nil }
        // Bits that no byte has are zero, so that a value has one spelling.
        switch padding {
        case 0: break
        case 1:
            guard bits & 0x3 == 0 else { return nil }
            bytes.append(UInt8(bits >> 10 & 0xFF))
            bytes.append(UInt8(bits >> 2 & 0xFF))
        case _:
            guard bits & 0xF == 0 else { return nil }
            bytes.append(UInt8(bits >> 4 & 0xFF))
        }
        return bytes
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
