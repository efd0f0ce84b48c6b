extension NumberView {
    /// And, or, exclusive or. A number that may be negative or not has nothing its values' high bits share; its two parts
    /// do. So both are taken apart: `-1 or 0` and `c` gives `c or 0`.
    static func bitwise(_ op: BitwiseOperator, _ a: NumberView, _ b: NumberView) -> NumberView {
        let isOne = !a.isWorthSplitting && !b.isWorthSplitting
        if isOne { return bitwiseUnsplit(op, a, b) }
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

    /// Whether a sign would say more than one bit.
    @inline(__always)
    private var isWorthSplitting: Bool {
        crossesZero && (signedMinimum != W.signedMinimum || signedMaximum != W.signedMaximum)
    }

    @inline(__always)
    private func part(isNegative: Bool) -> NumberView? {
        var part = self
        if isNegative {
            part.signedMaximum = min(part.signedMaximum, -1)
        } else {
            part.signedMinimum = max(part.signedMinimum, 0)
        }
        return part.reduce() ? part : nil
    }

    @inline(__always)
    private static func bitwiseUnsplit(_ op: BitwiseOperator, _ a: NumberView, _ b: NumberView) -> NumberView {
        switch op {
        case .and:
            // A mask that lets every possible bit through.
            if a.known.maximum & ~b.known.value == 0 { return a }
            if b.known.maximum & ~a.known.value == 0 { return b }
            var result = NumberView(known: a.known & b.known)
            result.unsignedMaximum = min(a.unsignedMaximum, b.unsignedMaximum)
            return result
        case .or:
            // Without a common bit it is the sum.
            if a.known.maximum & b.known.maximum == 0 { return a + b }
            var result = NumberView(known: a.known | b.known)
            result.unsignedMinimum = max(a.unsignedMinimum, b.unsignedMinimum)
            return result
        case .xor:
            if a.known.maximum & b.known.maximum == 0 { return a + b }
            // Without a borrow it is the difference.
            if b.known.maximum & ~a.known.value == 0 { return a - b }
            if a.known.maximum & ~b.known.value == 0 { return b - a }
            return NumberView(known: a.known ^ b.known)
        }
    }
}

enum BitwiseOperator {
    case and, or, xor
}
