import Verifier

extension Number {
    /// Some number: a range, known bits, both, or what an operation made of them; small and special ends more often than
    /// not.
    static func sample(using random: inout SeededGenerator) -> Number {
        switch UInt64.random(in: 0..<10, using: &random) {
        case 0: Number(value(using: &random))
        case 1: .unknown
        case 2, 3:
            range(value(using: &random), value(using: &random))
        case 4, 5:
            signedRange(value(using: &random), value(using: &random))
        case 6:
            .known(Tnum(value: value(using: &random), mask: value(using: &random)))
        case 7:
            sample(using: &random).met(sample(using: &random)) ?? Number(value(using: &random))
        case 8:
            sample(using: &random).joined(sample(using: &random))
        default:
            .apply(
                ALUOperator.allCases.randomElement(using: &random) ?? .add,
                sample(using: &random), sample(using: &random))
        }
    }

    private static func range(_ a: UInt64, _ b: UInt64) -> Number {
        .unsigned(min(a, b), max(a, b))
    }

    private static func signedRange(_ a: UInt64, _ b: UInt64) -> Number {
        let unused = Int64(64 - bits)
        let ends = [a, b].map { (Int64(bitPattern: $0) << unused) >> unused }
        return .signed(min(ends[0], ends[1]), max(ends[0], ends[1]))
    }

    private static var bits: UInt64 { W.bits }

    private static func value(using random: inout SeededGenerator) -> UInt64 {
        let ones = UInt64.max >> (64 - bits)
        let near = UInt64.random(in: 0...4, using: &random) &- 2
        let power = UInt64(1) << UInt64.random(in: 0..<bits, using: &random)
        return switch UInt64.random(in: 0..<6, using: &random) {
        case 0: near & ones
        case 1, 2: (power &+ near) & ones
        case 3: UInt64.random(in: 0..<power, using: &random)
        case 4: (0 &- UInt64.random(in: 0..<power, using: &random)) & ones
        default: UInt64.random(in: 0...ones, using: &random)
        }
    }

    var normalized: Number? {
        var number = self
        return number.normalize() ? number : nil
    }

    /// Some of the values it stands for: the ends of each range, as far as they are values, and others found at random.
    func members(using random: inout SeededGenerator) -> [UInt64] {
        let ones = UInt64.max >> (64 - W.bits)
        let low = UInt64.max >> (64 - W.bits / 2)
        var candidates = [
            unsignedMinimum, unsignedMaximum, UInt64(bitPattern: signedMinimum) & ones,
            UInt64(bitPattern: signedMaximum) & ones, known.value, known.value | known.mask,
        ]
        for _ in 0..<6 {
            var x = UInt64.random(in: unsignedMinimum...max(unsignedMinimum, unsignedMaximum), using: &random)
            candidates.append(x)
            x = x & known.mask | known.value
            candidates.append(x)
            let half = UInt32.random(in: halfUnsignedMinimum...halfUnsignedMaximum, using: &random)
            candidates.append(x & ~low | UInt64(half))
            candidates.append((x & ~low | UInt64(half)) & known.mask | known.value)
        }
        return Array(Set(candidates.filter { contains($0) }))
    }
}
