/// What a pcapng section says of one interface, as far as its packets need it.
struct CaptureInterface: Equatable, Sendable {
    let linkType: UInt16
    /// The most bytes of a packet that were kept; 0 where there was no limit.
    let snapshotLength: UInt32
    /// Units of time in a second.
    private(set) var unitsPerSecond: UInt64 = 1_000_000
    /// Seconds to add to every time.
    private(set) var offset: Int64 = 0

    private enum Option {
        static let end: UInt16 = 0
        static let resolution: UInt16 = 9
        static let offset: UInt16 = 14
    }

    /// Reads the block of an interface.
    ///
    /// - Parameter body: the bytes between the lengths: link type, two bytes of nothing, snapshot length, options.
    init(_ bytes: borrowing Span<UInt8>, _ body: Range<Int>, _ order: CaptureByteOrder) throws(CaptureBlockProblem) {
        linkType = bytes.halfWord(at: body.lowerBound, order)
        snapshotLength = bytes.word(at: body.lowerBound + 4, order)
        var place = body.lowerBound + 8
        // Options may end with the block, and then need no end of their own. Each takes four bytes at least, so this ends.
        while place < body.upperBound {
            let left = body.upperBound - place - 4
            guard left >= 0 else { throw .option(code: 0, length: 0, available: left + 4) }
            let code = bytes.halfWord(at: place, order), length = bytes.halfWord(at: place + 2, order)
            guard code != Option.end else { return }
            let padded = (Int(length) + 3) & ~3
            guard padded <= left else { throw .option(code: code, length: length, available: left) }
            switch code {
            case Option.resolution:
                guard length == 1 else { throw .option(code: code, length: length, available: left) }
                unitsPerSecond = try Self.units(bytes[place + 4])
            case Option.offset:
                guard length == 8 else { throw .option(code: code, length: length, available: left) }
                offset = Int64(bitPattern: bytes.longWord(at: place + 4, order))
            case _: break
            }
            place += 4 + padded
        }
    }

    /// `if_tsresol`: a negative power of ten, or of two where the highest bit is set.
    private static func units(_ value: UInt8) throws(CaptureBlockProblem) -> UInt64 {
        let exponent = value & 0x7F
        guard value & 0x80 == 0 else {
            guard exponent < 64 else { throw .resolution(value) }
            return 1 << UInt64(exponent)
        }
        guard exponent < 20 else { throw .resolution(value) }
        return (0..<exponent).reduce(1) { units, _ in units * 10 }
    }

    /// A time of this interface in seconds and nanoseconds.
    func timestamp(_ units: UInt64) throws(CaptureBlockProblem) -> CaptureTimestamp {
        let (whole, rest) = units.quotientAndRemainder(dividingBy: unitsPerSecond)
        let (seconds, overflows) = Int64(truncatingIfNeeded: whole).addingReportingOverflow(offset)
        guard whole <= Int64.max, !overflows, let inRange = UInt32(exactly: seconds) else {
            throw .time(seconds: overflows || whole > Int64.max ? .max : seconds)
        }
        // The rest is less than a second, so the quotient is less than 10^9 and fits.
        let nanoseconds = unitsPerSecond.dividingFullWidth(rest.multipliedFullWidth(by: 1_000_000_000)).quotient
        return CaptureTimestamp(seconds: inRange, fraction: UInt32(nanoseconds))
    }
}

extension Span<UInt8> {
    /// The 16-bit number whose first byte is at `offset`.
    func halfWord(at offset: Int, _ order: CaptureByteOrder) -> UInt16 {
        let bytes = UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
        return switch order {
        case .bigEndian: bytes
        case .littleEndian: bytes.byteSwapped
        }
    }

    /// The 64-bit number whose first byte is at `offset`.
    func longWord(at offset: Int, _ order: CaptureByteOrder) -> UInt64 {
        let first = UInt64(word(at: offset, order)), second = UInt64(word(at: offset + 4, order))
        return switch order {
        case .bigEndian: first << 32 | second
        case .littleEndian: second << 32 | first
        }
    }
}
