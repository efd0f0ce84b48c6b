/// One policy, as its text says it. Nothing here says that anyone signed it.
package struct PolicyFile: Equatable, Sendable {
    package static let schema = "ringfence-policy/v1"
    /// The vocabularies of facts that this engine knows, for `requires`.
    package static let vocabularies = ["facts/1"]
    package static let maximumRules = 512
    package static let maximumExpectations = 256
    /// Versions stay below 2^53, so that every reader of every record holds them exactly.
    package static let versionLimit: UInt64 = 1 << 53

    package var kind: Kind
    package var id: String
    package var version: UInt64
    package var issued: UTCTime
    package var expires: UTCTime
    package var notBefore: UTCTime?
    package var note: String?
    package var options: PolicyOptions
    /// Permits and forbids, in the order of the text. The order means nothing.
    package var rules: [Rule]
    package var expectations: [Expectation]

    package init(
        kind: Kind = .base, id: String, version: UInt64, issued: UTCTime, expires: UTCTime, notBefore: UTCTime? = nil,
        note: String? = nil, options: PolicyOptions = PolicyOptions(), rules: [Rule] = [],
        expectations: [Expectation] = []
    ) {
        self.kind = kind
        self.id = id
        self.version = version
        self.issued = issued
        self.expires = expires
        self.notBefore = notBefore
        self.note = note
        self.options = options
        self.rules = rules
        self.expectations = expectations
    }

    package enum Kind: String, CaseIterable, Sendable {
        case base
    }
}

/// The `[options]` of a policy.
package struct PolicyOptions: Equatable, Sendable {
    /// The ceiling once the policy has expired.
    package var onExpiry: Tier = .interpGuest
    /// The ceiling of a program that the verifier did not pass: ``Tier/deny``, or ``Tier/interpGuest``, where every
    /// access is checked as it happens. No other tier has such checks.
    package var unverifiedCeiling: Tier = .deny
    /// Whether code may be generated that only a guest can execute.
    package var guestCodegen = false
    /// Whether generated code holds no constant as its program's author chose it, so that constants cannot be executed as instructions.
    package var blindConstants = false
    /// The types whose events get a verdict when their program faults that is not ``FailureVerdict/closed``.
    package var onFailure: [ProgramType: FailureVerdict] = [:]

    package init(
        onExpiry: Tier = .interpGuest, unverifiedCeiling: Tier = .deny, guestCodegen: Bool = false,
        blindConstants: Bool = false, onFailure: [ProgramType: FailureVerdict] = [:]
    ) {
        self.onExpiry = onExpiry
        self.unverifiedCeiling = unverifiedCeiling
        self.guestCodegen = guestCodegen
        self.blindConstants = blindConstants
        self.onFailure = onFailure
    }
}

/// What an event gets whose program faults, runs out of fuel or misses its deadline.
package enum FailureVerdict: String, CaseIterable, Sendable {
    /// As if no program were there.
    case open
    /// As if the program had refused.
    case closed
}

/// A permit or a forbid.
package struct Rule: Equatable, Sendable {
    package var effect: Effect
    package var id: String
    /// Up to here (permit), or from here up not (forbid). Never ``Tier/deny``.
    package var tier: Tier
    /// All of them have to hold.
    package var conditions: [Condition]
    package var note: String?
    package var position: SourcePosition

    package init(
        _ effect: Effect, id: String, tier: Tier, when conditions: [Condition], note: String? = nil,
        position: SourcePosition = .start
    ) {
        self.effect = effect
        self.id = id
        self.tier = tier
        self.conditions = conditions
        self.note = note
        self.position = position
    }

    package enum Effect: String, Sendable {
        case permit, forbid
    }
}

/// A self-test that the policy carries: with these facts, this has to come out.
package struct Expectation: Equatable, Sendable {
    package var given: Facts
    package var outcome: Tier
    /// Nil where the policy asks for the outcome alone.
    package var code: PolicyCode?
    package var position: SourcePosition
}
