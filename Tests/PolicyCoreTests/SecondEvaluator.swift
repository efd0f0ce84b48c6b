import PolicyCore

/// A second reading of the rules, made without looking at the first: it asks of each tier in turn whether every
/// policy lets it, and computes no maximum and no minimum.
struct SecondEvaluator {
    let set: PolicySet
    let facts: Facts
    let availability: Availability
    let requested: Tier?
    let now: UTCTime

    var answer: (outcome: Tier, ceiling: Tier, isAudited: Bool) {
        if isRevoked { return (.deny, .deny, false) }
        let allowed = Tier.running.filter(isAllowed)
        if let ceiling = allowed.last {
            if let requested {
                return (allowed.contains(requested) && canRun(requested) ? requested : .deny, ceiling, false)
            }
            return (allowed.last(where: canRun) ?? .deny, ceiling, false)
        }
        // Everything is denied; what only audited policies deny runs in the safest tier.
        let denying = set.bases.filter { base in !Tier.running.contains { allows(base, $0) } }
        let isSpared =
            isVerified && !denying.isEmpty
            && denying.allSatisfy { base in
                base.file.mode == .audit && !(base.file.notBefore.map { now < $0 } ?? false)
            }
            && canRun(.interpGuest) && (requested == nil || requested == .interpGuest)
        return (isSpared ? .interpGuest : .deny, .deny, isSpared)
    }

    private var newest: UTCTime {
        var newest = now
        func see(_ time: UTCTime) { if time > newest { newest = time } }
        for base in set.bases {
            see(base.file.issued)
            for supplemental in base.supplementals { see(supplemental.file.issued) }
        }
        if let issued = set.revocationsIssued { see(issued) }
        return newest
    }

    private var isVerified: Bool {
        switch facts[.verdict] {
        case .known(.accepted, _), .known(.needsFuel, _): true
        case .known(.rejected, _), .known(.tooComplex, _), .unknown: false
        }
    }

    private var isRevoked: Bool {
        let revoked = set.revocations
        func hits<Value: Hashable>(_ listed: Set<Value>, _ fact: Fact<Set<Value>>) -> Bool {
            switch fact {
            case .unknown: !listed.isEmpty
            case .known(let present, _): listed.contains { present.contains($0) }
            }
        }
        let program: Fact<Set<ProgramDigest>> =
            switch facts[.program] {
            case .known(let digest, let how): .known([digest], how)
            case .unknown(let why): .unknown(why)
            }
        var verifier: Fact<Set<UInt32>> = .unknown(.absent)
        if case .known(let id, let how) = facts[.verifierID], case .known = facts[.verifierOptions],
            let version = UInt32(id.split(separator: "/").last ?? "")
        {
            verifier = .known([version], how)
        }
        return hits(revoked.programs, program) || hits(revoked.keys, facts[.signer])
            || hits(revoked.attestations, facts[.attestation]) || hits(revoked.verifiers, verifier)
    }

    private func isAllowed(_ tier: Tier) -> Bool {
        if isRecovered, tier == .interpGuest { return true }
        if set.cap != nil, tier != .interpGuest { return false }
        return !set.bases.isEmpty && set.bases.allSatisfy { allows($0, tier) }
    }

    private var isRecovered: Bool {
        guard let recovery = set.recovery, newest < recovery.expires, isVerified else { return false }
        return recovery.rules.contains { rule in
            !rule.isShadow && rule.effect == .permit
                && rule.conditions.allSatisfy { condition in
                    condition.key != .signer && holds(condition, signers: [:], issued: nil) == true
                }
        }
    }

    private func allows(_ base: PolicyBase, _ tier: Tier) -> Bool {
        let file = base.file
        if let start = file.notBefore, start > now { return false }
        if file.expires <= newest, tier > file.options.onExpiry { return false }
        if !isVerified, tier > file.options.unverifiedCeiling { return false }
        var isPermitted = false
        let sources = [(file, Tier.jitChild)] + base.supplementals.map { ($0.file, cap(of: $0.file, on: file)) }
        for (source, limit) in sources {
            for rule in source.rules where !rule.isShadow {
                let answers = rule.conditions.map { holds($0, signers: source.signers, issued: file.issued) }
                switch rule.effect {
                case .permit
                where !answers.contains(false) && !answers.contains(nil) && tier <= rule.tier && tier <= limit:
                    isPermitted = true
                case .forbid where !answers.contains(false) && tier >= rule.tier: return false
                case .permit, .forbid: break
                }
            }
        }
        return isPermitted
    }

    private func cap(of supplemental: PolicyFile, on base: PolicyFile) -> Tier {
        if supplemental.expires <= newest { return .deny }
        if let start = supplemental.notBefore, start > now { return .deny }
        return base.options.supplemental?.ceiling ?? .deny
    }

    private func canRun(_ tier: Tier) -> Bool {
        guard availability.eligible.contains(tier) else { return false }
        switch tier {
        case .deny: return false
        case .interpGuest: return availability.guest == .usable
        case .jitGuest:
            for base in set.bases where !base.file.options.guestCodegen { return false }
            return availability.guest == .usable
        case .interpChild: return availability.child == .usable
        case .jitChild:
            if availability.codeIntegrity { return false }
            for base in set.bases where base.file.options.codeIntegrity { return false }
            return availability.child == .usable
        }
    }

    /// Nil where it is not known. Works on the words, so that it shares nothing with the other evaluator but them.
    private func holds(_ condition: Condition, signers: [String: Signer], issued: UTCTime?) -> Bool? {
        let name = condition.key.fact
        var seconds: Int64?
        if name == .policyAge { seconds = issued.map { newest.secondsSince1970 - $0.secondsSince1970 } }
        if name == .revocationAge {
            seconds = set.revocationsIssued.map { newest.secondsSince1970 - $0.secondsSince1970 }
        }
        if name == .policyAge || name == .revocationAge {
            guard let seconds, case .limit(let limit) = condition.operand else { return nil }
            return seconds <= Int64(limit)
        }
        guard case .known(let value, _) = facts[named: name] else { return nil }
        let present = Set(name.shape.words(value))
        let wanted = Set(condition.operandWords)
        switch condition.key.rawValue {
        case "signer":
            return condition.operandWords.contains { alias in
                guard let signer = signers[alias] else { return false }
                return signer.keys.filter { present.contains($0.description) }.count >= signer.threshold
            }
        case "helpers_none": return present.isDisjoint(with: wanted)
        case "helpers_subset", "maps_subset": return present.isSubset(of: wanted)
        case let key where key.hasSuffix(".max") || key.hasSuffix(".min"):
            guard case .one(.number(let number)) = value, case .limit(let limit) = condition.operand else { return nil }
            return key.hasSuffix(".max") ? number <= limit : number >= limit
        case _: return !present.isDisjoint(with: wanted)
        }
    }
}
