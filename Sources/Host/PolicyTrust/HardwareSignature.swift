internal import Crypto

/// Signatures as security modules, smart cards and key services hand them out.
package enum HardwareSignature {
    /// The 64 bytes that an envelope holds, of what a signer gave: of an Ed25519 key those bytes, of a P-256 key them or the DER of
    /// ECDSA-Sig-Value (RFC 3279, section 2.2.3). This is for signing only: whoever verifies reads no DER.
    package static func raw(_ signature: [UInt8], of key: VerificationKey) throws(TrustError) -> [UInt8] {
        if signature.count == KeyScheme.signatureBytes { return signature }
        switch key.scheme {
        case .ed25519: throw .signatureForm
        case .p256: return try raw(fromDER: signature)
        }
    }

    private static func raw(fromDER der: [UInt8]) throws(TrustError) -> [UInt8] {
        // What does not come out as it went in was not DER: a long length, a needless zero, a byte at the end.
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: der),
            Array(signature.derRepresentation) == der
        else { throw .signatureForm }
        let raw = Array(signature.rawRepresentation)
        guard raw.count == KeyScheme.signatureBytes else { throw .signatureForm }
        return raw
    }
}
