package import PolicyCore

/// Bytes that enough trusted keys signed as what they are taken for. Only the verifier makes one, and what is parsed
/// afterwards is this very buffer.
package struct VerifiedPayload: Equatable, Sendable {
    package let bytes: [UInt8]
    package let type: PayloadType
    package let sha256: ContentDigest
    /// The distinct trusted keys whose signature holds, in the order of the trusted keys.
    package let signers: [KeyID]

    /// Verifies an envelope. A signature that does not hold, or is by a key nobody trusts, is ignored: it neither
    /// helps nor harms.
    package init(
        verifying envelope: [UInt8], as type: PayloadType, trusted: TrustedKeys
    ) throws(TrustError) {
        let envelope = try Envelope(parsing: envelope, as: type)
        let signers = trusted.signers(of: envelope)
        guard signers.count >= trusted.threshold else {
            throw .threshold(valid: signers.count, needed: trusted.threshold, signatures: envelope.signatures.count)
        }
        self.init(envelope, type: type, signers: signers)
    }

    fileprivate init(_ envelope: Envelope, type: PayloadType, signers: [KeyID]) {
        bytes = envelope.payload
        self.type = type
        sha256 = PolicyTrust.sha256(envelope.payload)
        self.signers = signers
    }
}

extension Envelope {
    /// Reads an envelope of the one type that is wanted.
    init(parsing bytes: [UInt8], as type: PayloadType) throws(TrustError) {
        try self.init(parsing: bytes)
        guard payloadType == type.rawValue else {
            throw .payloadType(found: payloadType, expected: type.rawValue)
        }
    }
}

extension TrustedKeys {
    /// Keys are counted, not signatures: signing twice with one key counts once.
    func signers(of envelope: Envelope) -> [KeyID] {
        let message = envelope.message
        return keys.filter { key in envelope.signatures.contains { key.verifies($0, of: message) } }.map(\.id)
    }
}
