internal import Crypto
package import PolicyCore

/// Why a record cannot be decided again.
package enum ReplayError: Error, Equatable, Sendable {
    /// It does not say what went into the decision.
    case noInputs
    case malformed(String)
    /// A value is redacted, and the salt is not there or is not the one.
    case redacted(FactName)
}

extension ReplayError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noInputs: "the record does not hold what went into the decision"
        case .malformed(let name): "the record has no proper \"\(name)\""
        case .redacted(let name): "\(name.rawValue) is redacted, and this is not the salt with which it was"
        }
    }
}

/// A decision made again, from its record and from policies: the ones that made it, which has to give the same, or others, which shows what
/// they would change.
package struct Replay: Sendable {
    package let facts: Facts
    package let availability: Availability
    package let requested: Tier?
    package let now: UTCTime
    /// The facts whose values are stood in for, as far as no rule can tell.
    package let redacted: Set<FactName>

    /// - Parameter set: what will decide. What of a redacted value it can tell apart, is looked for by trying.
    package init(_ record: DecisionRecord, for set: PolicySet, salt: Salt? = nil) throws(ReplayError) {
        guard let inputs = record.inputs else { throw .noInputs }
        guard let now = try? UTCTime(text: inputs.now.utf8) else { throw .malformed("now") }
        self.now = now
        var eligible: [Tier] = []
        for name in inputs.eligible {
            guard let tier = Tier(name: name) else { throw .malformed("eligible") }
            eligible.append(tier)
        }
        availability = Availability(
            guest: inputs.guestObstacle.map { .unusable($0) } ?? .usable,
            child: inputs.childObstacle.map { .unusable($0) } ?? .usable, eligible: TierSet(eligible),
            codeIntegrity: inputs.codeIntegrity)
        guard let name = record.requested else {
            requested = nil
            (facts, redacted) = try Self.facts(of: record, for: set, salt)
            return
        }
        guard let tier = Tier(name: name) else { throw .malformed("requested") }
        requested = tier
        (facts, redacted) = try Self.facts(of: record, for: set, salt)
    }

    package func decide(by set: PolicySet) -> Decision {
        PolicyCore.decide(set, facts: facts, availability: availability, requested: requested, now: now)
    }

    /// Whether the policies, asked again, give the very record.
    package static func reproduces(
        _ record: DecisionRecord, by set: PolicySet, salt: Salt? = nil
    ) throws(ReplayError) -> Bool {
        let replay = try Replay(record, for: set, salt: salt)
        var set = set
        // That nothing could be recorded is no property of the policies.
        if record.cap == PolicySet.Cap.logUnavailable.rawValue { set.cap = .logUnavailable }
        var again = DecisionRecord(replay.decide(by: set), availability: replay.availability, now: replay.now)
        for name in replay.redacted { again.facts[name.rawValue] = record.facts[name.rawValue] }
        if replay.redacted.contains(.program) { again.program = record.program }
        return again == record
    }

    private static func facts(
        of record: DecisionRecord, for set: PolicySet, _ salt: Salt?
    ) throws(ReplayError) -> (Facts, Set<FactName>) {
        var facts = Facts()
        var redacted: Set<FactName> = []
        for (text, fact) in record.facts {
            guard let name = FactName(rawValue: text) else { throw .malformed(text) }
            if let unknown = fact.unknown {
                guard let cause = Cause(unknown) else { throw .malformed(text) }
                facts.forget(name, cause)
                continue
            }
            guard let provenance = fact.provenance.flatMap(Provenance.init) else { throw .malformed(text) }
            if let digests = fact.salted {
                guard let salt else { throw .redacted(name) }
                facts.set(name, .known(try salt.value(name, digests, for: set), provenance))
                redacted.insert(name)
            } else if let values = fact.values {
                guard let value = name.shape.value(recorded: values) else { throw .malformed(text) }
                facts.set(name, .known(value, provenance))
            } else {
                throw .malformed(text)
            }
        }
        return (facts, redacted)
    }
}

extension FactShape {
    /// The value that a record says. It may hold text that no policy can, which comes from a hostile object: no rule wants it, and it is
    /// known all the same.
    fileprivate func value(recorded words: [String]) -> FactValue? {
        switch self {
        case .text: words.count == 1 ? .one(.word(words[0])) : nil
        case .labels: .many(Set(words.map(FactAtom.word)))
        case .word, .number, .duration, .release, .flag, .digest, .keys, .digests, .helpers, .words: value(words)
        }
    }
}

extension Salt {
    /// A value that every rule of the policies takes for the redacted one: numbers, and words of a closed set, are found again; of the rest
    /// those are, that a policy names, and for each other one stands something that none names.
    fileprivate func value(_ name: FactName, _ digests: [String], for set: PolicySet) throws(ReplayError) -> FactValue {
        let shape = name.shape
        if shape.isNumber {
            guard let number = number(name, digests) else { throw .redacted(name) }
            return .one(.number(number))
        }
        var known: [String: FactAtom] = [:]
        for atom in set.atoms(of: name) { known[digest(name, shape.text(atom))] = atom }
        var atoms: Set<FactAtom> = []
        for digest in digests { atoms.insert(known[digest] ?? standIn(name, digest)) }
        if shape.isSet { return .many(atoms) }
        guard digests.count == 1, let atom = atoms.first else { throw .redacted(name) }
        switch shape {
        // There is nothing else that it could be.
        case .word, .flag: guard known[digests[0]] != nil else { throw .redacted(name) }
        case .text, .number, .duration, .release, .digest, .keys, .digests, .helpers, .words, .labels: break
        }
        return .one(atom)
    }

    /// Something of the fact's shape that is in no policy, since it is made with the salt.
    private func standIn(_ name: FactName, _ digest: String) -> FactAtom {
        let shape = name.shape
        switch shape {
        case .digest, .keys, .digests:
            let bytes = Array(SHA256.hash(data: self.bytes + Array(digest.utf8)))
            return .digest(LogChain.digest(bytes))
        case .helpers: return .number(UInt64(UInt32.max))
        case .text:
            return .word(name == .verifierID ? "\(VerifierIdentity.namePrefix)\(UInt32.max)" : "redacted:\(digest)")
        case .word, .number, .duration, .release, .flag, .words, .labels: return .word("redacted:\(digest)")
        }
    }
}

extension PolicySet {
    /// Everything that the policies can tell apart in a fact which is no number.
    fileprivate func atoms(of name: FactName) -> [FactAtom] {
        var atoms: [FactAtom] = []
        var rules = recovery?.rules ?? []
        for base in bases {
            for file in [base.file] + base.supplementals.map(\.file) {
                rules += file.rules
                if name == .signer {
                    for signer in file.signers.values { atoms += signer.keys.map { .digest($0.digest) } }
                }
            }
        }
        for condition in rules.flatMap(\.conditions) where condition.key.fact == name {
            if case .atoms(let wanted) = condition.operand { atoms += wanted }
        }
        switch name.shape {
        case .word(let words), .words(let words): atoms += words.map(FactAtom.word)
        case .flag: atoms += [.flag(true), .flag(false)]
        case .helpers: atoms += (0..<1024).map(FactAtom.number)
        case .text, .number, .duration, .release, .digest, .keys, .digests, .labels: break
        }
        if name == .program { atoms += revocations.programs.map { .digest($0.digest) } }
        if name == .signer { atoms += revocations.keys.map { .digest($0.digest) } }
        if name == .attestation { atoms += revocations.attestations.map(FactAtom.digest) }
        if name == .verifierID {
            atoms += revocations.verifiers.map { .word("\(VerifierIdentity.namePrefix)\($0)") }
        }
        return atoms
    }
}
