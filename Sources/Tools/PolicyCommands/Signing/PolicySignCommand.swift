internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy sign`: puts a checked text into an envelope.
struct PolicySignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Check a policy text and sign exactly its bytes.",
        discussion: """
            Shows what is being signed before a key is touched: every rule, the digest of the text, and with --against what it changes. A text
            that the engine would refuse, that lint calls an error, or that a second TOML reader reads otherwise is not signed. The text may be a
            policy, a root, revocations, a host's labels, a recovery or a tombstone: its schema says which, and that is signed too.

            Examples:
              ringfence key new --out ./dev
              ringfence policy sign Policies/example.toml --key dev.key --out example.dsse
              ringfence policy sign Policies/production.toml --key dev.key --against Policies/performance-jit.toml --out production.dsse
              ringfence policy sign Policies/air-gapped.toml --public dev.pub --sign-command "your-module --sign"
            """)

    @Argument(help: "The policy text.")
    var file: String

    @OptionGroup var signer: SignerOptions

    @Option(help: "The policy that this one takes the place of, a text or signed; what changes is shown.")
    var against: String?

    @Flag(name: .customLong("fail-on-rise"), help: "Do not sign where exposure rises over --against.")
    var failsOnRise = false

    @Option(help: ArgumentHelp("Sign in spite of this finding of lint; may be given several times.", valueName: "L…"))
    var accept: [String] = []

    @Option(help: "Where the signed policy goes. (default: FILE with .dsse for .toml)")
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard against != nil || !failsOnRise else { throw ValidationError("--fail-on-rise needs --against") }
        for code in accept where LintFinding.Code(rawValue: code) == nil {
            throw ValidationError("lint has no code \(code)")
        }
    }

    func run() throws {
        let text = try PolicyFiles.text(file)
        if let role = try RoleText(text, path: file) { return try signRole(role, text) }
        let (bytes, base) = try PolicyFiles.readUnsigned(file)
        guard PolicyFiles.now < base.file.expires else {
            throw Failure.alreadyExpired(file, at: base.file.expires)
        }
        try confirm(bytes)
        let findings = base.file.lint(offered: .offered)
        let comparison = try against.map { path in
            let old = try PolicyFiles.readEither(path)
            return (old, PolicyComparison(from: old.file, to: base.file))
        }
        if !json {
            Output.write(PolicySummary(base).text)
            if let (old, comparison) = comparison { Output.write(comparison.text(from: old, to: base)) }
            for finding in findings { Output.write("\(Printable.text(file, limit: 400)):\(finding)") }
        }
        if let error = findings.first(where: { $0.code.isError && !accept.contains($0.code.rawValue) }) {
            throw Failure(
                .denied, file, at: .line(error.position.line, column: error.position.column),
                "\(error.code.rawValue): \(error.message)",
                remedy: "mend it, or sign with --accept \(error.code.rawValue)")
        }
        if failsOnRise, comparison?.1.rises == true {
            throw Failure(
                .denied, file, "exposure rises over \(against ?? "")",
                remedy: "sign without --fail-on-rise if it is meant")
        }
        let (envelope, signers) = try sign(bytes, base.file.kind)
        let output = out ?? PolicyFiles.signedPath(for: file)
        try Files.replace(output, with: envelope)
        let names = signers.map(\.description)
        if json {
            Output.write(
                try CommandSupport.json(
                    Report(
                        policy: PolicySummary(base), findings: findings.map(FindingLine.init),
                        changes: comparison?.1.changes, signer: names[0], signers: names, envelope: output,
                        bytes: envelope.count)))
        } else {
            Output.write("signed by \(names.joined(separator: ", "))\n  \(output)")
        }
    }

    /// A root, revocations, a host's labels, a recovery, a tombstone.
    private func signRole(_ role: RoleText, _ bytes: [UInt8]) throws {
        try confirm(bytes)
        if !json {
            Output.write("\(role.summary)\n  sha256:\(sha256(bytes))")
            for finding in role.findings { Output.write("\(Printable.text(file, limit: 400)):\(finding)") }
        }
        var envelope = Envelope(payloadType: role.type.rawValue, payload: bytes, signatures: [])
        let names = try signer.sign(&envelope).map(\.description)
        let output = out ?? PolicyFiles.signedPath(for: file)
        try Files.replace(output, with: envelope.json)
        if json {
            Output.write(
                try CommandSupport.json(
                    RoleReport(
                        type: role.type.rawValue, sha256: sha256(bytes).description,
                        findings: role.findings.map(FindingLine.init), signers: names, envelope: output)))
        } else {
            Output.write("signed by \(names.joined(separator: ", "))\n  \(output)")
        }
    }

    private struct RoleReport: Encodable {
        var type: String
        var sha256: String
        var findings: [FindingLine]
        var signers: [String]
        var envelope: String
    }

    private func confirm(_ bytes: [UInt8]) throws {
        let table: TOMLTable
        do throws(PolicyTextError) { table = try StrictTOML.parse(bytes) } catch { throw Failure(file: file, error) }
        do throws(SecondReader.Disagreement) { try SecondReader.confirm(table, of: bytes) } catch {
            throw Failure(
                .badInput, file, "\(error)", remedy: "write it more plainly, and report it as SECURITY.md says")
        }
    }

    private func sign(_ bytes: [UInt8], _ kind: PolicyFile.Kind) throws -> (envelope: [UInt8], signers: [KeyID]) {
        let type: PayloadType =
            switch kind {
            case .base: .base
            case .supplemental: .supplemental
            }
        var envelope = Envelope(payloadType: type.rawValue, payload: bytes, signatures: [])
        let signers = try signer.sign(&envelope)
        return (envelope.json, signers)
    }

    private struct Report: Encodable {
        var policy: PolicySummary
        var findings: [FindingLine]
        var changes: [PolicyComparison.Change]?
        /// The first of ``signers``.
        var signer: String
        var signers: [String]
        var envelope: String
        var bytes: Int
    }
}
