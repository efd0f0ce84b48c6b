/// Which characters may be part of a name or a line of text that ends up on somebody's terminal, in a log or in a
/// policy.
package enum PackageText {
    /// True for C0 and C1 controls, line separators and the characters that reorder what is displayed around them
    /// ("Trojan Source", CVE-2021-42574): a name with any of these can show as something that it is not.
    package static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0x2028, 0x2029: true
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        case 0xFEFF: true
        default: false
        }
    }

    /// The first forbidden scalar of a text and the offset of its UTF-8 form. A line of source may hold tabs; nothing
    /// else may.
    package static func firstForbidden(in text: String, allowingTabs: Bool) -> (offset: Int, scalar: Unicode.Scalar)? {
        var offset = 0
        for scalar in text.unicodeScalars {
            if isForbidden(scalar), !(allowingTabs && scalar == "\t") { return (offset, scalar) }
            offset += UTF8.width(scalar)
        }
        return nil
    }

    /// A text from an object file made fit to keep: bytes that are not UTF-8 and forbidden characters become U+FFFD,
    /// and what exceeds the limit is cut at a character.
    package static func cleaned(_ bytes: some Collection<UInt8>, limit: Int, allowingTabs: Bool = true) -> String {
        var result = String.UnicodeScalarView()
        var length = 0
        // Four bytes are the most that one scalar takes, so a scalar that straddles the limit is seen whole and
        // dropped whole.
        for scalar in String(decoding: bytes.prefix(limit + 4), as: UTF8.self).unicodeScalars {
            let kept = isForbidden(scalar) && !(allowingTabs && scalar == "\t") ? "\u{FFFD}" : scalar
            length += UTF8.width(kept)
            if length > limit { break }
            result.append(kept)
        }
        return String(result)
    }
}
