/// The algorithm of a key. It belongs to the key: no message ever names, or chooses, the algorithm that it is verified with.
package enum KeyScheme: String, CaseIterable, Sendable {
    /// RFC 8032. A key is the 32 bytes of section 5.1.5.
    case ed25519
    /// ECDSA over P-256 with SHA-256 (FIPS 186-5), which security modules, smart cards and key services have. A key is the point
    /// uncompressed, as SEC 1, section 2.3.3, writes it; a signature is r and s, 32 bytes each.
    case p256 = "ecdsa-p256-sha256"

    /// Bytes of a public key in its one form.
    package var publicKeyBytes: Int {
        switch self {
        case .ed25519: 32
        case .p256: 65
        }
    }

    /// Bytes of the secret that a private key file holds: the seed, or the scalar.
    package static let secretBytes = 32
    package static let signatureBytes = 64
}
