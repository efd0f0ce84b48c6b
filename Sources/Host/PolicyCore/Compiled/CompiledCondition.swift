/// A condition in the form in which it is evaluated: atoms are numbers, and equal conditions are one.
struct CompiledCondition: Sendable {
    let fact: FactName
    let test: Test

    enum Test: Sendable {
        /// The fact's number is among these: a bit for each, where they are few, or ascending numbers.
        case isInMask(UInt64)
        case isOneOf(Range<Int>)
        case intersects(Range<Int>)
        case isDisjoint(Range<Int>)
        case isWithin(Range<Int>)
        case isAtMost(UInt64)
        case isAtLeast(UInt64)
        case isFlag(Bool)
        /// For each alias a threshold, a count, and that many numbers.
        case isSignedBy(Range<Int>)
        /// The age of a base, which is not a fact of the question.
        case isBaseAtMostOld(base: Int, seconds: UInt64)
    }
}

/// A rule, as the conditions that it needs.
struct CompiledRule: Sendable {
    let effect: Rule.Effect
    /// What a permit gives, or the least tier that a forbid takes.
    let tier: Tier
    /// Where its conditions' numbers stand.
    let conditions: Range<Int>
    /// When a supplemental's permit holds; a base's own, and every forbid, holds whenever the base is asked.
    let begins: UTCTime?
    let ends: UTCTime?
}

/// What most rules fall through: one word of the question against one of the rule's. A rule that does not fall through may still not match, and
/// is asked in full; one that does, does not.
struct Sieve: Sendable {
    /// Which of the question's marks: see ``Decider``.
    let place: Int
    /// The numbers of the atoms that the condition wants, each as the bit that its remainder by 64 has.
    let mask: UInt64

    /// For a rule that no single word decides.
    private static let coarse = Sieve(place: 2 * FactName.count, mask: .max)

    private init(place: Int, mask: UInt64) { (self.place, self.mask) = (place, mask) }

    /// Of the conditions that want one of some atoms, that which wants the fewest.
    init(_ rule: CompiledRule, _ conditions: [CompiledCondition], _ operands: [Int]) {
        var best = Self.coarse
        for condition in conditions {
            let mask: UInt64
            switch condition.test {
            case .isInMask(let wanted): mask = wanted
            case .isOneOf(let range), .intersects(let range):
                mask = operands[range].reduce(0) { $0 | Self.bit(of: $1) }
            case .isDisjoint, .isWithin, .isAtMost, .isAtLeast, .isFlag, .isSignedBy, .isBaseAtMostOld: continue
            }
            guard mask.nonzeroBitCount < best.mask.nonzeroBitCount else { continue }
            best = Sieve(place: Self.place(of: condition.fact, rule.effect), mask: mask)
        }
        self = best
    }

    static func bit(of atom: Int) -> UInt64 { 1 << UInt64(atom & 63) }

    /// What is not known meets no permit and every forbid, so that there are two marks for a fact.
    static func place(of fact: FactName, _ effect: Rule.Effect) -> Int {
        switch effect {
        case .permit: 2 * fact.index
        case .forbid: 2 * fact.index + 1
        }
    }
}

/// A base with the rules that count in it.
struct CompiledBase: Sendable {
    let rules: Range<Int>
    let issued: UTCTime
    let begins: UTCTime?
    let ends: UTCTime
    let onExpiry: Tier
    let unverifiedCeiling: Tier
    let isAudit: Bool
    let auditTier: Tier
}

/// Numbers for the atoms that conditions name, fact by fact, and the numbers that operands consist of.
struct AtomTable: Sendable {
    private(set) var numbers: [[FactAtom: Int]] = Array(repeating: [:], count: FactName.count)
    private(set) var operands: [Int] = []

    mutating func number(_ atom: FactAtom, of fact: FactName) -> Int {
        let next = numbers[fact.index].count
        return numbers[fact.index].updateDefault(next, forKey: atom)
    }

    /// Appends numbers, ascending.
    mutating func append(_ list: [Int]) -> Range<Int> {
        let start = operands.count
        operands += list
        return start..<operands.count
    }

    mutating func append(sorted atoms: [FactAtom], of fact: FactName) -> Range<Int> {
        append(atoms.map { number($0, of: fact) }.sorted())
    }
}

extension Dictionary where Value == Int {
    /// The value for a key, which is put there if there is none.
    fileprivate mutating func updateDefault(_ value: Int, forKey key: Key) -> Int {
        if let present = self[key] { return present }
        self[key] = value
        return value
    }
}
