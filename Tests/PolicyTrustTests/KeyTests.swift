import Crypto
import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Keys")
struct KeyTests {
    @Test("a key's identity covers its algorithm, and is the digest that others compute")
    func identity() throws {
        #expect(rfcKey.verificationKey.bytes == rfcPublic)
        #expect(
            rfcKey.verificationKey.id.description
                == "k:40302329e41f3cc765c446cc3902ec77056e35ec0b89ffff383ed45214d7c5b0")
    }

    /// Every encoding of a point of small order, and the second encodings of two of them.
    static let weak = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ]

    @Test("T35: a key under which signatures prove nothing is E_SCHEMA", arguments: weak)
    func weakKeys(text: String) {
        #expect(throws: TrustError.weakKey) { try VerificationKey(hex(text)) }
        #expect(TrustError.weakKey.code == .schema)
    }

    @Test(
        "T34: each of the other encodings of y past the prime is refused", arguments: UInt8(0xED)...0xFF,
        [0x7F, 0xFF] as [UInt8])
    func nonCanonical(first: UInt8, last: UInt8) {
        #expect(throws: TrustError.weakKey) {
            try VerificationKey([first] + [UInt8](repeating: 0xFF, count: 30) + [last])
        }
    }

    /// Why they are refused: the library accepts them, and one constant signature then holds for many messages.
    @Test("the library itself takes one signature of such a key for many messages", arguments: weak)
    func whyWeak(text: String) throws {
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: hex(text))
        let constant: [UInt8] = [1] + [UInt8](repeating: 0, count: 63)
        let accepted = (0..<200).count { key.isValidSignature(constant, for: bytes("message \($0)")) }
        #expect(accepted > 5)
    }

    @Test("a key has 32 bytes", arguments: [0, 31, 33, 64])
    func length(count: Int) {
        #expect(throws: TrustError.keyLength(count, .ed25519)) {
            try VerificationKey([UInt8](repeating: 9, count: count))
        }
        #expect(throws: TrustError.secretLength(count)) { try SigningKey(seed: [UInt8](repeating: 9, count: count)) }
    }

    @Test("T11: a signature of another length, or with S past the group's order, is none")
    func malleation() throws {
        let message = bytes("hello world")
        let signature = try rfcKey.sign(message)
        #expect(rfcKey.verificationKey.verifies(signature, of: message))
        // S + L, which an implementation without the check of RFC 8032, section 5.1.7, accepts.
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var malleated = signature
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            malleated[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!rfcKey.verificationKey.verifies(malleated, of: message))
        for length in [0, 1, 63] {
            #expect(!rfcKey.verificationKey.verifies(Array(signature.prefix(length)), of: message))
        }
        for length in [1, 64] {
            let longer = signature + [UInt8](repeating: 0, count: length)
            #expect(!rfcKey.verificationKey.verifies(longer, of: message))
        }
    }

    @Test("a key that is not what it was never verifies: each bit of key, signature and message counts")
    func bits() throws {
        let message = bytes("hello world")
        let signature = try rfcKey.sign(message)
        for bit in 0..<(64 * 8) {
            var flipped = signature
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!rfcKey.verificationKey.verifies(flipped, of: message))
        }
        for bit in 0..<(32 * 8) {
            var flipped = rfcPublic
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect((try? VerificationKey(flipped))?.verifies(signature, of: message) != true)
        }
    }

    @Test("new keys differ")
    func fresh() throws {
        #expect(try SigningKey().seed != SigningKey().seed)
    }

    @Test("a private key never prints its seed")
    func printing() {
        #expect("\(rfcKey)" == "private key of \(rfcKey.verificationKey.id)")
        #expect(!String(reflecting: rfcKey).contains("157, 97"))
    }
}

@Suite("Trusted keys")
struct TrustedKeysTests {
    @Test("T30, T31: a threshold is at least one and at most the number of keys", arguments: [0, -1, 3, .max])
    func threshold(value: Int) {
        let keys = [rfcKey.verificationKey, otherKey.verificationKey]
        #expect(throws: TrustError.thresholdOutOfRange(value, keys: 2)) {
            try TrustedKeys(keys: keys, threshold: value)
        }
    }

    @Test("no key means no trust")
    func none() {
        #expect(throws: TrustError.thresholdOutOfRange(1, keys: 0)) { try TrustedKeys(keys: []) }
    }

    @Test("T33: the same key is not trusted twice")
    func twice() throws {
        let key = rfcKey.verificationKey
        #expect(throws: TrustError.keyTwice(key.id)) { try TrustedKeys(keys: [key, key], threshold: 2) }
        #expect(TrustError.keyTwice(key.id).code == .schema)
    }

    @Test("64 keys are enough")
    func many() throws {
        let keys = try (0..<65).map { _ in try SigningKey().verificationKey }
        #expect(throws: TrustError.tooManyKeys(65, limit: 64)) { try TrustedKeys(keys: keys) }
        _ = try TrustedKeys(keys: Array(keys.dropLast()))
    }
}

@Suite("Key files")
struct KeyFileTests {
    @Test("what is written is read back")
    func roundTrip() throws {
        let secret = KeyFiles.text(of: rfcKey)
        #expect(
            String(decoding: secret, as: UTF8.self)
                == "ringfence-ed25519-private\nnWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\n")
        #expect(try KeyFiles.readPrivateKey(secret).seed == rfcSeed)
        #expect(KeyFiles.isPrivateKey(secret))
        let text = KeyFiles.text(of: rfcKey.verificationKey, comment: "site A, \nin the safe é")
        #expect(!KeyFiles.isPrivateKey(text))
        let (key, comment) = try KeyFiles.readPublicKey(text)
        #expect(key == rfcKey.verificationKey)
        #expect(comment == "site A, in the safe ")
        #expect(try KeyFiles.readPublicKey(KeyFiles.text(of: key, comment: "")).comment == "")
    }

    static let good = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="

    @Test(
        "a private key file has exactly two lines",
        arguments: [
            "", "\n", "ringfence-ed25519-private\n", "ringfence-ed25519-private\n\(good)",
            "ringfence-ed25519-private\n\(good)\n\n",
            "ringfence-ed25519-private\n\(good)\nx\n", "ringfence-ed25519-private \n\(good)\n",
            "ringfence-ed25519\n\(good)\n",
            "ringfence-ed25519-private\n\(good.dropLast())\n", "ringfence-ed25519-private\n \(good)\n",
            "ringfence-ed25519-private\nAAAA\n", "ringfence-ed25519-private\r\n\(good)\r\n",
            "ringfence-ed25519-private\n\(String(repeating: "A", count: 2000))\n",
        ])
    func badPrivate(text: String) {
        #expect { try KeyFiles.readPrivateKey(bytes(text)) } throws: { error in (error as? TrustError)?.code == .parse }
    }

    @Test(
        "a public key file has exactly one line",
        arguments: [
            "", "\n", "ringfence-ed25519\n", "ringfence-ed25519 \(good)", "ringfence-ed25519 \(good) a\nb\n",
            "ringfence-p256 \(good)\n",
            "ringfence-ed25519  \(good)\n", "ringfence-ed25519 \(good.dropLast()) x\n",
            "ringfence-ed25519 \(good) \u{1B}[31m\n",
            "ringfence-ed25519 \(good) é\n", "ringfence-ed25519\t\(good)\n",
        ])
    func badPublic(text: String) {
        #expect { try KeyFiles.readPublicKey(bytes(text)) } throws: { error in (error as? TrustError)?.code == .parse }
    }

    @Test("a weak key is refused in a file too")
    func weak() {
        let text = "ringfence-ed25519 \(base64([1] + [UInt8](repeating: 0, count: 31)))\n"
        #expect(throws: TrustError.weakKey) { try KeyFiles.readPublicKey(bytes(text)) }
    }
}
