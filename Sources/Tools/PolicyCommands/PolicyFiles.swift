internal import CommandSupport
package import PolicyCore
package import PolicyTrust

/// What all policy commands do with policy files.
package enum PolicyFiles {
    /// A text as it is, with what its reader makes of it.
    static func read(_ path: String) throws -> (bytes: [UInt8], file: PolicyFile) {
        let bytes = try text(path)
        do throws(PolicyTextError) {
            return (bytes, try PolicyFile(parsing: bytes))
        } catch {
            throw Failure(file: path, error)
        }
    }

    static func text(_ path: String) throws -> [UInt8] {
        // One byte more than allowed, so that the reader says what the limit is.
        try Files.read(path, maximumBytes: StrictTOML.maximumBytes + 1)
    }

    /// A text that nobody has signed, its self-tests run.
    static func readUnsigned(_ path: String) throws -> (bytes: [UInt8], base: PolicyBase) {
        let bytes = try text(path)
        do throws(PolicyTextError) {
            return (bytes, try PolicyBase(parsing: bytes, sha256: sha256(bytes), eligible: .offered))
        } catch {
            throw Failure(file: path, error)
        }
    }

    /// A policy for comparing and trying out: a text, or what a signed file holds. Whether the signatures hold is not asked, and nothing is
    /// decided by it.
    static func readEither(_ path: String) throws -> PolicyBase {
        let bytes = try Files.read(path, maximumBytes: Envelope.maximumBytes + 1)
        guard bytes.first == UInt8(ascii: "{") else {
            let (bytes, file) = try read(path)
            return PolicyBase(file: file, sha256: sha256(bytes))
        }
        let envelope: Envelope
        do throws(TrustError) { envelope = try Envelope(parsing: bytes) } catch { throw Failure(file: path, error) }
        do throws(PolicyTextError) {
            return PolicyBase(file: try PolicyFile(parsing: envelope.payload), sha256: sha256(envelope.payload))
        } catch {
            throw Failure(file: path, error)
        }
    }

    /// A signed policy, verified, read and tested.
    package static func load(_ path: String, trusted: TrustedKeys, now: UTCTime) throws -> PolicySnapshot {
        let bytes = try Files.read(path, maximumBytes: Envelope.maximumBytes + 1)
        do throws(TrustError) {
            return try PolicySnapshot.load(bytes, trusted: trusted, eligible: .offered, now: now)
        } catch {
            throw Failure(file: path, error)
        }
    }

    /// Where a signed policy goes when nobody says.
    static func signedPath(for path: String) -> String {
        (path.hasSuffix(".toml") ? String(path.dropLast(5)) : path) + ".dsse"
    }

    package static var now: UTCTime { UTCTime(secondsSince1970: secondsSince1970()) }
}
