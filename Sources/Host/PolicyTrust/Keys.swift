internal import Crypto
package import PolicyCore

/// An Ed25519 public key that can tell one signer from another.
package struct VerificationKey: Equatable, Sendable {
    package static let scheme = "ed25519"

    /// The 32 bytes of RFC 8032, section 5.1.5.
    package let bytes: [UInt8]
    package let id: KeyID

    package init(_ bytes: [UInt8]) throws(TrustError) {
        guard bytes.count == 32 else { throw .keyLength(bytes.count) }
        guard !Self.isWeak(bytes) else { throw .weakKey }
        self.bytes = bytes
        id = KeyID(digest: sha256(Array(Self.scheme.utf8) + [0] + bytes))
    }

    /// True if this key made the signature. A signature of the wrong length is simply not one.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
            return false
        }
        return key.isValidSignature(signature, for: message)
    }

    /// The y coordinates of the points whose order divides 8, little-endian, without the sign of x. Under such a key,
    /// one signature holds for many messages.
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0, 0xD5, 0xDF,
            0xAC,
            0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F, 0x2A, 0x20,
            0x53,
            0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]

    /// True for points of small order, and for a y that is not below the prime 2^255 - 19, which is a second spelling
    /// of some other y: two spellings would be two key ids and could count twice.
    private static func isWeak(_ bytes: [UInt8]) -> Bool {
        var y = bytes
        y[31] &= 0x7F
        let isNonCanonical = y[0] >= 0xED && y[1..<31].allSatisfy { $0 == 0xFF } && y[31] == 0x7F
        return isNonCanonical || smallOrder.contains(y)
    }
}

/// An Ed25519 private key, held as its seed.
package struct SigningKey: Sendable {
    package let seed: [UInt8]
    package let verificationKey: VerificationKey

    /// A key nobody has had before.
    package init() throws(TrustError) {
        try self.init(seed: Array(Curve25519.Signing.PrivateKey().rawRepresentation))
    }

    package init(seed: [UInt8]) throws(TrustError) {
        guard seed.count == 32 else { throw .keyLength(seed.count) }
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            throw .cryptography("no Ed25519 key comes of this seed")
        }
        self.seed = seed
        verificationKey = try VerificationKey(Array(key.publicKey.rawRepresentation))
    }

    package func sign(_ message: [UInt8]) throws(TrustError) -> [UInt8] {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let signature = try? key.signature(for: message)
        else { throw .cryptography("Ed25519 did not sign") }
        return Array(signature)
    }
}

extension SigningKey: CustomStringConvertible {
    /// Never the seed.
    package var description: String { "private key of \(verificationKey.id)" }
}

/// The SHA-256 of some bytes.
package func sha256(_ bytes: [UInt8]) -> ContentDigest {
    guard let digest = ContentDigest(Array(SHA256.hash(data: bytes))) else {
        preconditionFailure("a SHA-256 digest has 32 bytes")
    }
    return digest
}
