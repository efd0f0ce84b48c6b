internal import PolicyCore

/// What is asked of one condition.
struct Literal {
    enum Wanted {
        case isTrue, isFalse, notTrue, notFalse

        func accepts(_ truth: Truth) -> Bool {
            switch self {
            case .isTrue: truth == .true
            case .isFalse: truth == .false
            case .notTrue: truth != .true
            case .notFalse: truth != .false
            }
        }

        /// What a value that is known has to make of the condition.
        var ofKnown: Bool {
            switch self {
            case .isTrue, .notFalse: true
            case .isFalse, .notTrue: false
            }
        }
    }

    var condition: Condition
    /// Of the policy that the condition stands in.
    var signers: [String: Signer]
    var wanted: Wanted

    func holds(of facts: Facts) -> Bool { wanted.accepts(condition.truth(given: facts, signers: signers)) }
}

/// Everything that is asked of one fact, and whether there is a value that meets it.
struct FactConstraint {
    let name: FactName
    private(set) var literals: [Literal] = []

    init(_ name: FactName) { self.name = name }

    /// A value of the fact that meets what is asked, put into `facts`; false where there is none.
    mutating func add(_ literal: Literal, to facts: inout Facts) -> Bool {
        literals.append(literal)
        if literals.allSatisfy({ $0.holds(of: facts) }) { return true }
        var trial = facts
        for value in candidates() {
            guard trial.set(name, words: name.shape.words(value), .claimed) else { continue }
            if literals.allSatisfy({ $0.holds(of: trial) }) {
                facts = trial
                return true
            }
        }
        trial.forget(name, .absent)
        guard literals.allSatisfy({ $0.holds(of: trial) }) else { return false }
        facts = trial
        return true
    }

    /// Values among which one meets what is asked, if any known value does.
    private func candidates() -> [FactValue] {
        if name == .signer { return SignerChoice(literals).sets.map { .many($0) } }
        if name.shape.isSet { return [.many(greatestSet())] }
        return atoms().map { .one($0) }
    }

    private var named: Set<FactAtom> {
        var named: Set<FactAtom> = []
        for literal in literals {
            if case .atoms(let atoms) = literal.condition.operand { named.formUnion(atoms) }
        }
        return named
    }

    /// What is asked of a set says what may not be in it, or that something of a kind has to be: so the greatest set of what may be in it meets
    /// it, or none does.
    private func greatestSet() -> Set<FactAtom> {
        var set = named
        if let other = name.shape.atom(besides: set) { set.insert(other) }
        for literal in literals {
            guard case .atoms(let atoms) = literal.condition.operand else { continue }
            switch (literal.condition.key.relation, literal.wanted.ofKnown) {
            case (.isDisjoint, true), (.intersects, false): set.subtract(atoms)
            case (.isWithin, true): set.formIntersection(atoms)
            case (.isDisjoint, false), (.intersects, true), (.isWithin, false), (.isOneOf, _), (.isAtMost, _),
                (.isAtLeast, _), (.isFlag, _), (.isSignedBy, _):
                break
            }
        }
        return set
    }

    /// Each value that is named, one that is not, and those on both sides of each limit.
    private func atoms() -> [FactAtom] {
        var numbers: Set<UInt64> = []
        for literal in literals {
            switch literal.condition.operand {
            case .limit(let limit):
                numbers.formUnion([limit, limit == .max ? limit : limit + 1, limit == 0 ? 0 : limit - 1])
            case .atoms, .flag, .aliases: break
            }
        }
        var atoms = named.sorted { name.shape.text($0) < name.shape.text($1) } + numbers.sorted().map(FactAtom.number)
        switch name.shape {
        case .flag: atoms += [.flag(true), .flag(false)]
        case .word, .text, .number, .duration, .release, .digest, .keys, .digests, .helpers, .words, .labels: break
        }
        if let other = name.shape.atom(besides: Set(atoms)) { atoms.append(other) }
        return atoms
    }
}

extension FactShape {
    /// A value that none of these is; nil where they are all there are.
    fileprivate func atom(besides named: Set<FactAtom>) -> FactAtom? {
        let candidates: [FactAtom] =
            switch self {
            case .word(let words), .words(let words): words.map(FactAtom.word)
            case .text, .labels: (0...named.count).map { .word("other\($0 == 0 ? "" : "\($0)")") }
            case .number, .duration: (0...UInt64(named.count)).map(FactAtom.number)
            case .release: (0...UInt64(named.count)).map { .number(1 << 16 | $0) }
            case .helpers: (1...UInt64(named.count + 1)).map(FactAtom.number)
            case .flag: [.flag(true), .flag(false)]
            case .digest, .keys, .digests:
                (0...named.count).compactMap { index in
                    ContentDigest(
                        [UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8)]
                            + [UInt8](repeating: 0xEE, count: 30)
                    ).map(FactAtom.digest)
                }
            }
        return candidates.first { !named.contains($0) }
    }
}

/// Sets of keys that may have signed.
///
/// That an alias is satisfied asks for enough of its keys, that it is not for few enough of them. Beginning with all keys, those that are too
/// many are left out in each possible way; a set that lacks what is asked for will not get it back.
private struct SignerChoice {
    /// With more, some sets are not tried. It takes aliases that share many keys with thresholds above one to get there.
    static let maximumSteps = 20_000

    private(set) var sets: [Set<FactAtom>] = []
    private var steps = 0
    private let limits: [(keys: Set<FactAtom>, most: Int)]
    private let demands: [Literal]

    init(_ literals: [Literal]) {
        var all: Set<FactAtom> = []
        var limits: [(keys: Set<FactAtom>, most: Int)] = []
        for literal in literals {
            guard case .aliases(let aliases) = literal.condition.operand else { continue }
            for alias in aliases {
                guard let signer = literal.signers[alias] else { continue }
                let keys = Set(signer.keys.map { FactAtom.digest($0.digest) })
                all.formUnion(keys)
                if !literal.wanted.ofKnown { limits.append((keys, signer.threshold - 1)) }
            }
        }
        self.limits = limits
        demands = literals.filter(\.wanted.ofKnown)
        _ = search(all)
    }

    /// True once one is found.
    private mutating func search(_ set: Set<FactAtom>) -> Bool {
        steps += 1
        guard steps <= Self.maximumSteps else { return true }
        var facts = Facts()
        facts[.signer] = .known(
            Set(
                set.compactMap { atom in
                    if case .digest(let digest) = atom { KeyID(digest: digest) } else { nil }
                }), .claimed)
        guard demands.allSatisfy({ $0.holds(of: facts) }) else { return false }
        guard let broken = limits.first(where: { set.count(where: $0.keys.contains) > $0.most }) else {
            sets.append(set)
            return true
        }
        for key in set.intersection(broken.keys).sorted(by: { FactShape.keys.text($0) < FactShape.keys.text($1) }) {
            if search(set.subtracting([key])) { return true }
        }
        return false
    }
}
