import PolicyCore
import Testing

@Suite("Policies that are tried out in audit mode")
struct AuditTests {
    private static let program = ProgramIdentity(
        digest: programs[0], type: .xdp, helpers: [], instructionCount: 10, verdict: .accepted, verifier: strict)
    private static let permit = Rule(.permit, id: "p", tier: .jitChild, when: [.type([.xdp])])
    private static let forbid = Rule(.forbid, id: "f", tier: .interpGuest, when: [])

    private func decide(
        _ rules: [Rule], _ mode: PolicyFile.Mode = .audit, _ program: ProgramIdentity = program,
        revocations: Revocations = .none, guest: EnclosureState = .usable, onExpiry: Tier = .deny,
        beside other: [Rule]? = nil, eligible: TierSet = EvaluatorTests.all, now: String = "2026-06-01T00:00:00Z"
    ) throws -> Decision {
        func base(_ id: String, _ rules: [Rule], _ mode: PolicyFile.Mode) throws -> PolicyBase {
            PolicyBase(
                file: PolicyFile(
                    id: id, version: 3, issued: try at("2026-01-01T00:00:00Z"), expires: try at("2027-01-01T00:00:00Z"),
                    mode: mode, options: PolicyOptions(onExpiry: onExpiry, guestCodegen: true), rules: rules),
                sha256: anyDigest)
        }
        let bases = [try base("audited", rules, mode)] + (try other.map { [try base("enforced", $0, .enforce)] } ?? [])
        return PolicyCore.decide(
            PolicySet(bases: bases, revocations: revocations),
            facts: Facts(program: program, hostKVM: .known(.usable, .observed)),
            availability: Availability(guest: guest, child: .usable, eligible: eligible), now: try at(now))
    }

    @Test("what would be denied for want of leave runs in the safest tier, and is recorded as what it would be")
    func audited() throws {
        let afterwards = "2028-01-01T00:00:00Z"
        for (decision, code) in [
            (try decide([]), PolicyCode.noPermit), (try decide([Self.permit, Self.forbid]), .forbidden),
            (try decide([Self.permit], now: afterwards), .expired),
        ] {
            #expect(decision.code == .auditWouldDeny && decision.outcome == .interpGuest)
            #expect(decision.auditedCode == code)
            #expect(!DecisionRecord(decision).enforced)
        }
        #expect(try decide([], .enforce).code == .noPermit)
    }

    @Test("T91: audit mode never lets run what is revoked, what was not proven safe, or what another policy denies")
    func never() throws {
        let revoked = Revocations(programs: [programs[0]])
        for rules in [[], [Self.permit], [Self.permit, Self.forbid]] {
            let decision = try decide(rules, revocations: revoked)
            #expect(decision.outcome == .deny && decision.code == .revoked && decision.auditedCode == nil)
            for verdict: Fact<ProgramVerdict> in [
                .known(.rejected, .proven), .known(.tooComplex, .proven), .unknown(.absent),
                .unknown(.probeFailed("the verifier broke")),
            ] {
                var program = Self.program
                program.verdict = verdict
                let decision = try decide(rules, .audit, program)
                #expect(decision.outcome == .deny && decision.code == .verdict && decision.auditedCode == nil)
            }
        }
        #expect(try decide([], beside: []).code == .noPermit)
        #expect(try decide([], beside: [Self.permit]).code == .auditWouldDeny)
    }

    @Test("T92: where the audit tier cannot be had, the denial stays the one that it is")
    func unavailable() throws {
        for (rules, code) in [([], PolicyCode.noPermit), ([Self.permit, Self.forbid], .forbidden)] {
            for decision in [
                try decide(rules, guest: .unusable("host.kvm is absent")),
                try decide(rules, eligible: [.jitGuest, .interpChild, .jitChild]),
            ] {
                #expect(decision.outcome == .deny && decision.code == code && decision.auditedCode == nil)
            }
        }
    }
}
