internal import ArgumentParser
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy sign`: puts a checked text into an envelope.
struct PolicySignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Check a policy text and sign exactly its bytes.",
        discussion: """
            Shows what is being signed: every rule, and the digest of the text. A text that the engine would refuse is not signed.

            Examples:
              ringfence key new --out ./dev
              ringfence policy sign Policies/example.toml --key dev.key
              ringfence policy sign mine.toml --key dev.key --out /etc/ringfence/policy/base/mine.dsse
            """)

    @Argument(help: "The policy text.")
    var file: String

    @Option(help: "The private key file.")
    var key: String

    @Option(help: "Where the signed policy goes. (default: FILE with .dsse for .toml)")
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (bytes, base) = try PolicyFiles.readUnsigned(file)
        guard PolicyFiles.now < base.file.expires else {
            throw Failure.alreadyExpired(file, at: base.file.expires)
        }
        let secret = try Files.read(key, maximumBytes: KeyFiles.maximumBytes, privacy: .secret)
        let output = out ?? (file.hasSuffix(".toml") ? String(file.dropLast(5)) : file) + ".dsse"
        let envelope: [UInt8]
        let signer: KeyID
        do throws(TrustError) {
            let signingKey = try KeyFiles.readPrivateKey(secret)
            signer = signingKey.verificationKey.id
            envelope = try Envelope(signing: bytes, as: .base, with: [signingKey]).json
            // What we would refuse to load, we do not hand out.
            _ = try VerifiedPayload(
                verifying: envelope, as: .base, trusted: TrustedKeys(keys: [signingKey.verificationKey]))
        } catch {
            throw Failure(file: key, error)
        }
        try Files.replace(output, with: envelope)
        if json {
            print(
                try Commands.json(
                    Report(
                        policy: PolicySummary(base), signer: signer.description, envelope: output, bytes: envelope.count
                    )))
            return
        }
        print(PolicySummary(base).text)
        for finding in base.file.lint(offered: .offered) { print("\(file):\(finding)") }
        print("signed by \(signer)\n  \(output)")
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var signer: String
        var envelope: String
        var bytes: Int
    }
}
