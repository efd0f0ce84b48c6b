extension Condition {
    /// What the condition is of these facts.
    ///
    /// - Parameter signers: what the policy in which the condition stands calls the keys.
    package func truth(given facts: Facts, signers: [String: Signer]) -> Truth {
        let value: FactValue
        switch facts[named: key.fact] {
        case .known(let known, _): value = known
        case .unknown: return .unknown
        }
        // A value that is not of the fact's shape cannot be built; were there one, nothing would be known of it.
        let holds: Bool?
        switch (key.relation, operand, value) {
        case (.isOneOf, .atoms(let wanted), .one(let atom)): holds = wanted.contains(atom)
        case (.intersects, .atoms(let wanted), .many(let atoms)): holds = wanted.contains(where: atoms.contains)
        case (.isDisjoint, .atoms(let wanted), .many(let atoms)): holds = !wanted.contains(where: atoms.contains)
        case (.isWithin, .atoms(let wanted), .many(let atoms)): holds = atoms.allSatisfy(wanted.contains)
        case (.isAtMost, .limit(let limit), .one(.number(let number))): holds = number <= limit
        case (.isAtLeast, .limit(let limit), .one(.number(let number))): holds = number >= limit
        case (.isFlag, .flag(let wanted), .one(.flag(let flag))): holds = flag == wanted
        case (.isSignedBy, .aliases(let aliases), .many(let keys)):
            holds = aliases.contains { signers[$0]?.isSatisfied(by: keys) ?? false }
        case _: holds = nil
        }
        return holds.map { $0 ? .true : .false } ?? .unknown
    }
}

/// Keys under one name of a policy's `[signers]`, and how many of them have to have signed.
package struct Signer: Equatable, Sendable {
    package static let maximumKeys = 16

    package var keys: [KeyID]
    package var threshold: Int

    package init(keys: [KeyID], threshold: Int = 1) {
        self.keys = keys
        self.threshold = threshold
    }

    /// Keys count, not signatures; a key that is listed once counts once.
    func isSatisfied(by atoms: Set<FactAtom>) -> Bool {
        keys.count { atoms.contains(.digest($0.digest)) } >= threshold
    }
}
