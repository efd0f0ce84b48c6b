internal import Crypto
package import PolicyCore

/// A public key that can tell one signer from another.
package struct VerificationKey: Equatable, Sendable {
    package let scheme: KeyScheme
    /// The one form that this key has.
    package let bytes: [UInt8]
    /// Of the scheme too: the same bytes under another algorithm are another key.
    package let id: KeyID

    /// - Parameter bytes: as ``KeyScheme`` says; of a P-256 key the two coordinates alone will do.
    package init(_ bytes: [UInt8], scheme: KeyScheme = .ed25519) throws(TrustError) {
        switch scheme {
        case .ed25519:
            guard bytes.count == 32 else { throw .keyLength(bytes.count, scheme) }
            guard !Ed25519Point.isWeak(bytes) else { throw .weakKey }
            self.bytes = bytes
        case .p256: self.bytes = try Self.uncompressed(bytes)
        }
        self.scheme = scheme
        id = KeyID(digest: sha256(Array(scheme.rawValue.utf8) + [0] + self.bytes))
    }

    /// A compressed point is a second spelling, and a hybrid one a third: neither is read.
    private static func uncompressed(_ bytes: [UInt8]) throws(TrustError) -> [UInt8] {
        let point = bytes.count == 64 ? [4] + bytes : bytes
        guard point.count == KeyScheme.p256.publicKeyBytes else { throw .keyLength(bytes.count, .p256) }
        guard point[0] == 4, let key = try? P256.Signing.PublicKey(x963Representation: point),
            Array(key.x963Representation) == point
        else { throw .notOnCurve }
        return point
    }

    /// True if this key made the signature. A signature of the wrong length is simply not one.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == KeyScheme.signatureBytes else { return false }
        switch scheme {
        case .ed25519:
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(signature, for: message)
        case .p256:
            guard let key = try? P256.Signing.PublicKey(x963Representation: bytes),
                let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(signature, for: message)
        }
    }
}

/// Keys that are known, by their identity. To be known is not to be trusted: who trusts a key names it.
package struct KeyRing: Equatable, Sendable {
    package static let maximumKeys = 320

    private var keys: [KeyID: VerificationKey] = [:]

    package init(_ keys: some Sequence<VerificationKey> = []) {
        for key in keys { self.keys[key.id] = key }
    }

    package subscript(id: KeyID) -> VerificationKey? { keys[id] }

    package var count: Int { keys.count }
    /// In the order of their identities.
    package var all: [VerificationKey] { keys.values.sorted { $0.id < $1.id } }

    /// One key more, or the same one again.
    package mutating func insert(_ key: VerificationKey) throws(TrustError) {
        guard keys[key.id] != nil || keys.count < Self.maximumKeys else {
            throw .tooManyKeys(keys.count + 1, limit: Self.maximumKeys)
        }
        keys[key.id] = key
    }
}
