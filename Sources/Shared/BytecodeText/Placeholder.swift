/// What `%` and a letter stand for in the syntax of an instruction; see `Encoding.syntax`.
enum Placeholder: UInt8, Equatable, Sendable {
    case destination = 0x44  // D
    case destinationHalf = 0x64  // d
    case destinationEither = 0x78  // x
    case source = 0x53  // S
    case sourceHalf = 0x73  // s
    case sourceEither = 0x79  // y
    case displacement = 0x4f  // O
    case target = 0x54  // T
    case immediate = 0x4b  // K
    case immediateOfHalf = 0x6b  // k
    case helper = 0x48  // H
    case wide = 0x4c  // L
    case wideLow = 0x6d  // m
    case wideHigh = 0x6e  // n

    /// The numbers that may be written in its place, if it is a number.
    var range: ClosedRange<Number>? {
        switch self {
        case .destination, .destinationHalf, .destinationEither, .source, .sourceHalf, .sourceEither: nil
        case .displacement: Number(-0x8000)...Number(0x7fff)
        case .immediate, .target: Number(Int64(Int32.min))...Number(Int64(Int32.max))
        case .immediateOfHalf, .wideLow, .wideHigh: Number(Int64(Int32.min))...Number(Int64(UInt32.max))
        case .helper: Number(0)...Number(Int64(UInt32.max))
        case .wide: Number(isNegative: true, magnitude: 1 << 63)...Number(isNegative: false, magnitude: .max)
        }
    }
}

/// A number as written: a sign and 64 bits.
struct Number: Comparable, Sendable {
    var isNegative: Bool
    var magnitude: UInt64

    init(isNegative: Bool, magnitude: UInt64) {
        self.isNegative = isNegative && magnitude != 0
        self.magnitude = magnitude
    }

    init(_ value: Int64) { self.init(isNegative: value < 0, magnitude: value.magnitude) }

    /// The low 64 bits in two's complement.
    var bits: Int64 { Int64(bitPattern: isNegative ? 0 &- magnitude : magnitude) }

    static func < (left: Number, right: Number) -> Bool {
        switch (left.isNegative, right.isNegative) {
        case (true, false): true
        case (false, true): false
        case (false, false): left.magnitude < right.magnitude
        case (true, true): left.magnitude > right.magnitude
        }
    }

    /// As the toolchain's disassembler prints numbers: `0x2a`, `-0x1`.
    var text: String { (isNegative ? "-0x" : "0x") + String(magnitude, radix: 16) }
}
