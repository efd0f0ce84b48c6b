/// One scalar of UTF-8.
struct DecodedScalar: Equatable {
    var value: UInt32
    /// Bytes it takes: 1 to 4.
    var length: Int
}

/// The scalar at `index`, or nil where the bytes are not UTF-8: a stray or missing continuation byte, an overlong
/// form, a surrogate, a value past U+10FFFF (RFC 3629, section 4).
func decodeScalar(_ bytes: [UInt8], at index: Int) -> DecodedScalar? {
    let first = bytes[index]
    if first < 0x80 { return DecodedScalar(value: UInt32(first), length: 1) }
    let length: Int
    // The second byte's range is narrower after E0, ED, F0 and F4: that is what keeps overlong forms and surrogates
    // out.
    var second: ClosedRange<UInt8> = 0x80...0xBF
    var value: UInt32
    switch first {
    case 0xC2...0xDF: (length, value) = (2, UInt32(first & 0x1F))
    case 0xE0...0xEF:
        (length, value) = (3, UInt32(first & 0x0F))
        if first == 0xE0 { second = 0xA0...0xBF }
        if first == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
        (length, value) = (4, UInt32(first & 0x07))
        if first == 0xF0 { second = 0x90...0xBF }
        if first == 0xF4 { second = 0x80...0x8F }
    case _: return nil
    }
    guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
    for offset in 1..<length {
        guard bytes[index + offset] & 0xC0 == 0x80 else { return nil }
        value = value << 6 | UInt32(bytes[index + offset] & 0x3F)
    }
    return DecodedScalar(value: value, length: length)
}

/// True for what a person cannot see, or sees as something else: controls, line separators, bidirectional overrides,
/// zero-width and other format characters (general category Cf), variation selectors, fillers, tags, noncharacters.
func isInvisible(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x00...0x1F, 0x7F...0x9F: true
    case 0xAD, 0x34F, 0x600...0x605, 0x61C, 0x6DD, 0x70F, 0x890...0x891, 0x8E2: true
    case 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F: true
    case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F: true
    case 0x3164, 0xFDD0...0xFDEF, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB: true
    case 0x110BD, 0x110CD, 0x13430...0x1343F, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: true
    case _: scalar & 0xFFFE == 0xFFFE
    }
}
