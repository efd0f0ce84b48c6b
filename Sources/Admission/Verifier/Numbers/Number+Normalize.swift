extension Number {
    /// Reduces bits, ranges and both widths against each other until nothing changes. False if no value is left.
    ///
    /// Each step replaces one fact by the best that it and one other allow, so the join of two reduced numbers is reduced.
    /// Facts of the half reach the whole only through the values that have such a half, never directly: a bound on the low
    /// bits is none on the value (CVE-2020-8835, CVE-2021-3490, CVE-2021-31440).
    @inline(__always)
    package mutating func normalize() -> Bool {
        guard unsignedMinimum <= unsignedMaximum, signedMinimum <= signedMaximum,
            halfUnsignedMinimum <= halfUnsignedMaximum, halfSignedMinimum <= halfSignedMaximum
        else { return false }
        var least = unsignedMinimum
        var greatest = unsignedMaximum
        trim(&least, &greatest, toArcFrom: W.pattern(signedMinimum), through: W.pattern(signedMaximum))
        guard least <= greatest else { return false }
        if (least ^ greatest) & ~Half.ones == 0 { return normalizeLow(least, greatest) }
        return isUnknown || normalizeByRounds()
    }

    /// The common case: all values have the same high half, so whatever is known is known of the low one.
    @inline(__always)
    private mutating func normalizeLow(_ least: UInt64, _ greatest: UInt64) -> Bool {
        let high = least & ~Half.ones
        var lower = max(least & Half.ones, UInt64(halfUnsignedMinimum))
        var upper = min(greatest & Half.ones, UInt64(halfUnsignedMaximum))
        let start = Half.pattern(Int64(halfSignedMinimum))
        let end = Half.pattern(Int64(halfSignedMaximum))
        trim(&lower, &upper, toArcFrom: start, through: end)
        guard lower <= upper else { return false }
        let changesSign = (lower ^ upper) & Half.signBit != 0
        guard let least = known.ceiling(high | lower), let greatest = known.floor(high | upper), least <= greatest
        else {
            return false
        }
        guard changesSign else {
            self = Number(known: known, through: least, greatest)
            return true
        }
        // What the signed range of the half leaves out lies in the middle. A step over it needs another round.
        lower = least & Half.ones
        upper = greatest & Half.ones
        if (lower ^ upper) & Half.signBit == 0 {
            trim(&lower, &upper, toArcFrom: start, through: end)
            guard lower == least & Half.ones, upper == greatest & Half.ones else { return normalizeByRounds() }
            self = Number(known: known, through: least, greatest)
            return true
        }
        guard lower <= end, upper >= start else { return normalizeByRounds() }
        let low = known.cut(to: Half.self).biased
        guard let lowest = low.ceiling(max(start, Half.signBit) ^ Half.signBit),
            let highest = low.floor(min(end, Half.signBit &- 1) ^ Half.signBit)
        else { return false }
        self = Number(known: known, through: least, greatest)
        halfSignedMinimum = Int32(truncatingIfNeeded: Half.unbiased(lowest))
        halfSignedMaximum = Int32(truncatingIfNeeded: Half.unbiased(highest))
        return true
    }

    /// - Parameter least: not above `greatest`; both have these bits, and the same high half. Where they differ in the
    ///   half's sign, its signed range remains to be set.
    @inline(__always)
    init(known: Tnum<W>, through least: UInt64, _ greatest: UInt64) {
        let shared = Tnum<W>(commonTo: least, greatest)
        self.known = Tnum(value: known.value | shared.value, mask: known.mask & shared.mask)
        unsignedMinimum = least
        unsignedMaximum = greatest
        signedMinimum = W.signed(least)
        signedMaximum = W.signed(greatest)
        halfUnsignedMinimum = UInt32(truncatingIfNeeded: least & Half.ones)
        halfUnsignedMaximum = UInt32(truncatingIfNeeded: greatest & Half.ones)
        halfSignedMinimum = Int32(truncatingIfNeeded: Half.signed(least & Half.ones))
        halfSignedMaximum = Int32(truncatingIfNeeded: Half.signed(greatest & Half.ones))
    }

    @inline(never)
    private mutating func normalizeByRounds() -> Bool {
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
        // A signed range that crosses zero leaves out what lies between its ends.
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
