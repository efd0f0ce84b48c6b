package import PolicyCore

/// The policy in force: immutable, and never made of anything that was not signed. This is what decides.
package struct PolicySnapshot: Equatable, Sendable {
    /// One today; several would intersect.
    package let bases: [PolicyBase]
    /// Who signed, base by base.
    package let signers: [[KeyID]]

    /// Verifies, then reads the same bytes, then runs the self-tests for an engine that can run `eligible`.
    ///
    /// An expired policy loads, because it still keeps its last ceiling; one that is not valid yet does not.
    package static func load(
        _ envelope: [UInt8], trusted: TrustedKeys, eligible: TierSet, now: UTCTime
    ) throws(TrustError) -> PolicySnapshot {
        let payload = try VerifiedPayload(verifying: envelope, as: .base, trusted: trusted)
        let base: PolicyBase
        do throws(PolicyTextError) {
            base = try PolicyBase(parsing: payload.bytes, sha256: payload.sha256, eligible: eligible)
        } catch {
            throw .policy(error)
        }
        if let notBefore = base.file.notBefore, now < notBefore { throw .notYetValid(from: notBefore, now: now) }
        return PolicySnapshot(bases: [base], signers: [payload.signers])
    }

    private init(bases: [PolicyBase], signers: [[KeyID]]) {
        self.bases = bases
        self.signers = signers
    }

    /// The tier for one program; see `PolicyCore.decide`.
    package func decide(
        _ facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
    ) -> Decision {
        PolicyCore.decide(bases, facts: facts, availability: availability, requested: requested, now: now)
    }
}
