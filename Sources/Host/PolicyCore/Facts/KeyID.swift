/// The identity of a key: SHA-256 of its scheme, a zero byte and its canonical public form. It is computed from a key and never
/// believed from a message; in policies it is written `k:<64 hexadecimal digits>`. The algorithm is part of it.
package struct KeyID: Hashable, Sendable {
    package static let prefix = "k:"

    package let digest: ContentDigest

    package init(digest: ContentDigest) { self.digest = digest }

    /// Nil unless the text has the one form that a key's identity has.
    package init?(text: String) {
        guard text.utf8.starts(with: Self.prefix.utf8),
            let digest = ContentDigest(hexadecimal: String(text.dropFirst(Self.prefix.utf8.count)))
        else { return nil }
        self.digest = digest
    }
}

extension KeyID: Comparable {
    package static func < (left: KeyID, right: KeyID) -> Bool {
        left.digest.bytes.lexicographicallyPrecedes(right.digest.bytes)
    }
}

extension KeyID: CustomStringConvertible {
    package var description: String { Self.prefix + digest.description }
}
