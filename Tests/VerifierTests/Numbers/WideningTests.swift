import Testing
import Verifier

@Suite("Widening")
struct WideningTests {
    @Test(
        "the result holds the values of both",
        arguments: [[], [3], [0, 5, 9, .max - 3], [2, 4, 6, 8, .max]] as [[UInt64]])
    func holdsBoth(thresholds: [UInt64]) {
        let members = Family<Width4>(hulls: 2, stride: Effort.stride(9)).members
        for a in members {
            for b in members {
                let result = a.number.widened(to: b.number, thresholds: thresholds)
                #expect(a.number.isSubset(of: result) && b.number.isSubset(of: result))
            }
        }
    }

    @Test("nothing new widens nothing")
    func keeps() {
        for a in Family<Width4>(hulls: 2).members {
            for b in Family<Width4>(hulls: 1).members where b.number.isSubset(of: a.number) {
                #expect(a.number.widened(to: b.number, thresholds: [3, 7]) == a.number)
            }
        }
    }

    @Test("every chain ends", arguments: 0..<40)
    func chainsEnd(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let thresholds = (0..<Int(seed % 9)).map { _ in random.next() >> (random.next() % 64) }.sorted()
        var number = Scalar.sample(using: &random)
        var steps = 0
        for _ in 0..<2000 {
            let next = number.widened(to: .sample(using: &random), thresholds: thresholds)
            if next != number { steps += 1 }
            number = next
        }
        // Each of eight bounds stops at most at every threshold and at the limit; each bit is lost once.
        #expect(steps <= 8 * (thresholds.count + 1) + 64)
    }

    /// The slowest chain there is: each step adds the least value that is missing.
    @Test("a chain that adds one value at a time ends")
    func slowChain() {
        var number = Number<Width8>(0)
        var steps = 0
        while let missing = (UInt64(0)...255).first(where: { !number.contains($0) }) {
            number = number.widened(to: number.joined(Number(missing)), thresholds: [10, 100])
            steps += 1
            guard steps <= 8 * 3 + 8 else { break }
        }
        #expect(steps <= 8 * 3 + 8)
        #expect(number.isUnknown)
    }

    @Test("a counter stops at the threshold above it and keeps its alignment")
    func counter() {
        let first = Scalar(0)
        let next = first.joined(Scalar(8))
        let widened = first.widened(to: next, thresholds: [63, 64, 4096])
        #expect(widened.unsignedMaximum == 63 && widened.signedMaximum == 63 && widened.halfSignedMaximum == 63)
        #expect(widened.unsignedMinimum == 0)
        #expect(widened.normalized?.unsignedMaximum == 56)
        #expect(widened.normalized?.known == Tnum(value: 0, mask: 0x38))
    }

    @Test("a bound that falls stops at a negative threshold")
    func falling() {
        let widened = Scalar(0).widened(
            to: .signed(-3, 0), thresholds: [10, UInt64(bitPattern: -8), UInt64(bitPattern: -2)])
        #expect(widened.signedMinimum == -8 && widened.signedMaximum == 0)
    }

    /// The bits still say "at most 7" where the range already says "anything".
    @Test("what a widened number becomes holds what its values become")
    func arithmeticOnWidened() {
        let widened = Scalar.unsigned(0, 5).widened(to: .unsigned(0, 6), thresholds: [])
        #expect(widened.unsignedMaximum == .max && widened.known.maximum == 7)
        let concrete = Concrete(bits: 64)
        for op in ALUOperator.allCases {
            let result = Scalar.apply(op, widened, .unsigned(0, 3))
            for x in UInt64(0)...6 {
                for y in UInt64(0)...3 { #expect(result.contains(concrete.apply(op, x, y)), "\(x) \(op) \(y)") }
            }
        }
    }
}
