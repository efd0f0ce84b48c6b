/// Arithmetic on known bits. Sums and bitwise operations are the best there are (CGO 2022); the product is the one of
/// Linux's kernel/bpf/tnum.c, which joins the two sums that an unknown bit allows.
extension Tnum {
    @inline(__always)
    static func + (a: Tnum, b: Tnum) -> Tnum {
        let values = a.value &+ b.value
        let greatest = values &+ a.mask &+ b.mask
        return Tnum(value: values, mask: (greatest ^ values) | a.mask | b.mask)
    }

    @inline(__always)
    static func - (a: Tnum, b: Tnum) -> Tnum {
        let values = a.value &- b.value
        let greatest = values &+ a.mask
        let least = values &- b.mask
        return Tnum(value: values, mask: (greatest ^ least) | a.mask | b.mask)
    }

    @inline(__always)
    static func & (a: Tnum, b: Tnum) -> Tnum {
        let ones = a.value & b.value
        return Tnum(value: ones, mask: a.maximum & b.maximum & ~ones)
    }

    @inline(__always)
    static func | (a: Tnum, b: Tnum) -> Tnum {
        let ones = a.value | b.value
        return Tnum(value: ones, mask: (a.mask | b.mask) & ~ones)
    }

    @inline(__always)
    static func ^ (a: Tnum, b: Tnum) -> Tnum {
        Tnum(value: a.value ^ b.value, mask: a.mask | b.mask)
    }

    static func * (a: Tnum, b: Tnum) -> Tnum {
        if a.mask & b.mask == W.ones { return unknown }
        var sum = Tnum(0)
        // Fewer steps, and fewer joins, by the one that has fewer bits.
        let isReversed = b.maximum.nonzeroBitCount < a.maximum.nonzeroBitCount
        var (a, b) = isReversed ? (b, a) : (a, b)
        // At most one step per bit: each clears the lowest bit of `a` that may be set.
        while a.maximum != 0 {
            let position = UInt64(truncatingIfNeeded: a.maximum.trailingZeroBitCount)
            a = a.shiftedRight(position)
            b = b.shiftedLeft(position)
            if a.value & 1 != 0 {
                sum = sum + b
            } else {
                sum = sum.joined(sum + b)
            }
            a = Tnum(value: a.value & ~1, mask: a.mask & ~1)
        }
        return sum
    }

    /// - Parameter amount: below the width, as in the other shifts.
    @inline(__always)
    func shiftedLeft(_ amount: UInt64) -> Tnum {
        Tnum(value: value &<< amount, mask: mask &<< amount)
    }

    @inline(__always)
    func shiftedRight(_ amount: UInt64) -> Tnum {
        Tnum(value: value &>> amount, mask: mask &>> amount)
    }

    /// An unknown sign fills with unknown bits.
    @inline(__always)
    func arithmeticShiftedRight(_ amount: UInt64) -> Tnum {
        let amount = Int64(truncatingIfNeeded: amount)
        return Tnum(
            value: UInt64(bitPattern: W.signed(value) &>> amount), mask: UInt64(bitPattern: W.signed(mask) &>> amount))
    }

    /// The low bits, read at another width.
    @inline(__always)
    func cut<N: NumberWidth>(to width: N.Type) -> Tnum<N> {
        Tnum<N>(value: value, mask: mask)
    }
}
