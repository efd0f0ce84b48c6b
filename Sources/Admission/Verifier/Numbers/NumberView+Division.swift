/// Division and remainder as RFC 9669 section 4.1 has them: x / 0 = 0 and x % 0 = x, whatever the sign.
extension NumberView {
    static func divide(_ a: NumberView, by b: NumberView) -> NumberView {
        if b.unsignedMaximum == 0 { return NumberView(0) }
        let divisor = max(b.unsignedMinimum, 1)
        let least = b.unsignedMinimum == 0 ? 0 : a.unsignedMinimum / b.unsignedMaximum
        var quotient = NumberView(unsigned: least, a.unsignedMaximum / divisor)
        if b.isConstant && divisor & (divisor &- 1) == 0 {
            quotient.known = a.known.shiftedRight(UInt64(truncatingIfNeeded: divisor.trailingZeroBitCount))
        }
        return quotient
    }

    static func remainder(_ a: NumberView, by b: NumberView) -> NumberView {
        // A divisor above the dividend leaves it as it is, and so does zero.
        if b.unsignedMaximum == 0 || a.unsignedMaximum < b.unsignedMinimum { return a }
        var remainder = NumberView(known: lowBitsKept(a, by: b))
        if b.unsignedMinimum == 0 {
            remainder.unsignedMaximum = a.unsignedMaximum
            return remainder
        }
        remainder.unsignedMaximum = min(a.unsignedMaximum, b.unsignedMaximum &- 1)
        if b.isConstant {
            let divisor = b.unsignedMinimum
            if a.unsignedMinimum / divisor == a.unsignedMaximum / divisor {
                remainder.unsignedMinimum = a.unsignedMinimum % divisor
                remainder.unsignedMaximum = a.unsignedMaximum % divisor
            }
            if divisor & (divisor &- 1) == 0 { remainder.known = a.known & Tnum(divisor &- 1) }
        }
        return remainder
    }

    static func divideSigned(_ a: NumberView, by b: NumberView) -> NumberView {
        if b.unsignedMaximum == 0 { return NumberView(0) }
        if a.signedMinimum >= 0 && b.signedMinimum >= 0 { return divide(a, by: b) }
        let mayBeZero = b.unsignedMinimum == 0
        var lower = mayBeZero ? Int128(0) : Int128.max
        var upper = mayBeZero ? Int128(0) : Int128.min
        // For one sign of the divisor the quotient is monotone in both, so its extremes lie at the corners. In exact
        // integers the least value by -1 is one more than the greatest; cut to the width it is the least again.
        let x = (Int128(a.signedMinimum), Int128(a.signedMaximum))
        if b.signedMaximum > 0 {
            let y = (Int128(max(b.signedMinimum, 1)), Int128(b.signedMaximum))
            lower = min(lower, quotient(x.0, y.0), quotient(x.0, y.1))
            upper = max(upper, quotient(x.1, y.0), quotient(x.1, y.1))
        }
        if b.signedMinimum < 0 {
            let y = (Int128(b.signedMinimum), Int128(min(b.signedMaximum, -1)))
            lower = min(lower, quotient(x.1, y.0), quotient(x.1, y.1))
            upper = max(upper, quotient(x.0, y.0), quotient(x.0, y.1))
        }
        var result = unknown
        result.keep(integersFrom: lower, through: upper)
        return result
    }

    static func remainderSigned(_ a: NumberView, by b: NumberView) -> NumberView {
        if b.unsignedMaximum == 0 { return a }
        if a.signedMinimum >= 0 && b.signedMinimum >= 0 { return remainder(a, by: b) }
        var result = NumberView(known: lowBitsKept(a, by: b))
        // It has the dividend's sign and is no greater than it.
        result.signedMinimum = min(a.signedMinimum, 0)
        result.signedMaximum = max(a.signedMaximum, 0)
        if b.contains(0) { return result }
        let greatest = max(b.signedMinimum.magnitude, b.signedMaximum.magnitude)
        let least = b.crossesZero ? 1 : min(b.signedMinimum.magnitude, b.signedMaximum.magnitude)
        if a.signedMinimum.magnitude < least && a.signedMaximum.magnitude < least { return a }
        let bound = Int64(truncatingIfNeeded: greatest &- 1)
        result.signedMinimum = max(result.signedMinimum, 0 &- bound)
        result.signedMaximum = min(result.signedMaximum, bound)
        if b.isConstant && !a.crossesZero {
            let divisor = W.signed(b.unsignedMinimum)
            if quotient(Int128(a.signedMinimum), Int128(divisor)) == quotient(Int128(a.signedMaximum), Int128(divisor))
            {
                result.signedMinimum = remainder(a.signedMinimum, divisor)
                result.signedMaximum = remainder(a.signedMaximum, divisor)
            }
        }
        return result
    }

    /// What a multiple of the divisor cannot change: the low bits that are zero in every divisor.
    @inline(__always)
    private static func lowBitsKept(_ a: NumberView, by b: NumberView) -> Tnum<W> {
        let kept = b.known.maximum == 0 ? W.ones : (b.known.maximum & (0 &- b.known.maximum)) &- 1
        return Tnum(value: a.known.value, mask: a.known.mask | ~kept)
    }

    /// - Parameter y: not 0.
    @inline(__always)
    private static func quotient(_ x: Int128, _ y: Int128) -> Int128 {
        x.dividedReportingOverflow(by: y).partialValue
    }

    /// - Parameter y: not 0.
    @inline(__always)
    private static func remainder(_ x: Int64, _ y: Int64) -> Int64 {
        let (value, overflows) = x.remainderReportingOverflow(dividingBy: y)
        return overflows ? 0 : value
    }
}
