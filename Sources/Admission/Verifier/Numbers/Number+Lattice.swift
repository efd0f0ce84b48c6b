extension Number {
    /// The least number that stands for the values of both.
    @inline(__always)
    package func joined(_ other: Number) -> Number {
        Number(whole: whole.joined(other.whole), half: half.joined(other.half))
    }

    /// The values that are in both, if there are any.
    @inline(__always)
    package func met(_ other: Number) -> Number? {
        var (whole, half) = (whole, half)
        guard whole.meet(other.whole), half.meet(other.half) else { return nil }
        var result = Number(whole: whole, half: half)
        return result.normalize() ? result : nil
    }

    /// Whether every value is one of `other`'s. Fact by fact: true is always right, false may not be.
    @inline(__always)
    package func isSubset(of other: Number) -> Bool {
        whole.isSubset(of: other.whole) && half.isSubset(of: other.half)
    }

    /// Stands for the values of both, and for so many more that a chain of these comes to an end: a bound that `next`
    /// moves goes on to the next of `thresholds`, and from the last of them to the limit of the width.
    ///
    /// The result is not reduced, since that could take back what makes the chain end: go on widening this one, and
    /// normalize copies.
    /// - Parameter thresholds: in ascending order; for signed bounds they are read as bit patterns of 64 bits.
    package func widened(to next: Number, thresholds: borrowing [UInt64]) -> Number {
        Number(
            whole: whole.widened(to: next.whole, thresholds: thresholds),
            half: half.widened(to: next.half, thresholds: thresholds))
    }
}

extension NumberView {
    fileprivate func widened(to next: NumberView, thresholds: borrowing [UInt64]) -> NumberView {
        var result = joined(next)
        if result.unsignedMinimum < unsignedMinimum {
            result.unsignedMinimum = greatest(of: thresholds, upTo: result.unsignedMinimum)
        }
        if result.unsignedMaximum > unsignedMaximum {
            result.unsignedMaximum = least(of: thresholds, from: result.unsignedMaximum)
        }
        if result.signedMinimum < signedMinimum {
            result.signedMinimum = greatest(of: thresholds, upTo: result.signedMinimum)
        }
        if result.signedMaximum > signedMaximum {
            result.signedMaximum = least(of: thresholds, from: result.signedMaximum)
        }
        result.known = known.widened(to: result.known)
        return result
    }

    private func least(of thresholds: borrowing [UInt64], from bound: UInt64) -> UInt64 {
        let index = firstIndex(in: thresholds, atLeast: bound)
        return index < thresholds.count ? min(thresholds[index], W.ones) : W.ones
    }

    private func greatest(of thresholds: borrowing [UInt64], upTo bound: UInt64) -> UInt64 {
        // One more than `bound` would wrap only where no threshold can be greater.
        let index = bound == .max ? thresholds.count : firstIndex(in: thresholds, atLeast: bound &+ 1)
        return index > 0 ? thresholds[index &- 1] : 0
    }

    private func least(of thresholds: borrowing [UInt64], from bound: Int64) -> Int64 {
        var index = firstIndex(in: thresholds, atLeast: UInt64(bitPattern: bound))
        // After the last of the negative ones come those from zero on.
        if bound < 0 && index == thresholds.count { index = 0 }
        guard index < thresholds.count else { return W.signedMaximum }
        let threshold = Int64(bitPattern: thresholds[index])
        return threshold >= bound ? min(threshold, W.signedMaximum) : W.signedMaximum
    }

    private func greatest(of thresholds: borrowing [UInt64], upTo bound: Int64) -> Int64 {
        var index = bound == -1 ? thresholds.count : firstIndex(in: thresholds, atLeast: UInt64(bitPattern: bound) &+ 1)
        // Before the first of those from zero on come the negative ones.
        if bound >= 0 && index == 0 { index = thresholds.count }
        guard index > 0 else { return W.signedMinimum }
        let threshold = Int64(bitPattern: thresholds[index &- 1])
        return threshold <= bound ? max(threshold, W.signedMinimum) : W.signedMinimum
    }

    private func firstIndex(in thresholds: borrowing [UInt64], atLeast bound: UInt64) -> Int {
        var lower = 0
        var upper = thresholds.count
        while lower < upper {
            let middle = lower &+ (upper &- lower) / 2
            if thresholds[middle] < bound {
                lower = middle &+ 1
            } else {
                upper = middle
            }
        }
        return lower
    }
}

extension Tnum {
    /// Forgets with a bit that was lost all those above it, so that a growing range loses them at once. What is known
    /// below, such as an alignment, stays.
    @inline(__always)
    fileprivate func widened(to joined: Tnum) -> Tnum {
        let lost = joined.mask & ~mask
        guard lost != 0 else { return joined }
        let lowest = lost & (0 &- lost)
        return Tnum(value: joined.value, mask: joined.mask | ~(lowest &- 1))
    }
}
