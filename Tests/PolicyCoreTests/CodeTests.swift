import Foundation
import PolicyCore
import Testing

@Suite("Reason codes")
struct CodeTests {
    static let repository = CaseIndexTests.tests.deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
    }

    @Test(
        "T112: every code has its row in Policies/README.md, with what it means and what to do; no other code has one")
    func documented() throws {
        let parts = try Self.text("Policies/README.md").components(separatedBy: "<!-- codes -->")
        #expect(parts.count == 3)
        let rows = parts[1].split(separator: "\n").dropFirst(2)
        #expect(
            rows.map(String.init)
                == PolicyCode.allCases.map { "| `\($0)` | \($0.meaning) | \($0.remedy ?? "–") |" })
        #expect(PolicyCode.allCases.allSatisfy { ($0.remedy == nil) == ($0 == .ok) })
        #expect(Set(PolicyCode.allCases.map(\.meaning)).count == PolicyCode.allCases.count)
    }

    @Test(
        "T112: what a record says in words that this engine does not know is a denial",
        arguments: [
            ("interp-guest", "OK", Tier.interpGuest), ("jit-child", "OK_SAFER_TIER", .jitChild),
            ("interp-guest", "AUDIT_WOULD_DENY", .interpGuest), ("interp-guest", "OK_TRUST_ME", .deny),
            ("jit-child", "ok", .deny), ("jit-child", "", .deny), ("jit-child", "OK ", .deny),
            ("jit-kernel", "OK", .deny), ("JIT-CHILD", "OK", .deny), ("deny", "OK", .deny),
            ("jit-child", "E_NO_PERMIT", .deny), ("interp-guest", "E_NEW", .deny),
        ])
    func unknown(outcome: String, code: String, tier: Tier) throws {
        var record = DecisionRecord(
            decide(
                PolicySet(bases: []), facts: Facts(),
                availability: Availability(guest: .usable, child: .usable, eligible: .offered),
                now: UTCTime(secondsSince1970: 0)))
        (record.outcome, record.code) = (outcome, code)
        var text = JSONText()
        record.write(to: &text)
        // The reader takes it as it is: what it amounts to is for whoever asks.
        let json = try StrictJSON.parse(
            text.bytes, maximumBytes: 1 << 20, integers: true, booleans: true, depth: 6, members: 1024)
        let read = try DecisionRecord(reading: json)
        #expect(read.code == code && read.outcome == outcome)
        #expect(read.ranIn == tier)
        #expect(read.isDenial == (tier == .deny))
    }
}

@Suite("What whoever asks is told")
struct RequesterAnswerTests {
    /// A policy of somebody else's, each word of which could be told by mistake.
    private static func set(secret: String) throws -> PolicySet {
        let digest = String(repeating: "5e", count: 32)
        let text =
            head.replacing("\"test\"", with: "\"\(secret)-base\"") + """
                note = "\(secret)-note"
                [signers]
                \(secret)-team = ["k:\(digest)"]
                [[permit]]
                id = "\(secret)-digest"
                tier = "jit-guest"
                when = { program = ["bpf-prog:v1:sha256:\(digest)"] }
                note = "\(secret)-rule"
                [[permit]]
                id = "\(secret)-signer"
                tier = "jit-guest"
                when = { signer = ["\(secret)-team"], "requester.cgroup" = ["/\(secret).slice"], "host.label" = ["\(secret)-label"] }
                [[permit]]
                id = "\(secret)-xdp"
                tier = "interp-guest"
                when = { type = ["xdp"] }
                [[forbid]]
                id = "\(secret)-forbid"
                tier = "interp-guest"
                when = { helpers_any = ["bpf_probe_write_user"], attach_target = ["\(secret)0"] }
                """
        var set = PolicySet(bases: [try PolicyBase(parsing: bytes(text), sha256: anyDigest, eligible: .offered)])
        set.revocations.attestations = [must(ContentDigest(hexadecimal: digest))]
        set.recovery = RecoveryGrant(
            id: "\(secret)-recovery", rules: [], expires: try at("2026-12-01T00:00:00Z"), sha256: anyDigest)
        return set
    }

    private static func facts(_ type: ProgramType, secret: String) -> Facts {
        var facts = Facts(
            program: ProgramIdentity(
                digest: programs[0], type: type, helpers: [helpers[0]], instructionCount: 10, verdict: .accepted,
                verifier: strict), hostKVM: .known(.usable, .observed))
        facts[.signer] = .known([], .attested)
        facts[.attestation] = .known([], .attested)
        facts.set(.requesterCgroup, .known(.one(.word("/own.slice")), .observed))
        facts.set(.hostLabel, .known(.many([.word("\(secret)-label")]), .attested))
        facts.forget(.hostLockdown, .probeFailed("\(secret)-cause"))
        return facts
    }

    private static func told(_ decision: Decision) throws -> [String] {
        let answer = RequesterAnswer(decision)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [answer.text, String(decoding: try encoder.encode(answer), as: UTF8.self)]
    }

    @Test(
        "T112: a redacted explanation holds the answer and one's own facts, and no word of anybody else's",
        arguments: [ProgramType.xdp, .kprobe])
    func leaksNothing(type: ProgramType) throws {
        let availability = Availability(
            guest: .usable, child: .unusable("sekrit-obstacle"), eligible: .offered)
        for requested in [nil, Tier.jitChild] {
            let decision = decide(
                try Self.set(secret: "sekrit"), facts: Self.facts(type, secret: "sekrit"), availability: availability,
                requested: requested, now: try at("2026-06-01T00:00:00Z"))
            // The explanation in full tells it all, so there is something to be kept.
            #expect(decision.explanation.contains("sekrit-base") && decision.explanation.contains("sekrit-digest"))
            for text in try Self.told(decision) {
                #expect(!text.contains("sekrit") && !text.contains("5e5e") && !text.contains(anyDigest.description))
                #expect(text.contains(decision.code.rawValue) && text.contains(digestA) && text.contains("/own.slice"))
                #expect(!text.contains("host."))
            }
        }
    }

    @Test("T112: two policies that answer alike are told apart by nothing, whatever they and the host are")
    func tellsNothingApart() throws {
        var random = Generator(state: 112)
        var answers: [String: (PolicySet, [String])] = [:]
        var compared = 0
        for _ in 0..<1_500 {
            let own = Self.facts(one(of: [.xdp, .kprobe], using: &random), secret: "a").program
            var facts = Facts.random(using: &random)
            facts.program = own
            for name in [FactName.attach, .attachTarget, .requesterUID, .requesterCgroup, .requesterExecutable] {
                facts.forget(name, .absent)
            }
            let set = PolicySet.random(using: &random)
            let start = set.bases.first?.file.issued.secondsSince1970 ?? 0
            let decision = decide(
                set, facts: facts, availability: .random(using: &random), now: UTCTime(secondsSince1970: start + 1))
            let told = try Self.told(decision)
            let key = "\(own[.type]) \(decision.outcome) \(decision.code)"
            if let (other, before) = answers[key] {
                #expect(told == before)
                if other != set { compared += 1 }
            } else {
                answers[key] = (set, told)
            }
        }
        #expect(compared > 1_200 && answers.count > 10)
    }
}
