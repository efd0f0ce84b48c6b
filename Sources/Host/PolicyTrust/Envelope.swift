internal import PolicyCore

/// What a signed payload is for. It is part of what is signed, so a signature on one kind never counts for another. Whoever verifies names
/// the one type that is wanted.
package enum PayloadType: String, CaseIterable, Sendable {
    case root = "application/vnd.ringfence.root.v1+toml"
    case base = "application/vnd.ringfence.base.v1+toml"
    case supplemental = "application/vnd.ringfence.sup.v1+toml"
    case revoke = "application/vnd.ringfence.revoke.v1+toml"
    case host = "application/vnd.ringfence.host.v1+toml"
    case recovery = "application/vnd.ringfence.recovery.v1+toml"
    case tombstone = "application/vnd.ringfence.tombstone.v1+toml"
    /// The head of a log of decisions.
    case checkpoint = "application/vnd.ringfence.checkpoint.v1+json"
    /// in-toto's own type, so that its tools can read, make and verify our attestations. What it says is told by its predicate's type.
    case attestation = "application/vnd.in-toto+json"
}

/// A DSSE envelope (github.com/secure-systems-lab/dsse, protocol.md): a payload, its type, and signatures over both.
/// Reading one checks no signature.
package struct Envelope: Equatable, Sendable {
    package static let maximumBytes = 384 * 1024
    package static let maximumSignatures = 16
    package static let maximumSignatureBytes = 4096

    package var payloadType: String
    package var payload: [UInt8]
    package var signatures: [[UInt8]]

    package init(payloadType: String, payload: [UInt8], signatures: [[UInt8]]) {
        self.payloadType = payloadType
        self.payload = payload
        self.signatures = signatures
    }

    /// Reads the JSON. Members that DSSE does not define are ignored, and so is `keyid`: who signed is computed.
    package init(parsing bytes: [UInt8]) throws(TrustError) {
        let document: JSONValue
        do throws(JSONError) {
            document = try StrictJSON.parse(bytes, maximumBytes: Self.maximumBytes)
        } catch {
            throw .envelope(error)
        }
        guard case .string(let type) = document["payloadType"] else { throw .member("payloadType") }
        guard case .string(let payload) = document["payload"] else { throw .member("payload") }
        guard case .array(let signatures) = document["signatures"] else { throw .member("signatures") }
        guard signatures.count <= Self.maximumSignatures else {
            throw .tooManySignatures(signatures.count, limit: Self.maximumSignatures)
        }
        // Anything but printable ASCII would be shown to people as something else.
        guard type.allSatisfy({ (0x21...0x7E).contains($0) }), type.count <= 128 else { throw .member("payloadType") }
        payloadType = String(decoding: type, as: UTF8.self)
        guard let content = Base64.decode(payload) else { throw .base64("payload") }
        self.payload = content
        self.signatures = []
        for signature in signatures {
            guard case .string(let text) = signature["sig"] else { throw .member("sig") }
            guard text.count <= (Self.maximumSignatureBytes + 2) / 3 * 4 else {
                throw .signatureTooLong(text.count / 4 * 3, limit: Self.maximumSignatureBytes)
            }
            guard let bytes = Base64.decode(text) else { throw .base64("sig") }
            guard bytes.count <= Self.maximumSignatureBytes else {
                throw .signatureTooLong(bytes.count, limit: Self.maximumSignatureBytes)
            }
            self.signatures.append(bytes)
        }
    }

    /// The one JSON text that we write: nothing in it is ignored by a reader, so no bit of it can change unseen.
    package var json: [UInt8] {
        var text = "{\"payload\":\"\(String(decoding: Base64.encode(payload), as: UTF8.self))\""
        text += ",\"payloadType\":\"\(payloadType)\",\"signatures\":["
        text += signatures.map { "{\"sig\":\"\(String(decoding: Base64.encode($0), as: UTF8.self))\"}" }
            .joined(separator: ",")
        return Array((text + "]}\n").utf8)
    }

    /// What is signed: DSSE's pre-authentication encoding, in which lengths keep type and payload apart.
    package static func preAuthenticationEncoding(type: String, payload: [UInt8]) -> [UInt8] {
        Array("DSSEv1 \(type.utf8.count) \(type) \(payload.count) ".utf8) + payload
    }

    /// What a key that is elsewhere has to sign.
    package var message: [UInt8] { Self.preAuthenticationEncoding(type: payloadType, payload: payload) }

    /// Adds a signature that was made elsewhere, once it is known to hold. A second one by the same key takes the first one's place.
    package mutating func add(_ signature: [UInt8], by key: VerificationKey) throws(TrustError) {
        let raw = try HardwareSignature.raw(signature, of: key)
        let message = message
        guard key.verifies(raw, of: message) else { throw .signatureDoesNotHold(key.id) }
        signatures.removeAll { key.verifies($0, of: message) }
        guard signatures.count < Self.maximumSignatures else {
            throw .tooManySignatures(signatures.count + 1, limit: Self.maximumSignatures)
        }
        signatures.append(raw)
    }

    /// Signs a payload with each key.
    package init(signing payload: [UInt8], as type: PayloadType, with keys: [SigningKey]) throws(TrustError) {
        let message = Self.preAuthenticationEncoding(type: type.rawValue, payload: payload)
        var signatures: [[UInt8]] = []
        for key in keys { signatures.append(try key.sign(message)) }
        self.init(payloadType: type.rawValue, payload: payload, signatures: signatures)
    }
}
