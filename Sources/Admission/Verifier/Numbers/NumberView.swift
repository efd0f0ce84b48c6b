/// What is known of a number read at one width: its bits and its unsigned and signed ranges. A `Number` is two of them,
/// the whole and the low half. Operations on views are sound for any view, and best for reduced ones.
struct NumberView<W: NumberWidth>: Equatable, Sendable {
    var known: Tnum<W>
    var unsignedMinimum: UInt64
    var unsignedMaximum: UInt64
    var signedMinimum: Int64
    var signedMaximum: Int64

    @inline(__always)
    init(
        known: Tnum<W>, unsignedMinimum: UInt64, unsignedMaximum: UInt64, signedMinimum: Int64, signedMaximum: Int64
    ) {
        self.known = known
        self.unsignedMinimum = unsignedMinimum
        self.unsignedMaximum = unsignedMaximum
        self.signedMinimum = signedMinimum
        self.signedMaximum = signedMaximum
    }

    @inline(__always)
    static var unknown: NumberView {
        NumberView(known: .unknown)
    }

    @inline(__always)
    init(known: Tnum<W>) {
        self.init(
            known: known, unsignedMinimum: 0, unsignedMaximum: W.ones,
            signedMinimum: W.signedMinimum, signedMaximum: W.signedMaximum)
    }

    @inline(__always)
    init(_ constant: UInt64) {
        let constant = constant & W.ones
        self.init(
            known: Tnum(constant), unsignedMinimum: constant, unsignedMaximum: constant,
            signedMinimum: W.signed(constant), signedMaximum: W.signed(constant))
    }

    /// - Parameter lower: not above `upper`.
    @inline(__always)
    init(unsigned lower: UInt64, _ upper: UInt64, known: Tnum<W> = .unknown) {
        self.init(
            known: known, unsignedMinimum: lower, unsignedMaximum: upper,
            signedMinimum: W.signedMinimum, signedMaximum: W.signedMaximum)
    }

    /// - Parameter lower: not above `upper`.
    @inline(__always)
    init(signed lower: Int64, _ upper: Int64, known: Tnum<W> = .unknown) {
        self.init(
            known: known, unsignedMinimum: 0, unsignedMaximum: W.ones, signedMinimum: lower, signedMaximum: upper)
    }

    @inline(__always)
    var isConstant: Bool { unsignedMinimum == unsignedMaximum }

    @inline(__always)
    var constant: UInt64? { isConstant ? unsignedMinimum : nil }

    @inline(__always)
    var crossesZero: Bool { signedMinimum < 0 && signedMaximum >= 0 }

    @inline(__always)
    func contains(_ x: UInt64) -> Bool {
        known.contains(x) && x >= unsignedMinimum && x <= unsignedMaximum
            && W.signed(x) >= signedMinimum && W.signed(x) <= signedMaximum
    }

    @inline(__always)
    func joined(_ other: NumberView) -> NumberView {
        NumberView(
            known: known.joined(other.known),
            unsignedMinimum: min(unsignedMinimum, other.unsignedMinimum),
            unsignedMaximum: max(unsignedMaximum, other.unsignedMaximum),
            signedMinimum: min(signedMinimum, other.signedMinimum),
            signedMaximum: max(signedMaximum, other.signedMaximum))
    }

    /// Takes in the facts of another view of the same value. False if they contradict each other for all to see.
    @inline(__always)
    mutating func meet(_ other: NumberView) -> Bool {
        guard let bits = known.met(other.known) else { return false }
        known = bits
        unsignedMinimum = max(unsignedMinimum, other.unsignedMinimum)
        unsignedMaximum = min(unsignedMaximum, other.unsignedMaximum)
        signedMinimum = max(signedMinimum, other.signedMinimum)
        signedMaximum = min(signedMaximum, other.signedMaximum)
        return unsignedMinimum <= unsignedMaximum && signedMinimum <= signedMaximum
    }

    @inline(__always)
    func isSubset(of other: NumberView) -> Bool {
        known.isSubset(of: other.known)
            && unsignedMinimum >= other.unsignedMinimum && unsignedMaximum <= other.unsignedMaximum
            && signedMinimum >= other.signedMinimum && signedMaximum <= other.signedMaximum
    }

    /// Keeps the values on the arc from `start` up to `end`, which may pass through zero.
    @inline(__always)
    mutating func keep(arcFrom start: UInt64, through end: UInt64) {
        trim(&unsignedMinimum, &unsignedMaximum, toArcFrom: start, through: end)
        var lower = W.biased(signedMinimum)
        var upper = W.biased(signedMaximum)
        trim(&lower, &upper, toArcFrom: start ^ W.signBit, through: end ^ W.signBit)
        signedMinimum = W.unbiased(lower)
        signedMaximum = W.unbiased(upper)
    }

    /// Keeps what `lower...upper`, exact integers, becomes when it is cut to the width.
    @inline(__always)
    mutating func keep(integersFrom lower: Int128, through upper: Int128) {
        // Two products of 64 bits may be further apart than the greatest signed integer of 128.
        guard UInt128(truncatingIfNeeded: upper &- lower) <= UInt128(W.ones) else { return }
        keep(
            arcFrom: UInt64(truncatingIfNeeded: lower) & W.ones,
            through: UInt64(truncatingIfNeeded: upper) & W.ones)
    }

    /// One round of reducing bits and ranges against each other. False if no value is left.
    @inline(__always)
    mutating func reduceOnce() -> Bool {
        guard unsignedMinimum <= unsignedMaximum, signedMinimum <= signedMaximum else { return false }
        // A range in one order is an arc in the other.
        trim(
            &unsignedMinimum, &unsignedMaximum,
            toArcFrom: W.pattern(signedMinimum), through: W.pattern(signedMaximum))
        guard unsignedMinimum <= unsignedMaximum else { return false }
        let changesSign = (unsignedMinimum ^ unsignedMaximum) & W.signBit != 0
        // Ends that are no members move inward to members.
        guard let least = known.ceiling(unsignedMinimum), let greatest = known.floor(unsignedMaximum),
            least <= greatest
        else { return false }
        unsignedMinimum = least
        unsignedMaximum = greatest
        if !changesSign {
            // One sign: the signed range has been heard, and says nothing else.
            signedMinimum = W.signed(least)
            signedMaximum = W.signed(greatest)
        } else {
            var lower = W.biased(signedMinimum)
            var upper = W.biased(signedMaximum)
            trim(&lower, &upper, toArcFrom: least ^ W.signBit, through: greatest ^ W.signBit)
            guard lower <= upper else { return false }
            let biased = known.biased
            guard let lowest = biased.ceiling(lower), let highest = biased.floor(upper), lowest <= highest else {
                return false
            }
            signedMinimum = W.unbiased(lowest)
            signedMaximum = W.unbiased(highest)
        }
        // Both ends are members, so what they share contradicts no known bit.
        let shared = Tnum<W>(commonTo: least, greatest)
        known = Tnum(value: known.value | shared.value, mask: known.mask & shared.mask)
        return true
    }

    /// Reduces to a fixpoint, or as far as a few rounds go.
    @inline(__always)
    mutating func reduce() -> Bool {
        for _ in 0..<4 {
            let before = self
            guard reduceOnce() else { return false }
            if self == before { break }
        }
        return true
    }
}
