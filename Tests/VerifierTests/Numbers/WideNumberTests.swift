import Testing
import Verifier

@Suite("Abstract numbers of 64 bits")
struct WideNumberTests {
    @Test("what instructions do to sampled values lies in what is said of it", arguments: [false, true])
    func arithmetic(ofHalf: Bool) {
        var random = SeededGenerator(seed: 64)
        let concrete = Concrete(bits: ofHalf ? 32 : 64)
        for _ in 0..<Effort.count(300) {
            let (a, b) = (Scalar.sample(using: &random), Scalar.sample(using: &random))
            let (xs, ys) = (a.members(using: &random), b.members(using: &random))
            for op in ALUOperator.allCases {
                let result = ofHalf ? Scalar.applyHalf(op, a, b) : Scalar.apply(op, a, b)
                for x in xs.prefix(4) {
                    for y in ys.prefix(4) where !result.contains(concrete.apply(op, x, y)) {
                        Issue.record("\(x) \(op) \(y) is not in \(result), of \(a) and \(b)")
                        return
                    }
                }
            }
        }
    }

    @Test("no sampled pair is lost or decided wrongly", arguments: [false, true])
    func comparisons(ofHalf: Bool) {
        var random = SeededGenerator(seed: 65)
        let concrete = Concrete(bits: ofHalf ? 32 : 64)
        for _ in 0..<Effort.count(300) {
            let (a, b) = (Scalar.sample(using: &random), Scalar.sample(using: &random))
            let (xs, ys) = (a.members(using: &random), b.members(using: &random))
            for condition in Condition.allCases {
                let decision =
                    ofHalf ? Scalar.decideHalf(condition, a, b) : Scalar.decide(condition, a, b)
                for holds in [false, true] {
                    var (left, right) = (a, b)
                    let isPossible =
                        ofHalf
                        ? Scalar.refineHalf(condition, holds: holds, &left, &right)
                        : Scalar.refine(condition, holds: holds, &left, &right)
                    for x in xs.prefix(4) {
                        for y in ys.prefix(4) where concrete.holds(condition, x, y) == holds {
                            if !isPossible || !left.contains(x) || !right.contains(y) || decision == !holds {
                                Issue.record("\(x) \(condition) \(y) is \(holds), of \(a) and \(b)")
                                return
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("no sampled value is lost when it is extended, negated, joined, met or widened")
    func others() {
        var random = SeededGenerator(seed: 66)
        let (whole, half) = (Concrete(bits: 64), Concrete(bits: 32))
        for _ in 0..<Effort.count(300) {
            let (a, b) = (Scalar.sample(using: &random), Scalar.sample(using: &random))
            let joined = a.joined(b)
            let met = a.met(b)
            let widened = a.widened(to: b, thresholds: [1, 64, 1 << 20, .max - 4095])
            for x in a.members(using: &random) {
                for bits in [8, 16, 32] as [UInt64] {
                    #expect(a.zeroExtended(from: bits).contains(whole.zeroExtended(x, from: bits)), "\(x) of \(a)")
                    #expect(a.signExtended(from: bits).contains(whole.signExtended(x, from: bits)), "\(x) of \(a)")
                    #expect(a.signExtendedHalf(from: bits).contains(half.signExtended(x, from: bits)), "\(x) of \(a)")
                }
                #expect(a.negated().contains(0 &- x) && a.negatedHalf().contains((0 &- x) & 0xffff_ffff))
                #expect(joined.contains(x) && widened.contains(x), "\(x) of \(a), \(b)")
                if b.contains(x) { #expect(met?.contains(x) == true, "\(x) of \(a), \(b)") }
            }
        }
    }

    @Test("reducing reaches a fixpoint")
    func reducing() {
        var random = SeededGenerator(seed: 67)
        for _ in 0..<Effort.count(1000) {
            let number = Scalar.sample(using: &random)
            #expect(number.normalized == number)
        }
    }

    @Test("a number is 64 bytes and no more")
    func size() {
        #expect(MemoryLayout<Scalar>.size == 64)
    }
}
