/// A set of integers of `W.bits` bits, described by what is known of their bits and by unsigned and signed ranges, for the
/// whole and for the low half. It stands for the values that satisfy every one of these, and there is always at least one:
/// what could leave none says so with `nil` or `false`.
package struct Number<W: NumberWidth>: Equatable, Sendable {
    package var known: Tnum<W>
    package var unsignedMinimum: UInt64
    package var unsignedMaximum: UInt64
    package var signedMinimum: Int64
    package var signedMaximum: Int64
    package var halfUnsignedMinimum: UInt32
    package var halfUnsignedMaximum: UInt32
    package var halfSignedMinimum: Int32
    package var halfSignedMaximum: Int32

    typealias Half = HalfWidth<W>

    @inline(__always)
    init(whole: NumberView<W>, half: NumberView<Half>) {
        known = whole.known
        unsignedMinimum = whole.unsignedMinimum
        unsignedMaximum = whole.unsignedMaximum
        signedMinimum = whole.signedMinimum
        signedMaximum = whole.signedMaximum
        halfUnsignedMinimum = UInt32(truncatingIfNeeded: half.unsignedMinimum)
        halfUnsignedMaximum = UInt32(truncatingIfNeeded: half.unsignedMaximum)
        halfSignedMinimum = Int32(truncatingIfNeeded: half.signedMinimum)
        halfSignedMaximum = Int32(truncatingIfNeeded: half.signedMaximum)
        // The half's known bits have no place of their own.
        let low = Half.ones
        known = Tnum(
            value: (whole.known.value & ~low) | ((whole.known.value | half.known.value) & low),
            mask: (whole.known.mask & ~low) | (whole.known.mask & half.known.mask & low))
    }

    @inline(__always)
    var whole: NumberView<W> {
        NumberView(
            known: known, unsignedMinimum: unsignedMinimum, unsignedMaximum: unsignedMaximum,
            signedMinimum: signedMinimum, signedMaximum: signedMaximum)
    }

    @inline(__always)
    var half: NumberView<Half> {
        NumberView(
            known: known.cut(to: Half.self),
            unsignedMinimum: UInt64(halfUnsignedMinimum), unsignedMaximum: UInt64(halfUnsignedMaximum),
            signedMinimum: Int64(halfSignedMinimum), signedMaximum: Int64(halfSignedMaximum))
    }
}

/// The verifier's numbers.
package typealias Scalar = Number<Width64>

extension Number {
    @inline(__always)
    package static var unknown: Number { Number(whole: .unknown, half: .unknown) }

    @inline(__always)
    package init(_ constant: UInt64) {
        self.init(whole: NumberView(constant), half: NumberView(constant))
    }

    /// The best description of `whole`, or `unknown` if that has no value: any answer is right for none.
    @inline(__always)
    init(reducing whole: NumberView<W>, half: NumberView<Half> = .unknown) {
        self.init(whole: whole, half: half)
        if !normalize() { self = .unknown }
    }

    /// The values of `lower...upper`; all values if there are none.
    package static func unsigned(_ lower: UInt64, _ upper: UInt64) -> Number {
        Number(reducing: NumberView(unsigned: lower & W.ones, upper & W.ones))
    }

    /// The values of `lower...upper`; all values if there are none.
    package static func signed(_ lower: Int64, _ upper: Int64) -> Number {
        Number(reducing: NumberView(signed: max(lower, W.signedMinimum), min(upper, W.signedMaximum)))
    }

    /// The values that have these bits.
    package static func known(_ bits: Tnum<W>) -> Number {
        Number(reducing: NumberView(known: bits))
    }

    /// The values below 2 to the power of `bits`.
    package static func low(bits: UInt64) -> Number {
        bits >= W.bits ? .unknown : unsigned(0, (1 &<< bits) &- 1)
    }

    /// The values of `range`, if there are any of this width.
    package init?(unsigned range: ClosedRange<UInt64>) {
        guard range.lowerBound <= W.ones else { return nil }
        self = .unsigned(range.lowerBound, min(range.upperBound, W.ones))
    }

    /// The values of `range`, if there are any of this width.
    package init?(signed range: ClosedRange<Int64>) {
        guard range.lowerBound <= W.signedMaximum, range.upperBound >= W.signedMinimum else { return nil }
        self = .signed(range.lowerBound, range.upperBound)
    }

    @inline(__always)
    package var isConstant: Bool { unsignedMinimum == unsignedMaximum }

    @inline(__always)
    package var constant: UInt64? { isConstant ? unsignedMinimum : nil }

    @inline(__always)
    package var isUnknown: Bool {
        known.mask == W.ones && halfUnsignedMinimum == 0 && halfUnsignedMaximum == Half.ones && self == .unknown
    }

    /// Whether the values differ only in bits below the half's sign. All ranges then say the same, at both widths. Of a
    /// number that is not reduced the bits alone do not tell.
    @inline(__always)
    var isNarrow: Bool { known.mask < Half.signBit && (unsignedMinimum ^ unsignedMaximum) < Half.signBit }

    /// What has these bits and lies on an arc shorter than the half's circle, or any value if nothing does: for results of
    /// narrow operands, whose halves need no look of their own.
    @inline(__always)
    init(known: Tnum<W>, arcFrom start: UInt64, through end: UInt64) {
        guard (start ^ end) & ~(Half.signBit &- 1) == 0 else {
            var whole = NumberView(known: known)
            whole.keep(arcFrom: start, through: end)
            self.init(reducing: whole)
            return
        }
        guard let least = known.ceiling(start), let greatest = known.floor(end), least <= greatest else {
            self = .unknown
            return
        }
        self.init(known: known, through: least, greatest)
    }

    package func contains(_ x: UInt64) -> Bool {
        x <= W.ones && whole.contains(x) && half.contains(x & Half.ones)
    }
}
