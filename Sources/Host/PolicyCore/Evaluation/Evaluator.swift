/// Decides in which tier a program may run.
///
///     permit r matches  iff every condition is TRUE
///     forbid r matches  iff no condition is FALSE         (an unknown fact forbids, and never permits)
///     of a base with its supplementals:
///     C = max of the matching permits' tiers, a supplemental's at most the base's ceiling for them; or deny
///     F = min of the matching forbids' tiers, or one past the end
///     X = min(C, F - 1); once expired, at most on_expiry; before not_before, deny
///     X = min(X, unverified_ceiling) unless the verifier passed the program
///     ceiling = min of X over all bases; no base, no ceiling above deny
///     revoked, or not known not to be: deny
///     outcome = the greatest tier at or below the ceiling that is eligible and available
///
/// Only maxima and minima over one total order, so no order of rules or policies matters, and what is lost (a
/// capability, a fact, a permit, time) can only lower the outcome. A caller that names a tier gets that tier or a
/// denial: never a silent substitute.
///
/// Pure: the time, the facts and the availability come from outside, and every failure is an outcome.
package func decide(
    _ set: PolicySet, facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
) -> Decision {
    var decision = decide(
        set, facts: facts, availability: availability, requested: requested, now: now, countsShadows: false)
    if decision.rules.contains(where: \.rule.isShadow) {
        let shadow = decide(
            set, facts: facts, availability: availability, requested: requested, now: now, countsShadows: true)
        decision.shadow = ShadowOutcome(outcome: shadow.outcome, code: shadow.code, ceiling: shadow.ceiling)
    }
    return decision
}

/// For bases alone.
package func decide(
    _ bases: [PolicyBase], facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
) -> Decision {
    decide(PolicySet(bases: bases), facts: facts, availability: availability, requested: requested, now: now)
}

private func decide(
    _ set: PolicySet, facts given: Facts, availability: Availability, requested: Tier?, now: UTCTime,
    countsShadows: Bool
) -> Decision {
    let latest = set.latest(now)
    var facts = given
    facts[.revocationAge] =
        set.revocationsIssued.map { .known(age(of: $0, at: latest), .observed) } ?? .unknown(.absent)
    var traces: [RuleTrace] = []
    var standings: [BaseStanding] = []
    for base in set.bases {
        facts[.policyAge] = .known(age(of: base.file.issued, at: latest), .observed)
        let matches = base.traces(facts, now: now, latest: latest)
        standings.append(
            BaseStanding(
                base, matches: matches.filter { countsShadows || !$0.rule.isShadow },
                isVerified: given.program.isVerified, now: now, latest: latest))
        traces += matches
    }
    facts.forget(.policyAge, .absent)
    let recovered = set.recovery.map { $0.permits(facts, latest: latest) } ?? .deny
    let revocation = set.revocations.revoked(facts)
    let ceiling = revocation == nil ? max(set.ceiling(of: standings), recovered) : .deny
    let tiers = tierTraces(of: set, availability, ceiling: ceiling)

    var decision = Decision(
        outcome: .deny, code: .internalError, ceiling: ceiling, requested: requested, facts: facts, bases: standings,
        rules: traces, tiers: tiers, onFailure: failureVerdict(of: set.bases, for: given[.type]),
        blindsConstants: set.bases.contains { $0.file.options.blindConstants })
    decision.revocation = revocation
    decision.onTighten = tightening(of: set.bases)
    decision.cap = set.cap
    decision.recovery = recovered > .deny ? set.recovery?.id : nil
    if ceiling == .deny {
        decision.code = revocation == nil ? reasonForNoCeiling(standings) : .revoked
        decision.audit(set, availability)
    } else if let requested, requested > ceiling {
        decision.code = .requestAboveCeiling
    } else if let found = tiers.last(where: { $0.canRun && (requested == nil || $0.tier == requested) }) {
        decision.outcome = found.tier
        decision.code = found.tier == requested ?? ceiling ? .ok : .okSaferTier
    } else {
        decision.code = .tierUnavailable
    }
    return decision
}

private func age(of issued: UTCTime, at now: UTCTime) -> UInt64 {
    UInt64(max(0, now.secondsSince1970 - issued.secondsSince1970))
}

/// For each running tier whether it is allowed, eligible and available.
private func tierTraces(of set: PolicySet, _ availability: Availability, ceiling: Tier) -> [TierTrace] {
    let hasCodeIntegrity = availability.codeIntegrity || set.bases.contains { $0.file.options.codeIntegrity }
    let allowsGuestCodegen = set.bases.allSatisfy(\.file.options.guestCodegen)
    return Tier.running.compactMap { tier in
        tier.enclosure.map { enclosure in
            let ineligibility: TierTrace.Ineligibility? =
                if !availability.eligible.contains(tier) {
                    .notOffered
                } else if tier == .jitChild, hasCodeIntegrity {
                    .codeIntegrity
                } else if tier == .jitGuest, !allowsGuestCodegen {
                    .guestCodegenOff
                } else {
                    nil
                }
            return TierTrace(
                tier: tier, isWithinCeiling: tier <= ceiling, ineligibility: ineligibility,
                enclosure: availability.state(of: enclosure))
        }
    }
}

/// Which of the reasons is told does not depend on the order of the policies.
private func reasonForNoCeiling(_ standings: [BaseStanding]) -> PolicyCode {
    let closed = standings.filter { $0.ceiling == .deny }
    let isEarly = closed.contains { standing in
        switch standing.validity {
        case .notYetValid: true
        case .valid, .expired: false
        }
    }
    if isEarly { return .clock }
    if closed.contains(where: { $0.unverifiedCeiling == .deny }) { return .verdict }
    if standings.isEmpty || closed.contains(where: { $0.permitted == .deny }) { return .noPermit }
    if closed.contains(where: { $0.forbidden == .interpGuest }) { return .forbidden }
    return .expired
}

/// The strictest of what the policies say; without one, the program ends.
private func tightening(of bases: [PolicyBase]) -> Tightening {
    let said = Set(bases.map(\.file.options.onTighten))
    if said.isEmpty || said.contains(.detach) { return .detach }
    return said.contains(.migrate) ? .migrate : .log
}

/// Open only where the type is known and every policy says so.
private func failureVerdict(of bases: [PolicyBase], for type: Fact<ProgramType>) -> FailureVerdict {
    guard let type = type.value, !bases.isEmpty else { return .closed }
    return bases.allSatisfy { $0.file.options.onFailure[type] == .open } ? .open : .closed
}

extension Decision {
    /// In audit mode a denial for want of a permit, by a forbid or by expiry is recorded, and the program runs in the safest tier, where
    /// that can be had: never below something that is broken (a revocation, a proof that is missing), and only where every base that denies
    /// is in that mode.
    fileprivate mutating func audit(_ set: PolicySet, _ availability: Availability) {
        guard code == .noPermit || code == .forbidden || code == .expired, facts.program.isVerified else { return }
        let denying = bases.indices.filter { bases[$0].ceiling == .deny }
        guard !denying.isEmpty, denying.allSatisfy({ set.bases[$0].file.mode == .audit }) else { return }
        let tier = denying.map { set.bases[$0].file.options.auditTier }.min() ?? .deny
        guard tier > .deny, requested == nil || requested == tier,
            let trace = tiers.first(where: { $0.tier == tier }), trace.ineligibility == nil,
            trace.enclosure == .usable
        else { return }
        auditedCode = code
        (outcome, code) = (tier, .auditWouldDeny)
    }
}
