/// What somebody is told who asked for a program to run and may not read the policy: the answer, its code, and what is known of their own
/// program and of themselves. It holds no rule, no policy and no fact of the host, so nothing in it was written about, or by, anybody else.
package struct RequesterAnswer: Encodable, Equatable, Sendable {
    package var v = 1
    package var outcome: String
    package var code: String
    package var meaning: String
    package var remedy: String?
    package var requested: String?
    /// Fact name to value and provenance, or to the reason why it is not known.
    package var facts: [String: DecisionRecord.FactRecord]

    package init(_ decision: Decision) {
        outcome = decision.outcome.name
        code = decision.code.rawValue
        meaning = decision.code.meaning
        remedy = decision.code.remedy
        requested = decision.requested?.name
        let record = DecisionRecord(decision)
        facts = [:]
        for name in FactName.allCases where name.isOfRequester { facts[name.rawValue] = record.facts[name.rawValue] }
    }

    /// For people.
    package var text: String {
        var lines = ["\(outcome)  \(code)", "  means   \(meaning)"]
        if let remedy { lines.append("  remedy  \(remedy)") }
        if let requested { lines.append("  asked   for \(requested)") }
        for name in FactName.allCases {
            guard let fact = facts[name.rawValue] else { continue }
            let value = fact.values.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
            // What nobody gave is not worth a line.
            guard
                let words = value ?? fact.unknown.flatMap({ $0 == Cause.absent.description ? nil : "unknown (\($0))" })
            else { continue }
            lines.append("  fact    \(name.rawValue) = \(words)")
        }
        return lines.joined(separator: "\n")
    }
}

extension FactName {
    /// Whether the fact is one that who asks brought along: of the program, of what is to be done with it, or of themselves.
    package var isOfRequester: Bool {
        switch self {
        case .program, .object, .verdict, .verifierID, .verifierOptions, .platform, .helpers, .maps, .mapFlags,
            .mapBytes, .instructions, .loops, .subprograms, .stack, .tailCalls, .btf, .coreRelocations, .license,
            .signer, .attestation, .type, .attach, .attachTarget, .requesterUID, .requesterCgroup,
            .requesterExecutable:
            true
        case .hostKVM, .hostSeccomp, .hostLandlock, .hostUserNamespaces, .hostLockdown, .hostMDWE, .hostSecureBoot,
            .hostKernel, .hostJITHardening, .hostNested, .hostTPM, .hostLabel, .policyAge, .revocationAge:
            false
        }
    }
}
