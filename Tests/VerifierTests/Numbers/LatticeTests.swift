import Testing
import Verifier

@Suite("The order of abstract numbers")
struct LatticeTests {
    static let family = Family<Width4>(hulls: 3)

    @Test("joining keeps the values of both and is the least that does")
    func joins() {
        let members = Self.family.members
        for index in members.indices {
            for other in Swift.stride(from: index, to: members.count, by: Effort.stride(11)) {
                let (a, b) = (members[index], members[other])
                let joined = a.number.joined(b.number)
                #expect(joined == a.set.union(b.set).best(Width4.self))
                #expect(joined == b.number.joined(a.number))
                #expect(a.number.isSubset(of: joined) && b.number.isSubset(of: joined))
                #expect(joined.normalized == joined)
            }
        }
    }

    @Test("meeting keeps the common values")
    func meets() {
        let members = Self.family.members
        for index in members.indices {
            for other in Swift.stride(from: index, to: members.count, by: Effort.stride(11)) {
                let (a, b) = (members[index], members[other])
                let common = a.set.intersection(b.set)
                guard let met = a.number.met(b.number) else {
                    #expect(common.isEmpty, "\(a.set.values) and \(b.set.values)")
                    continue
                }
                #expect(common.isSubset(of: ValueSet(met)))
                #expect(met.isSubset(of: a.number) && met.isSubset(of: b.number))
            }
        }
    }

    @Test("a number said to be within another has no value outside it")
    func subsets() {
        let members = Self.family.members
        for index in members.indices {
            let a = members[index]
            #expect(a.number.isSubset(of: a.number) && a.number.isSubset(of: .unknown))
            for other in Swift.stride(from: index % 5, to: members.count, by: Effort.stride(5)) {
                let b = members[other]
                // Both are the best for their values, so that the order of facts is that of values.
                #expect(a.number.isSubset(of: b.number) == a.set.isSubset(of: b.set))
            }
        }
    }

    @Test("every number of the family is reduced and the best for its values")
    func reduced() {
        for member in Self.family.members {
            #expect(member.number.normalized == member.number)
            #expect(member.set.best(Width4.self) == member.number)
        }
    }

    @Test("reducing loses no value, and says so when there is none")
    func reducing() {
        var random = SeededGenerator(seed: 4)
        var empty = 0
        for _ in 0..<Effort.count(6000) {
            var number = Self.anyFacts(using: &random)
            let set = ValueSet(number)
            let before = number
            if number.normalize() {
                #expect(ValueSet(number) == set, "of \(before)")
                #expect(number.isSubset(of: before), "of \(before)")
                #expect(number.normalized == number, "of \(before)")
            } else {
                #expect(set.isEmpty, "of \(before)")
                empty += 1
            }
        }
        #expect(empty > 100)
    }

    /// Facts that need not fit together.
    static func anyFacts(using random: inout SeededGenerator) -> Number<Width6> {
        var number = Number<Width6>.unknown
        if Bool.random(using: &random) {
            let x = UInt64.random(in: 0...63, using: &random)
            number.unsignedMinimum = x
            number.unsignedMaximum = UInt64.random(in: x...63, using: &random)
        }
        if Bool.random(using: &random) {
            number.signedMinimum = Int64.random(in: -32...31, using: &random)
            number.signedMaximum = Int64.random(in: number.signedMinimum...31, using: &random)
        }
        if Bool.random(using: &random) {
            var mask = UInt64.random(in: 0...63, using: &random)
            if Bool.random(using: &random) { mask &= UInt64.random(in: 0...15, using: &random) }
            if Bool.random(using: &random) { mask |= UInt64.random(in: 0...63, using: &random) }
            number.known = Tnum(value: UInt64.random(in: 0...63, using: &random), mask: mask)
        }
        if Bool.random(using: &random) {
            number.halfUnsignedMinimum = UInt32.random(in: 0...7, using: &random)
            number.halfUnsignedMaximum = UInt32.random(in: number.halfUnsignedMinimum...7, using: &random)
        }
        if Bool.random(using: &random) {
            number.halfSignedMinimum = Int32.random(in: -4...3, using: &random)
            number.halfSignedMaximum = Int32.random(in: number.halfSignedMinimum...3, using: &random)
        }
        return number
    }
}
