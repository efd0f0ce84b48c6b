import FoundationEssentials
import PolicyCore
import Testing

@testable import PolicyCommands

@Suite("What a new policy changes")
struct PolicyComparisonTests {
    /// In a run of its own: RINGFENCE_MUTANTS=1000.
    static let wanted = ProcessInfo.processInfo.environment["RINGFENCE_MUTANTS"].flatMap { Int($0) } ?? 100

    @Test("T110: an increase of exposure in mutated policies is found each time, and each that is told is real")
    func mutants() throws {
        var increases = 0
        var told = 0
        var seed: UInt64 = 0
        while increases < Self.wanted {
            seed += 1
            var random = Seeded(state: seed)
            let old = RandomPolicy.file(&random)
            let new = RandomPolicy.mutant(of: old, &random)
            let comparison = PolicyComparison(from: old, to: new)
            for change in comparison.changes where change.direction == .rises && change.example != nil {
                let tier = try #require(change.tier.flatMap { Tier(name: $0) })
                let facts = try #require(RandomPolicy.facts(change.example ?? [:]))
                guard RandomPolicy.allows(new, facts, tier), !RandomPolicy.allows(old, facts, tier) else {
                    Issue.record("seed \(seed): \(change.subject) \(change.sentence)")
                    return
                }
                told += 1
            }
            // By trying facts, and by nothing that the comparison is made of.
            guard RandomPolicy.findsIncrease(from: old, to: new, &random) else { continue }
            increases += 1
            guard comparison.rises else {
                Issue.record("seed \(seed): an increase is not told")
                return
            }
        }
        #expect(told >= Self.wanted)
    }

    @Test("a policy beside itself, or with its rules in another order, changes nothing")
    func same() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = Seeded(state: seed)
            let file = RandomPolicy.file(&random)
            var other = file
            other.rules.reverse()
            let comparison = PolicyComparison(from: file, to: other)
            #expect(!comparison.changes.contains { $0.direction != .neither }, "seed \(seed)")
        }
    }

    @Test("what rises one way falls the other way")
    func symmetric() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = Seeded(state: seed)
            let old = RandomPolicy.file(&random)
            let new = RandomPolicy.mutant(of: old, &random)
            let (there, back) = (PolicyComparison(from: old, to: new), PolicyComparison(from: new, to: old))
            #expect(there.rises == back.changes.contains { $0.direction == .falls }, "seed \(seed)")
        }
    }

    private static let options: [(String, @Sendable (inout PolicyOptions) -> Void)] = [
        ("on_expiry", { $0.onExpiry = .jitChild }), ("unverified_ceiling", { $0.unverifiedCeiling = .interpGuest }),
        ("guest_codegen", { $0.guestCodegen = true }), ("code_integrity", { $0.codeIntegrity = false }),
        ("blind_constants", { $0.blindConstants = false }), ("log_required", { $0.logRequired = false }),
        ("on_tighten", { $0.onTighten = .log }), ("on_failure", { $0.onFailure[.xdp] = .open }),
        ("supplemental", { $0.supplemental = SupplementalOptions(signers: ["team"], ceiling: .interpGuest) }),
    ]

    @Test("each option that lets more happen is told, and so is its way back")
    func optionChanges() throws {
        var random = Seeded(state: 1)
        var old = RandomPolicy.file(&random)
        old.options = PolicyOptions()
        old.options.codeIntegrity = true
        old.options.blindConstants = true
        old.options.logRequired = true
        for (name, change) in Self.options {
            var new = old
            change(&new.options)
            #expect(
                PolicyComparison(from: old, to: new).changes.contains {
                    $0.direction == .rises && $0.subject == "option \(name)"
                }, "\(name)")
            #expect(
                PolicyComparison(from: new, to: old).changes.contains {
                    $0.direction == .falls && $0.subject == "option \(name)"
                }, "\(name)")
        }
    }
}
