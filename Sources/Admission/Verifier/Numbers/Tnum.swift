/// Known bits ("tristate number", Vishwanathan et al., CGO 2022): a bit of `mask` is set where the bit is unknown, and
/// `value` holds the known ones. `value & mask` is 0, and so are the bits above the width.
package struct Tnum<W: NumberWidth>: Equatable, Sendable {
    package var value: UInt64
    package var mask: UInt64

    /// Bits of `value` that `mask` calls unknown, and those above the width, do not count.
    @inline(__always)
    package init(value: UInt64, mask: UInt64) {
        self.value = value & ~mask & W.ones
        self.mask = mask & W.ones
    }

    @inline(__always)
    package init(_ constant: UInt64) {
        self.init(value: constant, mask: 0)
    }

    /// The bits that all of `lower...upper` share: those above the highest in which the two ends differ.
    @inline(__always)
    package init(commonTo lower: UInt64, _ upper: UInt64) {
        self.init(value: lower, mask: onesThroughHighestBit(of: lower ^ upper))
    }

    @inline(__always)
    package static var unknown: Tnum { Tnum(value: 0, mask: W.ones) }

    @inline(__always)
    package var isConstant: Bool { mask == 0 }

    @inline(__always)
    package var minimum: UInt64 { value }

    @inline(__always)
    package var maximum: UInt64 { value | mask }

    @inline(__always)
    package func contains(_ x: UInt64) -> Bool { x & ~mask == value }

    /// How many low bits are known to be zero: the alignment.
    @inline(__always)
    package var trailingZeros: UInt64 {
        min(UInt64(truncatingIfNeeded: maximum.trailingZeroBitCount), W.bits)
    }

    @inline(__always)
    package func joined(_ other: Tnum) -> Tnum {
        Tnum(value: value & other.value, mask: mask | other.mask | (value ^ other.value))
    }

    @inline(__always)
    package func met(_ other: Tnum) -> Tnum? {
        guard (value ^ other.value) & ~mask & ~other.mask == 0 else { return nil }
        return Tnum(value: value | other.value, mask: mask & other.mask)
    }

    @inline(__always)
    package func isSubset(of other: Tnum) -> Bool {
        mask & ~other.mask == 0 && value & ~other.mask == other.value
    }

    /// Sets and unknown bits keep their places in biased order, where the sign bit is inverted.
    @inline(__always)
    var biased: Tnum { Tnum(value: value ^ W.signBit, mask: mask) }

    /// The least member that is not below `x`.
    @inline(__always)
    func ceiling(_ x: UInt64) -> UInt64? {
        let differing = (x ^ value) & ~mask & W.ones
        if differing == 0 { return x }
        let low = onesThroughHighestBit(of: differing)
        let highest = low ^ (low &>> 1)
        if value & highest != 0 { return x & ~low | value & low }
        // The member must already exceed `x` in a bit above: in the lowest that is free to rise.
        let rising = mask & ~x & ~low
        if rising == 0 { return nil }
        let lowest = rising & (0 &- rising)
        return x & ~(lowest | (lowest &- 1)) | lowest | value & (lowest &- 1)
    }

    /// The greatest member that is not above `x`.
    @inline(__always)
    func floor(_ x: UInt64) -> UInt64? {
        guard let complement = Tnum(value: ~value, mask: mask).ceiling(~x & W.ones) else { return nil }
        return ~complement & W.ones
    }
}

/// All bits up to the highest one that is set.
@inline(__always)
func onesThroughHighestBit(of x: UInt64) -> UInt64 {
    x == 0 ? 0 : UInt64.max &>> UInt64(truncatingIfNeeded: x.leadingZeroBitCount)
}
