/// How many bits a number has. The verifier's numbers have 64; narrower ones can be checked against every concrete value.
package protocol NumberWidth: Sendable {
    /// Even, from 4 to 64.
    static var bits: UInt64 { get }
}

package enum Width64: NumberWidth {
    package static var bits: UInt64 { 64 }
}

/// The low half of a number: what 32-bit instructions see.
enum HalfWidth<W: NumberWidth>: NumberWidth {
    static var bits: UInt64 { W.bits &>> 1 }
}

extension NumberWidth {
    /// All bits set: the greatest unsigned value.
    @inline(__always) static var ones: UInt64 { UInt64.max &>> (64 &- bits) }

    @inline(__always) static var signBit: UInt64 { 1 &<< (bits &- 1) }

    @inline(__always) static var signedMinimum: Int64 { signed(signBit) }

    @inline(__always) static var signedMaximum: Int64 { signed(signBit &- 1) }

    /// The signed reading of a bit pattern of this width.
    @inline(__always) static func signed(_ pattern: UInt64) -> Int64 {
        Int64(bitPattern: pattern &<< (64 &- bits)) &>> Int64(truncatingIfNeeded: 64 &- bits)
    }

    /// The bit pattern of a signed value, cut to this width.
    @inline(__always) static func pattern(_ signed: Int64) -> UInt64 {
        UInt64(bitPattern: signed) & ones
    }

    /// The signed values in their order, counted from zero: one routine can then trim signed and unsigned ranges.
    @inline(__always) static func biased(_ signed: Int64) -> UInt64 {
        pattern(signed) ^ signBit
    }

    @inline(__always) static func unbiased(_ biased: UInt64) -> Int64 {
        signed(biased ^ signBit)
    }
}

/// Trims the ends of `lower...upper` to values that also lie on the arc from `start` up to `end`, which passes through
/// zero if `start > end`. Leaves `lower > upper` if there are none.
@inline(__always)
func trim(_ lower: inout UInt64, _ upper: inout UInt64, toArcFrom start: UInt64, through end: UInt64) {
    if start <= end {
        lower = max(lower, start)
        upper = min(upper, end)
    } else {
        // Outside are only the values strictly between `end` and `start`.
        let lowerIsOutside = lower > end && lower < start
        let upperIsOutside = upper > end && upper < start
        if lowerIsOutside { lower = start }
        if upperIsOutside { upper = end }
    }
}
