internal import CommandSupport
internal import Linux

/// An agent that holds Ed25519 keys and signs with them: the protocol of draft-ietf-sshm-ssh-agent, section 5.
///
/// What the agent answers is not believed: its messages are bounded, and a signature counts once it verifies.
struct AgentClient {
    static let maximumMessageBytes = 256 * 1024

    private enum Message {
        static let failure: UInt8 = 5
        static let requestIdentities: UInt8 = 11
        static let identities: UInt8 = 12
        static let signRequest: UInt8 = 13
        static let signature: UInt8 = 14
    }

    let path: String

    /// The signature of the agent's key with this public half.
    func sign(_ message: [UInt8], with key: [UInt8]) throws -> [UInt8] {
        do {
            let socket = try FileDescriptor.connect(to: path)
            let blob = Self.string(Array("ssh-ed25519".utf8)) + Self.string(key)
            let identities = try exchange([Message.requestIdentities], over: socket)
            guard try has(blob, identities) else {
                throw Failure(
                    .badInput, path, "the agent does not hold this key",
                    remedy: "add it with ssh-add, and see ssh-add -L")
            }
            let answer = try exchange(
                [Message.signRequest] + Self.string(blob) + Self.string(message) + [0, 0, 0, 0], over: socket)
            var reader = AgentReader(answer.dropFirst())
            guard answer.first == Message.signature, var signature = reader.string().map({ AgentReader($0) }),
                signature.string()?.elementsEqual("ssh-ed25519".utf8) == true, let bytes = signature.string()
            else {
                throw Failure(
                    .trustFailure, path, "the agent does not sign",
                    remedy: "it may ask for a confirmation, or be locked")
            }
            return Array(bytes)
        } catch let error as SystemError {
            throw Failure(
                .badInput, path, "\(error)", remedy: "name the agent's socket with --agent, or start one: ssh-agent")
        }
    }

    private func has(_ blob: [UInt8], _ answer: [UInt8]) throws -> Bool {
        var reader = AgentReader(answer.dropFirst())
        guard answer.first == Message.identities, let count = reader.number() else {
            throw Failure(.badInput, path, "does not answer as an agent does")
        }
        for _ in 0..<count {
            guard let key = reader.string(), reader.string() != nil else {
                throw Failure(.badInput, path, "does not answer as an agent does")
            }
            if key.elementsEqual(blob) { return true }
        }
        return false
    }

    private func exchange(_ request: [UInt8], over socket: borrowing FileDescriptor) throws -> [UInt8] {
        try send(Self.string(request), over: socket)
        let header = try receive(4, over: socket)
        let length = header.reduce(0) { $0 << 8 | Int($1) }
        guard (1...Self.maximumMessageBytes).contains(length) else {
            throw Failure(.badInput, path, "does not answer as an agent does")
        }
        return try receive(length, over: socket)
    }

    /// Bytes after their number (RFC 4251, section 5).
    private static func string(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt32(truncatingIfNeeded: bytes.count)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + bytes
    }
}

/// Reads RFC 4251's data types; nil where there is less than there should be.
struct AgentReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Collection<UInt8>) { rest = ArraySlice(bytes) }

    mutating func number() -> UInt32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func string() -> ArraySlice<UInt8>? {
        guard let count = number(), rest.count >= Int(count) else { return nil }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    var isAtEnd: Bool { rest.isEmpty }
}
