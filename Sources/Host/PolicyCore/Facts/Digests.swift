/// A SHA-256 digest. This module computes none: it is told.
package struct ContentDigest: Hashable, Sendable {
    /// How one is written where several kinds of digests may stand.
    package static let prefix = "sha256:"

    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Nil unless the text is 64 lower-case hexadecimal digits.
    package init?(hexadecimal text: String) {
        guard text.utf8.count == 64, let bytes = PolicyCore.bytes(fromHexadecimal: text.utf8) else { return nil }
        self.bytes = bytes
    }
}

extension ContentDigest: CustomStringConvertible {
    package var description: String { hexadecimal(bytes) }
}

/// The identity of a program: the digest of its relocation-invariant form, written `bpf-prog:v1:sha256:<64
/// hexadecimal digits>`.
package struct ProgramDigest: Hashable, Sendable {
    package static let prefix = "bpf-prog:v1:sha256:"

    package let digest: ContentDigest

    package init(_ digest: ContentDigest) { self.digest = digest }

    /// Nil unless the text has the one form that a program's identity has.
    package init?(text: String) {
        guard text.utf8.starts(with: Self.prefix.utf8) else { return nil }
        let digits = text.utf8.dropFirst(Self.prefix.utf8.count)
        guard digits.count == 64, let bytes = PolicyCore.bytes(fromHexadecimal: digits),
            let digest = ContentDigest(bytes)
        else { return nil }
        self.digest = digest
    }

    /// Enough of it to tell programs apart in a table.
    package var shortText: String {
        let digits = digest.description
        return "\(Self.prefix)\(digits.prefix(4))…\(digits.suffix(4))"
    }
}

extension ProgramDigest: CustomStringConvertible {
    package var description: String { Self.prefix + digest.description }
}
