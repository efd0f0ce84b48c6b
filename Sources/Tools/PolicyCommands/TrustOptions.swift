package import ArgumentParser
internal import CommandSupport
internal import PolicyCore
package import PolicyTrust

/// Whose signatures count.
package struct TrustOptions: ParsableArguments {
    /// Where a host keeps the key it trusts, when none is named.
    static let defaultPath = "/etc/ringfence/trust/policy.pub"

    package init() {}

    @Option(
        name: .customLong("trust"),
        help: "A public key file whose signature counts; may be given several times. (default: \(defaultPath))")
    package var paths: [String] = []

    @Option(
        name: .customLong("threshold"), help: "How many of those keys have to have signed.")
    package var threshold = TrustedKeys.developmentThreshold

    package func keys() throws -> TrustedKeys {
        guard !paths.isEmpty || Files.exists(Self.defaultPath) else {
            throw Failure(
                .badInput, Self.defaultPath, "no such file, and no key is named",
                remedy: "name the signer's key with --trust")
        }
        let paths = paths.isEmpty ? [Self.defaultPath] : paths
        var keys: [VerificationKey] = []
        for path in paths { keys.append(try Self.publicKey(path).key) }
        do throws(TrustError) {
            return try TrustedKeys(keys: keys, threshold: threshold)
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
