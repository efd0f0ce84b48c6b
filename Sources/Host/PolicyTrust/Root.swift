package import PolicyCore

/// A root that is trusted: by its digest, which somebody was told, or because the root before it says so.
package struct Root: Equatable, Sendable {
    /// A host that has been away this long gets its roots in another way.
    package static let maximumChain = 1024

    package let file: RootFile
    package let sha256: ContentDigest
    /// Every key that it names, whatever for.
    package let keys: KeyRing
    private let trusted: [RootFile.RoleName: TrustedKeys]

    /// The root that a chain begins with: the one of this digest. Its keys sign it as they sign every other.
    package init(anchor digest: ContentDigest, envelope: [UInt8]) throws(TrustError) {
        let envelope = try Envelope(parsing: envelope, as: .root)
        let found = PolicyTrust.sha256(envelope.payload)
        guard found == digest else { throw .rootChain(.otherAnchor(expected: digest, found: found)) }
        try self.init(text: envelope.payload, sha256: found)
        try requireOwnSignatures(on: envelope)
    }

    /// The root after `previous`: the next version, which enough of its keys and enough of its own keys signed. When it expires plays no part
    /// here, for a chain is judged by its end.
    package init(after previous: Root, envelope: [UInt8]) throws(TrustError) {
        let envelope = try Envelope(parsing: envelope, as: .root)
        let role = previous.trusted(for: .root)
        let signers = role.signers(of: envelope)
        guard signers.count >= role.threshold else {
            throw .rootChain(.notSignedByPrevious(valid: signers.count, needed: role.threshold))
        }
        try self.init(text: envelope.payload, sha256: PolicyTrust.sha256(envelope.payload))
        let (expected, overflow) = previous.file.version.addingReportingOverflow(1)
        guard !overflow, file.version == expected else {
            throw .rootChain(.skipped(expected: expected, found: file.version))
        }
        try requireOwnSignatures(on: envelope)
    }

    /// A root that nobody vouches for yet but its own keys, for whoever writes one.
    package init(unanchored envelope: [UInt8]) throws(TrustError) {
        let envelope = try Envelope(parsing: envelope, as: .root)
        try self.init(text: envelope.payload, sha256: PolicyTrust.sha256(envelope.payload))
        try requireOwnSignatures(on: envelope)
    }

    /// The end of a chain that goes on from here.
    package func following(_ envelopes: [[UInt8]]) throws(TrustError) -> Root {
        guard envelopes.count < Self.maximumChain else { throw .rootChain(.tooLong(limit: Self.maximumChain)) }
        var root = self
        for envelope in envelopes { root = try Root(after: root, envelope: envelope) }
        return root
    }

    /// A text that is to be signed as a root, judged as it will be.
    package init(text: [UInt8]) throws(TrustError) {
        try self.init(text: text, sha256: PolicyTrust.sha256(text))
    }

    private init(text: [UInt8], sha256: ContentDigest) throws(TrustError) {
        do throws(PolicyTextError) {
            file = try RootFile(parsing: text)
        } catch {
            throw .policy(error)
        }
        self.sha256 = sha256
        var byName: [String: VerificationKey] = [:]
        var ring = KeyRing()
        for written in file.keys {
            let key = try VerificationKey(written)
            // One point under two names would count twice.
            guard ring[key.id] == nil else { throw .policy(written.error("is the key of another [[key]]")) }
            try ring.insert(key)
            byName[written.name] = key
        }
        keys = ring
        var trusted: [RootFile.RoleName: TrustedKeys] = [:]
        for (name, role) in file.roles {
            trusted[name] = try TrustedKeys(keys: role.keys.compactMap { byName[$0] }, threshold: role.threshold)
        }
        self.trusted = trusted
    }

    private func requireOwnSignatures(on envelope: Envelope) throws(TrustError) {
        let role = trusted(for: .root)
        let signers = role.signers(of: envelope)
        guard signers.count >= role.threshold else {
            throw .rootChain(.notSignedByNew(valid: signers.count, needed: role.threshold))
        }
    }

    private func trusted(for role: RootFile.RoleName) -> TrustedKeys {
        guard let keys = trusted[role] else { preconditionFailure("a root has keys for what it cannot do without") }
        return keys
    }

    /// Whose signatures count for something, once those that were revoked are gone. Nil where the root lets nobody do it.
    ///
    /// A revocation takes no key from the role of the root itself: one signature is enough for a revocation, and whoever stole that
    /// key could otherwise keep everybody from replacing it.
    package func trusted(for role: RootFile.RoleName, revoked: Set<KeyID>) -> TrustedKeys? {
        role == .root ? trusted[role] : trusted[role]?.withdrawing(revoked)
    }
}

extension VerificationKey {
    /// A key as a root has it.
    fileprivate init(_ written: RootFile.Key) throws(TrustError) {
        guard let scheme = KeyScheme(rawValue: written.scheme) else {
            throw .policy(
                written.error(
                    "has no algorithm that is known here: \(KeyScheme.allCases.map(\.rawValue).joined(separator: ", "))"
                ))
        }
        guard let bytes = Base64.decode(Array(written.publicKey.utf8)) else {
            throw .policy(written.error("is not canonical base64"))
        }
        do throws(TrustError) {
            try self.init(bytes, scheme: scheme)
        } catch {
            throw .policy(written.error("\(error.description)"))
        }
    }
}

extension RootFile.Key {
    fileprivate func error(_ reason: String) -> PolicyTextError {
        PolicyTextError(.invalid(key: "key \(name)", reason: reason), at: position)
    }
}
