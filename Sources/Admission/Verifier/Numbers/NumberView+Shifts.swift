extension NumberView {
    /// The amounts that a shift by `self` may come to: RFC 9669 section 4.1 masks them.
    @inline(__always)
    var shiftAmounts: NumberView {
        if isConstant { return NumberView(unsignedMinimum & (W.bits &- 1)) }
        var amounts = NumberView.bitwise(.and, self, NumberView(W.bits &- 1))
        return amounts.reduce() ? amounts : NumberView(unsigned: 0, W.bits &- 1)
    }

    /// - Parameter amount: below the width, as in the other shifts.
    @inline(__always)
    func shiftedLeft(by amount: UInt64) -> NumberView {
        var result = NumberView(known: known.shiftedLeft(amount))
        // What a range shorter than the result's circle becomes is an arc.
        if unsignedMaximum &- unsignedMinimum <= W.ones &>> amount {
            result.keep(
                arcFrom: (unsignedMinimum &<< amount) & W.ones, through: (unsignedMaximum &<< amount) & W.ones)
        }
        if UInt64(bitPattern: signedMaximum &- signedMinimum) <= W.ones &>> amount {
            result.keep(
                arcFrom: (UInt64(bitPattern: signedMinimum) &<< amount) & W.ones,
                through: (UInt64(bitPattern: signedMaximum) &<< amount) & W.ones)
        }
        return result
    }

    @inline(__always)
    func shiftedRight(by amount: UInt64) -> NumberView {
        NumberView(
            unsigned: unsignedMinimum &>> amount, unsignedMaximum &>> amount, known: known.shiftedRight(amount))
    }

    @inline(__always)
    func arithmeticShiftedRight(by amount: UInt64) -> NumberView {
        let shift = Int64(truncatingIfNeeded: amount)
        // It keeps the order of unsigned values too: the negative ones stay above the others.
        return NumberView(
            known: known.arithmeticShiftedRight(amount),
            unsignedMinimum: W.pattern(W.signed(unsignedMinimum) &>> shift),
            unsignedMaximum: W.pattern(W.signed(unsignedMaximum) &>> shift),
            signedMinimum: signedMinimum &>> shift, signedMaximum: signedMaximum &>> shift)
    }

    /// Shifted by any amount of `amounts`.
    func shifted(_ direction: ShiftOperator, byAnyOf amounts: NumberView) -> NumberView {
        let (fewest, most) = (amounts.unsignedMinimum, amounts.unsignedMaximum)
        switch direction {
        case .left:
            let zeros = min(known.trailingZeros &+ fewest, W.bits &- 1)
            var result = NumberView(known: Tnum(value: 0, mask: W.ones &<< zeros))
            if unsignedMaximum <= W.ones &>> most {
                result.unsignedMinimum = unsignedMinimum &<< fewest
                result.unsignedMaximum = unsignedMaximum &<< most
            }
            let (least, greatest) = (W.signedMinimum &>> Int64(most), W.signedMaximum &>> Int64(most))
            if signedMinimum >= least && signedMaximum <= greatest {
                result.signedMinimum = signedMinimum &<< Int64(signedMinimum < 0 ? most : fewest)
                result.signedMaximum = signedMaximum &<< Int64(signedMaximum < 0 ? fewest : most)
            }
            return result
        case .right:
            return NumberView(unsigned: unsignedMinimum &>> most, unsignedMaximum &>> fewest)
        case .arithmeticRight:
            return NumberView(
                signed: signedMinimum &>> Int64(signedMinimum < 0 ? fewest : most),
                signedMaximum &>> Int64(signedMaximum < 0 ? most : fewest))
        }
    }

    @inline(__always)
    func shifted(_ direction: ShiftOperator, by amount: UInt64) -> NumberView {
        switch direction {
        case .left: shiftedLeft(by: amount)
        case .right: shiftedRight(by: amount)
        case .arithmeticRight: arithmeticShiftedRight(by: amount)
        }
    }
}

enum ShiftOperator {
    case left, right, arithmeticRight
}
