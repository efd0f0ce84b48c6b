import Testing
import Verifier

@Suite("Comparisons of abstract numbers")
struct ComparisonTests {
    /// For each `y`, the values for which the condition is what `holds` says.
    static func rows(_ condition: Condition, holds: Bool, bits: UInt64, ofHalf: Bool) -> [ValueSet] {
        let concrete = Concrete(bits: ofHalf ? bits / 2 : bits)
        return (0..<(UInt64(1) << bits)).map { y in
            ValueSet((0..<(UInt64(1) << bits)).filter { concrete.holds(condition, $0, y) == holds })
        }
    }

    static func check<W: NumberWidth>(
        _ condition: Condition, ofHalf: Bool, _ family: Family<W>, _ others: Family<W>
    ) {
        for holds in [false, true] {
            let rows = rows(condition, holds: holds, bits: W.bits, ofHalf: ofHalf)
            for a in family.members {
                for b in others.members {
                    // The values of each that have a partner in the other.
                    var left = ValueSet()
                    var right = ValueSet()
                    for y in b.set.values where !rows[Int(y)].intersection(a.set).isEmpty {
                        left = left.union(rows[Int(y)].intersection(a.set))
                        right.insert(y)
                    }
                    let decision =
                        ofHalf
                        ? Number.decideHalf(condition, a.number, b.number)
                        : Number.decide(condition, a.number, b.number)
                    if left.isEmpty ? decision == holds : decision == !holds {
                        Issue.record(
                            "\(a.set.values) \(condition) \(b.set.values) is not \(String(describing: decision))")
                        return
                    }
                    var (x, y) = (a.number, b.number)
                    let isPossible =
                        ofHalf
                        ? Number.refineHalf(condition, holds: holds, &x, &y)
                        : Number.refine(condition, holds: holds, &x, &y)
                    guard isPossible else {
                        if left.isEmpty { continue }
                        Issue.record("\(a.set.values) \(condition) \(b.set.values) may be \(holds)")
                        return
                    }
                    if !left.isSubset(of: ValueSet(x)) || !right.isSubset(of: ValueSet(y))
                        || !x.isSubset(of: a.number) || !y.isSubset(of: b.number)
                    {
                        Issue.record(
                            """
                            \(a.set.values) \(condition) \(b.set.values), \(holds): \
                            \(left.values), \(right.values), not \(ValueSet(x).values), \(ValueSet(y).values)
                            """)
                        return
                    }
                }
            }
        }
    }

    @Test("no pair of 4-bit values is lost, and none is decided wrongly", arguments: Condition.allCases, [false, true])
    func fourBits(condition: Condition, ofHalf: Bool) {
        let family = Family<Width4>(hulls: 2, stride: Effort.stride(11))
        Self.check(condition, ofHalf: ofHalf, family, family)
    }

    @Test("no pair of 6-bit values is lost, and none is decided wrongly", arguments: Condition.allCases, [false, true])
    func sixBits(condition: Condition, ofHalf: Bool) {
        let family = Family<Width6>(hulls: 2, stride: Effort.isLong ? 23 : 499)
        Self.check(condition, ofHalf: ofHalf, family, family)
    }

    /// The baseline: whatever a comparison leaves of two ranges, its hull is what refinement gives, and a comparison that
    /// the ranges decide is decided.
    @Test("ranges are narrowed to the best there is", arguments: Condition.allCases.filter { $0 != .set })
    func ranges(condition: Condition) {
        let isSigned = [.signedLess, .signedLessOrEqual, .signedGreater, .signedGreaterOrEqual].contains(condition)
        let ranges: [Number<Width4>] =
            isSigned
            ? (-8...7).flatMap { lower in (lower...7).map { .signed(lower, $0) } }
            : (0...15).flatMap { lower in (lower...15).map { .unsigned(lower, $0) } }
        let rows = Self.rows(condition, holds: true, bits: 4, ofHalf: false)
        for a in ranges {
            for b in Swift.stride(from: 0, to: ranges.count, by: Effort.stride(3)).map({ ranges[$0] }) {
                let set = ValueSet(a)
                var left = ValueSet()
                var right = ValueSet()
                for y in ValueSet(b).values where !rows[Int(y)].intersection(set).isEmpty {
                    left = left.union(rows[Int(y)].intersection(set))
                    right.insert(y)
                }
                var (x, y) = (a, b)
                let isPossible = Number.refine(condition, holds: true, &x, &y)
                #expect(isPossible != left.isEmpty)
                guard isPossible else {
                    #expect(Number.decide(condition, a, b) == false)
                    continue
                }
                let bests = [left.best(Width4.self), right.best(Width4.self)]
                var results = [x, y]
                if condition == .notEqual {
                    // What is left of three values may share a bit that no end shows.
                    for index in 0...1 { results[index].known = bests[index]?.known ?? .unknown }
                }
                #expect(results == bests, "\(a) \(condition) \(b)")
            }
        }
    }

    @Test("no pair of values is lost whose facts are not reduced", arguments: Condition.allCases, [false, true])
    func unreduced(condition: Condition, ofHalf: Bool) {
        var random = SeededGenerator(seed: 3)
        let numbers = (0..<Effort.count(30)).map { _ in LatticeTests.anyFacts(using: &random) }
        let family = Family(numbers.filter { !ValueSet($0).isEmpty }.prefix(150))
        Self.check(condition, ofHalf: ofHalf, family, family)
    }

    @Test("a bit that must or must not be set is known")
    func bits() {
        var (a, mask) = (Scalar.unknown, Scalar(0x10))
        refine(.set, holds: true, &a, &mask)
        #expect(a.known == Tnum(value: 0x10, mask: ~0x10))
        #expect(a.unsignedMinimum == 0x10)
        (a, mask) = (Scalar.unknown, Scalar(~0xff))
        refine(.set, holds: false, &a, &mask)
        #expect(a == .unsigned(0, 0xff))
        (a, mask) = (Scalar.unknown, Scalar(~0xff))
        refine(.set, holds: true, &a, &mask)
        #expect(a.unsignedMinimum == 0x100)
    }

    @Test("an unsigned bound below the sign bounds the signed reading")
    func signedFromUnsigned() {
        var (bound, a) = (Scalar(0x20000), Scalar.unknown)
        refine(.greater, holds: true, &bound, &a)
        #expect(a.signedMinimum == 0 && a.signedMaximum == 0x1ffff)
        #expect(a.halfUnsignedMaximum == 0x1ffff && a.halfSignedMinimum == 0)
    }

    @Test("a multiple of four that is not the last is at most the one before")
    func grid() {
        let multiple = Scalar.apply(.lsh, .unknown, Scalar(2))
        var (i, last) = (multiple.met(.unsigned(0, 64)) ?? .unknown, Scalar(64))
        refine(.notEqual, holds: true, &i, &last)
        #expect(i.unsignedMaximum == 60)
        #expect(Scalar.apply(.add, i, Scalar(4)).unsignedMaximum == 64)
    }

    @Test("a check of the low half says nothing of the high one")
    func halfStaysHalf() {
        var (a, bound) = (Scalar.unknown, Scalar(16))
        refine(.less, holds: true, &a, &bound, ofHalf: true)
        #expect(a.halfUnsignedMaximum == 15)
        #expect(a.unsignedMaximum == 0xffff_ffff_0000_000f)
        #expect(a.contains(0xffff_ffff_0000_0000))
        #expect(a.zeroExtended(from: 32) == .unsigned(0, 15))
        (a, bound) = (Scalar.low(bits: 32), Scalar(16))
        refine(.less, holds: true, &a, &bound, ofHalf: true)
        #expect(a == .unsigned(0, 15))
    }

    private func refine(
        _ condition: Condition, holds: Bool, _ a: inout Scalar, _ b: inout Scalar, ofHalf: Bool = false
    ) {
        let isPossible =
            ofHalf
            ? Scalar.refineHalf(condition, holds: holds, &a, &b) : Scalar.refine(condition, holds: holds, &a, &b)
        #expect(isPossible)
    }
}
