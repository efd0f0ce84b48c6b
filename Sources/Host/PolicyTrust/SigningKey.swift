internal import Crypto
package import PolicyCore

/// A private key, held as its seed (Ed25519) or its scalar (P-256).
package struct SigningKey: Sendable {
    package let seed: [UInt8]
    package let verificationKey: VerificationKey

    package var scheme: KeyScheme { verificationKey.scheme }

    /// A key nobody has had before.
    package init(_ scheme: KeyScheme = .ed25519) throws(TrustError) {
        switch scheme {
        case .ed25519: try self.init(seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
        case .p256: try self.init(seed: Array(P256.Signing.PrivateKey().rawRepresentation), scheme: .p256)
        }
    }

    package init(seed: [UInt8], scheme: KeyScheme = .ed25519) throws(TrustError) {
        guard seed.count == KeyScheme.secretBytes else { throw .secretLength(seed.count) }
        self.seed = seed
        switch scheme {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
                throw .cryptography("no Ed25519 key comes of this seed")
            }
            verificationKey = try VerificationKey(Array(key.publicKey.rawRepresentation))
        case .p256:
            // A scalar is from 1 to the group's order less 1; there are others among 32 bytes.
            guard let key = try? P256.Signing.PrivateKey(rawRepresentation: seed) else {
                throw .cryptography("no P-256 key comes of this scalar")
            }
            verificationKey = try VerificationKey(Array(key.publicKey.x963Representation), scheme: .p256)
        }
    }

    package func sign(_ message: [UInt8]) throws(TrustError) -> [UInt8] {
        switch scheme {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
                let signature = try? key.signature(for: message)
            else { throw .cryptography("Ed25519 did not sign") }
            return Array(signature)
        case .p256:
            guard let key = try? P256.Signing.PrivateKey(rawRepresentation: seed),
                let signature = try? key.signature(for: message)
            else { throw .cryptography("P-256 did not sign") }
            return Array(signature.rawRepresentation)
        }
    }
}

extension SigningKey: CustomStringConvertible {
    /// Never the seed.
    package var description: String { "private key of \(verificationKey.id)" }
}

extension SigningKey: CustomDebugStringConvertible {
    package var debugDescription: String { description }
}

extension SigningKey: CustomReflectable {
    /// Nothing prints the seed, not even what prints every stored property.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// The SHA-256 of some bytes.
package func sha256(_ bytes: [UInt8]) -> ContentDigest {
    guard let digest = ContentDigest(Array(SHA256.hash(data: bytes))) else {
        preconditionFailure("a SHA-256 digest has 32 bytes")
    }
    return digest
}
