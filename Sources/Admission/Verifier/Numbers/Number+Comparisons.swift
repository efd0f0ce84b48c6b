extension Number {
    /// Whether `condition` holds for every value of `a` with every one of `b`, for none, or neither.
    @inline(__always)
    package static func decide(_ condition: Condition, _ a: Number, _ b: Number) -> Bool? {
        switch condition {
        case .equal: (a.half.isDisjoint(from: b.half)) ? false : NumberView.decide(condition, a.whole, b.whole)
        case .notEqual: (a.half.isDisjoint(from: b.half)) ? true : NumberView.decide(condition, a.whole, b.whole)
        default: NumberView.decide(condition, a.whole, b.whole)
        }
    }

    /// As `decide`, of the low halves.
    @inline(__always)
    package static func decideHalf(_ condition: Condition, _ a: Number, _ b: Number) -> Bool? {
        NumberView.decide(condition, a.half, b.half)
    }

    /// Narrows both to the pairs for which `condition` is what `holds` says. False if there are none.
    package static func refine(_ condition: Condition, holds: Bool, _ a: inout Number, _ b: inout Number) -> Bool {
        if condition == (holds ? .equal : .notEqual) {
            guard let common = a.met(b) else { return false }
            a = common
            b = common
            return true
        }
        if condition == (holds ? .notEqual : .equal) { return exclude(&a, &b) }
        // Twice, because what the first learns may tell the other something.
        for _ in 0..<2 {
            var (x, y) = (a.whole, b.whole)
            guard NumberView.refine(condition, holds: holds, &x, &y) else { return false }
            let isSettled = a.isConstant || b.isConstant
            let (changesA, changesB) = (x != a.whole, y != b.whole)
            if changesA {
                a = Number(whole: x, half: a.half)
                guard a.normalize() else { return false }
            }
            if changesB {
                b = Number(whole: y, half: b.half)
                guard b.normalize() else { return false }
            }
            if isSettled || !(changesA || changesB) { break }
        }
        return true
    }

    /// Two that differ tell each other something only if one is constant.
    private static func exclude(_ a: inout Number, _ b: inout Number) -> Bool {
        if let y = b.constant { return a.remove(y) }
        if let x = a.constant { return b.remove(x) }
        return true
    }

    private mutating func remove(_ x: UInt64) -> Bool {
        guard contains(x) else { return true }
        var (whole, half) = (whole, half)
        guard whole.remove(x) else { return false }
        // No other value in the range has this low half.
        let isAlone = x &- unsignedMinimum <= Half.ones && unsignedMaximum &- x <= Half.ones
        if isAlone && !half.remove(x & Half.ones) { return false }
        guard whole != self.whole || half != self.half else { return true }
        self = Number(whole: whole, half: half)
        return normalize()
    }

    /// As `refine`, on a condition of the low halves. The whole learns only what such a half leaves it.
    package static func refineHalf(_ condition: Condition, holds: Bool, _ a: inout Number, _ b: inout Number) -> Bool {
        for _ in 0..<2 {
            var (x, y) = (a.half, b.half)
            guard NumberView.refine(condition, holds: holds, &x, &y) else { return false }
            let isSettled = x.isConstant || y.isConstant
            let (changesA, changesB) = (x != a.half, y != b.half)
            if changesA {
                a = Number(whole: a.whole, half: x)
                guard a.normalize() else { return false }
            }
            if changesB {
                b = Number(whole: b.whole, half: y)
                guard b.normalize() else { return false }
            }
            if isSettled || !(changesA || changesB) { break }
        }
        return true
    }
}
