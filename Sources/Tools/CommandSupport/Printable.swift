/// Text that may be printed to a terminal, whoever chose it.
///
/// Names of programs, maps and sections come from hostile files. Printed as they are, they could move the cursor, change
/// colours, reorder a line by bidirectional overrides, or fill the screen.
package enum Printable {
    /// The text with everything that a terminal would act on, or that the eye would not see, written as an escape.
    ///
    /// - Parameter limit: the most characters kept; the rest becomes `…`.
    package static func text(_ untrusted: String, limit: Int = 200) -> String {
        var result = ""
        var kept = 0
        for scalar in untrusted.unicodeScalars {
            guard kept < limit else { return result + "…" }
            kept += 1
            if scalar == "\\" {
                result += "\\\\"
            } else if isHarmless(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }

    /// Bytes that are meant to be text; what is not UTF-8 shows as the replacement character.
    package static func text(_ untrusted: [UInt8], limit: Int = 200) -> String {
        // A scalar is at most four bytes, so the limit on scalars bounds what is decoded.
        text(String(decoding: untrusted.prefix((limit + 1) * 4), as: UTF8.self), limit: limit)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        // Marks pile up on the character before them, and lines above and below.
        case .nonspacingMark, .enclosingMark, .spacingMark: false
        case .spaceSeparator: scalar == " "
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
            .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol,
            .otherSymbol:
            true
        @unknown default: false
        }
    }

    /// How many columns of a terminal the text takes. East Asian wide characters and emoji take two (UAX #11, abridged).
    package static func width(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { width, scalar in
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
                0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                width + 2
            default: width + 1
            }
        }
    }
}
