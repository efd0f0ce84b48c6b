/// The answer, with everything that led to it.
package struct Decision: Equatable, Sendable {
    /// What the program runs in; ``Tier/deny`` unless ``code`` allows.
    package var outcome: Tier
    package var code: PolicyCode
    /// The most exposed tier that the policy allows, whatever the host can do.
    package var ceiling: Tier
    package var requested: Tier?
    package var facts: Facts
    package var bases: [BaseStanding]
    package var rules: [RuleTrace]
    /// One for each running tier, least exposed first.
    package var tiers: [TierTrace]
    /// What an event gets whose program faults.
    package var onFailure: FailureVerdict
    /// Whether code that is generated for the program holds none of its constants as they are: where any policy says so.
    package var blindsConstants: Bool
    /// What happens to the program when it runs and a later decision allows less: what the strictest policy says.
    package var onTighten: Tightening = .detach
    /// What the code would be if no policy were in audit mode; nil where that makes no difference.
    package var auditedCode: PolicyCode?
    /// The fact that is revoked, or is not known not to be.
    package var revocation: FactName?
    /// Why the ceiling is at most the safest tier.
    package var cap: PolicySet.Cap?
    /// The recovery file without which the program would not run.
    package var recovery: String?
    /// What the decision would be with the rules counted that are tried out; nil where there are none.
    package var shadow: ShadowOutcome?

    package init(
        outcome: Tier, code: PolicyCode, ceiling: Tier, requested: Tier?, facts: Facts, bases: [BaseStanding],
        rules: [RuleTrace], tiers: [TierTrace], onFailure: FailureVerdict, blindsConstants: Bool
    ) {
        self.outcome = outcome
        self.code = code
        self.ceiling = ceiling
        self.requested = requested
        self.facts = facts
        self.bases = bases
        self.rules = rules
        self.tiers = tiers
        self.onFailure = onFailure
        self.blindsConstants = blindsConstants
    }

    package var allows: Bool { code.allows }
}

/// What a decision would have been.
package struct ShadowOutcome: Equatable, Sendable {
    package var outcome: Tier
    package var code: PolicyCode
    package var ceiling: Tier
}

/// What one policy made of the facts.
package struct BaseStanding: Equatable, Sendable {
    package var id: String
    package var version: UInt64
    package var sha256: ContentDigest
    package var supplementals: [Source]
    package var mode: PolicyFile.Mode
    /// The greatest tier of a matching permit.
    package var permitted: Tier
    /// The least tier of a matching forbid: it and everything more exposed is out.
    package var forbidden: Tier?
    /// What the policy lets a program have that the verifier did not pass; nil where it passed.
    package var unverifiedCeiling: Tier?
    package var validity: Validity
    package var ceiling: Tier

    package enum Validity: Equatable, Sendable {
        case valid
        case notYetValid(from: UTCTime)
        /// Its ceiling is then at most `onExpiry`.
        case expired(since: UTCTime, onExpiry: Tier)
    }

    /// A supplemental policy that had a say.
    package struct Source: Equatable, Sendable {
        package var id: String
        package var version: UInt64
        package var sha256: ContentDigest
    }
}

/// What one rule made of the facts.
package struct RuleTrace: Equatable, Sendable {
    package var rule: Rule
    /// The id of the base that it counts in.
    package var base: String
    /// The id of the policy it stands in: the base, or a supplemental.
    package var source: String
    /// The most that a permit of a supplemental gives; nil for a base's own.
    package var cap: Tier?
    package var matched: Bool
    package var truths: [Truth]

    /// The tier that a permit gives.
    package var effectiveTier: Tier { cap.map { min($0, rule.tier) } ?? rule.tier }
}

/// Why a tier was or was not the one.
package struct TierTrace: Equatable, Sendable {
    package var tier: Tier
    package var isWithinCeiling: Bool
    /// Nil where the tier is eligible.
    package var ineligibility: Ineligibility?
    package var enclosure: EnclosureState

    package enum Ineligibility: Equatable, Sendable {
        /// This engine has no such tier, or the package has nothing to run in it.
        case notOffered
        /// The policy does not say `guest_codegen = true`.
        case guestCodegenOff
        /// The host is in code-integrity mode.
        case codeIntegrity
    }

    package var canRun: Bool { isWithinCeiling && ineligibility == nil && enclosure == .usable }
}
