internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import PolicyTrust

/// Whose key signs, and where it is.
struct SignerOptions: ParsableArguments {
    @Option(help: "A private key file, which only you can read; may be given several times.")
    var key: [String] = []

    @Option(
        name: .customLong("public"),
        help: ArgumentHelp(
            "The public key file of a key that is elsewhere: in an agent, or where --sign-command reaches it.",
            valueName: "file"))
    var publicKey: String?

    @Option(
        help: ArgumentHelp("The socket of the agent that holds the key. (default: $SSH_AUTH_SOCK)", valueName: "path"))
    var agent: String?

    @Option(
        name: .customLong("sign-command"),
        help: ArgumentHelp(
            "A command that signs: it gets the message on its standard input, and writes the signature: 64 bytes, or of P-256 their DER.",
            valueName: "command"))
    var command: String?

    func validate() throws {
        guard !key.isEmpty || publicKey != nil else {
            throw ValidationError(
                "name a private key file with --key, or the key of an agent or a command with --public")
        }
        guard publicKey != nil || (agent == nil && command == nil) else {
            throw ValidationError("say with --public which key is meant")
        }
        guard agent == nil || command == nil else { throw ValidationError("give --agent or --sign-command, not both") }
    }

    /// Adds the signatures. Each is known to hold before it is added.
    func sign(_ envelope: inout Envelope) throws -> [KeyID] {
        var signers: [KeyID] = []
        for path in key {
            let secret = try Files.read(path, maximumBytes: KeyFiles.maximumBytes, privacy: .secret)
            do throws(TrustError) {
                let signing = try KeyFiles.readPrivateKey(secret)
                try envelope.add(try signing.sign(envelope.message), by: signing.verificationKey)
                signers.append(signing.verificationKey.id)
            } catch {
                throw Failure(file: path, error)
            }
        }
        guard let publicKey else { return signers }
        let verification = try TrustOptions.publicKey(publicKey).key
        let signature = try foreignSignature(envelope.message, by: verification)
        do throws(TrustError) { try envelope.add(signature, by: verification) } catch {
            throw Failure(file: publicKey, error)
        }
        return signers + [verification.id]
    }

    private func foreignSignature(_ message: [UInt8], by key: VerificationKey) throws -> [UInt8] {
        if let command { return try commandSignature(command, message) }
        guard key.scheme == .ed25519 else {
            throw Failure(
                .badInput, publicKey ?? "", "an agent signs with Ed25519 keys alone",
                remedy: "use --sign-command for this key")
        }
        guard let path = agent ?? environment()["SSH_AUTH_SOCK"], !path.isEmpty else {
            throw Failure(.badInput, "", "no agent: SSH_AUTH_SOCK is not set", remedy: "name its socket with --agent")
        }
        return try AgentClient(path: path).sign(message, with: key.bytes)
    }

    private func commandSignature(_ command: String, _ message: [UInt8]) throws -> [UInt8] {
        let result: FilterResult
        do throws(SystemError) {
            // No signature is longer than this.
            result = try runFilter(command, input: message, outputLimit: 512)
        } catch {
            throw Failure(.internalError, command, "\(error)")
        }
        guard result.status == 0, !result.isCut else {
            throw Failure(
                .badInput, command,
                result.isCut ? "wrote more than a signature" : "ended with wait status \(result.status)",
                remedy: "it has to write the signature's bytes to its standard output, and nothing else")
        }
        return result.output
    }
}
