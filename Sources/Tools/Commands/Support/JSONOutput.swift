internal import FoundationEssentials

/// What `--json` prints: one document, keys in order, so that two runs can be compared line by line.
package enum JSONOutput {
    /// The document, with a newline at its end.
    package static func text(_ value: some Encodable) throws(Failure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
        } catch {
            throw Failure(.internalError, "--json", "the result cannot be written as JSON: \(error)")
        }
    }
}
