import Foundation
import PolicyCore
import PolicyLog
import Testing

@Suite("Decisions that are made again from their records (T109)")
struct ReplayTests {
    static let cases = ProcessInfo.processInfo.environment["RINGFENCE_POLICY_CASES"].flatMap(Int.init) ?? 10_000

    @Test("T109 every outcome comes out of its record and the same policies again, to the last bit of the record")
    func random() throws {
        var random = Generator(state: 109)
        var outcomes: [Tier: Int] = [:]
        for index in 0..<Self.cases {
            let set = PolicySet.random(using: &random)
            let facts = Facts.random(using: &random)
            let availability = Availability.random(using: &random)
            let requested =
                Int.random(in: 0..<4, using: &random) == 0 ? Tier.allCases.randomElement(using: &random) : nil
            let start = set.bases.first?.file.issued.secondsSince1970 ?? 0
            let now = UTCTime(secondsSince1970: max(0, start + Int64.random(in: -50...1150, using: &random)))
            let decision = decide(set, facts: facts, availability: availability, requested: requested, now: now)
            let record = try throughText(DecisionRecord(decision, availability: availability, now: now))
            let replay = try Replay(record, for: set)
            // The decision itself, with every rule's trace, and not only what was recorded of it.
            guard replay.decide(by: set) == decision, try index % 8 > 0 || Replay.reproduces(record, by: set) else {
                Issue.record("\(decision.explanation)\nbut again: \(replay.decide(by: set).explanation)")
                return
            }
            outcomes[decision.outcome, default: 0] += 1
        }
        #expect(Set(outcomes.keys) == Set(Tier.allCases))
    }

    @Test("redacted facts are not in the record, and it comes out the same by the salt", arguments: [1, 2])
    func redacted(seed: UInt64) throws {
        var random = Generator(state: seed)
        let test = try TestLog()
        var log = try test.open()
        var denials = 0
        var expected: [(PolicySet, Decision, Set<FactName>)] = []
        for _ in 0..<300 {
            let set = PolicySet.random(using: &random)
            let names = Set(FactName.allCases.filter { _ in Bool.random(using: &random) })
            let start = set.bases.first?.file.issued.secondsSince1970 ?? 0
            let now = UTCTime(secondsSince1970: max(0, start + Int64.random(in: -50...1150, using: &random)))
            let availability = Availability.random(using: &random)
            let decision = decide(set, facts: Facts.random(using: &random), availability: availability, now: now)
            test.pass(milliseconds: 1)
            try log.append(
                decision,
                LogContext(
                    time: test.time, snapshot: nil, now: now, availability: availability, redacted: names))
            expected.append((set, decision, names))
        }
        let salt = log.salt
        try log.close(time: test.time, snapshot: nil)
        #expect(try test.verify().fault == nil)
        var index = 0
        for line in try test.lines() {
            guard case .decision(let record, _) = try LogRecord(line: line).body else { continue }
            let (set, decision, names) = expected[index]
            index += 1
            for name in names {
                let fact = record.facts[name.rawValue]
                #expect(fact?.values == nil)
                guard case .known = decision.facts[named: name] else { continue }
                #expect(fact?.salted != nil)
            }
            let again = try Replay(record, for: set, salt: salt).decide(by: set)
            #expect(again.outcome == decision.outcome)
            #expect(again.code == decision.code)
            #expect(again.ceiling == decision.ceiling)
            #expect(again.rules == decision.rules)
            #expect(try Replay.reproduces(record, by: set, salt: salt))
            if decision.outcome == .deny { denials += 1 }
        }
        #expect(index == 300)
        #expect((1..<300).contains(denials))
    }

    @Test("without the salt, or with another, a redacted record is not replayed, nor does it say what it hides")
    func withoutSalt() throws {
        var facts = Facts()
        facts[.instructions] = .known(4242, .proven)
        facts[.requesterCgroup] = .known("/system.slice/secret", .observed)
        let availability = Availability(guest: .usable, child: .usable, eligible: .offered)
        let now = UTCTime(secondsSince1970: 1_780_000_000)
        let set = PolicySet(bases: [])
        let decision = decide(set, facts: facts, availability: availability, now: now)
        let test = try TestLog()
        var log = try test.open()
        try log.append(
            decision,
            LogContext(
                time: test.time, snapshot: nil, now: now, availability: availability,
                redacted: [.instructions, .requesterCgroup]))
        _ = consume log
        let line = try test.lines()[1]
        let text = String(decoding: line, as: UTF8.self)
        #expect(!text.contains("4242") && !text.contains("secret"))
        guard case .decision(let record, _) = try LogRecord(line: line).body else { throw Missing() }
        #expect(throws: ReplayError.self) { try Replay(record, for: set) }
        #expect(throws: ReplayError.redacted(.instructions)) { try Replay(record, for: set, salt: Salt()) }
        let salt = Salt(text: try test.bytes("state/log-salt"))
        #expect(try Replay(record, for: set, salt: salt).facts[.instructions] == .known(4242, .proven))
    }

    @Test("what the log writes of a decision is what any encoder writes of it")
    func differential() throws {
        var random = Generator(state: 4)
        for _ in 0..<300 {
            let availability = Availability.random(using: &random)
            let record = DecisionRecord(
                decide(
                    PolicySet.random(using: &random), facts: Facts.random(using: &random), availability: availability,
                    now: UTCTime(secondsSince1970: 1_500_000_000)), availability: availability,
                now: UTCTime(secondsSince1970: 1_500_000_000))
            var text = JSONText()
            record.write(to: &text)
            #expect(try JSONDecoder().decode(DecisionRecord.self, from: Data(text.bytes)) == record)
            let encoded = Array(try JSONEncoder().encode(record))
            let json = try StrictJSON.parse(
                encoded, maximumBytes: 1 << 20, integers: true, booleans: true, depth: 6, members: 1024)
            #expect(try DecisionRecord(reading: json) == record)
        }
    }

    @Test("text that would end a line or drive a terminal does neither, and comes back as it was")
    func hostileText() throws {
        let cause = "a\"b\\c\n\u{1B}[31m\u{2028}é\u{1F600}\u{7F}"
        var facts = Facts()
        facts.forget(.helpers, .extractionFailed(cause))
        facts[.license] = .known("GPL\u{1B}\n\"", .proven)
        let availability = Availability(guest: .unusable(cause), child: .usable, eligible: .offered)
        let now = UTCTime(secondsSince1970: 1_500_000_000)
        let decision = decide(PolicySet(bases: []), facts: facts, availability: availability, now: now)
        let record = try throughText(DecisionRecord(decision, availability: availability, now: now))
        #expect(try Replay(record, for: PolicySet(bases: [])).decide(by: PolicySet(bases: [])) == decision)
        var text = JSONText()
        record.write(to: &text)
        #expect(text.bytes.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test("what a record costs", .enabled(if: ProcessInfo.processInfo.environment["RINGFENCE_LOG_COST"] != nil))
    func cost() throws {
        var random = Generator(state: 5)
        let test = try TestLog()
        let availability = Availability(guest: .usable, child: .usable, eligible: .offered)
        let now = test.time.wall
        let decisions = (0..<64).map { _ in
            decide(
                PolicySet.random(using: &random), facts: Facts.random(using: &random), availability: availability,
                now: now)
        }
        var log = try test.open()
        let clock = ContinuousClock()
        let count = 20_000
        let elapsed = try clock.measure {
            for index in 0..<count {
                test.pass(milliseconds: 1)
                try log.append(
                    decisions[index % decisions.count],
                    LogContext(time: test.time, snapshot: snapshot, now: now, availability: availability))
            }
        }
        try log.close(time: test.time, snapshot: snapshot)
        let size = try test.bytes().count
        let lines = try test.lines()
        let verifying = try clock.measure { _ = try test.verify(lines).get() }
        print("append \(elapsed / count), verify \(verifying / lines.count), \(size / lines.count) bytes each")
    }
}

/// As the log writes and reads it.
private func throughText(_ record: DecisionRecord) throws -> DecisionRecord {
    var text = JSONText()
    record.write(to: &text)
    return try DecisionRecord(
        reading: StrictJSON.parse(
            text.bytes, maximumBytes: LogRecord.maximumLineBytes, integers: true, booleans: true, depth: 6,
            members: 1024))
}
