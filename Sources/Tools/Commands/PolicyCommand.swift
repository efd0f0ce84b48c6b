package import ArgumentParser
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy`: write, check, sign, verify and question policies.
package struct PolicyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check, sign, verify and explain the policy that decides where a program may run.",
        discussion: """
            A policy is a text that people read and keys sign. Nothing runs without one.

            EXAMPLES
              ringfence policy check policy.toml
              ringfence policy sign policy.toml --key dev.key --out policy.dsse
              ringfence policy explain filter.o --policy policy.dsse --trust dev.pub

            Exit status: 0 ok, 1 the policy says no, 2 bad input, 3 trust failure, 4 internal.
            """,
        subcommands: [
            PolicyCheckCommand.self, PolicySignCommand.self, PolicyVerifyCommand.self, PolicyExplainCommand.self,
        ])

    package init() {}
}

/// Whose signatures count.
struct TrustOptions: ParsableArguments {
    /// Where a host keeps the key it trusts, when none is named.
    static let defaultPath = "/etc/ringfence/trust/policy.pub"

    @Option(
        name: .customLong("trust"),
        help: "A public key file whose signature counts; may be given several times. (default: \(defaultPath))")
    var paths: [String] = []

    func keys() throws -> TrustedKeys {
        guard !paths.isEmpty || Files.exists(Self.defaultPath) else {
            throw Failure(
                .badInput, Self.defaultPath, "no such file, and no key is named",
                remedy: "name the signer's key with --trust")
        }
        let paths = paths.isEmpty ? [Self.defaultPath] : paths
        var keys: [VerificationKey] = []
        for path in paths { keys.append(try Self.publicKey(path).key) }
        do throws(TrustError) {
            return try TrustedKeys(keys: keys)
        } catch {
            throw Failure(file: paths.joined(separator: ", "), error)
        }
    }

    static func publicKey(_ path: String) throws -> (key: VerificationKey, comment: String) {
        let bytes = try Files.read(path, maximumBytes: KeyFiles.maximumBytes, privacy: .trusted)
        guard !KeyFiles.isPrivateKey(bytes) else { throw Failure.privateKeyAsPublic(path) }
        do throws(TrustError) {
            return try KeyFiles.readPublicKey(bytes)
        } catch {
            throw Failure(file: path, error)
        }
    }
}

/// What all policy commands do with policy files.
enum PolicyFiles {
    /// A text that nobody has signed, its self-tests run.
    static func readUnsigned(_ path: String) throws -> (bytes: [UInt8], base: PolicyBase) {
        // One byte more than allowed, so that the reader says what the limit is.
        let bytes = try Files.read(path, maximumBytes: StrictTOML.maximumBytes + 1)
        do throws(PolicyTextError) {
            return (bytes, try PolicyBase(parsing: bytes, sha256: sha256(bytes), eligible: .offered))
        } catch {
            throw Failure(file: path, error)
        }
    }

    /// A signed policy, verified, read and tested.
    static func load(_ path: String, trusted: TrustedKeys, now: UTCTime) throws -> PolicySnapshot {
        let bytes = try Files.read(path, maximumBytes: Envelope.maximumBytes + 1)
        do throws(TrustError) {
            return try PolicySnapshot.load(bytes, trusted: trusted, eligible: .offered, now: now)
        } catch {
            throw Failure(file: path, error)
        }
    }

    static var now: UTCTime { UTCTime(secondsSince1970: secondsSince1970()) }
}
