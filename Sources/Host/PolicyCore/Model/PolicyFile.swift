/// One policy, as its text says it. Nothing here says that anyone signed it.
package struct PolicyFile: Equatable, Sendable {
    package static let schema = "ringfence-policy/v1"
    /// The vocabularies of facts that this engine knows, for `requires`.
    package static let vocabularies = ["facts/1"]
    package static let maximumRules = 512
    package static let maximumExpectations = 256
    package static let maximumSigners = 64
    /// Versions stay below 2^53, so that every reader of every record holds them exactly.
    package static let versionLimit: UInt64 = 1 << 53

    package var kind: Kind
    package var id: String
    package var version: UInt64
    package var issued: UTCTime
    package var expires: UTCTime
    package var notBefore: UTCTime?
    package var mode: Mode
    /// The base that a supplemental policy adds to.
    package var extends: String?
    /// The hosts for which the policy is meant, by their machine ids; nil: all.
    package var targets: [MachineID]?
    package var note: String?
    package var options: PolicyOptions
    package var signers: [String: Signer]
    /// Permits and forbids, in the order of the text. The order means nothing.
    package var rules: [Rule]
    package var expectations: [Expectation]

    package init(
        kind: Kind = .base, id: String, version: UInt64, issued: UTCTime, expires: UTCTime, notBefore: UTCTime? = nil,
        mode: Mode = .enforce, extends: String? = nil, targets: [MachineID]? = nil,
        note: String? = nil, options: PolicyOptions = PolicyOptions(), signers: [String: Signer] = [:],
        rules: [Rule] = [], expectations: [Expectation] = []
    ) {
        self.kind = kind
        self.id = id
        self.version = version
        self.issued = issued
        self.expires = expires
        self.notBefore = notBefore
        self.mode = mode
        self.extends = extends
        self.targets = targets
        self.note = note
        self.options = options
        self.signers = signers
        self.rules = rules
        self.expectations = expectations
    }

    package enum Kind: String, CaseIterable, Sendable {
        /// Decides; several bases intersect.
        case base
        /// Adds to one base: permits up to the ceiling that the base gives it, and forbids.
        case supplemental = "sup"
    }

    package enum Mode: String, CaseIterable, Sendable {
        case enforce
        /// What would be denied for want of a permit, by a forbid or by expiry runs at ``PolicyOptions/auditTier``, and is recorded.
        case audit
    }
}

/// The identity of a host, as `/etc/machine-id` has it (man 5 machine-id): 32 lower-case hexadecimal digits.
package struct MachineID: Hashable, Sendable {
    package let text: String

    /// Nil unless the text is a machine id.
    package init?(_ text: String) {
        guard text.utf8.count == 32, bytes(fromHexadecimal: text.utf8) != nil else { return nil }
        self.text = text
    }
}

/// The `[options]` of a policy.
package struct PolicyOptions: Equatable, Sendable {
    /// The ceiling once the policy has expired.
    package var onExpiry: Tier = .interpGuest
    /// Where a program really runs that audit mode spares a denial: the safest tier, so that no permit can be taken away and something
    /// run more exposed for it.
    package var auditTier: Tier = .interpGuest
    /// The ceiling of a program that the verifier did not pass: ``Tier/deny``, or ``Tier/interpGuest``, where every
    /// access is checked as it happens. No other tier has such checks.
    package var unverifiedCeiling: Tier = .deny
    /// Whether code may be generated that only a guest can execute.
    package var guestCodegen = false
    /// Whether the host is to run in code-integrity mode: no code is generated that the host could execute.
    package var codeIntegrity = false
    /// Whether generated code holds no constant as its program's author chose it, so that constants cannot be executed as instructions.
    package var blindConstants = false
    /// Whether nothing runs whose decision could not be recorded. Otherwise such a program runs at ``Tier/interpGuest`` at most.
    package var logRequired = false
    /// Facts whose values are recorded as salted digests.
    package var redacted: Set<FactName> = []
    /// What happens to a running program when a new policy allows less.
    package var onTighten: Tightening = .detach
    /// The types whose events get a verdict when their program faults that is not ``FailureVerdict/closed``.
    package var onFailure: [ProgramType: FailureVerdict] = [:]
    /// Who may sign supplemental policies, and how exposed they may make a program; nil: nobody.
    package var supplemental: SupplementalOptions?

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

package struct SupplementalOptions: Equatable, Sendable {
    /// Aliases of the base's `[signers]`.
    package var signers: [String]
    package var ceiling: Tier

    package init(signers: [String], ceiling: Tier) {
        self.signers = signers
        self.ceiling = ceiling
    }
}

/// What an event gets whose program faults, runs out of fuel or misses its deadline.
package enum FailureVerdict: String, CaseIterable, Sendable {
    /// As if no program were there.
    case open
    /// As if the program had refused.
    case closed
}

/// What happens to a program that runs in a tier which a new policy no longer allows.
package enum Tightening: String, CaseIterable, Sendable {
    /// It ends.
    case detach
    /// It goes on, with its maps, in the tier that the new policy gives it; where that is none, it ends.
    case migrate
    /// It goes on as it is, and that is recorded.
    case log
}

/// A self-test that the policy carries: with these facts, this has to come out.
package struct Expectation: Equatable, Sendable {
    package var given: Facts
    /// The aliases that are taken to have signed.
    package var signedBy: [String]
    package var outcome: Tier
    /// Nil where the policy asks for the outcome alone.
    package var code: PolicyCode?
    package var position: SourcePosition
}
