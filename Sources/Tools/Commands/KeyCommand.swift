package import ArgumentParser
internal import PolicyCore
internal import PolicyTrust

/// `ringfence key`: the keys that sign policies.
package struct KeyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and show the keys that sign policies.",
        discussion: "Exit status: 0 ok, 2 bad input, 4 internal.",
        subcommands: [KeyNewCommand.self, KeyShowCommand.self])

    package init() {}
}

/// `ringfence key new`.
struct KeyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an Ed25519 key: NAME.key, which only you can read, and NAME.pub.",
        discussion: """
            Examples:
              ringfence key new
              ringfence key new --out ~/keys/site-a --comment "site A, on paper in the safe"

            A file that is there is never overwritten.
            """)

    @Option(help: ArgumentHelp("The files' path without its ending.", valueName: "dir/name"))
    var out = "./ringfence"

    @Option(help: "What the public key file says about the key.")
    var comment = ""

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let key: SigningKey
        do throws(TrustError) {
            key = try SigningKey()
        } catch {
            throw Failure(file: out, error)
        }
        // Both names are free, or nothing is made: half a pair beside an older half would be a trap.
        for path in ["\(out).key", "\(out).pub"] where Files.exists(path) {
            throw Failure.alreadyThere(path)
        }
        try Files.create("\(out).key", with: KeyFiles.text(of: key), permissions: 0o600)
        try Files.create(
            "\(out).pub", with: KeyFiles.text(of: key.verificationKey, comment: comment), permissions: 0o644)
        let report = KeyReport(
            key.verificationKey, comment: comment, publicFile: "\(out).pub", privateFile: "\(out).key")
        print(json ? try Commands.json(report) : report.text)
    }
}

/// `ringfence key show`.
struct KeyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the identity of a key; of a private key file, that of its public half.",
        discussion: """
            Examples:
              ringfence key show ringfence.pub
              ringfence key show --json ringfence.key
            """)

    @Argument(help: "A public or a private key file.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let bytes = try Files.read(file, maximumBytes: KeyFiles.maximumBytes)
        let report: KeyReport
        do throws(TrustError) {
            if KeyFiles.isPrivateKey(bytes) {
                report = KeyReport(try KeyFiles.readPrivateKey(bytes).verificationKey, privateFile: file)
            } else {
                let (key, comment) = try KeyFiles.readPublicKey(bytes)
                report = KeyReport(key, comment: comment, publicFile: file)
            }
        } catch {
            throw Failure(file: file, error)
        }
        print(json ? try Commands.json(report) : report.text)
    }
}

/// A key as people and machines see it. It holds no secret.
private struct KeyReport: Encodable {
    var id: String
    var scheme = VerificationKey.scheme
    var publicKey: String
    var comment: String
    var publicFile: String?
    var privateFile: String?

    init(_ key: VerificationKey, comment: String = "", publicFile: String? = nil, privateFile: String? = nil) {
        id = key.id.description
        publicKey = String(decoding: Base64.encode(key.bytes), as: UTF8.self)
        self.comment = comment
        self.publicFile = publicFile
        self.privateFile = privateFile
    }

    var text: String {
        var lines = [id, "  \(KeyFiles.publicKind) \(publicKey)\(comment.isEmpty ? "" : " \(comment)")"]
        if let publicFile { lines.append("  public   \(publicFile)") }
        if let privateFile { lines.append("  private  \(privateFile)   (whoever has it can sign: keep it offline)") }
        return lines.joined(separator: "\n")
    }
}
