import PolicyCore
import Testing

/// A condition of each kind, and facts of which it is known to be true or false.
private struct Inquiry: CustomTestStringConvertible {
    let key: Condition.Key
    let value: FactValue
    let met: Condition
    let unmet: Condition

    var testDescription: String { key.rawValue }

    /// Nil for the age of the policy itself, which is always known: see ``UnknownFactTests/policyAge()``.
    init?(_ key: Condition.Key) {
        guard key != .policyAgeAtMost else { return nil }
        self.key = key
        let atoms = PolicyCoreTests.atoms(of: key.fact)
        switch key.relation {
        case .isOneOf, .intersects, .isWithin:
            value = key.fact.shape.isSet ? .many([atoms[0]]) : .one(atoms[0])
            (met, unmet) = (Condition(key, .atoms([atoms[0]])), Condition(key, .atoms([atoms[1]])))
        case .isDisjoint:
            value = .many([atoms[0]])
            (met, unmet) = (Condition(key, .atoms([atoms[1]])), Condition(key, .atoms([atoms[0]])))
        case .isAtMost:
            value = .one(.number(64))
            (met, unmet) = (Condition(key, .limit(64)), Condition(key, .limit(63)))
        case .isAtLeast:
            value = .one(.number(64))
            (met, unmet) = (Condition(key, .limit(64)), Condition(key, .limit(65)))
        case .isFlag:
            value = .one(.flag(true))
            (met, unmet) = (Condition(key, .flag(true)), Condition(key, .flag(false)))
        case .isSignedBy:
            value = .many([.digest(keys[0].digest)])
            (met, unmet) = (Condition(key, .aliases(["team"])), Condition(key, .aliases(["other"])))
        }
    }

    static let all = Condition.Key.allCases.compactMap(Inquiry.init)
}

@Suite("Facts that are not known")
struct UnknownFactTests {
    /// A rule about the fact in question; where the permit rests on another fact, only the forbid sees the unknown one.
    private static let other = Rule(.permit, id: "o", tier: .interpGuest, when: [.instructionsAtMost(10)])
    private static let another = Rule(.permit, id: "o", tier: .interpGuest, when: [.type([.xdp])])

    private func code(_ rules: [Rule], _ facts: Facts, issued: UTCTime?) throws -> PolicyCode {
        // What is not verified may run, so that a verdict is a fact like any other here.
        let file = PolicyFile(
            id: "test", version: 1, issued: try at("2026-01-01T00:00:00Z"), expires: try at("2027-01-01T00:00:00Z"),
            options: PolicyOptions(unverifiedCeiling: .interpGuest), signers: namedSigners, rules: rules)
        return decide(
            PolicySet(bases: [PolicyBase(file: file, sha256: anyDigest)], revocationsIssued: issued), facts: facts,
            availability: Availability(guest: .usable, child: .usable, eligible: .offered),
            now: try at("2026-06-01T00:00:00Z")
        ).code
    }

    @Test(
        "T84: an unknown fact never satisfies a permit, and never escapes a forbid: every condition, every cause",
        arguments: Inquiry.all, Cause.samples)
    private func unknown(question: Inquiry, cause: Cause) throws {
        let name = question.key.fact
        var known = Facts(
            program: ProgramIdentity(
                digest: programs[0], type: .xdp, helpers: [], instructionCount: 10, verdict: .accepted, verifier: strict
            ))
        known.set(name, .known(question.value, .proven))
        let unknown = known.forgetting(name, cause)
        // The age of revocations is the evaluator's own to tell, from when there are any.
        let issued: UTCTime? = name == .revocationAge ? try at("2026-05-31T23:58:56Z") : nil
        let permit = [Rule(.permit, id: "p", tier: .interpGuest, when: [question.met])]
        #expect(try code(permit, known, issued: issued) == .ok)
        #expect(try code(permit, unknown, issued: nil) == .noPermit)
        let guarded = [
            name == .instructions ? Self.another : Self.other,
            Rule(.forbid, id: "f", tier: .interpGuest, when: [question.unmet]),
        ]
        #expect(try code(guarded, known, issued: issued) == .ok)
        #expect(try code(guarded, unknown, issued: nil) == .forbidden)
    }

    @Test("every fact is asked about, and the age of the policy is known whatever is forgotten")
    func policyAge() throws {
        #expect(Set(Inquiry.all.map(\.key.fact)).union([.policyAge]) == Set(FactName.allCases))
        let permit = Rule(
            .permit, id: "p", tier: .interpGuest, when: [Condition(.policyAgeAtMost, .limit(365 * 86_400))])
        for cause in Cause.samples {
            #expect(try code([permit], Facts().forgetting(.policyAge, cause), issued: nil) == .ok)
        }
    }
}
