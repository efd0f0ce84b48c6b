extension Number {
    /// What `op` makes of a value of `a` and one of `b`, as RFC 9669 section 4.1 defines it at the full width.
    package static func apply(_ op: ALUOperator, _ a: Number, _ b: Number) -> Number {
        let half: NumberView<Half>
        let whole: NumberView<W>
        // The low half of the result depends on the low halves only for those operators whose carries all go up: there it
        // is computed apart, so that what is known of it survives an unknown high half.
        switch op {
        case .add: (whole, half) = (a.whole + b.whole, a.half + b.half)
        case .sub: (whole, half) = (a.whole - b.whole, a.half - b.half)
        case .mul: (whole, half) = (a.whole * b.whole, a.half * b.half)
        case .and: (whole, half) = (.bitwise(.and, a.whole, b.whole), .bitwise(.and, a.half, b.half))
        case .or: (whole, half) = (.bitwise(.or, a.whole, b.whole), .bitwise(.or, a.half, b.half))
        case .xor: (whole, half) = (.bitwise(.xor, a.whole, b.whole), .bitwise(.xor, a.half, b.half))
        case .div: (whole, half) = (.divide(a.whole, by: b.whole), .unknown)
        case .sdiv: (whole, half) = (.divideSigned(a.whole, by: b.whole), .unknown)
        case .mod: (whole, half) = (.remainder(a.whole, by: b.whole), .unknown)
        case .smod: (whole, half) = (.remainderSigned(a.whole, by: b.whole), .unknown)
        case .lsh: return shift(.left, a, by: b)
        case .rsh: return shift(.right, a, by: b)
        case .arsh: return shift(.arithmeticRight, a, by: b)
        }
        return Number(reducing: whole, half: half)
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

    /// One amount at a time; there are at most as many as bits.
    private static func shift(_ direction: ShiftOperator, _ a: Number, by b: Number) -> Number {
        let whole = a.whole
        let half = a.half
        let amounts = b.whole.shiftAmounts
        if let amount = amounts.constant {
            return Number(
                reducing: whole.shifted(direction, by: amount), half: half.lowOfShift(direction, by: amount))
        }
        var result: Number?
        var amount = amounts.unsignedMinimum
        while amount <= amounts.unsignedMaximum {
            if amounts.known.contains(amount) {
                let shifted = Number(
                    reducing: whole.shifted(direction, by: amount), half: half.lowOfShift(direction, by: amount))
                result = result?.joined(shifted) ?? shifted
            }
            amount &+= 1
        }
        return result ?? .unknown
    }

    private static func shift(
        _ direction: ShiftOperator, _ a: NumberView<Half>, by b: NumberView<Half>
    ) -> NumberView<Half> {
        let amounts = b.shiftAmounts
        if let amount = amounts.constant { return a.shifted(direction, by: amount) }
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
    /// The low half of a whole that is shifted, as far as its own low half, this view, tells.
    @inline(__always)
    fileprivate func lowOfShift(_ direction: ShiftOperator, by amount: UInt64) -> NumberView {
        switch direction {
        case .left: amount < W.bits ? shiftedLeft(by: amount) : NumberView(0)
        case .right, .arithmeticRight: amount == 0 ? self : .unknown
        }
    }
}
