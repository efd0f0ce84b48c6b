internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy inspect`: what an envelope holds, whoever signed it.
struct PolicyInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a signed file holds: type, sizes, whose signatures hold, and the text in short.",
        discussion: """
            Examples:
              ringfence policy inspect example.dsse
              ringfence policy inspect example.dsse --known dev.pub --json

            Decides nothing: the text is shown whether a signature holds or not. ringfence policy verify says what the engine would.
            """)

    @Argument(help: "The signed file.")
    var file: String

    @Option(help: "A public key file to try the signatures with; may be given several times.")
    var known: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let envelope = try PolicyInspection.envelope(file)
        var keys: [VerificationKey] = []
        for path in known { keys.append(try TrustOptions.publicKey(path).key) }
        let inspection = PolicyInspection(envelope, keys: keys)
        Output.write(json ? try CommandSupport.json(inspection) : inspection.text)
    }
}

/// What an envelope holds.
struct PolicyInspection: Encodable {
    struct Signature: Encodable {
        var bytes: Int
        /// The key, among those that are known, under which it holds.
        var key: String?
    }

    var type: String
    var isKnownType: Bool
    var payloadBytes: Int
    var sha256: String
    var signatures: [Signature]
    var policy: PolicySummary?
    /// What a root says, and what in it is probably not meant.
    var root: String?
    var findings: [FindingLine]?
    /// Why the text is not a policy, or a root, if it is none.
    var problem: String?

    static func envelope(_ path: String) throws -> Envelope {
        let bytes = try Files.read(path, maximumBytes: Envelope.maximumBytes + 1)
        do throws(TrustError) { return try Envelope(parsing: bytes) } catch { throw Failure(file: path, error) }
    }

    init(_ envelope: Envelope, keys: [VerificationKey]) {
        type = envelope.payloadType
        payloadBytes = envelope.payload.count
        let digest = PolicyTrust.sha256(envelope.payload)
        sha256 = digest.description
        let message = envelope.message
        signatures = envelope.signatures.map { signature in
            Signature(bytes: signature.count, key: keys.first { $0.verifies(signature, of: message) }?.id.description)
        }
        isKnownType = PayloadType(rawValue: envelope.payloadType) != nil
        switch PayloadType(rawValue: envelope.payloadType) {
        case .base, .supplemental:
            do throws(PolicyTextError) {
                policy = PolicySummary(PolicyBase(file: try PolicyFile(parsing: envelope.payload), sha256: digest))
            } catch {
                problem = "\(error)"
            }
        case .root:
            do throws(PolicyTextError) {
                let file = try RootFile(parsing: envelope.payload)
                root = file.summary
                findings = file.lint().map(FindingLine.init)
            } catch {
                problem = "\(error)"
            }
        case .revoke, .host, .recovery, .tombstone, .checkpoint, .attestation, nil: break
        }
    }

    var text: String {
        var lines = ["\(Printable.text(type))\(isKnownType ? "" : "  (no type that is known here)")"]
        lines.append("  payload   \(payloadBytes) bytes, sha256:\(sha256)")
        for signature in signatures {
            lines.append(
                "  signature \(signature.bytes) bytes, \(signature.key.map { "by \($0)" } ?? "by no key that was named")"
            )
        }
        if signatures.isEmpty { lines.append("  signature none") }
        if let problem { lines.append("  text      refused at \(problem)") }
        if let root { lines += root.split(separator: "\n").map { "  \($0)" } }
        for finding in findings ?? [] {
            lines.append("  \(finding.line):\(finding.column): \(finding.code): \(finding.message)")
        }
        if let policy { lines.append(policy.text(selfTests: "not run")) }
        return lines.joined(separator: "\n")
    }
}
