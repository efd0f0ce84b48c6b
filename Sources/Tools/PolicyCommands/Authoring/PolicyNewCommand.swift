internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// `ringfence policy new`: a text to begin with.
struct PolicyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a commented policy to begin with.",
        discussion: """
            Examples:
              ringfence policy new --profile development
              ringfence policy new --profile production --id edge --out edge.toml
              ringfence policy new --profile jit --key site.pub --out jit.toml
              ringfence policy new --profile air-gapped --json

            Asks nothing, and overwrites nothing. What is left to fill in is marked TODO: without --key, the signer's key is one
            that nobody has, so that nothing runs before you name yours.
            """)

    @Option(help: "What the policy is for: \(StartingPolicy.Profile.allCases.map(\.rawValue).joined(separator: ", ")).")
    var profile: StartingPolicy.Profile = .development

    @Option(help: "The policy's name.")
    var id: String?

    @Option(help: "The public key file of who signs programs; may be given several times.")
    var key: [String] = []

    @Option(help: "Where the text goes. (default: standard output)")
    var out: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var keys: [KeyID] = []
        for path in key { keys.append(try TrustOptions.publicKey(path).key.id) }
        let id = id ?? profile.rawValue
        let bytes: [UInt8]
        do throws(PolicyTextError) {
            bytes = try CanonicalText.of(
                Array(StartingPolicy(profile: profile, id: id, keys: keys, now: PolicyFiles.now).text.utf8))
            // What we would refuse to read, such as a bad name, we do not write.
            _ = try PolicyFile(parsing: bytes)
        } catch {
            throw Failure(file: id, error)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let out { try Files.create(out, with: Array(text.utf8), permissions: 0o644) }
        if json {
            Output.write(try CommandSupport.json(Report(id: id, profile: profile.rawValue, file: out, text: text)))
        } else if let out {
            Output.write("\(out)\n  next: ringfence policy check \(out)")
        } else {
            Output.write(text, terminator: "")
        }
    }

    private struct Report: Encodable {
        var id: String
        var profile: String
        var file: String?
        var text: String
    }
}

extension StartingPolicy.Profile: ExpressibleByArgument {}
