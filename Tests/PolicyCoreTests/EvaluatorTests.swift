import PolicyCore
import Testing

@Suite("Decisions")
struct EvaluatorTests {
    static let all: TierSet = [.interpGuest, .jitGuest, .interpChild, .jitChild]
    static let xdp = ProgramIdentity(
        digest: programs[0], type: .xdp, helpers: [helpers[0]], instructionCount: 10, verdict: .accepted,
        verifier: strict)

    private func file(_ rules: [Rule], _ options: PolicyOptions = PolicyOptions(guestCodegen: true)) throws
        -> PolicyFile
    {
        PolicyFile(
            id: "test", version: 3, issued: try at("2026-01-01T00:00:00Z"), expires: try at("2027-01-01T00:00:00Z"),
            options: options, rules: rules)
    }

    private func base(_ rules: [Rule], _ options: PolicyOptions = PolicyOptions(guestCodegen: true)) throws
        -> PolicyBase
    {
        PolicyBase(file: try file(rules, options), sha256: anyDigest)
    }

    private func decide(
        _ bases: [PolicyBase], _ program: ProgramIdentity = xdp, kvm: Fact<HostKVM> = .known(.usable, .observed),
        child: EnclosureState = .usable, eligible: TierSet = all, requested: Tier? = nil,
        now: String = "2026-06-01T00:00:00Z"
    ) throws -> Decision {
        PolicyCore.decide(
            bases, facts: Facts(program: program, hostKVM: kvm),
            availability: Availability(guest: EnclosureState(hostKVM: kvm), child: child, eligible: eligible),
            requested: requested, now: try at(now))
    }

    static let permitXDP = Rule(.permit, id: "xdp", tier: .interpGuest, when: [.type([.xdp])])

    @Test("no policy denies everything")
    func noPolicy() throws {
        let decision = try decide([])
        #expect(decision.outcome == .deny)
        #expect(decision.code == .noPermit)
        #expect(decision.onFailure == .closed)
    }

    @Test(
        "T85: without a usable KVM a guest tier is E_TIER_UNAVAILABLE, never a child",
        arguments: [
            .known(.absent, .observed), .known(.denied, .observed), .known(.error, .observed), .unknown(.absent),
            .unknown(.probeFailed("EMFILE")), .unknown(.extractionFailed("x")),
        ] as [Fact<HostKVM>], [Tier.interpGuest, .jitGuest])
    func noKVM(kvm: Fact<HostKVM>, tier: Tier) throws {
        // A child could be had, and no tier of one is below the ceiling.
        let bases = [try base([Rule(.permit, id: "p", tier: tier, when: [.type([.xdp])])])]
        #expect(try decide(bases).outcome == tier)
        let decision = try decide(bases, kvm: kvm)
        #expect(decision.outcome == .deny)
        #expect(decision.code == .tierUnavailable)
        #expect(decision.ceiling == tier)
    }

    @Test("T98: an empty set of helpers is not an unknown one: E_FORBIDDEN is for the latter alone")
    func emptyIsNotUnknown() throws {
        let rules = [Self.permitXDP, Rule(.forbid, id: "f", tier: .interpGuest, when: [.helpersAny([helpers[2]])])]
        var program = Self.xdp
        program.helpers = .known([], .proven)
        #expect(try decide([base(rules)], program).code == .ok)
        program.helpers = .unknown(.absent)
        #expect(try decide([base(rules)], program).code == .forbidden)
    }

    @Test("a forbid takes its tier and everything above it, and leaves what is below")
    func forbid() throws {
        let rules = [
            Rule(.permit, id: "p", tier: .jitChild, when: [.type([.xdp])]),
            Rule(.forbid, id: "f", tier: .interpChild, when: []),
        ]
        let decision = try decide([base(rules)])
        #expect(decision.outcome == .jitGuest)
        #expect(decision.ceiling == .jitGuest)
        #expect(decision.code == .ok)
    }

    @Test("T89: of two bases that disagree the lesser counts")
    func severalPolicies() throws {
        let wide = try base([Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])])
        let narrow = try base([Self.permitXDP])
        for bases in [[wide, narrow], [narrow, wide]] {
            let decision = try decide(bases)
            #expect(decision.outcome == .interpGuest && decision.ceiling == .interpGuest && decision.code == .ok)
            #expect(decision.bases.map(\.ceiling).max() == .jitChild)
        }
        #expect(try decide([wide, base([])]).code == .noPermit)
    }

    @Test("T87: without seccomp a ceiling of jit-child gives a safer tier: OK_SAFER_TIER")
    func saferTier() throws {
        let wide = try base([Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])])
        #expect(try decide([wide]).outcome == .jitChild)
        let decision = try decide([wide], child: .unusable("no seccomp"))
        #expect(decision.outcome == .jitGuest)
        #expect(decision.code == .okSaferTier)
        #expect(
            try decide([wide], child: .unusable("no seccomp"), eligible: [.interpGuest, .interpChild]).outcome
                == .interpGuest)
    }

    @Test("generated code needs the policy's word, in every policy")
    func guestCodegen() throws {
        let rule = Rule(.permit, id: "w", tier: .jitGuest, when: [.type([.xdp])])
        let (on, off) = (try base([rule]), try base([rule], PolicyOptions()))
        #expect(try decide([on]).outcome == .jitGuest)
        #expect(try decide([off]).outcome == .interpGuest)
        #expect(try decide([on, off]).outcome == .interpGuest)
        #expect(try decide([off], requested: .jitGuest).code == .tierUnavailable)
    }

    @Test("a caller gets the tier it asks for, or a denial with the reason")
    func requests() throws {
        let wide = try base([Rule(.permit, id: "w", tier: .interpChild, when: [.type([.xdp])])])
        let lower = try decide([wide], requested: .interpGuest)
        #expect(lower.outcome == .interpGuest && lower.code == .ok && lower.ceiling == .interpChild)
        let above = try decide([wide], requested: .jitChild)
        #expect(above.outcome == .deny && above.code == .requestAboveCeiling)
        let missing = try decide([wide], child: .unusable("none"), requested: .interpChild)
        #expect(missing.outcome == .deny && missing.code == .tierUnavailable)
        #expect(try decide([base([])], requested: .interpGuest).code == .noPermit)
        #expect(try decide([wide], requested: .deny).outcome == .deny)
    }

    @Test("expiry lowers the ceiling to what the policy says, from its very second on")
    func expiry() throws {
        let wide = Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])
        let gentle = try base([wide]), strict = try base([wide], PolicyOptions(onExpiry: .deny))
        #expect(try decide([gentle], now: "2026-12-31T23:59:59Z").outcome == .jitChild)
        let expired = try decide([gentle], now: "2027-01-01T00:00:00Z")
        #expect(expired.outcome == .interpGuest && expired.ceiling == .interpGuest)
        #expect(try decide([strict], now: "2027-01-01T00:00:00Z").code == .expired)
        // Expiry does not permit what nothing permits.
        #expect(try decide([base([])], now: "2028-01-01T00:00:00Z").code == .noPermit)
    }

    @Test("a clock that is behind the newest policy does not keep an older one alive")
    func clockBehind() throws {
        let wide = Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])
        var later = try file([wide])
        later.issued = try at("2027-06-01T00:00:00Z")
        later.expires = try at("2028-06-01T00:00:00Z")
        let bases = [try base([wide]), PolicyBase(file: later, sha256: anyDigest)]
        #expect(try decide(bases, now: "2026-06-01T00:00:00Z").ceiling == .interpGuest)
    }

    @Test("a policy that is not valid yet denies")
    func notYet() throws {
        var early = try file([Self.permitXDP])
        early.notBefore = try at("2026-07-01T00:00:00Z")
        let bases = [PolicyBase(file: early, sha256: anyDigest)]
        #expect(try decide(bases, now: "2026-06-30T23:59:59Z").code == .clock)
        #expect(try decide(bases, now: "2026-07-01T00:00:00Z").code == .ok)
    }

    /// What the verifier may have said, and whether that is a pass.
    static let verdicts: [(Fact<ProgramVerdict>, Bool)] = [
        (.known(.accepted, .proven), true), (.known(.needsFuel, .proven), true), (.known(.rejected, .proven), false),
        (.known(.tooComplex, .proven), false), (.unknown(.absent), false), (.unknown(.probeFailed("x")), false),
    ]

    @Test("T94: a program that the verifier did not pass is E_VERDICT, whatever the rules say", arguments: verdicts)
    func unverified(verdict: Fact<ProgramVerdict>, isPass: Bool) throws {
        var program = Self.xdp
        program.verdict = verdict
        let wide = try base([Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])])
        let decision = try decide([wide], program)
        #expect(decision.outcome == (isPass ? .jitChild : .deny))
        #expect(decision.code == (isPass ? .ok : .verdict))
        #expect(decision.bases[0].unverifiedCeiling == (isPass ? nil : .deny))
        // The want of a proof is told also where no rule would have let the program run.
        #expect(try decide([base([])], program).code == (isPass ? .noPermit : .verdict))
    }

    @Test("unverified_ceiling caps a program that did not pass, and no other", arguments: verdicts)
    func unverifiedCeiling(verdict: Fact<ProgramVerdict>, isPass: Bool) throws {
        var program = Self.xdp
        program.verdict = verdict
        let options = PolicyOptions(unverifiedCeiling: .interpGuest, guestCodegen: true)
        let rules = [Rule(.permit, id: "w", tier: .jitChild, when: [.type([.xdp])])]
        let decision = try decide([base(rules, options)], program)
        #expect(decision.outcome == (isPass ? .jitChild : .interpGuest))
        #expect(decision.ceiling == (isPass ? .jitChild : .interpGuest))
        #expect(decision.code == .ok)
        // It permits nothing by itself, and every policy has to say it.
        #expect(try decide([base([], options)], program).code == .noPermit)
        #expect(try decide([base(rules, options), base(rules)], program).code == (isPass ? .ok : .verdict))
        // A request above it is refused, not lowered.
        #expect(
            try decide([base(rules, options)], program, requested: .jitGuest).code
                == (isPass ? .ok : .requestAboveCeiling))
    }

    @Test("a rule may ask for the verdict itself")
    func verdictCondition() throws {
        let options = PolicyOptions(unverifiedCeiling: .interpGuest)
        let rules = [
            Self.permitXDP, Rule(.forbid, id: "must-end", tier: .interpGuest, when: [.verdict([.needsFuel])]),
        ]
        var program = Self.xdp
        #expect(try decide([base(rules)], program).code == .ok)
        program.verdict = .known(.needsFuel, .proven)
        #expect(try decide([base(rules)], program).code == .forbidden)
        program.verdict = .unknown(.absent)
        #expect(try decide([base(rules, options)], program).code == .forbidden)
    }

    @Test("constants are blinded where any policy says so")
    func blindConstants() throws {
        let blind = try base([Self.permitXDP], PolicyOptions(blindConstants: true))
        #expect(try decide([blind]).blindsConstants)
        #expect(try decide([base([Self.permitXDP]), blind]).blindsConstants)
        #expect(try !decide([base([Self.permitXDP])]).blindsConstants)
    }

    @Test("an event of a faulting program passes only if the type is known and every policy says so")
    func failureVerdict() throws {
        let open = try base([Self.permitXDP], PolicyOptions(onFailure: [.xdp: .open]))
        #expect(try decide([open]).onFailure == .open)
        #expect(try decide([open, base([Self.permitXDP])]).onFailure == .closed)
        #expect(try decide([open], ProgramIdentity(digest: .known(programs[0], .proven))).onFailure == .closed)
    }
}
