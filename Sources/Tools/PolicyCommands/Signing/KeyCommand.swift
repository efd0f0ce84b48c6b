package import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence key`: the keys that sign policies.
package struct KeyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and show the keys that sign policies.",
        discussion: "Exit status: 0 ok, 2 bad input, 4 internal.",
        subcommands: [KeyNewCommand.self, KeyShowCommand.self, KeyIDCommand.self])

    package init() {}
}

/// `ringfence key new`.
struct KeyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a key: NAME.key, which only you can read, and NAME.pub.",
        discussion: """
            Examples:
              ringfence key new
              ringfence key new --out site-a --comment "site A, on paper in the safe"
              ringfence key new --scheme ecdsa-p256-sha256 --out site-b --json

            A file that is there is never overwritten.
            """)

    @Option(help: ArgumentHelp("The files' path without its ending.", valueName: "dir/name"))
    var out = "./ringfence"

    @Option(help: "What the public key file says about the key.")
    var comment = ""

    @Option(help: "The algorithm: \(KeyScheme.allCases.map(\.rawValue).joined(separator: ", ")).")
    var scheme: KeyScheme = .ed25519

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let key: SigningKey
        do throws(TrustError) {
            key = try SigningKey(scheme)
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
        Output.write(json ? try CommandSupport.json(report) : report.text)
    }
}

extension KeyScheme: ExpressibleByArgument {}

/// `ringfence key show`.
struct KeyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the identity of a key; of a private key file, that of its public half.",
        discussion: """
            Examples:
              ringfence key new --out dev
              ringfence key show dev.pub
              ringfence key show --json dev.key

            Of an OpenSSH public key (ssh-ed25519) it shows what the same key is here: the second line is its public key file.
            """)

    @Argument(help: "A public or a private key file, or an OpenSSH public key file.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try KeyReport(file: file)
        Output.write(json ? try CommandSupport.json(report) : report.text)
    }
}

/// `ringfence key id`.
struct KeyIDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "id",
        abstract: "Print the identity of a key alone, as a policy's [signers] has it.",
        discussion: """
            Examples:
              ringfence key new --out dev
              ringfence key id dev.pub
              ringfence key id --json dev.pub
            """)

    @Argument(help: "A public or a private key file, or an OpenSSH public key file.")
    var file: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try KeyReport(file: file)
        Output.write(json ? try CommandSupport.json(["id": report.id]) : report.id)
    }
}
