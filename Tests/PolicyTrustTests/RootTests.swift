import PolicyCore
import PolicyTesting
import PolicyTrust
import Testing

@Suite("Roots")
struct RootTests {
    private func error(_ change: (inout RootText) -> Void, _ edit: (String) -> String = { $0 }) -> TrustError? {
        var root = RootText()
        change(&root)
        do throws(TrustError) {
            _ = try Root(text: bytes(edit(root.text)))
            return nil
        } catch {
            return error
        }
    }

    @Test("a root says whose signatures count")
    func reads() throws {
        let root = try Root(text: bytes(RootText().text))
        #expect(root.file.version == 1)
        #expect(root.keys.count == 4)
        #expect(root.trusted(for: .base, revoked: [])?.threshold == 2)
        #expect(root.trusted(for: .log, revoked: []) == nil)
    }

    @Test("T30: a threshold of 0 is E_SCHEMA, in every role")
    func zero() {
        for change: (inout RootText) -> Void in [
            { $0.root.1 = 0 }, { $0.base.1 = 0 }, { $0.revoke.1 = 0 }, { $0.host.1 = 0 }, { $0.recovery?.1 = 0 },
        ] {
            #expect(error(change)?.code == .schema)
        }
    }

    @Test("T31: a threshold above the number of keys is E_SCHEMA")
    func above() {
        #expect(error { $0.base.1 = 4 }?.code == .schema)
        #expect(error { $0.revoke.1 = 2 }?.code == .schema)
        #expect(
            error({ $0.base.1 = 3 }, { $0.replacing("threshold = 3", with: "threshold = 18446744073709551615") })?.code
                == .schema)
        #expect(error { $0.base.1 = 3 } == nil)
    }

    @Test("a role without keys, with a key that is not there, or with one twice is E_SCHEMA")
    func roles() {
        #expect(error { $0.revoke.0 = [] }?.code == .schema)
        #expect(error { $0.revoke.0 = ["eve"] }?.code == .schema)
        #expect(error { $0.base.0 = ["ann", "ann", "ben"] }?.code == .schema)
        #expect(error { $0.recovery = nil } == nil)
        for role in ["root", "base", "revoke", "host"] {
            #expect(error({ _ in }, { $0.replacing("\n\(role) = {", with: "\n# \(role) = {") })?.code == .schema)
        }
    }

    @Test("the production profile asks for two where something is permitted; development does not")
    func profile() {
        #expect(error { $0.base.1 = 1 }?.code == .schema)
        #expect(error { $0.root.1 = 1 }?.code == .schema)
        #expect(error { $0.recovery?.1 = 1 }?.code == .schema)
        #expect(
            error {
                $0.profile = "development"
                $0.base = (["ann"], 1)
                $0.root = (["ann"], 1)
                $0.recovery?.1 = 1
            } == nil)
        #expect(error { $0.profile = "test" }?.code == .schema)
        #expect(error({ _ in }, { $0.replacing("profile = \"production\"\n", with: "") })?.code == .schema)
    }

    @Test("T24: a key of one algorithm under the name of another, and an unknown algorithm, are E_SCHEMA")
    func schemes() {
        let ed = "scheme = \"ed25519\""
        #expect(error({ _ in }, { $0.replacing(ed, with: "scheme = \"ecdsa-p256-sha256\"") })?.code == .schema)
        #expect(
            error({ _ in }, { $0.replacing("scheme = \"ecdsa-p256-sha256\"", with: ed) })?.code == .schema)
        for name in ["none", "rsa", "ED25519", "ed25519 ", ""] {
            #expect(error({ _ in }, { $0.replacing(ed, with: "scheme = \"\(name)\"") })?.code == .schema)
        }
    }

    @Test("T33: one key under two names, and one name for two keys, are refused")
    func twice() {
        let ann = "public = \"\(base64(person("ann").verificationKey.bytes))\""
        let ben = "public = \"\(base64(person("ben").verificationKey.bytes))\""
        #expect(error({ _ in }, { $0.replacing(ben, with: ann) })?.code == .schema)
        #expect(error({ _ in }, { $0.replacing("name = \"ben\"", with: "name = \"ann\"") })?.code == .parse)
        // The coordinates alone are another spelling of the same point.
        let card = person("card").verificationKey.bytes
        let short = base64(Array(card.dropFirst()))
        #expect(
            error({ $0.more = "[[key]]\nname = \"also\"\nscheme = \"ecdsa-p256-sha256\"\npublic = \"\(short)\"\n\n" })?
                .code
                == .schema)
    }

    @Test("T34, T35: a weak key, in any encoding, is E_SCHEMA at the root", arguments: KeyTests.weak)
    func weak(text: String) {
        let ann = base64(person("ann").verificationKey.bytes)
        #expect(error({ _ in }, { $0.replacing(ann, with: base64(hex(text))) })?.code == .schema)
    }

    @Test("base64 of a key has one spelling")
    func spelling() {
        let ann = base64(person("ann").verificationKey.bytes)
        #expect(error({ _ in }, { $0.replacing(ann, with: ann.dropLast() + "") })?.code == .schema)
        #expect(error({ _ in }, { $0.replacing(ann, with: " \(ann)") })?.code == .schema)
    }

    @Test("T43: a root resets floors by name; nothing else does, and none resets the root's own")
    func resets() throws {
        let root = try Root(text: bytes(RootText(extra: "reset_floor = [\"base/fleet\", \"revoke\"]").text))
        #expect(root.file.resetFloors == [.base("fleet"), .revoke])
        for bad in ["root", "base", "base/", "base/a/b", "sup", "x/y", "base/a b"] {
            #expect(error { $0.extra = "reset_floor = [\"\(bad)\"]" }?.code == .schema)
        }
        let base = policyText.replacing("mode", with: "reset_floor = [\"base/vector\"]\nmode")
        #expect(refusal(signed(base))?.code == .schema)
    }

    @Test(
        "what is not known in a root refuses it",
        arguments: ["efect = 1", "threshold = 1", "not_before = 2026-01-01T00:00:00Z"])
    func unknown(line: String) { #expect(error { $0.extra = line }?.code == .schema) }

    @Test("a root of another schema or kind, without a time, or with too many keys is refused")
    func others() {
        #expect(error({ _ in }, { $0.replacing("/v1", with: "/v2") })?.code == .schema)
        #expect(error({ _ in }, { $0.replacing("kind = \"root\"", with: "kind = \"base\"") })?.code == .schema)
        #expect(error { $0.expires = "2026-01-01T00:00:00Z" }?.code == .schema)
        #expect(error { $0.version = 0 }?.code == .schema)
        #expect(error { $0.version = 1 << 53 }?.code == .limit)
        let many = (0..<65).map { "[[key]]\nname = \"k\($0)\"\nscheme = \"ed25519\"\npublic = \"x\"\n" }.joined()
        #expect(error { $0.more = many }?.code == .limit)
    }
}

@Suite("Chains of roots")
struct RootChainTests {
    let first = RootText()
    var anchor: ContentDigest { sha256(bytes(first.text)) }

    private func chain(_ envelopes: [UInt8]...) throws(TrustError) -> Root {
        try Root(anchor: anchor, envelope: first.signed(by: "ann", "ben")).following(envelopes)
    }

    private func refusal(_ body: () throws(TrustError) -> Root) -> TrustError? {
        do throws(TrustError) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    /// The root role moves from ann and ben to dan and eve.
    var second: RootText {
        RootText(version: 2, keys: ["ann", "ben", "cat", "card", "dan", "eve"], root: (["dan", "eve"], 2))
    }

    @Test("a chain goes from one root to the next, by the keys of both")
    func follows() throws {
        let third = RootText(version: 3, keys: second.keys, root: (["dan", "eve"], 2))
        let root = try chain(second.signed(by: "ann", "ben", "dan", "eve"), third.signed(by: "dan", "eve"))
        #expect(root.file.version == 3)
        #expect(root.sha256 == sha256(bytes(third.text)))
    }

    @Test("a chain begins with the root that was named, and with no other")
    func begins() {
        var other = first
        other.issued = "2026-01-02T00:00:00Z"
        let error = refusal { () throws(TrustError) in
            try Root(anchor: anchor, envelope: other.signed(by: "ann", "ben"))
        }
        #expect(error == .rootChain(.otherAnchor(expected: anchor, found: sha256(bytes(other.text)))))
        #expect(error?.code == .rootChain)
        #expect(
            refusal { () throws(TrustError) in try Root(anchor: anchor, envelope: first.signed(by: "ann")) }?.code
                == .rootChain)
    }

    @Test("T36: a root is not skipped: N + 2 without N + 1 is E_ROOT_CHAIN, and so is N again")
    func skipped() {
        let third = RootText(version: 3)
        #expect(
            refusal { () throws(TrustError) in try chain(third.signed(by: "ann", "ben")) }
                == .rootChain(.skipped(expected: 2, found: 3)))
        #expect(
            refusal { () throws(TrustError) in try chain(first.signed(by: "ann", "ben")) }
                == .rootChain(.skipped(expected: 2, found: 1)))
        #expect(TrustError.rootChain(.skipped(expected: 2, found: 3)).code == .rootChain)
    }

    @Test("T37: N + 1 that only the new keys, or only the old ones, or too few of either signed is E_ROOT_CHAIN")
    func half() {
        let cases: [([String], TrustError)] = [
            (["dan", "eve"], .rootChain(.notSignedByPrevious(valid: 0, needed: 2))),
            (["ann", "ben"], .rootChain(.notSignedByNew(valid: 0, needed: 2))),
            (["ann", "dan", "eve"], .rootChain(.notSignedByPrevious(valid: 1, needed: 2))),
            (["ann", "ben", "eve"], .rootChain(.notSignedByNew(valid: 1, needed: 2))),
            (["ann", "ann", "dan", "eve"], .rootChain(.notSignedByPrevious(valid: 1, needed: 2))),
            ([], .rootChain(.notSignedByPrevious(valid: 0, needed: 2))),
        ]
        for (names, error) in cases {
            let envelope = signed(bytes(second.text), as: .root, by: names)
            #expect(refusal { () throws(TrustError) in try chain(envelope) } == error)
            #expect(error.code == .rootChain)
        }
    }

    @Test("a root's text is not read before the previous root's keys signed it")
    func order() {
        let error = refusal { () throws(TrustError) in
            try chain(signed(bytes("not a root"), as: .root, by: ["dan", "eve"]))
        }
        #expect(error?.code == .rootChain)
        let known = refusal { () throws(TrustError) in
            try chain(signed(bytes("not a root"), as: .root, by: ["ann", "ben"]))
        }
        #expect(known?.code == .parse)
    }

    @Test("T38: an expired root in between is passed, for the last one counts")
    func expired() throws {
        let old = RootText(version: 2, expires: "2026-01-02T00:00:00Z")
        let last = RootText(version: 3, expires: "2030-01-01T00:00:00Z")
        #expect(try chain(old.signed(by: "ann", "ben"), last.signed(by: "ann", "ben")).file.version == 3)
    }

    @Test("T42: 1024 roots are a chain, and 1025 are E_LIMIT")
    func long() throws {
        let envelopes = (2...1025).map { RootText(version: UInt64($0)).signed(by: "ann", "ben") }
        let begin = try Root(anchor: anchor, envelope: first.signed(by: "ann", "ben"))
        #expect(try begin.following(Array(envelopes.dropLast())).file.version == 1024)
        #expect(
            refusal { () throws(TrustError) in try begin.following(envelopes) }
                == .rootChain(.tooLong(limit: 1024)))
        #expect(TrustError.rootChain(.tooLong(limit: 1024)).code == .limit)
    }

    @Test("T28: a base is no root, whoever signed it")
    func type() {
        let envelope = signed(bytes(second.text), as: .base, by: ["ann", "ben", "dan", "eve"])
        #expect(refusal { () throws(TrustError) in try chain(envelope) }?.code == .signatureType)
    }
}
