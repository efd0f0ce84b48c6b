extension Number {
    /// What `op` makes of a value of `a` and one of `b`, as RFC 9669 section 4.1 defines it at the full width.
    package static func apply(_ op: ALUOperator, _ a: Number, _ b: Number) -> Number {
        let areNarrow = a.isNarrow && b.isNarrow
        switch op {
        case .add:
            if areNarrow {
                return Number(
                    known: a.known + b.known, arcFrom: (a.unsignedMinimum &+ b.unsignedMinimum) & W.ones,
                    through: (a.unsignedMaximum &+ b.unsignedMaximum) & W.ones)
            }
            if a.isUnknown || b.isUnknown { return .unknown }
            return Number(reducing: a.whole + b.whole, half: a.half + b.half)
        case .sub:
            if areNarrow {
                return Number(
                    known: a.known - b.known, arcFrom: (a.unsignedMinimum &- b.unsignedMaximum) & W.ones,
                    through: (a.unsignedMaximum &- b.unsignedMinimum) & W.ones)
            }
            if a.isUnknown || b.isUnknown { return .unknown }
            return Number(reducing: a.whole - b.whole, half: a.half - b.half)
        case .and: return bitwise(.and, a, b, areNarrow: areNarrow)
        case .or: return bitwise(.or, a, b, areNarrow: areNarrow)
        case .xor: return bitwise(.xor, a, b, areNarrow: areNarrow)
        // The low half of a product is that of the low halves' product; of the rest it is not.
        case .mul: return Number(reducing: a.whole * b.whole, half: areNarrow ? .unknown : a.half * b.half)
        case .div: return Number(reducing: .divide(a.whole, by: b.whole))
        case .sdiv: return Number(reducing: .divideSigned(a.whole, by: b.whole))
        case .mod: return Number(reducing: .remainder(a.whole, by: b.whole))
        case .smod: return Number(reducing: .remainderSigned(a.whole, by: b.whole))
        case .lsh: return shift(.left, a, by: b)
        case .rsh: return shift(.right, a, by: b)
        case .arsh: return shift(.arithmeticRight, a, by: b)
        }
    }

    /// What `op` makes of the low halves, zero-extended: the 32-bit instructions.
    package static func applyHalf(_ op: ALUOperator, _ a: Number, _ b: Number) -> Number {
        let a = a.half
        let b = b.half
        let half: NumberView<Half>
        switch op {
        case .add: half = a + b
        case .sub: half = a - b
        case .mul: half = a * b
        case .and: half = .bitwise(.and, a, b)
        case .or: half = .bitwise(.or, a, b)
        case .xor: half = .bitwise(.xor, a, b)
        case .div: half = .divide(a, by: b)
        case .sdiv: half = .divideSigned(a, by: b)
        case .mod: half = .remainder(a, by: b)
        case .smod: half = .remainderSigned(a, by: b)
        case .lsh: half = shift(.left, a, by: b)
        case .rsh: half = shift(.right, a, by: b)
        case .arsh: half = shift(.arithmeticRight, a, by: b)
        }
        return Number(zeroExtending: half)
    }

    @inline(__always)
    package func negated() -> Number {
        Number(reducing: whole.negated, half: half.negated)
    }

    @inline(__always)
    package func negatedHalf() -> Number {
        Number(zeroExtending: half.negated)
    }

    @inline(__always)
    init(zeroExtending half: NumberView<Half>) {
        self.init(reducing: NumberView(unsigned: 0, Half.ones), half: half)
    }

    @inline(__always)
    private static func bitwise(_ op: BitwiseOperator, _ a: Number, _ b: Number, areNarrow: Bool) -> Number {
        guard areNarrow else {
            return Number(reducing: .bitwise(op, a.whole, b.whole), half: .bitwise(op, a.half, b.half))
        }
        let result = NumberView.bitwiseUnsplit(op, a.whole, b.whole)
        return Number(
            known: result.known, arcFrom: max(result.unsignedMinimum, result.known.minimum),
            through: min(result.unsignedMaximum, result.known.maximum))
    }

    private static func shift(_ direction: ShiftOperator, _ a: Number, by b: Number) -> Number {
        let whole = a.whole
        let amounts = b.whole.shiftAmounts
        if let amount = amounts.constant { return shift(direction, a, by: amount) }
        guard amounts.areFew else {
            let isWithinHalf = direction == .left && amounts.unsignedMaximum < Half.bits
            return Number(
                reducing: whole.shifted(direction, byAnyOf: amounts),
                half: isWithinHalf ? a.half.shifted(.left, byAnyOf: amounts.cut(to: Half.self)) : .unknown)
        }
        var result: Number?
        var amount = amounts.unsignedMinimum
        while amount <= amounts.unsignedMaximum {
            if amounts.known.contains(amount) {
                let shifted = shift(direction, a, by: amount)
                result = result?.joined(shifted) ?? shifted
            }
            amount &+= 1
        }
        return result ?? .unknown
    }

    private static func shift(_ direction: ShiftOperator, _ a: Number, by amount: UInt64) -> Number {
        if amount == 0 { return a }
        var half = NumberView<Half>.unknown
        // Only what moves up comes from the low half alone.
        if direction == .left && !a.isNarrow {
            half = amount < Half.bits ? a.half.shiftedLeft(by: amount) : NumberView(0)
        }
        return Number(reducing: a.whole.shifted(direction, by: amount), half: half)
    }

    private static func shift(
        _ direction: ShiftOperator, _ a: NumberView<Half>, by b: NumberView<Half>
    ) -> NumberView<Half> {
        let amounts = b.shiftAmounts
        if let amount = amounts.constant { return a.shifted(direction, by: amount) }
        guard amounts.areFew else { return a.shifted(direction, byAnyOf: amounts) }
        var result: NumberView<Half>?
        var amount = amounts.unsignedMinimum
        while amount <= amounts.unsignedMaximum {
            if amounts.known.contains(amount) {
                let shifted = a.shifted(direction, by: amount)
                result = result?.joined(shifted) ?? shifted
            }
            amount &+= 1
        }
        return result ?? .unknown
    }
}

extension NumberView {
    /// Few enough to try each.
    @inline(__always)
    fileprivate var areFew: Bool { known.mask.nonzeroBitCount <= 2 || unsignedMaximum &- unsignedMinimum < 4 }

    @inline(__always)
    fileprivate func cut<N: NumberWidth>(to width: N.Type) -> NumberView<N> {
        NumberView<N>(unsigned: unsignedMinimum, unsignedMaximum, known: known.cut(to: width))
    }
}
