package import PolicyCore

/// A statement about programs that keys which are known here signed. Who trusts them is for a policy to say.
package struct Attestation: Equatable, Sendable {
    /// An attestation is verified before anything is known about who made it, against every key that is known.
    package static let maximumSignatures = 8

    package let statement: ProgramStatement
    /// Of the statement that was signed: what a revocation names.
    package let sha256: ContentDigest
    /// The known keys whose signature holds, those that were revoked among them. Never none.
    package let signers: Set<KeyID>

    package init(verifying envelope: [UInt8], known: KeyRing) throws(TrustError) {
        let envelope = try Envelope(parsing: envelope, as: .attestation)
        guard envelope.signatures.count <= Self.maximumSignatures else {
            throw .attestation(.tooManySignatures(limit: Self.maximumSignatures))
        }
        let message = envelope.message
        var signers: Set<KeyID> = []
        for signature in envelope.signatures {
            if let key = known.all.first(where: { $0.verifies(signature, of: message) }) { signers.insert(key.id) }
        }
        guard !signers.isEmpty else {
            throw .threshold(valid: 0, needed: 1, signatures: envelope.signatures.count)
        }
        do throws(ProgramStatement.Problem) {
            statement = try ProgramStatement(parsing: envelope.payload)
        } catch {
            throw .statement(error)
        }
        sha256 = PolicyTrust.sha256(envelope.payload)
        self.signers = signers
    }
}

/// What attestations say of one program.
package struct AttestedProgram: Equatable, Sendable {
    /// An object comes with a few.
    package static let maximumAttestations = 8

    /// The keys that signed an attestation of the program, revoked ones too, so that a decision can say that they are. None where no attestation came
    /// with it: then nobody is known to vouch for it, and that is a fact. Unknown where one came and counts for nothing.
    package let signer: Fact<Set<KeyID>>
    /// The attestations that speak of the program.
    package let attestation: Fact<Set<ContentDigest>>
    package let attestations: [Attestation]
    /// Why others count for nothing.
    package let refused: [TrustError]

    package init(_ program: ProgramDigest, attestations envelopes: [[UInt8]], known: KeyRing) {
        var holding: [Attestation] = []
        var refused: [TrustError] = []
        for envelope in envelopes.prefix(Self.maximumAttestations) {
            do throws(TrustError) {
                let attestation = try Attestation(verifying: envelope, known: known)
                guard attestation.statement.programs.contains(program) else { throw .attestation(.otherProgram) }
                guard ProgramVerdict(rawValue: attestation.statement.verdict)?.isPass == true else {
                    throw .attestation(.verdict(attestation.statement.verdict))
                }
                holding.append(attestation)
            } catch {
                refused.append(error)
            }
        }
        if envelopes.count > Self.maximumAttestations {
            refused.append(.attestation(.tooMany(limit: Self.maximumAttestations)))
        }
        attestations = holding
        self.refused = refused
        if holding.isEmpty {
            signer = refused.first.map { .unknown(.extractionFailed($0.description)) } ?? .known([], .attested)
            attestation = refused.first.map { .unknown(.extractionFailed($0.description)) } ?? .known([], .attested)
        } else {
            signer = .known(holding.reduce(into: []) { $0.formUnion($1.signers) }, .attested)
            attestation = .known(Set(holding.map(\.sha256)), .attested)
        }
    }
}
