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

    package var allows: Bool { code.allows }
}

/// What one policy made of the facts.
package struct BaseStanding: Equatable, Sendable {
    package var id: String
    package var version: UInt64
    package var sha256: ContentDigest
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
}

/// What one rule made of the facts.
package struct RuleTrace: Equatable, Sendable {
    package var rule: Rule
    /// The id of the policy it stands in.
    package var base: String
    package var matched: Bool
    package var truths: [Truth]
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
    }

    package var canRun: Bool { isWithinCeiling && ineligibility == nil && enclosure == .usable }
}
