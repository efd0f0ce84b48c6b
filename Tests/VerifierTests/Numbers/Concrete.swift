import Verifier

enum Width4: NumberWidth {
    static var bits: UInt64 { 4 }
}

enum Width6: NumberWidth {
    static var bits: UInt64 { 6 }
}

enum Width8: NumberWidth {
    static var bits: UInt64 { 8 }
}

/// What the instructions do to concrete values of any width up to 64: RFC 9669 read anew, in exact integers, so that it
/// shares neither code nor tricks with what it judges.
struct Concrete {
    var bits: UInt64

    private var modulus: Int128 { Int128(1) << Int128(bits) }

    func cut(_ integer: Int128) -> UInt64 {
        let remainder = integer % modulus
        return UInt64(remainder < 0 ? remainder + modulus : remainder)
    }

    func signed(_ x: UInt64) -> Int128 {
        let x = Int128(cut(Int128(x)))
        return x >= modulus / 2 ? x - modulus : x
    }

    /// Both operands and the result are cut to the width.
    func apply(_ op: ALUOperator, _ x: UInt64, _ y: UInt64) -> UInt64 {
        let (x, y) = (Int128(cut(Int128(x))), Int128(cut(Int128(y))))
        let (s, t) = (signed(UInt64(x)), signed(UInt64(y)))
        let amount = y & Int128(bits - 1)
        return switch op {
        case .add: cut(x + y)
        case .sub: cut(x - y)
        case .mul: cut(Int128(truncatingIfNeeded: UInt128(x) &* UInt128(y)))
        case .div: y == 0 ? 0 : cut(x / y)
        case .sdiv: y == 0 ? 0 : cut(s / t)
        case .mod: y == 0 ? cut(x) : cut(x % y)
        case .smod: y == 0 ? cut(x) : cut(s % t)
        case .and: cut(x & y)
        case .or: cut(x | y)
        case .xor: cut(x ^ y)
        case .lsh: cut(Int128(truncatingIfNeeded: UInt128(x) << UInt128(amount)))
        case .rsh: cut(x >> amount)
        case .arsh: cut(s >> amount)
        }
    }

    func holds(_ condition: Condition, _ x: UInt64, _ y: UInt64) -> Bool {
        let (x, y) = (cut(Int128(x)), cut(Int128(y)))
        let (s, t) = (signed(x), signed(y))
        return switch condition {
        case .equal: x == y
        case .notEqual: x != y
        case .greater: x > y
        case .greaterOrEqual: x >= y
        case .less: x < y
        case .lessOrEqual: x <= y
        case .signedGreater: s > t
        case .signedGreaterOrEqual: s >= t
        case .signedLess: s < t
        case .signedLessOrEqual: s <= t
        case .set: x & y != 0
        }
    }

    func zeroExtended(_ x: UInt64, from narrow: UInt64) -> UInt64 {
        Concrete(bits: narrow).cut(Int128(x))
    }

    func signExtended(_ x: UInt64, from narrow: UInt64) -> UInt64 {
        cut(Concrete(bits: narrow).signed(x))
    }
}
