internal import CommandSupport
internal import PolicyCore
internal import PolicyTrust

/// A key as people and machines see it. It holds no secret.
struct KeyReport: Encodable {
    var id: String
    var scheme: String
    var publicKey: String
    var comment: String
    var publicFile: String?
    var privateFile: String?

    init(_ key: VerificationKey, comment: String = "", publicFile: String? = nil, privateFile: String? = nil) {
        id = key.id.description
        scheme = key.scheme.rawValue
        publicKey = String(decoding: Base64.encode(key.bytes), as: UTF8.self)
        self.comment = comment
        self.publicFile = publicFile
        self.privateFile = privateFile
    }

    /// Of a file that holds a key, of whatever kind.
    init(file: String) throws {
        let bytes = try Files.read(file, maximumBytes: KeyFiles.maximumBytes)
        do throws(TrustError) {
            if KeyFiles.isPrivateKey(bytes) {
                self.init(try KeyFiles.readPrivateKey(bytes).verificationKey, privateFile: file)
            } else if let (key, comment) = try OpenSSHPublicKey.read(bytes) {
                self.init(key, comment: comment)
            } else {
                let (key, comment) = try KeyFiles.readPublicKey(bytes)
                self.init(key, comment: comment, publicFile: file)
            }
        } catch {
            throw Failure(file: file, error)
        }
    }

    var text: String {
        var lines = [id, "  ringfence-\(scheme) \(publicKey)\(comment.isEmpty ? "" : " \(comment)")"]
        if let publicFile { lines.append("  public   \(publicFile)") }
        if let privateFile { lines.append("  private  \(privateFile)   (whoever has it can sign: keep it offline)") }
        return lines.joined(separator: "\n")
    }
}

/// The public half of a key that an agent holds, as OpenSSH writes it: `ssh-ed25519 <base64> <comment>` (RFC 8709, section 4).
enum OpenSSHPublicKey {
    /// Nil where the file is of another kind.
    static func read(_ bytes: [UInt8]) throws(TrustError) -> (key: VerificationKey, comment: String)? {
        let kind = Array("ssh-ed25519".utf8)
        guard bytes.starts(with: kind + [0x20]), let line = bytes.split(separator: 0x0A).first else { return nil }
        let words = line.split(separator: 0x20, maxSplits: 2)
        guard words.count >= 2, let blob = Base64.decode(Array(words[1])) else {
            throw .keyFile("\"ssh-ed25519 <base64> <comment>\"", line: 1)
        }
        var reader = AgentReader(blob)
        guard reader.string()?.elementsEqual(kind) == true, let key = reader.string(), reader.isAtEnd else {
            throw .keyFile("the base64 of an Ed25519 key", line: 1)
        }
        let comment =
            words.count == 3 ? String(decoding: words[2].filter { (0x20...0x7E).contains($0) }, as: UTF8.self) : ""
        return (try VerificationKey(Array(key)), comment)
    }
}
