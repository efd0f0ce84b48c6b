import Foundation
import PolicyCore
import PolicyLog
import PolicyTrust
import Testing

/// A log that an earlier engine wrote, with the policies that it decided by. An engine that reads one of the policies otherwise, or decides
/// otherwise, or writes otherwise what it decided, is told here, and not by the host whose log it is.
///
/// Where that is meant, the log is written anew: `RINGFENCE_GOLDEN_LOG=write swift test --filter GoldenLogTests`, and the commit says why.
@Suite("A log across versions of the engine (T109)", .serialized)
struct GoldenLogTests {
    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("Golden")
    static let isWriting = ProcessInfo.processInfo.environment["RINGFENCE_GOLDEN_LOG"] == "write"

    private static func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    private static func base(_ name: String, with supplementals: [Supplemental] = []) throws -> PolicyBase {
        let text = try read("\(name).toml")
        return PolicyBase(file: try PolicyFile(parsing: text), sha256: sha256(text), supplementals: supplementals)
    }

    /// The policies, by the name that the records' snapshots are digests of.
    private static func sets() throws -> [(name: String, set: PolicySet)] {
        let (plain, strict, audit) = (try base("plain"), try base("strict"), try base("audit"))
        let extra = try read("extra.toml")
        let supplemental = Supplemental(file: try PolicyFile(parsing: extra), sha256: sha256(extra))
        var capped = PolicySet(bases: [plain])
        capped.cap = .rootExpired
        let revoked = PolicySet(
            bases: [plain], revocations: Revocations(programs: [programs[0]], keys: [keys[3]], verifiers: [2]),
            revocationsIssued: try at("2026-03-01T00:00:00Z"))
        let recovered = PolicySet(
            bases: [strict],
            recovery: RecoveryGrant(
                id: "recovery", rules: [Rule(.permit, id: "mend", tier: .interpGuest, when: [.program([programs[1]])])],
                expires: try at("2026-12-01T00:00:00Z"), sha256: anyDigest))
        return [
            ("none", PolicySet(bases: [])), ("plain", PolicySet(bases: [plain])),
            ("strict", PolicySet(bases: [strict])), ("two", PolicySet(bases: [plain, strict])),
            ("audit", PolicySet(bases: [audit])), ("revoked", revoked), ("capped", capped), ("recovered", recovered),
            ("supplemental", PolicySet(bases: [try base("plain", with: [supplemental])])),
        ]
    }

    @Test("T109: every outcome of the log that an earlier engine wrote comes out again, and its line to the last bit")
    func replay() throws {
        let lines = try Self.read("decisions.jsonl").split(separator: 0x0A).map { Array($0) }
        let names = try Self.sets().map { (sha256(Array($0.name.utf8)), $0.set) }
        let sets = Dictionary(names, uniquingKeysWith: { first, _ in first })
        var outcomes: Set<String> = []
        var codes: Set<String> = []
        for line in lines {
            let record = try LogRecord(line: line)
            guard case .decision(let decision, let ticket) = record.body else { continue }
            let snapshot = try #require(record.snapshot)
            let set = try #require(sets[snapshot])
            let replay = try Replay(decision, for: set)
            var again = DecisionRecord(replay.decide(by: set), availability: replay.availability, now: replay.now)
            // What nobody knew of then may be known of now, and does not count.
            again.facts = again.facts.filter { decision.facts[$0.key] != nil }
            #expect(again == decision)
            var rewritten = record
            rewritten.body = .decision(again, ticket: ticket)
            #expect(rewritten.line == line)
            outcomes.insert(decision.outcome)
            codes.insert(decision.code)
        }
        #expect(outcomes == Set(Tier.allCases.map(\.name)))
        #expect(
            codes == [
                "OK", "OK_SAFER_TIER", "AUDIT_WOULD_DENY", "E_NO_PERMIT", "E_FORBIDDEN", "E_VERDICT",
                "E_TIER_UNAVAILABLE", "E_REQUEST_ABOVE_CEILING", "E_EXPIRED", "E_REVOKED", "E_CLOCK",
            ])
    }

    @Test("T109: the chain, the signatures and the seals of the log that an earlier engine wrote hold")
    func verify() throws {
        let key = try KeyFiles.readPublicKey(try Self.read("log-key.pub")).key
        let seal = try #require(EpochKey(text: try Self.read("log-seal")))
        let lines = try Self.read("decisions.jsonl").split(separator: 0x0A).map { Array($0) }
        let summary = try LogVerifier.verify(lines, trusted: [key], firstSeal: seal)
        #expect(summary.decisions > 30 && summary.denials > 10)
    }

    @Test("the log is written anew", .enabled(if: isWriting))
    func write() throws {
        let test = try TestLog()
        var random = Generator(state: 2026)
        var log = try test.open()
        // Of each kind of answer a few, of each set no two alike: enough to tell engines apart, and not too much to keep.
        var kept: [String: Int] = [:]
        for (name, set) in try Self.sets() {
            let digest = sha256(Array(name.utf8))
            try log.note(digest, time: test.time)
            var seen: Set<String> = []
            for _ in 0..<4_000 {
                var facts = Facts.random(using: &random)
                if facts[.signer].value != nil, Bool.random(using: &random) {
                    facts[.signer] = .known(Set(keys.prefix(2)), .attested)
                }
                let requested =
                    Int.random(in: 0..<5, using: &random) == 0 ? Tier.running.randomElement(using: &random) : nil
                let times = ["2026-01-15T00:00:00Z", "2026-05-01T12:00:00Z", "2026-10-01T00:00:00Z"]
                let now = try at(times.randomElement(using: &random)!)
                let availability = Availability.random(using: &random)
                let decision = decide(set, facts: facts, availability: availability, requested: requested, now: now)
                let answer = "\(decision.outcome) \(decision.code)"
                guard kept[answer, default: 0] < 4, seen.insert(answer).inserted else { continue }
                kept[answer, default: 0] += 1
                test.pass(milliseconds: 1)
                try log.append(
                    decision,
                    LogContext(
                        time: test.time, snapshot: digest, now: now, availability: availability,
                        ticket: decision.allows ? "t-\(name)-\(seen.count)" : nil))
            }
        }
        try log.close(time: test.time, snapshot: nil)
        try Data(try test.bytes()).write(to: Self.folder.appendingPathComponent("decisions.jsonl"))
        try Data(try test.bytes("state/log-seal")).write(to: Self.folder.appendingPathComponent("log-seal"))
        try Data(KeyFiles.text(of: test.key.verificationKey, comment: "golden log")).write(
            to: Self.folder.appendingPathComponent("log-key.pub"))
    }
}
