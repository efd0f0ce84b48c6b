internal import ArgumentParser
internal import CommandSupport
internal import PolicyCommands
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Sandbox

/// `ringfence policy attest`: a signed statement about a program.
struct PolicyAttestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attest",
        abstract: "Verify a program and sign that it is the author's: what a policy's \"signer\" asks for.",
        discussion: """
            The statement (in-toto, in a DSSE envelope) names the program by the digest of its code, whatever object it is in, and says what the
            verifier said. A program that does not pass is not attested.

            Examples:
              ringfence policy attest filter.o --author "net team" --key team.key
              ringfence run filter.o --pcap in.pcap --attestation filter.o.att.dsse --policy site.dsse --trust site.pub
            """)

    @Argument(help: "The object file.")
    var object: String

    @OptionGroup var chosen: ChosenProgram
    @OptionGroup var environment: DeclaredEnvironment

    @Option(help: "Who vouches for it, in words.")
    var author: String

    @Option(help: "A private key file, which only you can read; may be given several times.")
    var key: [String]

    @Option(help: "Where the statement goes. (default: OBJECT.att.dsse)")
    var out: String?

    func run() throws {
        let keys = try key.map { path in
            let secret = try Files.read(path, maximumBytes: KeyFiles.maximumBytes, privacy: .secret)
            do throws(TrustError) { return try KeyFiles.readPrivateKey(secret) } catch {
                throw Failure(file: path, error)
            }
        }
        let output = out ?? "\(object).att.dsse"
        // From here on this process reads what somebody else wrote, and may write nowhere else.
        let broker = try Broker(writable: [Files.directory(of: output)])
        var loaded = try broker.load(object, environment)
        let admitted = try broker.admit(&loaded, object, chosen)
        let statement = try statement(about: admitted, ContentDigest(loaded.digest.bytes))
        var envelope = Envelope(
            payloadType: PayloadType.attestation.rawValue, payload: statement.json(name: admitted.program.name),
            signatures: [])
        for signing in keys {
            do throws(TrustError) {
                try envelope.add(try signing.sign(envelope.message), by: signing.verificationKey)
            } catch { throw Failure(file: object, error) }
        }
        try Files.replace(output, with: envelope.json)
        let names = keys.map { $0.verificationKey.id.description }
        Output.write(
            statement.programs.map(\.description).sorted().joined(separator: "\n")
                + "\nsigned by \(names.joined(separator: ", "))\n  \(output)")
    }

    /// What is said of the programs of a set, all of which passed.
    private func statement(about admitted: AdmittedProgram, _ object: ContentDigest?) throws(Failure)
        -> ProgramStatement
    {
        var digests: Set<ProgramDigest> = []
        for member in admitted.members {
            guard let digest = member.identity.digest.value, member.identity.isVerified else {
                throw Failure(
                    .denied, self.object, "the verifier did not pass \(member.program.name)",
                    remedy: "ringfence verify \(self.object) says what is wrong with it")
            }
            digests.insert(digest)
        }
        guard let verifier = admitted.identity.verifier.value, let verdict = admitted.identity.verdict.value else {
            throw Failure(.internalError, self.object, "nothing is known of the program")
        }
        return ProgramStatement(
            programs: digests, objects: Set([object].compactMap { $0 }), author: author, verifier: verifier.id,
            options: verifier.options.rawValue, verdict: verdict.rawValue)
    }
}
