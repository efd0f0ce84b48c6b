import PolicyCore

/// A second reading of the rules, made without looking at the first: it asks of each tier in turn whether every
/// policy lets it, and computes no maximum and no minimum.
enum SecondEvaluator {
    static func outcome(
        _ bases: [PolicyBase], _ facts: Facts, _ availability: Availability, requested: Tier?, now: UTCTime
    ) -> (outcome: Tier, ceiling: Tier) {
        var newest = now
        for base in bases where base.file.issued > newest { newest = base.file.issued }
        func isAllowed(_ tier: Tier) -> Bool {
            guard !bases.isEmpty else { return false }
            for base in bases {
                let file = base.file
                if let start = file.notBefore, start > now { return false }
                if file.expires <= newest, tier > file.options.onExpiry { return false }
                if tier > file.options.unverifiedCeiling {
                    switch facts.program.verdict {
                    case .known(.accepted, _), .known(.needsFuel, _): break
                    case .known(.rejected, _), .known(.tooComplex, _), .unknown: return false
                    }
                }
                var isPermitted = false
                for rule in file.rules {
                    let answers = rule.conditions.map { holds($0, facts) }
                    switch rule.effect {
                    case .permit where !answers.contains(false) && !answers.contains(nil) && tier <= rule.tier:
                        isPermitted = true
                    case .forbid where !answers.contains(false) && tier >= rule.tier: return false
                    case .permit, .forbid: break
                    }
                }
                if !isPermitted { return false }
            }
            return true
        }
        func canRun(_ tier: Tier) -> Bool {
            guard availability.eligible.contains(tier) else { return false }
            switch tier {
            case .deny: return false
            case .interpGuest: return availability.guest == .usable
            case .jitGuest:
                for base in bases where !base.file.options.guestCodegen { return false }
                return availability.guest == .usable
            case .interpChild, .jitChild: return availability.child == .usable
            }
        }
        let allowed = Tier.running.filter(isAllowed)
        let ceiling = allowed.last ?? .deny
        if let requested {
            return (allowed.contains(requested) && canRun(requested) ? requested : .deny, ceiling)
        }
        return (allowed.last(where: canRun) ?? .deny, ceiling)
    }

    /// Nil where it is not known.
    private static func holds(_ condition: Condition, _ facts: Facts) -> Bool? {
        switch condition {
        case .program(let wanted):
            guard case .known(let value, _) = facts.program.digest else { return nil }
            return wanted.contains { $0 == value }
        case .type(let wanted):
            guard case .known(let value, _) = facts.program.type else { return nil }
            return wanted.contains { $0 == value }
        case .helpersAny(let wanted):
            guard case .known(let used, _) = facts.program.helpers else { return nil }
            return !used.isDisjoint(with: wanted)
        case .instructionsAtMost(let limit):
            guard case .known(let count, _) = facts.program.instructionCount else { return nil }
            return !(count > limit)
        case .verdict(let wanted):
            guard case .known(let value, _) = facts.program.verdict else { return nil }
            return wanted.contains { $0 == value }
        case .verifierOptions(let wanted):
            guard case .known(let value, _) = facts.program.verifier else { return nil }
            return wanted.contains { $0 == value.options }
        case .hostKVM(let wanted):
            guard case .known(let value, _) = facts.hostKVM else { return nil }
            return wanted.contains { $0 == value }
        }
    }
}
