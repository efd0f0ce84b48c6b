import Crypto
import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

private let groupOrder = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
private let vectorMessage = bytes("DSSEv1 29 http://example.com/HelloWorld 11 hello world")
private let vectorSignature = must(
    Base64.decode(bytes("A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==")))

@Suite("P-256 keys and signatures")
struct P256Tests {
    let key = specificationKey.verificationKey

    @Test("T04: the DSSE specification's own vector verifies")
    func specificationVector() {
        #expect(key.verifies(vectorSignature, of: vectorMessage))
        #expect(!key.verifies(vectorSignature, of: vectorMessage + [0]))
    }

    @Test("T05: the same signature as DER is none, and can be made raw when signing")
    func der() throws {
        let der = hex(
            "3044022003726ab101ad56c2763b6c6aac8e487275e2a79193a09dc5f859d9f8ef3c4a3b022051eab0c06a369b64a7222537d4887a893dc200ae21060074d57825235b624864"
        )
        #expect(!key.verifies(der, of: vectorMessage))
        #expect(try HardwareSignature.raw(der, of: key) == vectorSignature)
        #expect(try HardwareSignature.raw(vectorSignature, of: key) == vectorSignature)
        // Ed25519 signatures have no DER.
        #expect(throws: TrustError.signatureForm) { try HardwareSignature.raw(der, of: rfcKey.verificationKey) }
    }

    @Test("DER with a byte too many, a long length, a needless zero, a negative number or another tag is refused")
    func malformedDER() {
        let r = "022003726ab101ad56c2763b6c6aac8e487275e2a79193a09dc5f859d9f8ef3c4a3b"
        let s = "022051eab0c06a369b64a7222537d4887a893dc200ae21060074d57825235b624864"
        let texts = [
            "3044\(r)\(s)00", "308144\(r)\(s)", "3045\(r.replacing("0220", with: "022100"))\(s)", "3144\(r)\(s)",
            "3044\(r)", "3022\(r)", "", "30", "3000", "3044\(s.replacing("022051", with: "0220d1"))\(s)",
            "3080\(r)\(s)0000",
            "3046022100\(String(repeating: "ff", count: 32))022100\(String(repeating: "ff", count: 33))",
        ]
        for text in texts {
            #expect(throws: TrustError.signatureForm, "\(text)") { try HardwareSignature.raw(hex(text), of: key) }
        }
        #expect(TrustError.signatureForm.code == .parse)
    }

    @Test("whatever the library signs comes back from DER as the raw bytes")
    func roundTrip() throws {
        let library = try P256.Signing.PrivateKey(rawRepresentation: specificationKey.seed)
        for index in 0..<200 {
            let signature = try library.signature(for: bytes("message \(index)"))
            let raw = try HardwareSignature.raw(Array(signature.derRepresentation), of: key)
            #expect(raw == Array(signature.rawRepresentation))
            #expect(key.verifies(raw, of: bytes("message \(index)")))
        }
    }

    @Test("T12: (r, n - s) holds too, and changes neither who signed nor how many did")
    func otherHalf() throws {
        var other = vectorSignature
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(groupOrder[index]) - Int(vectorSignature[32 + index]) - borrow
            other[32 + index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        #expect(other != vectorSignature)
        #expect(key.verifies(other, of: vectorMessage))
        let trusted = try TrustedKeys(keys: [key, rfcKey.verificationKey], threshold: 2)
        let file = Envelope(
            payloadType: PayloadType.base.rawValue, payload: bytes(policyText),
            signatures: [try specificationKey.sign(message), try specificationKey.sign(message)])
        #expect(refusal(file.json, trusted) == .threshold(valid: 1, needed: 2, signatures: 2))
    }

    private var message: [UInt8] {
        Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
    }

    @Test("T13: r or s of zero, or of the group's order, is no signature")
    func range() {
        let (r, s) = (vectorSignature.prefix(32), vectorSignature.suffix(32))
        let zero = [UInt8](repeating: 0, count: 32)
        for bad in [zero, groupOrder, [UInt8](repeating: 0xFF, count: 32)] {
            #expect(!key.verifies(bad + s, of: vectorMessage))
            #expect(!key.verifies(r + bad, of: vectorMessage))
            #expect(!key.verifies(bad + bad, of: vectorMessage))
        }
        // r + n does not fit 32 bytes for this r; a signature of another length is none.
        #expect(!key.verifies(Array(vectorSignature.dropLast()), of: vectorMessage))
        #expect(!key.verifies(vectorSignature + [0], of: vectorMessage))
    }

    @Test("each bit of a signature, a key and a message counts")
    func bits() throws {
        for bit in 0..<(64 * 8) {
            var flipped = vectorSignature
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.verifies(flipped, of: vectorMessage))
        }
        for bit in 0..<(65 * 8) {
            var flipped = key.bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(
                (try? VerificationKey(flipped, scheme: .p256))?.verifies(vectorSignature, of: vectorMessage) != true)
        }
    }

    @Test("the coordinates alone are the same key, and its identity covers the algorithm")
    func forms() throws {
        let short = try VerificationKey(Array(key.bytes.dropFirst()), scheme: .p256)
        #expect(short == key)
        #expect(key.id.description == "k:c557dd77aaa65ab6282a0f4ce6993723235a47bd5475af5a906d2a9803ee2156")
        #expect(key.id.digest != sha256(key.bytes))
    }

    @Test("T24: compressed, hybrid, off the curve, at infinity or past the prime: E_SCHEMA")
    func points() {
        let x = Array(key.bytes[1...32])
        let y = Array(key.bytes[33...])
        var off = key.bytes
        off[64] ^= 1
        let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        let zero = [UInt8](repeating: 0, count: 32)
        for point in [off, [6] + x + y, [7] + x + y, [5] + x + y, [4] + y + x, [4] + zero + zero, [4] + prime + y] {
            #expect(throws: TrustError.notOnCurve) { try VerificationKey(point, scheme: .p256) }
        }
        for point in [[2] + x, [3] + x, [0], x, []] as [[UInt8]] {
            #expect(throws: TrustError.keyLength(point.count, .p256)) { try VerificationKey(point, scheme: .p256) }
        }
        #expect(throws: TrustError.keyLength(65, .ed25519)) { try VerificationKey(key.bytes, scheme: .ed25519) }
        #expect(throws: TrustError.keyLength(32, .p256)) { try VerificationKey(rfcPublic, scheme: .p256) }
        #expect(TrustError.notOnCurve.code == .schema)
        #expect(TrustError.keyLength(65, .ed25519).code == .schema)
    }

    @Test("a scalar of zero, or not below the group's order, is no key")
    func scalars() {
        for scalar in [[UInt8](repeating: 0, count: 32), groupOrder, [UInt8](repeating: 0xFF, count: 32)] {
            #expect {
                try SigningKey(seed: scalar, scheme: .p256)
            } throws: { error in
                (error as? TrustError)?.code == .internalError
            }
        }
    }

    @Test("key files say which algorithm they are of")
    func files() throws {
        let text = KeyFiles.text(of: specificationKey)
        #expect(text.starts(with: bytes("ringfence-ecdsa-p256-sha256-private\n")))
        #expect(KeyFiles.isPrivateKey(text))
        let read = try KeyFiles.readPrivateKey(text)
        #expect(read.scheme == .p256)
        #expect(read.verificationKey == key)
        let (publicKey, comment) = try KeyFiles.readPublicKey(KeyFiles.text(of: key, comment: "a card"))
        #expect(publicKey == key)
        #expect(comment == "a card")
        // The bytes of one kind under the name of the other.
        let wrong = bytes("ringfence-ecdsa-p256-sha256 \(base64(rfcPublic))\n")
        #expect { try KeyFiles.readPublicKey(wrong) } throws: { error in (error as? TrustError)?.code == .parse }
        #expect(!String(reflecting: read).contains("\(specificationKey.seed[0]), \(specificationKey.seed[1])"))
    }

    @Test("a signature from elsewhere is added once it holds, in the place of an older one of that key")
    func adding() throws {
        var envelope = try Envelope(signing: bytes(policyText), as: .base, with: [rfcKey])
        let library = try P256.Signing.PrivateKey(rawRepresentation: specificationKey.seed)
        for _ in 0..<2 {
            try envelope.add(Array(try library.signature(for: envelope.message).derRepresentation), by: key)
        }
        #expect(envelope.signatures.count == 2)
        let trusted = try TrustedKeys(keys: [rfcKey.verificationKey, key], threshold: 2)
        #expect(refusal(envelope.json, trusted) == nil)
        let foreign = Array(try library.signature(for: bytes("something else")).derRepresentation)
        #expect(throws: TrustError.signatureDoesNotHold(key.id)) { try envelope.add(foreign, by: key) }
    }
}
