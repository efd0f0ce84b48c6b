/// A decision as a record for machines: plain values with stable names, for any encoder.
package struct DecisionRecord: Encodable, Equatable, Sendable {
    package var v = 1
    package var outcome: String
    package var code: String
    package var reason: String
    package var ceiling: String
    package var requested: String?
    package var program: String?
    package var onFailure: String
    package var blindsConstants: Bool
    package var bases: [Base]
    package var rules: [RuleRecord]
    package var tiers: [TierRecord]
    /// Fact name to value and provenance, or to `null` where unknown.
    package var facts: [String: FactRecord]

    package struct Base: Encodable, Equatable, Sendable {
        package var id: String
        package var version: UInt64
        package var sha256: String
        package var ceiling: String
        /// What the policy lets a program have that the verifier did not pass; nil where it passed.
        package var unverifiedCeiling: String?
        package var validity: String
    }

    package struct RuleRecord: Encodable, Equatable, Sendable {
        package var id: String
        package var effect: String
        package var tier: String
        package var matched: Bool
        package var file: String
        package var line: Int
        package var conds: [String: String]
    }

    package struct TierRecord: Encodable, Equatable, Sendable {
        package var tier: String
        package var eligible: Bool
        package var available: Bool
        package var withinCeiling: Bool
        package var why: String?
    }

    package struct FactRecord: Encodable, Equatable, Sendable {
        package var values: [String]?
        package var provenance: String?
        package var unknown: String?
    }

    package init(_ decision: Decision) {
        outcome = decision.outcome.name
        code = decision.code.rawValue
        reason = decision.reason
        ceiling = decision.ceiling.name
        requested = decision.requested?.name
        program = decision.facts.program.digest.value?.description
        onFailure = decision.onFailure.rawValue
        blindsConstants = decision.blindsConstants
        bases = decision.bases.map { base in
            let validity =
                switch base.validity {
                case .valid: "valid"
                case .notYetValid: "not-yet-valid"
                case .expired: "expired"
                }
            return Base(
                id: base.id, version: base.version, sha256: base.sha256.description, ceiling: base.ceiling.name,
                unverifiedCeiling: base.unverifiedCeiling?.name, validity: validity)
        }
        rules = decision.rules.map { trace in
            RuleRecord(
                id: trace.rule.id, effect: trace.rule.effect.rawValue, tier: trace.rule.tier.name,
                matched: trace.matched,
                file: trace.base, line: trace.rule.position.line,
                conds: Dictionary(
                    zip(trace.rule.conditions.map(\.key.rawValue), trace.truths.map(\.rawValue)),
                    uniquingKeysWith: { first, _ in first }))
        }
        tiers = decision.tiers.map { trace in
            TierRecord(
                tier: trace.tier.name, eligible: trace.ineligibility == nil, available: trace.enclosure == .usable,
                withinCeiling: trace.isWithinCeiling, why: trace.obstacle)
        }
        let program = decision.facts.program
        facts = [
            "program": FactRecord(program.digest) { [$0.description] },
            "type": FactRecord(program.type) { [$0.rawValue] },
            "helpers": FactRecord(program.helpers) { $0.sorted().map(\.description) },
            "insns": FactRecord(program.instructionCount) { ["\($0)"] },
            "verdict": FactRecord(program.verdict) { [$0.rawValue] },
            "verifier.id": FactRecord(program.verifier) { ["ringfence/\($0.version)"] },
            "verifier.options": FactRecord(program.verifier) { [$0.options.rawValue] },
            "host.kvm": FactRecord(decision.facts.hostKVM) { [$0.rawValue] },
        ]
    }
}

extension DecisionRecord.FactRecord {
    fileprivate init<Value>(_ fact: Fact<Value>, _ describe: (Value) -> [String]) {
        switch fact {
        case .known(let value, let provenance): (values, self.provenance) = (describe(value), provenance.rawValue)
        case .unknown(let cause): unknown = cause.description
        }
    }
}
