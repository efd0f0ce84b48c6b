internal import PolicyCore

/// The text forms of keys. A private key file has two lines, its kind and the secret in base64; a public key file has
/// one line, kind, key and a comment. The kind names the algorithm.
///
///     ringfence-ed25519-private                       ringfence-ecdsa-p256-sha256-private
///     <base64 of the 32-byte seed>                    <base64 of the 32-byte scalar>
///
///     ringfence-ed25519 <base64 of the 32-byte key> <comment>
///     ringfence-ecdsa-p256-sha256 <base64 of the 65-byte point> <comment>
package enum KeyFiles {
    package static let maximumBytes = 1024

    package static func publicKind(_ scheme: KeyScheme) -> String { "ringfence-\(scheme.rawValue)" }
    package static func privateKind(_ scheme: KeyScheme) -> String { "\(publicKind(scheme))-private" }

    package static func text(of key: SigningKey) -> [UInt8] {
        Array("\(privateKind(key.scheme))\n".utf8) + Base64.encode(key.seed) + Array("\n".utf8)
    }

    /// The comment keeps its printable ASCII.
    package static func text(of key: VerificationKey, comment: String) -> [UInt8] {
        let printable = comment.utf8.filter { (0x20...0x7E).contains($0) }.prefix(256)
        return Array("\(publicKind(key.scheme)) ".utf8) + Base64.encode(key.bytes)
            + (printable.isEmpty ? [] : [0x20]) + printable + Array("\n".utf8)
    }

    package static func readPrivateKey(_ bytes: [UInt8]) throws(TrustError) -> SigningKey {
        let lines = try lines(of: bytes)
        guard let scheme = KeyScheme.allCases.first(where: { lines[0].elementsEqual(privateKind($0).utf8) }) else {
            throw .keyFile("\(Self.kinds(privateKind)) alone", line: 1)
        }
        guard lines.count == 2, lines[1].count == 44, let seed = Base64.decode(Array(lines[1])) else {
            throw .keyFile("the base64 of 32 bytes, and no line after it", line: 2)
        }
        return try SigningKey(seed: seed, scheme: scheme)
    }

    package static func readPublicKey(_ bytes: [UInt8]) throws(TrustError) -> (key: VerificationKey, comment: String) {
        let lines = try lines(of: bytes)
        let words = lines[0].split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard let scheme = KeyScheme.allCases.first(where: { words[0].elementsEqual(publicKind($0).utf8) }) else {
            throw .keyFile("\(Self.kinds(publicKind)) first", line: 1)
        }
        guard lines.count == 1, words.count >= 2, words[1].count == (scheme.publicKeyBytes + 2) / 3 * 4,
            let key = Base64.decode(Array(words[1])), lines[0].allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            throw .keyFile(
                "\"\(publicKind(scheme)) <base64 of \(scheme.publicKeyBytes) bytes> <comment>\", and no other line",
                line: 1)
        }
        return (
            try VerificationKey(key, scheme: scheme), words.count == 3 ? String(decoding: words[2], as: UTF8.self) : ""
        )
    }

    /// True for the first line of a private key file: such a file must never be shown or sent where a public one is
    /// meant.
    package static func isPrivateKey(_ bytes: [UInt8]) -> Bool {
        KeyScheme.allCases.contains { bytes.starts(with: "\(privateKind($0))\n".utf8) }
    }

    private static func kinds(_ kind: (KeyScheme) -> String) -> String {
        KeyScheme.allCases.map { "\"\(kind($0))\"" }.joined(separator: " or ")
    }

    private static func lines(of bytes: [UInt8]) throws(TrustError) -> [ArraySlice<UInt8>] {
        guard bytes.count <= maximumBytes else { throw .keyFile("at most \(maximumBytes) bytes", line: 1) }
        guard bytes.last == 0x0A else { throw .keyFile("a key file, which ends in a newline", line: 1) }
        return bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
    }
}
