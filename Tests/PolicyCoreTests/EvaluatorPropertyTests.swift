import Foundation
import PolicyCore
import Testing

@Suite("The evaluator, over random policies and facts")
struct EvaluatorPropertyTests {
    /// Each property sees this many questions: few with every test run, a million in a run of their own (`make policy-properties`).
    static let cases = ProcessInfo.processInfo.environment["RINGFENCE_POLICY_CASES"].flatMap(Int.init) ?? 1_000

    /// Whatever is taken away, neither the outcome nor the ceiling rises.
    private func neverRaises(_ name: String, seed: UInt64, _ change: (inout Question, inout Generator) -> Void) {
        var random = Generator(state: seed)
        var allowed = 0
        for index in 0..<Self.cases {
            let before = Question(using: &random)
            let choice = random
            var after = before
            change(&after, &random)
            let (first, second) = (before.decision, after.decision)
            if first.allows { allowed += 1 }
            guard second.outcome <= first.outcome, second.ceiling <= first.ceiling else {
                let least = before.shrunk { raises($0, change, choice) }
                Issue.record("\(name), case \(index), shrunk: \(raises(least, change, choice) ?? "nothing")")
                return
            }
        }
        #expect(allowed > Self.cases / 20, "too few questions were answered with yes to show anything")
    }

    /// What a change, chosen as `choice` chooses, makes of a question, if it raises anything.
    private func raises(
        _ before: Question, _ change: (inout Question, inout Generator) -> Void, _ choice: Generator
    ) -> String? {
        var (after, choice) = (before, choice)
        change(&after, &choice)
        let (first, second) = (before.decision, after.decision)
        guard second.outcome > first.outcome || second.ceiling > first.ceiling else { return nil }
        return "\(first.explanation)\nbecame\n\(second.explanation)"
    }

    @Test("a counterexample is shrunk to what it takes: a permit that is added to a policy without one")
    func shrinking() throws {
        var random = Generator(state: 30)
        var found = 0
        for _ in 0..<1_000 where found < 20 {
            let before = Question(using: &random)
            let choice = random
            // Everybody knows that this raises the tier.
            let change = { (question: inout Question, random: inout Generator) in
                question.changeOneBase(using: &random) { file, _ in
                    file.rules.append(Rule(.permit, id: "new", tier: .jitChild, when: []))
                }
            }
            guard raises(before, change, choice) != nil else { continue }
            found += 1
            let least = before.shrunk { raises($0, change, choice) }
            #expect(raises(least, change, choice) != nil)
            #expect(least.set.bases.count == 1 && least.set.bases[0].file.rules.isEmpty)
            #expect(least.set.bases[0].supplementals.isEmpty && least.set.recovery == nil)
            // Only whether the verifier passed it can still matter.
            let known = FactName.allCases.filter { name in
                if case .known = least.facts[named: name] { true } else { false }
            }
            #expect(known.isEmpty || known == [.verdict])
        }
        #expect(found == 20)
    }

    @Test("T75: losing a capability never raises the tier")
    func capability() {
        neverRaises("capability", seed: 1) { question, random in
            switch Int.random(in: 0..<3, using: &random) {
            case 0: question.availability.guest = .unusable("gone")
            case 1: question.availability.child = .unusable("gone")
            case _: question.availability.eligible.remove(Tier.running.randomElement(using: &random)!)
            }
        }
    }

    @Test("T83: what a list of preferences raises when a capability is lost, the order of tiers does not")
    func preferences() {
        var random = Generator(state: 21)
        var raised = 0
        for _ in 0..<max(Self.cases, 20_000) {
            let before = Question(using: &random)
            var after = before
            // What a host can lose without anybody's leave: /dev/kvm is one chmod away.
            if Bool.random(using: &random) {
                after.availability.guest = .unusable("gone")
            } else {
                after.availability.child = .unusable("gone")
            }
            guard let first = before.preferred, let second = after.preferred, second > first else { continue }
            raised += 1
            let (one, other) = (before.decision, after.decision)
            guard other.outcome <= one.outcome, other.ceiling <= one.ceiling else {
                Issue.record("\(one.explanation)\nbecame\n\(other.explanation)")
                return
            }
        }
        #expect(raised > 10, "the list of preferences has to show the fault that this is about")
    }

    @Test("T76: adding a forbid never raises the tier")
    func addedForbid() {
        neverRaises("forbid", seed: 2) { question, random in
            question.changeOneBase(using: &random) { $0.rules.append(.random(.forbid, id: "new", using: &$1)) }
        }
    }

    @Test("T77: removing a permit never raises the tier")
    func removedPermit() {
        neverRaises("permit", seed: 3) { question, random in
            question.changeOneBase(using: &random) { file, random in
                guard
                    let index = file.rules.indices.filter({ file.rules[$0].effect == .permit }).randomElement(
                        using: &random)
                else { return }
                file.rules.remove(at: index)
            }
        }
    }

    @Test("T78: forgetting a fact never raises the tier")
    func forgottenFact() {
        neverRaises("fact", seed: 4) { question, random in
            question.facts = question.facts.forgetting(
                FactName.allCases.randomElement(using: &random)!, Cause.samples.randomElement(using: &random)!)
        }
    }

    @Test("losing the verifier's word, or its good one, never raises the tier")
    func lostVerdict() {
        var random = Generator(state: 11)
        var lost = 0
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            // A permit may ask for a bad verdict, and then a bad one helps; this is about all the others.
            question.changeEveryRule { $0.conditions.removeAll { $0.key == .verdict } }
            let before = question.decision
            question.facts[.verdict] =
                Bool.random(using: &random) ? .known(.rejected, .proven) : .unknown(.absent)
            let after = question.decision
            #expect(after.outcome <= before.outcome && after.ceiling <= before.ceiling)
            if after.code == .verdict, before.allows { lost += 1 }
        }
        #expect(lost > Self.cases / 50)
    }

    @Test("a lower ceiling for programs that are not verified never raises the tier, and never lowers a verified one's")
    func unverifiedCeiling() {
        neverRaises("unverified_ceiling", seed: 12) { question, random in
            question.changeOneBase(using: &random) { file, _ in file.options.unverifiedCeiling = .deny }
        }
        var random = Generator(state: 13)
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.facts[.verdict] = .known(one(of: [.accepted, .needsFuel], using: &random), .proven)
            let before = question.decision
            question.changeOneBase(using: &random) { file, _ in
                file.options.unverifiedCeiling = file.options.unverifiedCeiling == .deny ? .interpGuest : .deny
            }
            #expect(question.decision.outcome == before.outcome)
        }
    }

    @Test("whatever the policies say, a program that is not verified has the interpreter in its guest, or nothing")
    func unverifiedNeverAbove() {
        var random = Generator(state: 14)
        var ran = 0
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.facts[.verdict] = one(
                of: [.known(.rejected, .proven), .known(.tooComplex, .proven), .unknown(.absent)], using: &random)
            let decision = question.decision
            #expect(decision.ceiling <= .interpGuest)
            if decision.outcome == .interpGuest {
                ran += 1
                #expect(question.set.bases.allSatisfy { $0.file.options.unverifiedCeiling == .interpGuest })
            }
        }
        #expect(ran > Self.cases / 100)
    }

    @Test("T79: adding a policy never raises the tier")
    func addedBase() {
        neverRaises("base", seed: 5) { question, random in
            // The first policy of all is the one that may allow anything.
            guard !question.set.bases.isEmpty else { return }
            question.set.bases.append(PolicyBase(file: .random(using: &random), sha256: anyDigest))
        }
    }

    @Test("revoking never raises the tier, and what is revoked never runs")
    func revocation() {
        neverRaises("revocation", seed: 15) { question, random in
            question.set.revocations.programs.insert(one(of: programs, using: &random))
            if Bool.random(using: &random) { question.set.revocations.keys.insert(one(of: keys, using: &random)) }
        }
        var random = Generator(state: 16)
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.set.revocations.programs = Set(programs)
            #expect(question.decision.outcome == .deny)
        }
    }

    @Test("T81: a supplemental never gives more than its ceiling, or the base by itself")
    func supplementalCap() {
        var random = Generator(state: 17)
        var capped = 0
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.set.recovery = nil
            let with = question.decision
            var caps: [Tier] = []
            question.set.bases = question.set.bases.map { base in
                if !base.supplementals.isEmpty { caps.append(base.file.options.supplemental?.ceiling ?? .deny) }
                return PolicyBase(file: base.file, sha256: base.sha256)
            }
            let without = question.decision
            #expect(with.ceiling <= max(without.ceiling, caps.max() ?? .deny))
            if with.ceiling > without.ceiling { capped += 1 }
        }
        #expect(capped > Self.cases / 500)
    }

    @Test("T93: a rule that is tried out changes nothing but what is said of it")
    func shadows() {
        var random = Generator(state: 18)
        var differing = 0
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            let with = question.decision
            if let shadow = with.shadow, shadow.outcome != with.outcome { differing += 1 }
            question.set.bases = question.set.bases.map { base in
                func enforced(_ file: PolicyFile) -> PolicyFile {
                    var file = file
                    file.rules.removeAll { $0.isShadow }
                    return file
                }
                return PolicyBase(
                    file: enforced(base.file), sha256: base.sha256,
                    supplementals: base.supplementals.map {
                        Supplemental(file: enforced($0.file), sha256: $0.sha256)
                    })
            }
            let without = question.decision
            #expect(without.shadow == nil)
            // All of the decision is the same, but for what says that rules were tried out.
            var rest = with
            rest.shadow = nil
            rest.rules.removeAll(where: \.rule.isShadow)
            guard rest == without else {
                Issue.record("\(with.explanation)\nwithout the rules that are tried out:\n\(without.explanation)")
                return
            }
        }
        #expect(differing > Self.cases / 200)
    }

    @Test("code-integrity mode never raises the tier, and never gives generated code to a child")
    func codeIntegrity() {
        neverRaises("code integrity", seed: 19) { question, _ in question.availability.codeIntegrity = true }
        var random = Generator(state: 20)
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.availability.codeIntegrity = true
            let decision = question.decision
            #expect(decision.outcome != .jitChild)
            if decision.outcome == .jitGuest {
                #expect(question.set.bases.allSatisfy { $0.file.options.guestCodegen })
            }
        }
    }

    @Test("T80: expiring never raises the tier")
    func expiry() {
        neverRaises("expiry", seed: 6) { question, random in
            question.changeOneBase(using: &random) { file, _ in file.expires = file.issued }
        }
    }

    @Test("time that passes after the start of validity never raises the tier")
    func time() {
        neverRaises("time", seed: 7) { question, random in
            guard question.hasBegun else { return }
            question.now = UTCTime(
                secondsSince1970: question.now.secondsSince1970 + Int64.random(in: 0...2000, using: &random))
        }
    }

    @Test("asking for a tier never raises it, and is answered with that tier or a denial")
    func request() {
        var random = Generator(state: 8)
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            question.requested = nil
            let free = question.decision
            question.requested = Tier.running.randomElement(using: &random)!
            let asked = question.decision
            #expect(asked.ceiling == free.ceiling)
            #expect(asked.outcome == question.requested || asked.outcome == .deny)
            #expect(asked.outcome <= free.outcome)
            if question.requested! > free.ceiling, free.ceiling > .deny { #expect(asked.code == .requestAboveCeiling) }
        }
    }

    @Test("T82: the order of rules and of policies does not matter")
    func order() {
        var random = Generator(state: 9)
        for _ in 0..<Self.cases {
            var question = Question(using: &random)
            let before = question.decision
            question.set.bases.shuffle(using: &random)
            question.set.bases = question.set.bases.map { base in
                func shuffled(_ file: PolicyFile, _ random: inout Generator) -> PolicyFile {
                    var file = file
                    file.rules.shuffle(using: &random)
                    return file
                }
                let supplementals = base.supplementals.map {
                    Supplemental(file: shuffled($0.file, &random), sha256: $0.sha256)
                }
                return PolicyBase(
                    file: shuffled(base.file, &random), sha256: base.sha256,
                    supplementals: supplementals.shuffled(using: &random))
            }
            let after = question.decision
            #expect(after.outcome == before.outcome && after.code == before.code && after.ceiling == before.ceiling)
            #expect(after.tiers == before.tiers && after.onFailure == before.onFailure)
        }
    }

    @Test("T112: a second evaluator, written from the rules alone, always agrees, and every code of a decision is met")
    func secondEvaluator() {
        var random = Generator(state: 10)
        var outcomes: [Tier: Int] = [:]
        var codes: Set<PolicyCode> = []
        for _ in 0..<(Self.cases * 3) {
            let question = Question(using: &random)
            let decision = question.decision
            let second = SecondEvaluator(
                set: question.set, facts: question.facts, availability: question.availability,
                requested: question.requested, now: question.now
            ).answer
            guard decision.outcome == second.outcome, decision.ceiling == second.ceiling,
                (decision.code == .auditWouldDeny) == second.isAudited
            else {
                Issue.record("\(decision.explanation)\nbut the second says \(second)")
                return
            }
            var decider = Decider(CompiledPolicySet(question.set))
            for _ in 0..<2 {
                // The same question twice: nothing of the first stays behind.
                let ruling = decider.decide(
                    question.facts, availability: question.availability, requested: question.requested,
                    now: question.now)
                guard ruling == Ruling(decision) else {
                    Issue.record("\(decision.explanation)\nbut compiled it is \(ruling)")
                    return
                }
            }
            #expect(decision.allows == (decision.outcome != .deny))
            outcomes[decision.outcome, default: 0] += 1
            codes.insert(decision.code)
        }
        // Every outcome and every code of a decision was among them.
        #expect(Set(outcomes.keys) == Set(Tier.allCases))
        #expect(
            codes == [
                .ok, .okSaferTier, .noPermit, .forbidden, .verdict, .tierUnavailable, .requestAboveCeiling, .expired,
                .clock, .revoked, .auditWouldDeny,
            ])
    }
}
