extension Number {
    /// Reduces bits, ranges and both widths against each other until nothing changes. False if no value is left.
    ///
    /// Each step replaces one fact by the best that it and one other allow, so a number that is reduced stays so when
    /// something else is joined to it. Facts of the half reach the whole only through the values that have such a half,
    /// never directly: a bound on the low bits is none on the value (CVE-2020-8835, CVE-2021-3490, CVE-2021-31440).
    @inline(__always)
    package mutating func normalize() -> Bool {
        // Each round that changes anything narrows some range or learns a bit. Stopping early is sound.
        for _ in 0..<8 {
            let before = self
            guard normalizeOnce() else { return false }
            if self == before { break }
        }
        return true
    }

    @inline(__always)
    private mutating func normalizeOnce() -> Bool {
        var whole = whole
        var half = half
        guard whole.reduceOnce() else { return false }
        half.known = whole.known.cut(to: Half.self)

        // A range no longer than the half's whole circle is an arc of it.
        if whole.unsignedMaximum &- whole.unsignedMinimum <= Half.ones {
            half.keep(
                arcFrom: whole.unsignedMinimum & Half.ones, through: whole.unsignedMaximum & Half.ones)
        }
        if UInt64(bitPattern: whole.signedMaximum &- whole.signedMinimum) <= Half.ones {
            half.keep(
                arcFrom: UInt64(bitPattern: whole.signedMinimum) & Half.ones,
                through: UInt64(bitPattern: whole.signedMaximum) & Half.ones)
        }
        guard half.reduceOnce() else { return false }

        // The ends of the whole move inward to values whose low half is possible.
        guard let least = half.ceiling(ofWhole: whole.unsignedMinimum, upTo: W.ones),
            let greatest = half.floor(ofWhole: whole.unsignedMaximum),
            let lowest = half.ceiling(ofWhole: W.biased(whole.signedMinimum), upTo: W.ones),
            let highest = half.floor(ofWhole: W.biased(whole.signedMaximum)),
            least <= greatest, lowest <= highest
        else { return false }
        whole.unsignedMinimum = least
        whole.unsignedMaximum = greatest
        whole.signedMinimum = W.unbiased(lowest)
        whole.signedMaximum = W.unbiased(highest)
        self = Number(whole: whole, half: half)
        return true
    }
}

extension NumberView {
    /// The least value from `x` on whose low bits lie in this view's ranges.
    @inline(__always)
    func ceiling(ofWhole x: UInt64, upTo limit: UInt64) -> UInt64? {
        var high = x & ~W.ones
        var low = x & W.ones
        // Which of the values between the two ends of a signed range that crosses zero are outside.
        let start = W.pattern(signedMinimum)
        let end = W.pattern(signedMaximum)
        if low > end && low < start { low = start }
        if low < unsignedMinimum {
            low = unsignedMinimum
        } else if low > unsignedMaximum {
            let (sum, overflows) = (high | W.ones).addingReportingOverflow(1)
            guard !overflows, sum <= limit else { return nil }
            high = sum
            low = unsignedMinimum
        }
        return high | low
    }

    /// The greatest value up to `x` whose low bits lie in this view's ranges.
    @inline(__always)
    func floor(ofWhole x: UInt64) -> UInt64? {
        var high = x & ~W.ones
        var low = x & W.ones
        let start = W.pattern(signedMinimum)
        let end = W.pattern(signedMaximum)
        if low > end && low < start { low = end }
        if low > unsignedMaximum {
            low = unsignedMaximum
        } else if low < unsignedMinimum {
            guard high != 0 else { return nil }
            high &-= W.ones &+ 1
            low = unsignedMaximum
        }
        return high | low
    }
}
