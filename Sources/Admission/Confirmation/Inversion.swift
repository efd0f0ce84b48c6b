/// Each operation turned around: what an operand must be for the result to be a number.
extension Operator {
    /// - Parameters:
    ///   - target: what the result should be.
    ///   - present: what the operand is now; bits that do not matter stay.
    /// - Returns: nil where there is no such number, or none that is easily found.
    func first(for target: UInt64, second b: UInt64, present: UInt64, noise: UInt64) -> UInt64? {
        switch self {
        case .constant, .variable, .bytes: return nil
        case .add: return target &- b
        case .sub: return target &+ b
        case .mul: return Self.factor(of: target, by: b)
        case .div:
            guard b != 0 else { return target == 0 ? present : nil }
            let (product, overflow) = target.multipliedReportingOverflow(by: b)
            guard !overflow else { return nil }
            return product.addingReportingOverflow(noise & 1 == 0 ? 0 : present % b).partialValue
        case .sdiv:
            guard b != 0 else { return target == 0 ? present : nil }
            let (product, overflow) = Int64(bitPattern: target).multipliedReportingOverflow(by: Int64(bitPattern: b))
            return overflow ? nil : UInt64(bitPattern: product)
        case .mod, .smod:
            guard b != 0 else { return target }
            guard target < b else { return nil }
            return noise & 1 == 0 ? target : (present / b &* b).addingReportingOverflow(target).partialValue
        case .and: return target & ~b == 0 ? present & ~b | target : nil
        case .or: return b & ~target == 0 ? target & ~b | present & b : nil
        case .xor: return target ^ b
        case .shl:
            let count = b & 63
            guard target &<< (64 &- count) == 0 || count == 0 else { return nil }
            return target &>> count | (count == 0 ? 0 : present & ~(UInt64.max &>> count))
        case .shr:
            let count = b & 63
            guard count == 0 || target &>> (64 &- count) == 0 else { return nil }
            return target &<< count | present & ((1 &<< count) &- 1)
        case .sar:
            let count = b & 63
            let shifted = target &<< count
            guard Operator.sar.evaluate(shifted, count) == target else { return nil }
            return shifted | present & ((1 &<< count) &- 1)
        case .low8: return Self.low(target, present, 0xFF, noise)
        case .low16: return Self.low(target, present, 0xFFFF, noise)
        case .low32: return Self.low(target, present, 0xFFFF_FFFF, noise)
        case .extend8: return evaluate(target, 0) == target ? Self.low(target & 0xFF, present, 0xFF, noise) : nil
        case .extend16: return evaluate(target, 0) == target ? Self.low(target & 0xFFFF, present, 0xFFFF, noise) : nil
        case .extend32:
            return evaluate(target, 0) == target ? Self.low(target & 0xFFFF_FFFF, present, 0xFFFF_FFFF, noise) : nil
        case .swap16: return target > 0xFFFF ? nil : Self.low(evaluate(target, 0), present, 0xFFFF, noise)
        case .swap32: return target > 0xFFFF_FFFF ? nil : Self.low(evaluate(target, 0), present, 0xFFFF_FFFF, noise)
        case .swap64: return target.byteSwapped
        case .less:
            if target == 0 { return noise & 3 == 0 ? .max >> 32 : b }
            return target != 1 || b == 0 ? nil : noise % b
        case .select: return target == 0 ? 0 : target == b ? 1 : noise & 1
        }
    }

    func second(for target: UInt64, first a: UInt64, present: UInt64, noise: UInt64) -> UInt64? {
        switch self {
        case .constant, .variable, .bytes, .low8, .low16, .low32, .extend8, .extend16, .extend32, .swap16, .swap32,
            .swap64:
            return nil
        case .add, .mul, .and, .or, .xor: return first(for: target, second: a, present: present, noise: noise)
        case .sub: return a &- target
        case .div, .sdiv: return target == 0 ? (a == .max ? 0 : a + 1) : a / target
        case .mod, .smod: return target < a ? a - target : target == a ? a &+ 1 : nil
        case .shl, .shr, .sar: return noise & 63
        case .less: return target == 0 ? (noise & 1 == 0 ? a : 0) : a == .max ? nil : a + 1
        case .select: return target
        }
    }

    private static func low(_ target: UInt64, _ present: UInt64, _ mask: UInt64, _ noise: UInt64) -> UInt64? {
        guard target & ~mask == 0 else { return nil }
        return noise & 1 == 0 ? target : present & ~mask | target
    }

    /// The number that, times `b`, is `product` modulo 2^64.
    private static func factor(of product: UInt64, by b: UInt64) -> UInt64? {
        guard b != 0 else { return product == 0 ? 0 : nil }
        let zeros = UInt64(b.trailingZeroBitCount)
        guard product & ((1 &<< zeros) &- 1) == 0 else { return nil }
        // Newton's iteration doubles the bits of the inverse that are right, from 3.
        let odd = b >> zeros
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        return product >> zeros &* inverse
    }
}
