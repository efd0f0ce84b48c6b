internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy verify`: what the engine would say to a signed file.
struct PolicyVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a signed policy, read it and run its self-tests, as the engine does when it loads it.",
        discussion: """
            Examples:
              ringfence policy verify example.dsse --trust dev.pub
              ringfence policy verify example.dsse --trust dev.pub --text
              ringfence policy verify example.dsse --trust dev.pub --trust second.pub --threshold 2 --json
            """)

    @Argument(help: "The signed policy.")
    var file: String

    @OptionGroup var trust: TrustOptions

    @Flag(help: "Print the signed text, byte for byte, and nothing else.")
    var text = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let trusted = try trust.keys()
        let now = PolicyFiles.now
        if text {
            Output.write(String(decoding: try signedText(trusted), as: UTF8.self), terminator: "")
            return
        }
        let snapshot = try PolicyFiles.load(file, trusted: trusted, now: now)
        for (base, signers) in zip(snapshot.bases, snapshot.signers) {
            let isExpired = now >= base.file.expires
            if json {
                Output.write(
                    try CommandSupport.json(
                        Report(policy: PolicySummary(base), signers: signers.map(\.description), isExpired: isExpired)))
                continue
            }
            Output.write(PolicySummary(base).text)
            Output.write("signed by \(signers.map(\.description).joined(separator: ", "))")
            Output.write(isExpired ? "EXPIRED: nothing runs above \(base.file.options.onExpiry) any more" : "ok")
        }
    }

    private func signedText(_ trusted: TrustedKeys) throws -> [UInt8] {
        let envelope = try Files.read(file, maximumBytes: Envelope.maximumBytes + 1)
        do throws(TrustError) {
            return try VerifiedPayload(verifying: envelope, as: .base, trusted: trusted).bytes
        } catch {
            throw Failure(file: file, error)
        }
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var signers: [String]
        var isExpired: Bool
    }
}
