import FoundationEssentials
import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

/// What another tool made: see Vectors/make-vectors.py.
@Suite("Envelopes that another tool signed")
struct VectorTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
    static let lines: [[String]] = {
        let text = must(try? String(contentsOf: folder.appending(path: "digests.txt"), encoding: .utf8))
        return text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    }()

    static func file(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).dsse")))
    }

    private func key(_ name: String) throws -> VerificationKey {
        let line = try #require(Self.lines.first { $0[0] == "key" && $0[1] == name })
        let key = try VerificationKey(hex(line[3]), scheme: try #require(KeyScheme(rawValue: line[2])))
        #expect(key.id.description == line[4])
        return key
    }

    @Test(
        "T01: the digests of text and encoding are the other tool's",
        arguments: lines.filter { $0[0] == "file" }.map { $0[1] })
    func digests(name: String) throws {
        let line = try #require(Self.lines.first { $0[0] == "file" && $0[1] == name })
        let envelope = try Envelope(parsing: try Self.file(name))
        #expect(sha256(envelope.payload).description == line[2])
        #expect(sha256(envelope.message).description == line[3])
    }

    private var root: Root {
        get throws {
            let first = try Envelope(parsing: try Self.file("root.1"))
            let root = try Root(anchor: sha256(first.payload), envelope: try Self.file("root.1"))
            return try root.following([try Self.file("root.2")])
        }
    }

    @Test("T01: every kind is verified by the root that the chain leads to, and read")
    func kinds() throws {
        let root = try root
        #expect(root.file.version == 2)
        func payload(_ name: String, _ type: PayloadType, _ role: RootFile.RoleName) throws -> VerifiedPayload {
            try VerifiedPayload(
                verifying: try Self.file(name), as: type, trusted: try #require(root.trusted(for: role, revoked: [])))
        }
        let base = try payload("base", .base, .base)
        #expect(base.signers == [try key("one").id, try key("card").id])
        #expect(try PolicyFile(parsing: base.bytes).version == 42)
        let revoked = try RevokeFile(parsing: try payload("revoke", .revoke, .revoke).bytes).revocations
        #expect(revoked.programs.count == 1)
        #expect(revoked.verifiers == [3])
        let host = try HostFile(parsing: try payload("host", .host, .host).bytes)
        #expect(host.labels == ["dev"])
        let recovery = try RecoveryFile(parsing: try payload("recovery", .recovery, .recovery).bytes)
        #expect(recovery.machine == host.machines[0])
        #expect(recovery.programs == nil)
        let stone = try TombstoneFile(parsing: try payload("tombstone", .tombstone, .base).bytes)
        #expect(stone.target == .base("fleet-base"))
        #expect(stone.version == 43)
        let supplemental = try VerifiedPayload(
            verifying: try Self.file("sup"), as: .supplemental, trusted: try TrustedKeys(keys: [try key("three")]))
        #expect(try PolicyFile(parsing: supplemental.bytes).extends == "fleet-base")
        let attestation = try Attestation(verifying: try Self.file("attestation"), known: root.keys)
        #expect(attestation.signers == [try key("one").id, try key("card").id])
        #expect(attestation.statement.verifier == "ringfence/4")
        #expect(attestation.statement.programs.count == 1)
        #expect(attestation.statement.objects.count == 1)
    }

    @Test("T26, T27, T28: a file of one kind is E_SIG_TYPE as every other, with all the signatures it has")
    func confusion() throws {
        let names: [(String, PayloadType)] = [
            ("root.1", .root), ("base", .base), ("sup", .supplemental), ("revoke", .revoke), ("host", .host),
            ("recovery", .recovery), ("tombstone", .tombstone), ("attestation", .attestation),
        ]
        let all = try TrustedKeys(keys: try ["one", "two", "three", "card"].map(key))
        for (name, type) in names {
            for other in PayloadType.allCases {
                let file = try Self.file(name)
                let result = Result { () throws(TrustError) in
                    try VerifiedPayload(verifying: file, as: other, trusted: all)
                }
                if other == type {
                    #expect(try result.get().type == type)
                } else {
                    #expect(result.error?.code == .signatureType)
                }
            }
        }
    }

    @Test("Ed25519 signs as the other tool does, and P-256 signatures of both hold")
    func signing() throws {
        let envelope = try Envelope(parsing: try Self.file("base"))
        #expect(try rfcKey.sign(envelope.message) == envelope.signatures[0])
        #expect(try key("card").verifies(try specificationKey.sign(envelope.message), of: envelope.message))
    }
}

extension Result {
    var error: Failure? {
        switch self {
        case .success: nil
        case .failure(let error): error
        }
    }
}
