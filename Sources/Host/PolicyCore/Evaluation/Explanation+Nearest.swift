extension Decision {
    /// The smallest thing that would have to be different for a denied program to run, if there is one such thing.
    package var nearest: String? {
        switch code {
        case .tierUnavailable:
            guard requested != .deny else { return nil }
            let missing = tiers.last {
                $0.isWithinCeiling && $0.ineligibility == nil && (requested == nil || requested == $0.tier)
            }
            guard let tier = missing?.tier, let enclosure = tier.enclosure else { return nil }
            return switch enclosure {
            case .guest: "\(tier) if host.kvm = usable"
            case .child: "\(tier) if a child can be confined"
            }
        case .noPermit: return nearestPermit
        case .forbidden: return nearestForbid
        case .verdict: return "\(Tier.interpGuest) if the verifier passed it"
        case .requestAboveCeiling: return "\(ceiling) if \(ceiling) or no tier is asked for"
        case .expired:
            let expired = bases.filter { $0.ceiling == .deny && $0.validity != .valid }.map(\.id)
            return "runs once \(expired.joined(separator: ", ")) is signed anew with a later \"expires\""
        case .ok, .okSaferTier, .auditWouldDeny, .revoked, .digestMismatch, .ticket, .clock, .signatureThreshold,
            .signatureType, .rootChain, .rollback, .equivocation, .limit, .parse, .schema, .expectation, .state,
            .postureSpoofed, .logUnavailable, .internalError:
            return nil
        }
    }

    /// The permit that lacks least.
    private var nearestPermit: String? {
        let near = rules.filter {
            $0.rule.effect == .permit && !$0.rule.isShadow && !$0.matched
        }
        func lacking(_ trace: RuleTrace) -> [Condition] {
            zip(trace.rule.conditions, trace.truths).filter { $0.1 != .true }.map(\.0)
        }
        guard
            let best = near.min(by: {
                (lacking($0).count, $1.effectiveTier.rawValue) < (lacking($1).count, $0.effectiveTier.rawValue)
            })
        else { return nil }
        let missing = lacking(best)
        if missing.count == 1 {
            return
                "\(best.effectiveTier) if \(missing[0].key.rawValue) were \(missing[0].wanted): permit \(best.rule.id) lacks only \(missing[0].key.rawValue)"
        }
        return "permit \(best.rule.id) lacks \(missing.map(\.key.rawValue).joined(separator: ", "))"
    }

    /// The one forbid that leaves no tier.
    private var nearestForbid: String? {
        let forbids = rules.filter {
            $0.matched && !$0.rule.isShadow && $0.rule.effect == .forbid && $0.rule.tier == .interpGuest
        }
        guard forbids.count == 1, let forbid = forbids.first else { return nil }
        let unknown = zip(forbid.rule.conditions, forbid.truths).filter { $0.1 == .unknown }.map(\.0.key.rawValue)
        return unknown.isEmpty
            ? "runs without what \(forbid.rule.id) forbids"
            : "runs if \(unknown.joined(separator: ", ")) were known, and \(forbid.rule.id) did not match"
    }
}
