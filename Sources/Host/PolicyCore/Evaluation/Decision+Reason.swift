extension Decision {
    /// The reason in one sentence, for people.
    package var reason: String {
        let policies = bases.map { "\($0.id) v\($0.version)" }.joined(separator: ", ")
        switch code {
        case .ok, .okSaferTier:
            let allowed = "\(policies) allows up to \(ceiling)"
            guard outcome < ceiling else { return allowed }
            return requested == nil ? "\(allowed), and \(outcome) is the most this host offers" : "\(allowed)"
        case .auditWouldDeny:
            return "\(policies) is in audit mode; enforced, this would be a denial (\(auditedCode ?? .noPermit))"
        case .revoked:
            return "its \(revocation?.rawValue ?? "program") is revoked, or is not known not to be"
        case .noPermit:
            return bases.isEmpty
                ? "there is no policy, and without one nothing runs"
                : "no permit of \(policies) matches this program"
        case .forbidden:
            let ids = rules.filter {
                $0.matched && !$0.rule.isShadow && $0.rule.effect == .forbid && $0.rule.tier == .interpGuest
            }.map(
                \.rule.id)
            return "\(ids.joined(separator: ", ")) forbids every tier"
        case .verdict:
            let verdict =
                switch facts[.verdict] {
                case .known(.rejected, _): "the verifier rejects this program"
                case .known(.tooComplex, _): "the verifier could not finish its proof within its budget"
                case .known(.accepted, _), .known(.needsFuel, _), .unknown: "the verifier has not passed this program"
                }
            let strict = bases.filter { $0.unverifiedCeiling == .deny }.map(\.id).joined(separator: ", ")
            return "\(verdict), and \(strict) lets no such program run"
        case .tierUnavailable:
            return "\(policies) allows up to \(ceiling); \(whyNothingRuns)"
        case .requestAboveCeiling:
            return "\(requested ?? .deny) was asked for, and \(policies) allows up to \(ceiling)"
        case .expired: return "\(policies) has expired, and says that nothing runs then"
        case .clock: return "\(policies) is not valid yet, by this host's clock"
        case .logUnavailable: return "\(policies) asks for a log (log_required), and the decision cannot be recorded"
        case .digestMismatch, .ticket, .signatureThreshold, .signatureType, .rootChain, .rollback, .equivocation,
            .limit, .parse, .schema, .expectation, .state, .postureSpoofed, .internalError:
            return "\(code)"
        }
    }

    /// Of the tiers that were in question, why each was not to be had; each reason once.
    private var whyNothingRuns: String {
        if requested == .deny { return "the caller asked for deny" }
        var reasons: [String] = []
        for trace in tiers.reversed() where trace.isWithinCeiling && (requested == nil || requested == trace.tier) {
            if let obstacle = trace.obstacle { reasons.append("\(trace.tier): \(obstacle)") }
        }
        return reasons.joined(separator: "; ")
    }
}

extension TierTrace {
    /// Why the tier cannot run, or nil.
    package var obstacle: String? {
        if !isWithinCeiling { return "above the ceiling" }
        switch ineligibility {
        case .notOffered: return "not offered by this engine for this program"
        case .guestCodegenOff: return "the policy does not say guest_codegen = true"
        case .codeIntegrity:
            return "the host is in code-integrity mode, which generates no code that the host could execute"
        case nil: break
        }
        switch enclosure {
        case .usable: return nil
        case .unusable(let cause): return cause
        }
    }
}
