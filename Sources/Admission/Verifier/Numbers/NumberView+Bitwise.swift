enum BitwiseOperator {
    case and, or, xor
}

extension NumberView {
    /// And, or, exclusive or. A number that may be negative or not has nothing its values' high bits share; its two parts
    /// do. So both are taken apart: `-1 or 0` and `c` gives `c or 0`.
    @inline(__always)
    static func bitwise(_ op: BitwiseOperator, _ a: NumberView, _ b: NumberView) -> NumberView {
        a.isWorthSplitting || b.isWorthSplitting ? bitwiseOfParts(op, a, b) : bitwiseUnsplit(op, a, b)
    }

    /// Whether the sign is unknown and tells more than one bit.
    @inline(__always)
    private var isWorthSplitting: Bool {
        crossesZero && (signedMinimum != W.signedMinimum || signedMaximum != W.signedMaximum)
    }

    @inline(never)
    private static func bitwiseOfParts(_ op: BitwiseOperator, _ a: NumberView, _ b: NumberView) -> NumberView {
        var result: NumberView?
        for aIsNegative in [false, true] {
            guard let x = a.part(isNegative: aIsNegative) else { continue }
            for bIsNegative in [false, true] {
                guard let y = b.part(isNegative: bIsNegative) else { continue }
                var part = bitwiseUnsplit(op, x, y)
                guard part.reduce() else { continue }
                result = result?.joined(part) ?? part
            }
        }
        return result ?? unknown
    }

    private func part(isNegative: Bool) -> NumberView? {
        var part = self
        if isNegative {
            part.signedMaximum = min(part.signedMaximum, -1)
        } else {
            part.signedMinimum = max(part.signedMinimum, 0)
        }
        return part.reduce() ? part : nil
    }

    /// The result's bits and unsigned range.
    @inline(__always)
    static func bitwiseUnsplit(_ op: BitwiseOperator, _ a: NumberView, _ b: NumberView) -> NumberView {
        switch op {
        case .and:
            // A mask that lets every possible bit through.
            if a.known.maximum & ~b.known.value == 0 { return a }
            if b.known.maximum & ~a.known.value == 0 { return b }
            return NumberView(unsigned: 0, min(a.unsignedMaximum, b.unsignedMaximum), known: a.known & b.known)
        case .or:
            if a.known.maximum & b.known.maximum == 0 { return sumOfDisjointBits(a, b, known: a.known | b.known) }
            return NumberView(
                unsigned: max(a.unsignedMinimum, b.unsignedMinimum), W.ones, known: a.known | b.known)
        case .xor:
            if a.known.maximum & b.known.maximum == 0 { return sumOfDisjointBits(a, b, known: a.known ^ b.known) }
            // Taking away bits that are all set borrows nothing.
            if b.known.maximum & ~a.known.value == 0 { return a - b }
            if a.known.maximum & ~b.known.value == 0 { return b - a }
            return NumberView(known: a.known ^ b.known)
        }
    }

    @inline(__always)
    private static func sumOfDisjointBits(_ a: NumberView, _ b: NumberView, known: Tnum<W>) -> NumberView {
        let (greatest, overflows) = a.unsignedMaximum.addingReportingOverflow(b.unsignedMaximum)
        // Only ranges that are wider than their bits allow overflow.
        guard !overflows, greatest <= W.ones else { return NumberView(known: known) }
        return NumberView(unsigned: a.unsignedMinimum &+ b.unsignedMinimum, greatest, known: known)
    }
}
