import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Signed envelopes")
struct EnvelopeTests {
    @Test("what is signed is DSSE's encoding of type and payload")
    func preAuthentication() {
        let encoding = Envelope.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld", payload: bytes("hello world"))
        #expect(encoding == bytes("DSSEv1 29 http://example.com/HelloWorld 11 hello world"))
    }

    @Test("T06, T07: no two pairs of type and payload are signed as the same bytes")
    func ambiguity() {
        func encode(_ type: String, _ payload: String) -> [UInt8] {
            Envelope.preAuthenticationEncoding(type: type, payload: bytes(payload))
        }
        let pairs = [
            ("a b", "c"), ("a", "b c"), ("a ", "b c"), ("a", " b c"), ("", "a b c"), ("a 1 b", "c"), ("a", "1 b c"),
        ]
        #expect(Set(pairs.map { encode($0.0, $0.1) }).count == pairs.count)
        // A length is decimal and begins with no zero.
        #expect(encode("", "") == bytes("DSSEv1 0  0 "))
        #expect(encode("0123456789", "").starts(with: bytes("DSSEv1 10 ")))
    }

    /// Made with OpenSSL 3.0 from the RFC 8032 test key.
    @Test("T01: a policy that another tool signed loads, and our signature is the same")
    func vector() throws {
        let signature = "VdTpey/lqkk200ywxMlu+vGvajDgUi7+o6iQ4J2ex9R+75K7s3Tak6gEA4pXJyxTJ9ZbF2BVICE4IzAjjFNoBA=="
        let text = envelope(signatures: ["\"sig\":\"\(signature)\""])
        let snapshot = try PolicySnapshot.load(text, trusted: trusting(rfcKey), eligible: .offered, now: now)
        #expect(
            snapshot.bases[0].sha256.description == "4c75e3f5f005503439d1df97c72d2800692a24769af411029383225de5b3fc0d")
        #expect(snapshot.bases[0].file.id == "vector")
        #expect(snapshot.signers == [[rfcKey.verificationKey.id]])
        let message = Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
        #expect(sha256(message).description == "59efd0fbad5ce636cce727b54565ac4a236585b13864d2de404d9e6522f250ba")
        #expect(base64(try rfcKey.sign(message)) == signature)
    }

    @Test("a snapshot decides, and a signed text is the text that was read")
    func decides() throws {
        let snapshot = try PolicySnapshot.load(signed(), trusted: trusting(rfcKey), eligible: .offered, now: now)
        var program = ProgramIdentity()
        program.type = .known(.xdp, .proven)
        program.verdict = .known(.accepted, .proven)
        let kvm = Fact.known(HostKVM.usable, .observed)
        let availability = Availability(guest: .usable, child: .unusable("none"), eligible: .offered)
        let decision = snapshot.decide(Facts(program: program, hostKVM: kvm), availability: availability, now: now)
        #expect(decision.outcome == .interpGuest)
        #expect(decision.bases.map(\.sha256) == [sha256(bytes(policyText))])
        let payload = try VerifiedPayload(verifying: signed(), as: .base, trusted: trusting(rfcKey))
        #expect(payload.bytes == bytes(policyText))
    }

    @Test("T02, T03: every single bit of a signed file counts")
    func everyBit() {
        let file = signed()
        #expect(refusal(file) == nil)
        for bit in 0..<(file.count * 8) {
            var flipped = file
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            if refusal(flipped) == nil {
                Issue.record("bit \(bit % 8) of byte \(bit / 8) does not matter")
            }
        }
    }

    @Test("every file that is cut short, and every file with something after it, is refused")
    func cut() {
        let file = signed()
        for count in 0..<(file.count - 1) where refusal(Array(file.prefix(count))) == nil {
            Issue.record("the first \(count) of \(file.count) bytes load")
        }
        for byte in UInt8.min...UInt8.max where ![0x20, 0x0A, 0x0D, 0x09].contains(byte) {
            #expect(refusal(file + [byte])?.code == .parse)
        }
    }

    @Test("T02, T08: a flipped bit of the signed text, another signature, and none, are E_SIG_THRESHOLD")
    func tampered() throws {
        var payload = bytes(policyText)
        payload[200] ^= 1
        #expect(refusal(envelope(payload: base64(payload))) == .threshold(valid: 0, needed: 1, signatures: 1))
        #expect(refusal(signed(with: otherKey)) == .threshold(valid: 0, needed: 1, signatures: 1))
        #expect(refusal(envelope(signatures: []))?.code == .signatureThreshold)
    }

    @Test(
        "T03, T26, T28: an envelope of another type is E_SIG_TYPE, whoever signed it",
        arguments: [
            "application/vnd.ringfence.sup.v1+toml", "application/vnd.ringfence.root.v1+toml",
            "application/vnd.ringfence.attest.v1+json", "application/vnd.ringfence.base.v2+toml",
            "application/vnd.ringfence.base.v1+tomm", "text/plain",
        ])
    func types(type: String) {
        #expect(refusal(envelope(type: type)) == .payloadType(found: type, expected: PayloadType.base.rawValue))
        #expect(refusal(envelope(type: type))?.code == .signatureType)
    }

    @Test(
        "a type that could not be shown is refused",
        arguments: ["", " ", "a b", "x\u{7F}", "é", String(repeating: "x", count: 129)])
    func unprintable(type: String) { #expect(refusal(envelope(type: type)) != nil) }

    @Test("T26: a signature made for another type does not count for this one")
    func confusion() throws {
        let other = try rfcKey.sign(
            Envelope.preAuthenticationEncoding(
                type: "application/vnd.ringfence.sup.v1+toml", payload: bytes(policyText)))
        #expect(refusal(envelope(signatures: ["\"sig\":\"\(base64(other))\""]))?.code == .signatureThreshold)
        let naked = try rfcKey.sign(bytes(policyText))
        #expect(refusal(envelope(signatures: ["\"sig\":\"\(base64(naked))\""]))?.code == .signatureThreshold)
    }

    @Test(
        "T10: a signature of a wrong length is ignored, and one that is too long refuses the file",
        arguments: [0, 1, 63, 65, 128, 4096])
    func lengths(count: Int) {
        let wrong = "\"sig\":\"\(base64([UInt8](repeating: 7, count: count)))\""
        #expect(refusal(envelope(signatures: [wrong])) == .threshold(valid: 0, needed: 1, signatures: 1))
        let good = try! rfcKey.sign(
            Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText)))
        #expect(refusal(envelope(signatures: [wrong, "\"sig\":\"\(base64(good))\""])) == nil)
        for excess in [4097, 5000, 50_000] {
            let long = "\"sig\":\"\(base64([UInt8](repeating: 7, count: excess)))\""
            #expect(refusal(envelope(signatures: [long]))?.code == .limit)
        }
    }

    @Test("T09: 16 signatures are read, and 17 are E_LIMIT")
    func count() {
        let message = Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
        let good = "\"sig\":\"\(base64(try! rfcKey.sign(message)))\""
        let bad = "\"sig\":\"\(base64([UInt8](repeating: 1, count: 64)))\""
        #expect(refusal(envelope(signatures: [String](repeating: bad, count: 15) + [good])) == nil)
        #expect(
            refusal(envelope(signatures: [String](repeating: bad, count: 16) + [good]))
                == .tooManySignatures(17, limit: 16))
    }

    @Test("T32: one key that signs twice counts once; two keys count twice")
    func thresholds() {
        let two = trusting(rfcKey, otherKey, threshold: 2)
        #expect(refusal(signed(with: rfcKey, rfcKey), two) == .threshold(valid: 1, needed: 2, signatures: 2))
        #expect(refusal(signed(with: rfcKey), two)?.code == .signatureThreshold)
        #expect(refusal(signed(with: rfcKey, otherKey), two) == nil)
        #expect(refusal(signed(with: otherKey, rfcKey), two) == nil)
    }

    @Test(
        "T14: base64 that is not canonical is E_PARSE, in payload and signature",
        arguments: ["aGVsbG9=", "aGVsbG8===", "aGVsbG8", " aGVsbG8=", "aGVs\\nbG8=", "+_AA"])
    func base64Spelling(text: String) {
        #expect(refusal(envelope(payload: text)) == .base64("payload"))
        #expect(refusal(envelope(signatures: ["\"sig\":\"\(text)\""])) == .base64("sig"))
    }

    @Test("T15: URL-safe base64 is read")
    func urlSafe() {
        let message = Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
        let signature = base64(try! rfcKey.sign(message), .urlSafe)
        #expect(
            refusal(envelope(payload: base64(bytes(policyText), .urlSafe), signatures: ["\"sig\":\"\(signature)\""]))
                == nil)
    }

    @Test(
        "T17, T23, T25: unknown members are ignored, and give nobody any trust",
        arguments: [
            "\"keyid\":\"k\",", "\"alg\":\"none\",", "\"key\":\"\(base64(otherKey.verificationKey.bytes))\",",
            "\"cert\":[\"x\"],",
        ])
    func unknown(extra: String) {
        #expect(refusal(envelope(extra: extra)) == nil)
        let message = Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
        let foreign = base64(try! otherKey.sign(message))
        #expect(refusal(envelope(signatures: ["\(extra)\"sig\":\"\(foreign)\""]))?.code == .signatureThreshold)
    }

    @Test("T22, T29: a key id in a signature neither helps nor harms")
    func keyID() {
        let message = Envelope.preAuthenticationEncoding(type: PayloadType.base.rawValue, payload: bytes(policyText))
        let (own, foreign) = (base64(try! rfcKey.sign(message)), base64(try! otherKey.sign(message)))
        let lie = "\"keyid\":\"\(rfcKey.verificationKey.id)\""
        #expect(refusal(envelope(signatures: ["\(lie),\"sig\":\"\(foreign)\""]))?.code == .signatureThreshold)
        let other = "\"keyid\":\"\(otherKey.verificationKey.id)\""
        #expect(refusal(envelope(signatures: ["\(other),\"sig\":\"\(own)\""])) == nil)
    }

    @Test(
        "T16: a member that comes twice is E_PARSE, however it is spelt",
        arguments: [
            "\"payload\":\"x\",", "\"payloadType\":\"x\",", "\"signatures\":[],", "\"\\u0070ayload\":\"x\",",
            "\"signature\\u0073\":[],",
        ])
    func duplicates(extra: String) { #expect(refusal(envelope(extra: extra))?.code == .parse) }

    @Test("T16: a signature that comes twice in one object is E_PARSE")
    func duplicateSignature() {
        #expect(refusal(envelope(signatures: ["\"sig\":\"AAAA\",\"s\\u0069g\":\"AAAA\""]))?.code == .parse)
    }

    @Test(
        "what is not an envelope is refused as such",
        arguments: [
            ("{}", .member("payloadType")), ("[]", .member("payloadType")), ("\"x\"", .member("payloadType")),
            ("{\"payloadType\":\"x\"}", .member("payload")),
            ("{\"payloadType\":[],\"payload\":\"\"}", .member("payloadType")),
            ("{\"payloadType\":\"x\",\"payload\":\"\"}", .member("signatures")),
            ("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":\"\"}", .member("signatures")),
            ("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[\"\"]}", .member("sig")),
            ("{\"payloadType\":\"x\",\"payload\":\"\",\"signatures\":[{}]}", .member("sig")),
        ] as [(String, TrustError)])
    func members(text: String, error: TrustError) {
        #expect(refusal(bytes(text)) == error)
        #expect(error.code == .parse)
    }

    @Test(
        "T18, T19: encodings and additions that lenient readers take are E_PARSE",
        arguments: [
            [0xEF, 0xBB, 0xBF] + signed(), signed().flatMap { [$0, 0] }, [0xFF, 0xFE] + signed().flatMap { [$0, 0] },
            signed().flatMap { [0, 0, 0, $0] }, signed() + [0], signed() + bytes("// comment"),
            bytes("/* */") + signed(),
            signed() + signed(), signed().dropLast(2) + bytes(",}"), signed().dropLast(3) + bytes(",]}"),
        ] as [[UInt8]])
    func encodings(file: [UInt8]) { #expect(refusal(file)?.code == .parse) }

    @Test("T21: a file of 384 KiB is read, and one of a byte more is E_LIMIT")
    func size() {
        let space = [UInt8](repeating: 0x20, count: 384 * 1024 - signed().count)
        #expect(refusal(signed() + space) == nil)
        #expect(refusal(signed() + space + [0x20])?.code == .limit)
    }

    @Test("T20: a deep envelope is E_PARSE at once")
    func depth() {
        var error: TrustError?
        let elapsed = ContinuousClock().measure {
            error = refusal([UInt8](repeating: UInt8(ascii: "["), count: 200_000))
        }
        #expect(error?.code == .parse)
        #expect(elapsed < .milliseconds(500))
    }

    @Test("no mutation of a signed file traps the reader, and none that loads says anything else")
    func mutations() throws {
        let file = signed()
        var state: UInt64 = 88
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        for _ in 0..<10_000 {
            var text = file
            for _ in 0...next(3) where !text.isEmpty {
                let index = next(text.count)
                switch next(4) {
                case 0: text.remove(at: index)
                case 1: text[index] = UInt8(next(256))
                case 2: text.insert(bytes("{}[]\",:\\ \n")[next(10)], at: index)
                case _: text.insert(contentsOf: text[index..<min(text.count, index + next(60))], at: index)
                }
            }
            let loaded = try? PolicySnapshot.load(text, trusted: trusting(rfcKey), eligible: .offered, now: now)
            if let loaded { #expect(loaded.bases[0].sha256 == sha256(bytes(policyText))) }
        }
    }

    @Test("an unsigned policy is never loaded, whatever it is wrapped in")
    func unsigned() {
        #expect(refusal(bytes(policyText))?.code == .parse)
        #expect(
            refusal(
                bytes("{\"payload\":\"\(base64(bytes(policyText)))\",\"payloadType\":\"\(PayloadType.base.rawValue)\"}")
            )
                == .member("signatures"))
    }
}

@Suite("Signed policies that are refused for what they say")
struct SignedContentTests {
    @Test(
        "the refusal has the code of the text's error, and its place",
        arguments: [
            ("version = 1", "version = 042", PolicyCode.parse, 4, 11),
            ("version = 1", "version = 9007199254740992", .limit, 4, 11),
            ("version = 1", "versoin = 1", .schema, 4, 1),
            ("\"xdp\"] }", "\"xdp\"], signr = [\"a\"] }", .schema, 12, 26),
            ("mode = \"enforce\"", "mode = \"permit\"", .schema, 7, 8), ("/v1", "/v2", .schema, 1, 10),
            ("mode = \"enforce\"", "mode = \"enforce\" # \u{202E}", .parse, 7, 20),
            ("2027-01-01T00:00:00Z", "2027-02-30T00:00:00Z", .parse, 6, 11),
            (
                "[[permit]]", "[[expect]]\ngiven = {}\nthen = { outcome = \"interp-guest\" }\n[[permit]]", .expectation,
                9, 1
            ),
        ])
    func refused(part: String, replacement: String, code: PolicyCode, line: Int, column: Int) throws {
        let error = try #require(refusal(signed(policyText.replacing(part, with: replacement))))
        #expect(error.code == code)
        guard case .policy(let inner) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(inner.position == SourcePosition(line: line, column: column))
    }

    @Test("a text is not looked at before its signature holds")
    func order() {
        #expect(refusal(signed("not a policy", with: otherKey))?.code == .signatureThreshold)
        #expect(refusal(signed("not a policy", with: rfcKey))?.code == .parse)
    }

    @Test("T53, T57: a policy that is not valid yet is not loaded, and an expired one is, with its lower ceiling")
    func time() throws {
        let early = signed(policyText.replacing("mode", with: "not_before = 2026-06-01T00:00:01Z\nmode"))
        let start = try UTCTime(text: "2026-06-01T00:00:01Z".utf8)
        #expect(refusal(early) == .notYetValid(from: start, now: now))
        #expect(refusal(early, now: start) == nil)
        #expect(refusal(signed(), now: try UTCTime(text: "2030-01-01T00:00:00Z".utf8)) == nil)
    }

    @Test("every error says what it is and means an exit status")
    func errors() {
        let errors: [TrustError] = [
            .member("sig"), .base64("sig"), .tooManySignatures(17, limit: 16), .payloadType(found: "a", expected: "b"),
            .threshold(valid: 0, needed: 1, signatures: 2), .weakKey, .keyFile("a", line: 1), .cryptography("x"),
            .notYetValid(from: now, now: now), .thresholdOutOfRange(0, keys: 1),
        ]
        for error in errors {
            #expect(error.description.hasPrefix("\(error.code.rawValue): "))
            #expect((2...4).contains(error.exitCode))
        }
    }
}
