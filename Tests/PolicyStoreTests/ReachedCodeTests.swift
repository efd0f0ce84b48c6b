import PolicyCore
import PolicyStore
import PolicyTesting
import PolicyTrust
import Testing

/// Each code that is given for something else than a decision, by what it is given for. The codes of decisions are met in the tests of the
/// evaluator (PolicyCoreTests), and four more belong to others: a ticket's, a spoofed device's, the log's, and that of a library's failure.
@Suite("Codes that a host meets")
struct ReachedCodeTests {
    private static let elsewhere: [PolicyCode] = [
        // PolicyCoreTests/EvaluatorPropertyTests.
        .ok, .okSaferTier, .auditWouldDeny, .noPermit, .forbidden, .verdict, .tierUnavailable, .requestAboveCeiling,
        .expired, .revoked,
        // SandboxTests/TicketTests, SandboxTests/SpoofedPostureTests, PolicyLogTests/FailureTests, PolicyTrustTests/P256Tests.
        .ticket, .postureSpoofed, .logUnavailable, .internalError,
    ]

    /// What installing a file is refused with.
    private static func refusal(_ file: [UInt8]) throws -> PolicyCode? {
        let host = try TestHost.begun(base: base(5))
        return failure { () throws(StoreError) in try host.store().install(file) }?.code
    }

    @Test("T112: every code that is no decision's is given for the reason that it stands for")
    func reached() throws {
        let expectation = "[[expect]]\ngiven = { type = \"xdp\" }\nthen = { outcome = \"jit-child\" }\n"
        var reached: [PolicyCode: PolicyCode?] = [
            .signatureThreshold: try Self.refusal(base(6, by: ["ann"])),
            .rootChain: try Self.refusal(RootText(version: 3).signed(by: "ann", "ben")),
            .rollback: try Self.refusal(base(4)),
            .equivocation: try Self.refusal(base(5, tier: "jit-child")),
            .limit: try Self.refusal(base(20_000)),
            .parse: try Self.refusal(base(6, rules: "[[")),
            .schema: try Self.refusal(base(6, extra: "efect = 1")),
            .expectation: try Self.refusal(base(6, rules: expectation)),
        ]
        do throws(TrustError) {
            _ = try VerifiedPayload(
                verifying: base(6), as: .revoke,
                trusted: TrustedKeys(keys: ["ann", "ben"].map { person($0).verificationKey }))
        } catch { reached[.signatureType] = error.code }
        let host = TestHost()
        reached[.state] = failure { () throws(StoreError) in try host.store().load() }?.code
        let early = try TestHost.begun()
        early.write("policy/base/fleet.dsse", base(2, extra: "not_before = 2026-07-01T00:00:00Z"))
        reached[.clock] = try early.store().load().alarms.first?.code
        reached[.digestMismatch] = try Self.statement(about: 8, for: 7).refused.first?.code
        for (code, got) in reached { #expect(got == code) }
        #expect(Set(reached.keys).union(Self.elsewhere) == Set(PolicyCode.allCases))
        #expect(Set(reached.keys).isDisjoint(with: Self.elsewhere))
    }

    private static func digest(_ byte: UInt8) -> ProgramDigest {
        ProgramDigest(must(ContentDigest([UInt8](repeating: byte, count: 32))))
    }

    /// What a statement about one program, by somebody whom the policy knows, says of another.
    private static func statement(about one: UInt8, for other: UInt8, verdict: String = "accepted") throws
        -> AttestedProgram
    {
        let statement = ProgramStatement(
            programs: [digest(one)], objects: [], author: "net team", verifier: "ringfence/4", options: "strict",
            verdict: verdict)
        let envelope = signed(statement.json(name: "filter"), as: .attestation, by: ["eve"])
        let host = try TestHost.begun()
        return try host.store().load().snapshot.attested(digest(other), by: [envelope])
    }

    @Test(
        "T112: a statement about another program is E_DIGEST_MISMATCH, vouches for nothing, and leaves its signer unknown"
    )
    func mismatch() throws {
        let own = try Self.statement(about: 7, for: 7)
        #expect(own.refused.isEmpty && own.attestations.count == 1)
        #expect(own.signer == .known([person("eve").verificationKey.id], .attested))
        let foreign = try Self.statement(about: 8, for: 7)
        #expect(foreign.refused == [.attestation(.otherProgram)])
        #expect(foreign.refused.map(\.code) == [.digestMismatch])
        #expect(foreign.attestations.isEmpty)
        for fact in [foreign.signer.value == nil, foreign.attestation.value == nil] { #expect(fact) }
        guard case .unknown(.extractionFailed(let why)) = foreign.signer else {
            Issue.record("the signer is \(foreign.signer)")
            return
        }
        #expect(why.contains("E_DIGEST_MISMATCH"))
    }
}
