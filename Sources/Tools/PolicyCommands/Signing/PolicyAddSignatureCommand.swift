internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy add-signature`: a second person signs.
struct PolicyAddSignatureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add-signature",
        abstract: "Sign a signed policy once more, with another key.",
        discussion: """
            Shows the text under the signatures before a key is touched: whoever signs vouches for that, and not for who signed before.

            Examples:
              ringfence policy add-signature example.dsse --key second.key
              ringfence policy add-signature example.dsse --key second.key --against Policies/example.toml --json
              ringfence policy add-signature site.dsse --public second.pub --agent /run/user/1000/agent

            A second signature by one key takes the place of the first.
            """)

    @Argument(help: "The signed policy.")
    var file: String

    @OptionGroup var signer: SignerOptions

    @Option(help: "The policy that this one takes the place of; what changes is shown.")
    var against: String?

    @Option(help: "Where the result goes. (default: the file's own place)")
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var envelope = try PolicyInspection.envelope(file)
        if let role = try RoleText(envelope.payload, path: file) {
            // The type is signed too: a root that calls itself something else is not what the people who read it think it is.
            guard envelope.payloadType == role.type.rawValue else {
                throw Failure(.trustFailure, file, "holds a text of another type than \"\(envelope.payloadType)\"")
            }
            return try addToRole(role, &envelope)
        }
        guard
            envelope.payloadType == PayloadType.base.rawValue
                || envelope.payloadType == PayloadType.supplemental.rawValue
        else {
            throw Failure(.trustFailure, file, "holds \"\(envelope.payloadType)\", which is no policy")
        }
        let base: PolicyBase
        do throws(PolicyTextError) {
            base = try PolicyBase(parsing: envelope.payload, sha256: sha256(envelope.payload), eligible: .offered)
        } catch {
            throw Failure(file: file, error)
        }
        if !json {
            Output.write(PolicySummary(base).text)
            if let against {
                let old = try PolicyFiles.readEither(against)
                Output.write(PolicyComparison(from: old.file, to: base.file).text(from: old, to: base))
            }
        }
        let signers = try signer.sign(&envelope).map(\.description)
        let output = out ?? file
        try Files.replace(output, with: envelope.json)
        let report = Report(
            policy: PolicySummary(base), signers: signers, envelope: output, signatures: envelope.signatures.count)
        Output.write(
            json
                ? try CommandSupport.json(report)
                : "signed by \(signers.joined(separator: ", "))\n  \(output): \(envelope.signatures.count) signatures")
    }

    /// A root, revocations, a host's labels, a recovery, a tombstone.
    private func addToRole(_ role: RoleText, _ envelope: inout Envelope) throws {
        if !json { Output.write("\(role.summary)\n  sha256:\(sha256(envelope.payload))") }
        let signers = try signer.sign(&envelope).map(\.description)
        let output = out ?? file
        try Files.replace(output, with: envelope.json)
        Output.write(
            json
                ? try CommandSupport.json(
                    ["envelope": output, "signers": signers.joined(separator: ","), "type": role.type.rawValue])
                : "signed by \(signers.joined(separator: ", "))\n  \(output): \(envelope.signatures.count) signatures")
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var signers: [String]
        var envelope: String
        var signatures: Int
    }
}
