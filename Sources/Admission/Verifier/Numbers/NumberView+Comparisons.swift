extension Condition {
    /// The condition that holds where this one does not; `set` has none.
    var opposite: Condition? {
        switch self {
        case .equal: .notEqual
        case .notEqual: .equal
        case .greater: .lessOrEqual
        case .greaterOrEqual: .less
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .signedGreater: .signedLessOrEqual
        case .signedGreaterOrEqual: .signedLess
        case .signedLess: .signedGreaterOrEqual
        case .signedLessOrEqual: .signedGreater
        case .set: nil
        }
    }
}

extension NumberView {
    @inline(__always)
    func isDisjoint(from other: NumberView) -> Bool {
        (known.value ^ other.known.value) & ~known.mask & ~other.known.mask != 0
            || unsignedMaximum < other.unsignedMinimum || other.unsignedMaximum < unsignedMinimum
            || signedMaximum < other.signedMinimum || other.signedMaximum < signedMinimum
    }

    static func decide(_ condition: Condition, _ a: NumberView, _ b: NumberView) -> Bool? {
        switch condition {
        case .equal:
            if a.isConstant && b.isConstant && a.unsignedMinimum == b.unsignedMinimum { return true }
            return a.isDisjoint(from: b) ? false : nil
        case .notEqual:
            if a.isConstant && b.isConstant && a.unsignedMinimum == b.unsignedMinimum { return false }
            return a.isDisjoint(from: b) ? true : nil
        case .greater: return isLess(b, a)
        case .greaterOrEqual: return isLess(a, b).map { !$0 }
        case .less: return isLess(a, b)
        case .lessOrEqual: return isLess(b, a).map { !$0 }
        case .signedGreater: return isSignedLess(b, a)
        case .signedGreaterOrEqual: return isSignedLess(a, b).map { !$0 }
        case .signedLess: return isSignedLess(a, b)
        case .signedLessOrEqual: return isSignedLess(b, a).map { !$0 }
        case .set:
            if a.known.value & b.known.value != 0 { return true }
            return a.known.maximum & b.known.maximum == 0 ? false : nil
        }
    }

    @inline(__always)
    private static func isLess(_ a: NumberView, _ b: NumberView) -> Bool? {
        if a.unsignedMaximum < b.unsignedMinimum { return true }
        return a.unsignedMinimum >= b.unsignedMaximum ? false : nil
    }

    @inline(__always)
    private static func isSignedLess(_ a: NumberView, _ b: NumberView) -> Bool? {
        if a.signedMaximum < b.signedMinimum { return true }
        return a.signedMinimum >= b.signedMaximum ? false : nil
    }

    /// Narrows both, without reducing them. False if it is seen that no pair is left.
    static func refine(_ condition: Condition, holds: Bool, _ a: inout NumberView, _ b: inout NumberView) -> Bool {
        guard holds else {
            guard let opposite = condition.opposite else { return refineNoCommonBit(&a, &b) }
            return refine(opposite, holds: true, &a, &b)
        }
        switch condition {
        case .equal:
            guard a.meet(b) else { return false }
            b = a
            return true
        case .notEqual: return refineNotEqual(&a, &b)
        case .greater: return refineLess(&b, &a)
        case .greaterOrEqual: return refineLessOrEqual(&b, &a)
        case .less: return refineLess(&a, &b)
        case .lessOrEqual: return refineLessOrEqual(&a, &b)
        case .signedGreater: return refineSignedLess(&b, &a)
        case .signedGreaterOrEqual: return refineSignedLessOrEqual(&b, &a)
        case .signedLess: return refineSignedLess(&a, &b)
        case .signedLessOrEqual: return refineSignedLessOrEqual(&a, &b)
        case .set: return refineCommonBit(&a, &b)
        }
    }

    @inline(__always)
    private static func refineNotEqual(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        let (x, y) = (a.constant, b.constant)
        if let x {
            guard b.remove(x) else { return false }
        }
        if let y {
            guard a.remove(y) else { return false }
        }
        return true
    }

    /// Takes a value from the ends of the ranges.
    @inline(__always)
    mutating func remove(_ x: UInt64) -> Bool {
        if isConstant { return x != unsignedMinimum }
        let signed = W.signed(x)
        if x == unsignedMinimum { unsignedMinimum &+= 1 }
        if x == unsignedMaximum { unsignedMaximum &-= 1 }
        if signed == signedMinimum && signed != signedMaximum { signedMinimum &+= 1 }
        if signed == signedMaximum && signed != signedMinimum { signedMaximum &-= 1 }
        return true
    }

    @inline(__always)
    private static func refineLess(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        guard b.unsignedMaximum != 0, a.unsignedMinimum != W.ones else { return false }
        a.unsignedMaximum = min(a.unsignedMaximum, b.unsignedMaximum &- 1)
        b.unsignedMinimum = max(b.unsignedMinimum, a.unsignedMinimum &+ 1)
        return true
    }

    @inline(__always)
    private static func refineLessOrEqual(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        a.unsignedMaximum = min(a.unsignedMaximum, b.unsignedMaximum)
        b.unsignedMinimum = max(b.unsignedMinimum, a.unsignedMinimum)
        return true
    }

    @inline(__always)
    private static func refineSignedLess(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        guard b.signedMaximum != W.signedMinimum, a.signedMinimum != W.signedMaximum else { return false }
        a.signedMaximum = min(a.signedMaximum, b.signedMaximum &- 1)
        b.signedMinimum = max(b.signedMinimum, a.signedMinimum &+ 1)
        return true
    }

    @inline(__always)
    private static func refineSignedLessOrEqual(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        a.signedMaximum = min(a.signedMaximum, b.signedMaximum)
        b.signedMinimum = max(b.signedMinimum, a.signedMinimum)
        return true
    }

    @inline(__always)
    private static func refineNoCommonBit(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        guard a.known.value & b.known.value == 0 else { return false }
        let (x, y) = (a.known, b.known)
        a.known.mask &= ~y.value
        b.known.mask &= ~x.value
        return true
    }

    @inline(__always)
    private static func refineCommonBit(_ a: inout NumberView, _ b: inout NumberView) -> Bool {
        let possible = a.known.maximum & b.known.maximum
        guard possible != 0 else { return false }
        let lowest = possible & (0 &- possible)
        if possible == lowest {
            a.known = Tnum(value: a.known.value | lowest, mask: a.known.mask & ~lowest)
            b.known = Tnum(value: b.known.value | lowest, mask: b.known.mask & ~lowest)
        }
        // Who has a bit from `lowest` on is no less than that.
        a.unsignedMinimum = max(a.unsignedMinimum, lowest)
        b.unsignedMinimum = max(b.unsignedMinimum, lowest)
        return true
    }
}
