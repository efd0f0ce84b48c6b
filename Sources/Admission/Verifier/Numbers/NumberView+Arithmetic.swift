extension NumberView {
    @inline(__always)
    static func + (a: NumberView, b: NumberView) -> NumberView {
        var sum = NumberView(known: a.known + b.known)
        let unsignedLength = (a.unsignedMaximum &- a.unsignedMinimum)
            .addingReportingOverflow(b.unsignedMaximum &- b.unsignedMinimum)
        // As long as the sums do not go all the way round, they are an arc, wrapped or not.
        if !unsignedLength.overflow && unsignedLength.partialValue <= W.ones {
            sum.keep(
                arcFrom: (a.unsignedMinimum &+ b.unsignedMinimum) & W.ones,
                through: (a.unsignedMaximum &+ b.unsignedMaximum) & W.ones)
        }
        let signedLength = UInt64(bitPattern: a.signedMaximum &- a.signedMinimum)
            .addingReportingOverflow(UInt64(bitPattern: b.signedMaximum &- b.signedMinimum))
        if !signedLength.overflow && signedLength.partialValue <= W.ones {
            sum.keep(
                arcFrom: W.pattern(a.signedMinimum &+ b.signedMinimum),
                through: W.pattern(a.signedMaximum &+ b.signedMaximum))
        }
        return sum
    }

    @inline(__always)
    static func - (a: NumberView, b: NumberView) -> NumberView {
        var difference = NumberView(known: a.known - b.known)
        let unsignedLength = (a.unsignedMaximum &- a.unsignedMinimum)
            .addingReportingOverflow(b.unsignedMaximum &- b.unsignedMinimum)
        if !unsignedLength.overflow && unsignedLength.partialValue <= W.ones {
            difference.keep(
                arcFrom: (a.unsignedMinimum &- b.unsignedMaximum) & W.ones,
                through: (a.unsignedMaximum &- b.unsignedMinimum) & W.ones)
        }
        let signedLength = UInt64(bitPattern: a.signedMaximum &- a.signedMinimum)
            .addingReportingOverflow(UInt64(bitPattern: b.signedMaximum &- b.signedMinimum))
        if !signedLength.overflow && signedLength.partialValue <= W.ones {
            difference.keep(
                arcFrom: W.pattern(a.signedMinimum &- b.signedMaximum),
                through: W.pattern(a.signedMaximum &- b.signedMinimum))
        }
        return difference
    }

    static func * (a: NumberView, b: NumberView) -> NumberView {
        if let x = a.constant, let y = b.constant { return NumberView(x &* y) }
        var product = NumberView(known: a.known * b.known)
        let least = a.unsignedMinimum.multipliedFullWidth(by: b.unsignedMinimum)
        let greatest = a.unsignedMaximum.multipliedFullWidth(by: b.unsignedMaximum)
        // The signed reading of an unsigned product of 128 bits is the same number, cut to the width.
        product.keep(
            integersFrom: Int128(truncatingIfNeeded: UInt128(least.high) &<< 64 | UInt128(least.low)),
            through: Int128(truncatingIfNeeded: UInt128(greatest.high) &<< 64 | UInt128(greatest.low)))
        let corners = (
            Int128(a.signedMinimum) &* Int128(b.signedMinimum), Int128(a.signedMinimum) &* Int128(b.signedMaximum),
            Int128(a.signedMaximum) &* Int128(b.signedMinimum), Int128(a.signedMaximum) &* Int128(b.signedMaximum)
        )
        product.keep(
            integersFrom: min(corners.0, corners.1, corners.2, corners.3),
            through: max(corners.0, corners.1, corners.2, corners.3))
        return product
    }

    @inline(__always)
    var negated: NumberView { NumberView(0) - self }
}
