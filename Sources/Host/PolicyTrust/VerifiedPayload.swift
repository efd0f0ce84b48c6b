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
        let envelope = try Envelope(parsing: envelope)
        guard envelope.payloadType == type.rawValue else {
            throw .payloadType(found: envelope.payloadType, expected: type.rawValue)
        }
        let message = Envelope.preAuthenticationEncoding(type: type.rawValue, payload: envelope.payload)
        // Keys are counted, not signatures: signing twice with one key counts once.
        let signers = trusted.keys.filter { key in envelope.signatures.contains { key.verifies($0, of: message) } }
        guard signers.count >= trusted.threshold else {
            throw .threshold(valid: signers.count, needed: trusted.threshold, signatures: envelope.signatures.count)
        }
        bytes = envelope.payload
        self.type = type
        sha256 = PolicyTrust.sha256(envelope.payload)
        self.signers = signers.map(\.id)
    }
}
