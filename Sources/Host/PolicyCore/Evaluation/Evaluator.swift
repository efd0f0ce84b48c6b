/// Decides in which tier a program may run.
///
///     permit r matches  iff every condition is TRUE
///     forbid r matches  iff no condition is FALSE         (an unknown fact forbids, and never permits)
///     C = max of the matching permits' tiers, or deny
///     F = min of the matching forbids' tiers, or one past the end
///     X = min(C, F - 1); once expired, at most on_expiry; before not_before, deny
///     X = min(X, unverified_ceiling) unless the verifier passed the program
///     ceiling = min of X over all policies; no policy, no ceiling above deny
///     outcome = the greatest tier at or below the ceiling that is eligible and available
///
/// Only maxima and minima over one total order, so no order of rules or policies matters, and what is lost (a
/// capability, a fact, a permit, time) can only lower the outcome. A caller that names a tier gets that tier or a
/// denial: never a silent substitute.
///
/// Pure: the time, the facts and the availability come from outside, and every failure is an outcome.
package func decide(
    _ bases: [PolicyBase], facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
) -> Decision {
    // A clock that is behind the newest text that was signed is wrong, and does not keep an expired policy alive.
    let latest = bases.map(\.file.issued).reduce(now, max)
    var traces: [RuleTrace] = []
    var standings: [BaseStanding] = []
    for base in bases {
        let matches = base.file.rules.map { RuleTrace($0, base: base.file.id, facts: facts) }
        standings.append(
            BaseStanding(base, matches: matches, isVerified: facts.program.isVerified, now: now, latest: latest))
        traces += matches
    }
    let ceiling = standings.map(\.ceiling).min() ?? .deny
    let allowsGuestCodegen = bases.allSatisfy(\.file.options.guestCodegen)
    let tiers = Tier.running.compactMap { tier in
        tier.enclosure.map { enclosure in
            TierTrace(
                tier: tier, isWithinCeiling: tier <= ceiling,
                ineligibility: !availability.eligible.contains(tier)
                    ? .notOffered
                    : tier == .jitGuest && !allowsGuestCodegen ? .guestCodegenOff : nil,
                enclosure: availability.state(of: enclosure))
        }
    }

    let outcome: Tier
    let code: PolicyCode
    if ceiling == .deny {
        (outcome, code) = (.deny, reasonForNoCeiling(standings))
    } else if let requested, requested > ceiling {
        (outcome, code) = (.deny, .requestAboveCeiling)
    } else if let found = tiers.last(where: { $0.canRun && (requested == nil || $0.tier == requested) }) {
        (outcome, code) = (found.tier, found.tier == requested ?? ceiling ? .ok : .okSaferTier)
    } else {
        (outcome, code) = (.deny, .tierUnavailable)
    }
    return Decision(
        outcome: outcome, code: code, ceiling: ceiling, requested: requested, facts: facts, bases: standings,
        rules: traces,
        tiers: tiers, onFailure: failureVerdict(of: bases, for: facts.program.type),
        blindsConstants: bases.contains { $0.file.options.blindConstants })
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

/// Open only where the type is known and every policy says so.
private func failureVerdict(of bases: [PolicyBase], for type: Fact<ProgramType>) -> FailureVerdict {
    guard let type = type.value, !bases.isEmpty else { return .closed }
    return bases.allSatisfy { $0.file.options.onFailure[type] == .open } ? .open : .closed
}

extension RuleTrace {
    fileprivate init(_ rule: Rule, base: String, facts: Facts) {
        self.rule = rule
        self.base = base
        truths = rule.conditions.map { $0.truth(given: facts) }
        matched =
            switch rule.effect {
            case .permit: truths.allSatisfy { $0 == .true }
            case .forbid: truths.allSatisfy { $0 != .false }
            }
    }
}

extension BaseStanding {
    fileprivate init(
        _ base: PolicyBase, matches: [RuleTrace], isVerified: Bool, now: UTCTime, latest: UTCTime
    ) {
        let file = base.file
        id = file.id
        version = file.version
        sha256 = base.sha256
        let matching = matches.filter(\.matched).map(\.rule)
        permitted = matching.filter { $0.effect == .permit }.map(\.tier).max() ?? .deny
        forbidden = matching.filter { $0.effect == .forbid }.map(\.tier).min()
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

extension Tier {
    /// The next less exposed tier; nothing lies below ``deny``.
    fileprivate var below: Tier { Tier(rawValue: rawValue == 0 ? 0 : rawValue - 1) ?? .deny }
}
