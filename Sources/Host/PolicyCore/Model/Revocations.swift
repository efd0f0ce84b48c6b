/// What is revoked: it never runs, whatever permits it, and no audit mode and no recovery brings it back. A revocation can only deny.
package struct Revocations: Equatable, Sendable {
    package var programs: Set<ProgramDigest>
    /// Keys whose signatures count for nothing any more, in every role and for every alias.
    package var keys: Set<KeyID>
    /// Attestations, by the SHA-256 of the statement that was signed.
    package var attestations: Set<ContentDigest>
    /// Versions of the verifier whose proofs count for nothing.
    package var verifiers: Set<UInt32>

    package static let none = Revocations()

    package init(
        programs: Set<ProgramDigest> = [], keys: Set<KeyID> = [], attestations: Set<ContentDigest> = [],
        verifiers: Set<UInt32> = []
    ) {
        self.programs = programs
        self.keys = keys
        self.attestations = attestations
        self.verifiers = verifiers
    }
}
