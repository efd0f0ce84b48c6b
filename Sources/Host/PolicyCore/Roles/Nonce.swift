/// Sixteen bytes that occur once: which installation of a host, or which recovery.
package struct Nonce: Hashable, Sendable {
    package let bytes: [UInt8]

    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Nil unless the text is 32 lower-case hexadecimal digits.
    package init?(text: String) {
        guard text.utf8.count == 32, let bytes = PolicyCore.bytes(fromHexadecimal: text.utf8) else { return nil }
        self.bytes = bytes
    }
}

extension Nonce: CustomStringConvertible {
    package var description: String { hexadecimal(bytes) }
}
