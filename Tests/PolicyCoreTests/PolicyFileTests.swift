import PolicyCore
import Testing

@Suite("What a policy may say")
struct PolicyFileTests {
    @Test("everything a policy can say is read")
    func everything() throws {
        let text = """
            schema = "ringfence-policy/v1"
            kind = "base"
            id = "site.a-1"
            version = 9007199254740991
            issued = 2026-01-01T00:00:00Z
            not_before = 2026-02-01T00:00:00Z
            expires = 2027-01-01T00:00:00Z
            mode = "enforce"
            requires = ["facts/1"]
            note = "déjà vu"
            [[forbid]]
            id = "f"
            tier = "jit-child"
            when = {}
            [options]
            on_expiry = "deny"
            guest_codegen = true
            blind_constants = true
            on_failure = { xdp = "open", kprobe = "closed" }
            [[permit]]
            id = "p"
            tier = "jit-guest"
            when = { program = ["\(digestA)"], type = ["xdp", "sched_cls"], helpers_any = ["bpf_map_lookup_elem", 12], "insns.max" = 4096, "host.kvm" = ["usable", "absent"] }
            note = "why"
            """
        let file = try PolicyFile(parsing: bytes(text))
        let digest = try #require(ProgramDigest(text: digestA))
        #expect(
            file
                == PolicyFile(
                    id: "site.a-1", version: 9_007_199_254_740_991, issued: try at("2026-01-01T00:00:00Z"),
                    expires: try at("2027-01-01T00:00:00Z"), notBefore: try at("2026-02-01T00:00:00Z"), note: "déjà vu",
                    options: PolicyOptions(
                        onExpiry: .deny, guestCodegen: true, blindConstants: true,
                        onFailure: [.xdp: .open, .kprobe: .closed]),
                    rules: [
                        Rule(.forbid, id: "f", tier: .jitChild, when: [], position: .init(line: 11, column: 1)),
                        Rule(
                            .permit, id: "p", tier: .jitGuest,
                            when: [
                                .program([digest]), .type([.xdp, .schedCls]),
                                .helpersAny([HelperFunction(number: 1), HelperFunction(number: 12)]),
                                .instructionsAtMost(4096),
                                .hostKVM([.usable, .absent]),
                            ], note: "why", position: .init(line: 20, column: 1)),
                    ]))
    }

    @Test("what is not said is the safe thing")
    func defaults() throws {
        let file = try PolicyFile(parsing: bytes(head))
        #expect(
            file.options
                == PolicyOptions(onExpiry: .interpGuest, unverifiedCeiling: .deny, guestCodegen: false, onFailure: [:]))
        #expect(file.rules.isEmpty)
    }

    static let permit = "[[permit]]\nid = \"p\"\ntier = \"interp-guest\"\nwhen = { type = [\"xdp\"] }\n"

    /// What is changed in a valid policy, and how the refusal begins.
    @Test(
        "a policy is refused whole for anything unknown, with the place and what was expected",
        arguments: [
            (
                "ringfence-policy/v1", "ringfence-policy/v2",
                "1:10: E_SCHEMA: \"ringfence-policy/v2\" is no value of \"schema\""
            ),
            ("schema = \"ringfence-policy/v1\"\n", "", "1:1: E_SCHEMA: the policy has no \"schema\""),
            ("\"base\"", "\"root\"", "2:8: E_SCHEMA: \"root\" is no value of \"kind\"; expected one of base"),
            ("\"test\"", "\"te st\"", "3:6: E_SCHEMA: \"id\": has to be 1 to 64 letters"),
            ("\"test\"", "\"\"", "3:6: E_SCHEMA: \"id\": has to be 1 to 64 letters"),
            ("= 7", "= \"7\"", "4:11: E_SCHEMA: \"version\" has to be an integer, and is a string"),
            ("= 7", "= 0", "4:11: E_SCHEMA: \"version\": counts from 1"),
            ("= 7", "= 9007199254740992", "4:11: E_LIMIT: version 9007199254740992"),
            ("= 7", "= 9223372036854775808", "4:11: E_LIMIT: version"),
            ("= 7", "= 18446744073709551616", "4:11: E_LIMIT: an integer of more bits"),
            ("= 7", "= -1", "4:11: E_PARSE"), ("= 7", "= 042", "4:11: E_PARSE"), ("= 7", "= 4_2", "4:11: E_PARSE"),
            ("= 7", "= 0x2a", "4:11: E_PARSE"), ("= 7", "= +42", "4:11: E_PARSE"), ("= 7", "= 4.2e1", "4:11: E_PARSE"),
            ("2026-01-01T00:00:00Z", "\"2026-01-01T00:00:00Z\"", "5:10: E_SCHEMA: \"issued\" has to be a time"),
            ("2027", "2026", "6:11: E_SCHEMA: \"expires\": is not after \"issued\""),
            (
                "\"enforce\"", "\"allow\"",
                "7:8: E_SCHEMA: \"allow\" is no value of \"mode\"; expected one of enforce, audit"
            ),
            ("\"enforce\"", "\"off\"", "7:8: E_SCHEMA: \"off\" is no value of \"mode\""),
            (
                "\"enforce\"\n", "\"enforce\"\nrequires = [\"facts/9\"]\n",
                "8:13: E_SCHEMA: \"facts/9\" is no value of \"requires\""
            ),
            (
                "\"enforce\"\n", "\"enforce\"\nnot_before = 2027-01-01T00:00:00Z\n",
                "8:14: E_SCHEMA: \"not_before\": is not before"
            ),
            ("\"enforce\"\n", "\"enforce\"\nefect = 1\n", "8:1: E_SCHEMA: unknown key \"efect\" in the policy"),
            (
                "\"enforce\"\n", "\"enforce\"\nexpect = []\n",
                "8:10: E_SCHEMA: \"expect\" has to be written with [[expect]] headers"
            ),
            ("\"enforce\"\n", "\"enforce\"\npermit = []\n", "10:1: E_PARSE: \"permit\" is already there, at 8:1"),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = 1\n",
                "8:11: E_SCHEMA: \"options\" has to be a table, and is an integer"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { unverified_ceilings = \"deny\" }\n",
                "8:13: E_SCHEMA: unknown key \"unverified_ceilings\" in [options]"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { unverified_ceiling = 1 }\n",
                "8:34: E_SCHEMA: \"unverified_ceiling\" has to be a string"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { unverified_ceiling = \"jit-guest\" }\n",
                "8:34: E_SCHEMA: \"jit-guest\" is no value of \"unverified_ceiling\"; expected one of deny, interp-guest"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { unverified_ceiling = \"interp-child\" }\n",
                "8:34: E_SCHEMA: \"interp-child\" is no value of \"unverified_ceiling\""
            ),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], verdict = [\"passed\"] }",
                "12:37: E_SCHEMA: \"passed\" is no value of \"verdict\"; expected one of accepted, needs_fuel, rejected, too_complex"
            ),
            (
                "{ type = [\"xdp\"] }", "{ verdict = [\"accepted\"] }",
                "12:8: E_SCHEMA: \"when\": a permit has to say"
            ),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], \"verifier.options\" = [\"lax\"] }",
                "12:48: E_SCHEMA: \"lax\" is no value of \"verifier.options\"; expected one of strict, address_leaks"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { guest_codegen = \"yes\" }\n",
                "8:29: E_SCHEMA: \"guest_codegen\" has to be true or false"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { on_expiry = \"allow\" }\n",
                "8:25: E_SCHEMA: \"allow\" is no value of \"on_expiry\""
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { on_failure = { xpd = \"open\" } }\n",
                "8:28: E_SCHEMA: unknown key \"xpd\" in on_failure"
            ),
            (
                "\"enforce\"\n", "\"enforce\"\noptions = { on_failure = { xdp = \"pass\" } }\n",
                "8:34: E_SCHEMA: \"pass\" is no value of \"xdp\"; expected one of open, closed"
            ),
            (
                "tier = \"interp-guest\"", "tier = [\"interp-guest\"]",
                "11:8: E_SCHEMA: \"tier\" has to be a string, and is a list"
            ),
            (
                "tier = \"interp-guest\"", "tier = \"interp_guest\"",
                "11:8: E_SCHEMA: \"interp_guest\" is no value of \"tier\"; expected one of interp-guest"
            ),
            ("tier = \"interp-guest\"", "tier = \"deny\"", "11:8: E_SCHEMA: \"deny\" is no value of \"tier\""),
            ("tier = \"interp-guest\"\n", "", "9:1: E_SCHEMA: [[permit]] has no \"tier\""),
            (
                "tier = \"interp-guest\"\n", "tier = \"interp-guest\"\nmode = \"audit\"\n",
                "12:8: E_SCHEMA: \"audit\" is no value of \"mode\"; expected one of enforce, shadow"
            ),
            ("when = { type = [\"xdp\"] }", "", "9:1: E_SCHEMA: [[permit]] has no \"when\""),
            ("{ type = [\"xdp\"] }", "{}", "12:8: E_SCHEMA: \"when\": a permit has to say which programs it means"),
            (
                "{ type = [\"xdp\"] }", "{ \"insns.max\" = 5, helpers_any = [1], \"host.kvm\" = [\"usable\"] }",
                "12:8: E_SCHEMA: \"when\": a permit has to say"
            ),
            (
                "{ type = [\"xdp\"] }", "{ signer = [\"x\"] }",
                "9:1: E_SCHEMA: \"x\" is no value of \"signer\"; expected a name in [signers], which is not there"
            ),
            ("{ type = [\"xdp\"] }", "{ type = [\"xdq\"] }", "12:18: E_SCHEMA: \"xdq\" is no value of \"type\""),
            (
                "{ type = [\"xdp\"] }", "{ type = 7 }",
                "12:17: E_SCHEMA: \"type\" has to be a string, and is an integer"
            ),
            ("{ type = [\"xdp\"] }", "{ type = [] }", "12:17: E_SCHEMA: \"type\": an empty list matches nothing"),
            ("{ type = [\"xdp\"] }", "{ type = [\"xdp\", \"xdp\"] }", "12:25: E_SCHEMA: \"type\": is listed twice"),
            (
                "{ type = [\"xdp\"] }", "{ program = [\"sha256:00\"] }",
                "12:21: E_SCHEMA: \"sha256:00\" is no value of \"program\""
            ),
            ("{ type = [\"xdp\"] }", "{ program = [\"\(digestA)0\"] }", "12:21: E_SCHEMA"),
            ("{ type = [\"xdp\"] }", "{ program = [\"\(digestA.dropLast())A\"] }", "12:21: E_SCHEMA"),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], helpers_any = [\"map_lookup_elem\"] }",
                "12:41: E_SCHEMA: \"map_lookup_elem\" is no value"
            ),
            ("{ type = [\"xdp\"] }", "{ type = [\"xdp\"], helpers_any = [0] }", "12:41: E_SCHEMA: \"0\" is no value"),
            ("{ type = [\"xdp\"] }", "{ type = [\"xdp\"], helpers_any = [4294967296] }", "12:41: E_SCHEMA"),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], helpers_any = [\"bpf_map_lookup_elem\", 1] }",
                "12:64: E_SCHEMA: \"helpers_any\": is listed twice"
            ),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], \"insns.max\" = \"5\" }",
                "12:40: E_SCHEMA: \"insns.max\" has to be an integer"
            ),
            (
                "{ type = [\"xdp\"] }", "{ type = [\"xdp\"], \"host.kvm\" = [\"ok\"] }",
                "12:40: E_SCHEMA: \"ok\" is no value of \"host.kvm\"; expected one of usable, absent, denied, error"
            ),
            ("id = \"p\"", "id = 1", "10:6: E_SCHEMA: \"id\" has to be a string, and is an integer"),
            ("id = \"p\"", "id = \"\u{212A}\"", "10:7: E_PARSE: U+212A outside a comment or a note"),
            ("id = \"p\"", "id = \"p\u{200B}\"", "10:8: E_PARSE: U+200B"),
        ])
    func refused(part: String, replacement: String, message: String) throws {
        let valid = head + Self.permit
        #expect(refusal(valid) == nil)
        let range = try #require(valid.firstRange(of: part))
        let changed = String(valid[..<range.lowerBound]) + replacement + valid[range.upperBound...]
        let error = try #require(refusal(changed))
        #expect(error.description.hasPrefix(message), "\(error)")
    }

    @Test(
        "T63: ids that a reader of Unicode takes for one are E_PARSE, for an id is ASCII",
        arguments: [("\u{E9}", "e\u{301}"), ("K", "\u{212A}"), ("\u{C5}", "\u{212B}"), (";", "\u{37E}")])
    func equalIDs(first: String, second: String) {
        // To Swift, and to whoever compares canonical forms, they are equal.
        #expect(first == second)
        let rules = [first, second].map {
            "[[permit]]\nid = \"\($0)\"\ntier = \"interp-guest\"\nwhen = { type = [\"xdp\"] }\n"
        }
        let error = refusal(head + rules.joined())
        #expect(error?.code == .parse)
        #expect(refusal(head + rules[1])?.code == .parse)
    }

    /// What is written in place of what, and where it is refused.
    @Test(
        "T64: an unknown key, tier or fact is E_SCHEMA, with line and column",
        arguments: [
            ("mode = ", "efect = \"deny\"\nmode = ", 7, 1), ("tier = ", "efect = \"deny\"\ntier = ", 11, 1),
            ("interp-guest", "interp-gest", 11, 8), ("type = ", "tipe = ", 12, 10),
            ("type = ", "\"host.color\" = [\"red\"], type = ", 12, 10),
            ("type = ", "\"insns.min\" = 3, type = ", 12, 10), ("[\"xdp\"]", "[\"xpd\"]", 12, 18),
        ])
    func unknown(part: String, replacement: String, line: Int, column: Int) {
        let text = (head + Self.permit).replacing(part, with: replacement, maxReplacements: 1)
        let error = refusal(text)
        #expect(error?.code == .schema)
        #expect(error?.position == SourcePosition(line: line, column: column), "\(error?.description ?? "accepted")")
    }

    @Test(
        "T65: a value of another type is E_SCHEMA, and the error names the type that it has to be",
        arguments: [
            ("= 7", "= \"42\"", "\"version\" has to be an integer, and is a string"),
            ("\"interp-guest\"", "[\"interp-guest\"]", "\"tier\" has to be a string, and is a list"),
            ("\"enforce\"", "true", "\"mode\" has to be a string, and is a boolean"),
            ("\"p\"", "false", "\"id\" has to be a string, and is a boolean"),
            ("{ type = [\"xdp\"] }", "[\"xdp\"]", "\"when\" has to be a table, and is a list"),
            ("[\"xdp\"]", "[true]", "\"type\" has to be a string, and is a boolean"),
            ("2027-01-01T00:00:00Z", "20270101", "\"expires\" has to be a time, and is an integer"),
        ])
    func types(part: String, replacement: String, message: String) {
        let error = refusal((head + Self.permit).replacing(part, with: replacement, maxReplacements: 1))
        #expect(error?.code == .schema)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "accepted")")
    }

    @Test(
        "T71: a later schema, and a vocabulary that this engine does not know, are E_SCHEMA",
        arguments: [
            ("ringfence-policy/v1", "ringfence-policy/v2", 1, 10), ("ringfence-policy/v1", "ebpf-policy/v2", 1, 10),
            ("mode = ", "requires = [\"facts/9\"]\nmode = ", 7, 13),
            ("mode = ", "requires = [\"facts/1\", \"facts/2\"]\nmode = ", 7, 24),
        ])
    func later(part: String, replacement: String, line: Int, column: Int) {
        let text = (head + Self.permit).replacing(part, with: replacement, maxReplacements: 1)
        // With what only a later schema knows, it is still the schema that is named.
        for text in part.hasPrefix("ringfence") ? [text, text + "[later]\nkey = 1\n"] : [text] {
            let error = refusal(text)
            #expect(error?.code == .schema)
            #expect(
                error?.position == SourcePosition(line: line, column: column), "\(error?.description ?? "accepted")")
        }
        #expect(refusal((head + Self.permit).replacing("mode = ", with: "requires = [\"facts/1\"]\nmode = ")) == nil)
    }

    @Test("T63: two rules with one id are E_PARSE, whatever their effect")
    func duplicateIDs() {
        let forbid = "[[forbid]]\nid = \"p\"\ntier = \"interp-guest\"\nwhen = {}\n"
        let error = refusal(head + Self.permit + forbid)
        #expect(error?.code == .parse)
        #expect(error?.problem == .duplicate("rule id \"p\"", first: .init(line: 9, column: 1)))
        #expect(error?.position == .init(line: 13, column: 1))
    }

    @Test("T70: 512 rules are read, permits and forbids together, and one more is E_LIMIT")
    func ruleLimit() {
        func rules(_ effect: String, _ count: Int) -> String {
            (0..<count).map {
                "[[\(effect)]]\nid = \"\(effect)\($0)\"\ntier = \"interp-guest\"\nwhen = { type = [\"xdp\"] }\n"
            }.joined()
        }
        #expect(refusal(head + rules("permit", 300) + rules("forbid", 212)) == nil)
        let error = refusal(head + rules("permit", 300) + rules("forbid", 213))
        #expect(error?.code == .limit)
        #expect(error?.problem == .limit("513 rules", limit: 512))
        #expect(error?.position.line == 9 + 512 * 4)
    }

    @Test("T70: a list of 256 digests is read, and one more is E_LIMIT")
    func itemLimit() {
        func policy(_ count: Int) -> String {
            let digests = (0..<count).map { index in
                let digits = String(index, radix: 16)
                return "\"bpf-prog:v1:sha256:\(String(repeating: "0", count: 64 - digits.count))\(digits)\""
            }
            return head
                + "[[permit]]\nid = \"p\"\ntier = \"interp-guest\"\nwhen = { program = [\(digests.joined(separator: ","))] }\n"
        }
        #expect(refusal(policy(256)) == nil)
        #expect(refusal(policy(257))?.code == .limit)
    }

    @Test("a policy of random rules, written as text, is read back as it was")
    func roundTrip() throws {
        var random = Generator(state: 7)
        for _ in 0..<1_000 {
            let file = PolicyFile.random(using: &random)
            var read = try PolicyFile(parsing: bytes(file.text))
            for index in read.rules.indices { read.rules[index].position = .start }
            #expect(read == file)
        }
    }
}

@Suite("Self-tests of a policy")
struct ExpectationTests {
    private func policy(given: String, then: String) -> String {
        head + PolicyFileTests.permit + "[[expect]]\ngiven = \(given)\nthen = \(then)\n"
    }

    @Test(
        "a self-test that holds lets the policy load",
        arguments: [
            ("{ type = \"xdp\", \"host.kvm\" = \"usable\" }", "{ outcome = \"interp-guest\", code = \"OK\" }"),
            ("{ type = \"xdp\", \"host.kvm\" = \"absent\" }", "{ outcome = \"deny\", code = \"E_TIER_UNAVAILABLE\" }"),
            ("{ type = \"xdp\", \"host.kvm\" = \"denied\" }", "{ outcome = \"deny\", code = \"E_TIER_UNAVAILABLE\" }"),
            ("{ type = \"xdp\" }", "{ outcome = \"deny\" }"),
            ("{ type = \"kprobe\", \"host.kvm\" = \"usable\" }", "{ outcome = \"deny\", code = \"E_NO_PERMIT\" }"),
            ("{}", "{ outcome = \"deny\", code = \"E_NO_PERMIT\" }"),
            (
                "{ type = \"xdp\", \"host.kvm\" = \"usable\", verdict = \"needs_fuel\" }",
                "{ outcome = \"interp-guest\", code = \"OK\" }"
            ),
            (
                "{ type = \"xdp\", \"host.kvm\" = \"usable\", verdict = \"rejected\" }",
                "{ outcome = \"deny\", code = \"E_VERDICT\" }"
            ),
            (
                "{ type = \"xdp\", \"host.kvm\" = \"usable\", verdict = \"absent\" }",
                "{ outcome = \"deny\", code = \"E_VERDICT\" }"
            ),
            (
                "{ type = \"xdp\", \"host.kvm\" = \"usable\", \"verifier.options\" = \"strict\" }",
                "{ outcome = \"interp-guest\" }"
            ),
        ])
    func holds(given: String, then: String) { #expect(refusal(policy(given: given, then: then)) == nil) }

    @Test(
        "T74: a self-test that fails, contradicts itself or asks for the unknown is E_EXPECTATION",
        arguments: [
            (
                "{ type = \"xdp\", \"host.kvm\" = \"usable\" }", "{ outcome = \"deny\" }", 13,
                "this self-test expects deny, and the policy gives interp-guest OK"
            ),
            (
                "{ type = \"xdp\", \"host.kvm\" = \"absent\" }", "{ outcome = \"deny\", code = \"E_NO_PERMIT\" }", 13,
                "expects deny E_NO_PERMIT, and the policy gives deny E_TIER_UNAVAILABLE"
            ),
            ("{}", "{ outcome = \"deny\", code = \"OK\" }", 13, "contradicts itself"),
            ("{}", "{ outcome = \"jit-child\", code = \"E_FORBIDDEN\" }", 13, "contradicts itself"),
            ("{ signer = \"x\" }", "{ outcome = \"deny\" }", 14, "\"x\" is no value of \"signer\""),
            (
                "{ \"host.lockdown\" = \"off\" }", "{ outcome = \"deny\" }", 14,
                "\"off\" is no value of \"host.lockdown\""
            ),
            ("{ type = \"xdq\" }", "{ outcome = \"deny\" }", 14, "\"xdq\" is no value"),
            ("{ verdict = \"pass\" }", "{ outcome = \"deny\" }", 14, "\"pass\" is no value of \"verdict\""),
            ("{}", "{ outcome = \"run\" }", 15, "\"run\" is no value"),
            ("{}", "{ outcome = \"deny\", code = \"E_X\" }", 15, "\"E_X\" is no value"),
            ("{}", "{ code = \"OK\" }", 15, "has no \"outcome\""),
            ("{}", "{ outcome = \"deny\", why = \"x\" }", 15, "unknown key \"why\""),
        ])
    func fails(given: String, then: String, line: Int, message: String) throws {
        let error = try #require(refusal(policy(given: given, then: then)))
        #expect(error.code == .expectation)
        #expect(error.position.line == line)
        #expect(error.description.contains(message), "\(error)")
    }

    @Test("an unknown key beside given and then is a matter of the schema")
    func schema() {
        let error = refusal(head + "[[expect]]\ngiven = {}\nthen = { outcome = \"deny\" }\nwhen = {}\n")
        #expect(error?.code == .schema)
        #expect(error?.position == .init(line: 12, column: 1))
    }

    @Test("a policy's self-tests do not begin to fail when it expires or before it is valid")
    func time() throws {
        let text = policy(
            given: "{ type = \"xdp\", \"host.kvm\" = \"usable\" }",
            then: "{ outcome = \"interp-guest\", code = \"OK\" }"
        )
        .replacing("mode = ", with: "not_before = 2026-12-31T00:00:00Z\noptions = { on_expiry = \"deny\" }\nmode = ")
        #expect(refusal(text) == nil)
    }

    @Test("256 self-tests are run, and one more is too much")
    func limit() {
        let one = "[[expect]]\ngiven = {}\nthen = { outcome = \"deny\" }\n"
        #expect(refusal(head + String(repeating: one, count: 256)) == nil)
        #expect(refusal(head + String(repeating: one, count: 257))?.code == .limit)
    }
}
