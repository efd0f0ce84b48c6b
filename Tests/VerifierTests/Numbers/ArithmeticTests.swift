import Testing
import Verifier

@Suite("Abstract arithmetic")
struct ArithmeticTests {
    /// What `op` makes of each pair of concrete values.
    struct Table {
        private var results: [UInt8] = []
        private let bits: UInt64

        init(_ op: ALUOperator, bits: UInt64, ofHalf: Bool) {
            self.bits = bits
            let concrete = Concrete(bits: ofHalf ? bits / 2 : bits)
            for x in 0..<(UInt64(1) << bits) {
                for y in 0..<(UInt64(1) << bits) { results.append(UInt8(concrete.apply(op, x, y))) }
            }
        }

        /// For each `y`, the results of all values of `a` with it.
        func rows(_ a: ValueSet) -> [ValueSet] {
            let values = a.values
            return (0..<(1 << Int(bits))).map { y in
                ValueSet(values.lazy.map { UInt64(results[Int($0) << Int(bits) | y]) })
            }
        }
    }

    /// How often the result was the best there is.
    struct Tally: CustomStringConvertible {
        var best = 0
        var total = 0
        var description: String { "\(best) of \(total)" }
    }

    static func check<W: NumberWidth>(
        _ op: ALUOperator, ofHalf: Bool, _ dividends: Family<W>, _ divisors: Family<W>, precision: Bool = false
    ) -> Tally {
        let table = Table(op, bits: W.bits, ofHalf: ofHalf)
        var bests: [ValueSet: ValueSet] = [:]
        var tally = Tally()
        for a in dividends.members {
            let rows = table.rows(a.set)
            for b in divisors.members {
                let results = b.set.values.reduce(into: ValueSet()) { $0 = $0.union(rows[Int($1)]) }
                let result = ofHalf ? Number.applyHalf(op, a.number, b.number) : .apply(op, a.number, b.number)
                let set = ValueSet(result)
                if !results.isSubset(of: set) {
                    Issue.record("\(a.set.values) \(op) \(b.set.values) gives \(results.values), not \(set.values)")
                    return tally
                }
                guard precision else { continue }
                if bests[results] == nil { bests[results] = results.best(W.self).map { ValueSet($0) } }
                tally.total += 1
                if bests[results] == set { tally.best += 1 }
            }
        }
        return tally
    }

    /// The shorter run is that of `PrecisionTests`.
    @Test(
        "what 4-bit instructions do lies in what is said of it", .enabled(if: Effort.isLong),
        arguments: ALUOperator.allCases, [false, true])
    func fourBits(op: ALUOperator, ofHalf: Bool) {
        let family = Family<Width4>(hulls: 3)
        _ = Self.check(op, ofHalf: ofHalf, family, family)
    }

    @Test("what 6-bit instructions do lies in what is said of it", arguments: ALUOperator.allCases, [false, true])
    func sixBits(op: ALUOperator, ofHalf: Bool) {
        let family = Family<Width6>(hulls: 2, stride: Effort.isLong ? 23 : 797)
        let other = Family<Width6>(hulls: 2, stride: Effort.isLong ? 29 : 821)
        #expect(family.members.count > 6)
        _ = Self.check(op, ofHalf: ofHalf, family, other)
    }

    /// 8 bits have shift amounts too many to try each.
    @Test("what 8-bit shifts do lies in what is said of it", arguments: [ALUOperator.lsh, .rsh, .arsh], [false, true])
    func eightBitShifts(op: ALUOperator, ofHalf: Bool) {
        var random = SeededGenerator(seed: 8)
        let concrete = Concrete(bits: ofHalf ? 4 : 8)
        let all = Array(UInt64(0)...255)
        for _ in 0..<Effort.count(12) {
            let a: Number<Width8> = .sample(using: &random)
            let b: Number<Width8> = .sample(using: &random)
            let result = ofHalf ? Number.applyHalf(op, a, b) : .apply(op, a, b)
            let amounts = all.filter { b.contains($0) }
            for x in all where a.contains(x) {
                for y in amounts where !result.contains(concrete.apply(op, x, y)) {
                    Issue.record("\(x) \(op) \(y) of \(a) \(op) \(b) is not in \(result)")
                    return
                }
            }
        }
    }

    @Test("a negated number is zero less it", arguments: [false, true])
    func negation(ofHalf: Bool) {
        let concrete = Concrete(bits: ofHalf ? 2 : 4)
        for a in Family<Width4>(hulls: 2).members {
            let results = ValueSet(a.set.values.map { concrete.apply(.sub, 0, $0) })
            let result = ofHalf ? a.number.negatedHalf() : a.number.negated()
            #expect(results.isSubset(of: ValueSet(result)), "of \(a.set.values)")
        }
    }

    /// A widened number is one whose facts do not bound each other.
    @Test("facts that are not reduced are sound too")
    func unreduced() {
        var random = SeededGenerator(seed: 6)
        let concretes = [Concrete(bits: 6), Concrete(bits: 3)]
        for _ in 0..<Effort.count(200) {
            let (a, b) = (LatticeTests.anyFacts(using: &random), LatticeTests.anyFacts(using: &random))
            let (xs, ys) = (ValueSet(a).values.shuffled(using: &random), ValueSet(b).values.shuffled(using: &random))
            for op in ALUOperator.allCases {
                let results = [Number.apply(op, a, b), Number.applyHalf(op, a, b)]
                for (concrete, result) in zip(concretes, results) {
                    for x in xs.prefix(6) {
                        for y in ys.prefix(6) where !result.contains(concrete.apply(op, x, y)) {
                            Issue.record("\(x) \(op) \(y) of \(a) and \(b) is not in \(result)")
                            return
                        }
                    }
                }
            }
            for x in xs {
                for bits in UInt64(1)...6 {
                    let (zero, sign) = (a.zeroExtended(from: bits), a.signExtended(from: bits))
                    #expect(zero.contains(concretes[0].zeroExtended(x, from: bits)), "\(x) of \(a)")
                    #expect(sign.contains(concretes[0].signExtended(x, from: bits)), "\(x) of \(a)")
                }
            }
        }
    }
}
