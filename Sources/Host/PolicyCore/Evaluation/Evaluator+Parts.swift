extension PolicyBase {
    /// What each rule of the base, and of what adds to it, makes of the facts.
    ///
    /// A supplemental that is not valid permits nothing; what it forbids stays forbidden.
    func traces(_ facts: Facts, now: UTCTime, latest: UTCTime) -> [RuleTrace] {
        var traces = file.rules.map { RuleTrace($0, of: file, in: file, cap: nil, facts) }
        for supplemental in supplementals {
            // What the base says nothing of, no supplemental may permit.
            var cap = file.options.supplemental?.ceiling ?? .deny
            if latest >= supplemental.file.expires { cap = .deny }
            if let notBefore = supplemental.file.notBefore, now < notBefore { cap = .deny }
            traces += supplemental.file.rules.map { RuleTrace($0, of: supplemental.file, in: file, cap: cap, facts) }
        }
        return traces
    }
}

extension RuleTrace {
    fileprivate init(_ rule: Rule, of file: PolicyFile, in base: PolicyFile, cap: Tier?, _ facts: Facts) {
        self.rule = rule
        self.base = base.id
        source = file.id
        self.cap = cap
        truths = rule.conditions.map { $0.truth(given: facts, signers: file.signers) }
        matched =
            switch rule.effect {
            case .permit: truths.allSatisfy { $0 == .true }
            case .forbid: truths.allSatisfy { $0 != .false }
            }
    }
}

extension BaseStanding {
    init(_ base: PolicyBase, matches: [RuleTrace], isVerified: Bool, now: UTCTime, latest: UTCTime) {
        let file = base.file
        id = file.id
        version = file.version
        sha256 = base.sha256
        supplementals = base.supplementals.map { Source(id: $0.file.id, version: $0.file.version, sha256: $0.sha256) }
        mode = file.mode
        permitted = .deny
        forbidden = nil
        for match in matches where match.matched {
            switch match.rule.effect {
            case .permit: permitted = max(permitted, match.effectiveTier)
            case .forbid: forbidden = min(forbidden ?? match.rule.tier, match.rule.tier)
            }
        }
        unverifiedCeiling = isVerified ? nil : file.options.unverifiedCeiling
        let allowed = min(permitted, forbidden?.below ?? .jitChild, unverifiedCeiling ?? .jitChild)
        if let notBefore = file.notBefore, now < notBefore {
            (validity, ceiling) = (.notYetValid(from: notBefore), .deny)
        } else if latest >= file.expires {
            validity = .expired(since: file.expires, onExpiry: file.options.onExpiry)
            ceiling = min(allowed, file.options.onExpiry)
        } else {
            (validity, ceiling) = (.valid, allowed)
        }
    }
}

extension PolicySet {
    /// The least of the bases' ceilings, and of what caps them all.
    func ceiling(of standings: [BaseStanding]) -> Tier {
        let least = standings.map(\.ceiling).min() ?? .deny
        return cap == nil ? least : min(least, .interpGuest)
    }
}

extension RecoveryGrant {
    /// The safest tier, if a permit matches a program that is proven safe and the time is not over; or nothing.
    func permits(_ facts: Facts, latest: UTCTime) -> Tier {
        guard latest < expires, facts.program.isVerified else { return .deny }
        let matches = rules.contains { rule in
            rule.effect == .permit && !rule.isShadow
                && rule.conditions.allSatisfy { $0.truth(given: facts, signers: [:]) == .true }
        }
        return matches ? .interpGuest : .deny
    }
}

extension Revocations {
    /// What of the facts is revoked, or may be: where a list has entries and the fact is not known, it counts as revoked.
    func revoked(_ facts: Facts) -> FactName? {
        if !programs.isEmpty, facts[.program].value.map(programs.contains) ?? true { return .program }
        if !keys.isEmpty, facts[.signer].value.map({ !keys.isDisjoint(with: $0) }) ?? true { return .signer }
        if !attestations.isEmpty, facts[.attestation].value.map({ !attestations.isDisjoint(with: $0) }) ?? true {
            return .attestation
        }
        if !verifiers.isEmpty, facts.program.verifier.value.map({ verifiers.contains($0.version) }) ?? true {
            return .verifierID
        }
        return nil
    }
}

extension Tier {
    /// The next less exposed tier; nothing lies below ``deny``.
    fileprivate var below: Tier { Tier(rawValue: rawValue == 0 ? 0 : rawValue - 1) ?? .deny }
}
