/// Why a decision, or a refusal to take a policy, came out as it did. The set is closed: a consumer that meets a code
/// it does not know treats it as a denial.
package enum PolicyCode: String, CaseIterable, Sendable {
    /// The program runs at the ceiling, or at the very tier that was asked for.
    case ok = "OK"
    /// The program runs, at a tier below what the policy would allow.
    case okSaferTier = "OK_SAFER_TIER"
    /// A policy in audit mode: the program runs in the safest tier, and would not if the policy were enforced.
    case auditWouldDeny = "AUDIT_WOULD_DENY"
    /// No permit matches.
    case noPermit = "E_NO_PERMIT"
    /// A forbid leaves no tier.
    case forbidden = "E_FORBIDDEN"
    /// The verifier did not pass the program, and the policy does not let such a program run.
    case verdict = "E_VERDICT"
    /// The policy allows a tier, but no allowed tier is eligible and available on this host.
    case tierUnavailable = "E_TIER_UNAVAILABLE"
    /// The caller asked for more than the policy allows.
    case requestAboveCeiling = "E_REQUEST_ABOVE_CEILING"
    /// The policy expired, and says that nothing runs then.
    case expired = "E_EXPIRED"
    /// The program, who signed it, or the verifier that passed it is revoked, or cannot be told not to be.
    case revoked = "E_REVOKED"
    /// What is to run is not what was decided about.
    case digestMismatch = "E_DIGEST_MISMATCH"
    /// A ticket is used twice, too late, or for something else than it was made for.
    case ticket = "E_TICKET"
    /// The clock does not lie in the policy's time of validity.
    case clock = "E_CLOCK"
    /// Too few distinct trusted keys signed.
    case signatureThreshold = "E_SIG_THRESHOLD"
    /// The envelope holds another kind of thing than the caller wants.
    case signatureType = "E_SIG_TYPE"
    /// A root does not follow the one before it, or misses the signatures of either.
    case rootChain = "E_ROOT_CHAIN"
    /// A version that is older than one that was in force.
    case rollback = "E_ROLLBACK"
    /// Two texts with one version.
    case equivocation = "E_EQUIVOCATION"
    /// A size or a count is over its limit.
    case limit = "E_LIMIT"
    /// The bytes are not in the format.
    case parse = "E_PARSE"
    /// The text is well formed and does not mean a policy that this engine knows.
    case schema = "E_SCHEMA"
    /// A self-test of the policy does not come out as the policy says.
    case expectation = "E_EXPECTATION"
    /// A file is missing, or is not what it has to be.
    case state = "E_STATE"
    /// A device or a file system is not the kernel's, whatever its name says.
    case postureSpoofed = "E_POSTURE_SPOOFED"
    /// A decision could not be recorded.
    case logUnavailable = "E_LOG_UNAVAILABLE"
    case internalError = "E_INTERNAL"

    /// True for the codes under which a program runs.
    package var allows: Bool { self == .ok || self == .okSaferTier || self == .auditWouldDeny }
}

extension PolicyCode: CustomStringConvertible {
    package var description: String { rawValue }
}
