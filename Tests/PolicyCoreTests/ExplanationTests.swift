import PolicyCore
import Testing

@Suite("Explanations")
struct ExplanationTests {
    private func decision(
        kvm: HostKVM, helpers: Fact<Set<HelperFunction>>, verdict: Fact<ProgramVerdict> = .known(.accepted, .proven),
        requested: Tier? = nil
    ) throws -> Decision {
        let text =
            head + """
                [[permit]]
                id = "xdp-any"
                tier = "interp-guest"
                when = { type = ["xdp"] }

                [[permit]]
                id = "one-program"
                tier = "jit-guest"
                when = { program = ["\(digestA)"], "insns.max" = 5 }

                [[forbid]]
                id = "no-writes"
                tier = "interp-guest"
                when = { helpers_any = ["bpf_probe_write_user", "bpf_override_return"] }
                """
        let base = try PolicyBase(parsing: bytes(text), sha256: anyDigest, eligible: .offered)
        let program = ProgramIdentity(
            digest: .known(programs[0], .proven), type: .known(.xdp, .proven), helpers: helpers,
            instructionCount: .known(9, .proven), verdict: verdict, verifier: .known(strict, .proven))
        let state = Fact.known(kvm, .observed)
        return decide(
            [base], facts: Facts(program: program, hostKVM: state),
            availability: Availability(
                guest: EnclosureState(hostKVM: state), child: .unusable("no child"), eligible: .offered),
            requested: requested, now: try at("2026-06-01T00:00:00Z"))
    }

    @Test("a denial for want of KVM says so, rule by rule and tier by tier")
    func denial() throws {
        let text = try decision(kvm: .absent, helpers: .known([helpers[0]], .proven)).explanation
        #expect(
            text == """
                deny  E_TIER_UNAVAILABLE     bpf-prog:v1:sha256:a1a1…a1a1     test v7 (07070707…)
                  why     test v7 allows up to interp-guest; interp-guest: host.kvm is absent
                  ceiling interp-guest
                    + permit xdp-any      interp-guest  test:9  type ✓
                    · permit one-program  –             test:14  program ✓  insns.max: want at most 5, have 9 ✗
                    · forbid no-writes    –             test:19  helpers_any: want bpf_probe_write_user|bpf_override_return, have bpf_map_lookup_elem ✗
                  tiers   interp-guest ✗ host.kvm is absent   jit-guest ✗ above the ceiling   interp-child ✗ above the ceiling   jit-child ✗ above the ceiling
                  nearest interp-guest if host.kvm = usable
                """)
    }

    @Test("an unknown fact is shown as the reason why a forbid holds")
    func unknown() throws {
        let decision = try decision(kvm: .usable, helpers: .unknown(.extractionFailed("truncated")))
        #expect(decision.code == .forbidden)
        #expect(decision.reason == "no-writes forbids every tier")
        #expect(decision.explanation.contains("- forbid no-writes    interp-guest  test:19  helpers_any: want"))
        #expect(decision.explanation.contains("have unknown (extraction failed: truncated) ?"))
    }

    @Test("the record holds what the explanation says, under stable names")
    func record() throws {
        let record = DecisionRecord(try decision(kvm: .usable, helpers: .known([], .proven), requested: .jitGuest))
        #expect(record.outcome == "deny")
        #expect(record.code == "E_REQUEST_ABOVE_CEILING")
        #expect(record.reason == "jit-guest was asked for, and test v7 allows up to interp-guest")
        #expect(record.requested == "jit-guest")
        #expect(record.program == digestA)
        #expect(record.bases.map(\.version) == [7])
        #expect(record.rules.map(\.line) == [9, 14, 19])
        #expect(record.rules[1].conds == ["program": "true", "insns.max": "false"])
        // This policy lets no code be generated in guests.
        #expect(record.tiers.map(\.eligible) == [true, false, true, true])
        #expect(record.facts["helpers"]?.values == [])
        #expect(record.facts["host.kvm"]?.provenance == "O")
    }

    @Test(
        "a denial for want of a proof says which, and the record has it",
        arguments: [
            (.known(.rejected, .proven), "the verifier rejects this program"),
            (.known(.tooComplex, .proven), "the verifier could not finish its proof within its budget"),
            (.unknown(.absent), "the verifier has not passed this program"),
        ] as [(Fact<ProgramVerdict>, String)])
    func verdict(verdict: Fact<ProgramVerdict>, sentence: String) throws {
        let decision = try decision(kvm: .usable, helpers: .known([], .proven), verdict: verdict)
        #expect(decision.code == .verdict)
        #expect(decision.reason == "\(sentence), and test lets no such program run")
        #expect(
            decision.explanation.contains(
                "\n  note    test gives a program that the verifier did not pass at most deny\n"))
        let record = DecisionRecord(decision)
        #expect(record.code == "E_VERDICT" && record.outcome == "deny")
        #expect(record.bases.map(\.unverifiedCeiling) == ["deny"])
        #expect(record.facts["verdict"]?.values == verdict.value.map { [$0.rawValue] })
        #expect(record.facts["verifier.id"]?.values == ["ringfence/1"])
        #expect(record.facts["verifier.options"]?.values == ["strict"])
    }

    @Test("every code has a sentence, and a code nobody knows is not one of ours")
    func codes() {
        #expect(PolicyCode(rawValue: "E_NEW") == nil)
        #expect(PolicyCode.allCases.filter(\.allows) == [.ok, .okSaferTier, .auditWouldDeny])
        #expect(Set(PolicyCode.allCases.map(\.rawValue)).count == PolicyCode.allCases.count)
    }
}

@Suite("Lint")
struct LintTests {
    @Test("what is allowed and probably not meant is told, with its place")
    func findings() throws {
        let text =
            head + """
                [options]
                on_failure = { xdp = "open" }
                [[permit]]
                id = "a"
                tier = "jit-child"
                when = { type = ["xdp"] }
                [[permit]]
                id = "b"
                tier = "interp-guest"
                when = { type = ["xdp"] }
                [[forbid]]
                id = "c"
                tier = "interp-guest"
                when = { type = ["xdp"] }
                [[forbid]]
                id = "d"
                tier = "interp-guest"
                when = { "insns.max" = 10 }
                """
        let findings = try PolicyFile(parsing: bytes(text)).lint(offered: [.interpGuest])
        let short = findings.map { "\($0.position.line) \($0.code.rawValue)" }
        #expect(
            Set(short) == [
                "1 L211", "1 L501", "11 L101", "11 L201", "11 L208", "15 L101", "15 L202", "19 L206", "23 L209",
            ])
    }

    @Test("a policy that lets unverified programs run, or waits for programs that it never lets run, is remarked upon")
    func unverified() throws {
        func codes(_ options: String, _ when: String) throws -> [LintFinding.Code] {
            let text =
                head + "[options]\n\(options)\n[[permit]]\nid = \"a\"\ntier = \"interp-guest\"\nwhen = { \(when) }\n"
            return try PolicyFile(parsing: bytes(text)).lint(offered: .offered).map(\.code).filter {
                [.runsUnverified, .neverVerified].contains($0)
            }
        }
        let bad = "type = [\"xdp\"], verdict = [\"rejected\", \"too_complex\"]"
        let mixed = "type = [\"xdp\"], verdict = [\"rejected\", \"needs_fuel\"]"
        #expect(try codes("unverified_ceiling = \"interp-guest\"", bad) == [.runsUnverified])
        #expect(try codes("unverified_ceiling = \"deny\"", bad) == [.neverVerified])
        #expect(try codes("unverified_ceiling = \"deny\"", mixed) == [])
    }

    @Test("a policy without permits, or valid for a day, is remarked upon")
    func whole() throws {
        let text = head.replacing("2027-01-01", with: "2026-01-02")
        #expect(
            try PolicyFile(parsing: bytes(text)).lint(offered: .offered).map(\.code) == [
                .validity, .noPermits, .noSelfTests,
            ])
    }
}

@Suite("Names")
struct NameTests {
    @Test(
        "helpers have the kernel's numbers",
        arguments: [
            ("bpf_map_lookup_elem", 1), ("bpf_probe_write_user", 36), ("bpf_override_return", 58),
            ("bpf_xdp_adjust_head", 44), ("bpf_ringbuf_output", 130), ("bpf_cgrp_storage_delete", 211),
        ] as [(String, UInt32)])
    func helpers(name: String, number: UInt32) {
        #expect(HelperFunction(name: name)?.number == number)
        #expect(HelperFunction(number: number).description == name)
    }

    @Test("a helper nobody named is a number")
    func unnamed() {
        #expect(HelperFunction(number: 0).description == "helper 0")
        #expect(HelperFunction(number: .max).description == "helper 4294967295")
        #expect(HelperFunction(name: "bpf_unspec") == nil && HelperFunction(name: "map_lookup_elem") == nil)
    }

    @Test("tiers are named and ordered by exposure")
    func tiers() {
        #expect(Tier.allCases.map(\.name) == ["deny", "interp-guest", "jit-guest", "interp-child", "jit-child"])
        #expect(Tier.allCases == Tier.allCases.sorted())
        #expect(Tier.allCases.allSatisfy { Tier(name: $0.name) == $0 })
        #expect(Tier(name: "Deny") == nil)
    }

    @Test("a program's identity has one spelling")
    func digests() {
        #expect(ProgramDigest(text: digestA)?.description == digestA)
        #expect(ProgramDigest(text: digestA.uppercased()) == nil)
        #expect(ProgramDigest(text: digestA + " ") == nil)
        #expect(ProgramDigest(text: String(digestA.dropLast())) == nil)
    }
}
