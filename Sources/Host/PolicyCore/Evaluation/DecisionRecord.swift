/// A decision as a record for machines: plain values with stable names, for any encoder.
package struct DecisionRecord: Codable, Equatable, Sendable {
    package var v = 1
    package var outcome: String
    package var code: String
    package var reason: String
    package var ceiling: String
    package var requested: String?
    package var program: String?
    package var onFailure: String
    package var blindsConstants: Bool
    /// False where the policy is in audit mode, and enforced it would be a denial.
    package var enforced: Bool
    /// What ``code`` would be then.
    package var auditedCode: String?
    /// The fact that is revoked.
    package var revocation: String?
    package var cap: String?
    package var recovery: String?
    package var shadow: Shadow?
    package var bases: [Base]
    package var rules: [RuleRecord]
    package var tiers: [TierRecord]
    /// Fact name to value and provenance, or to `null` where unknown.
    package var facts: [String: FactRecord]
    /// What went in beside the policies, the facts and what was asked for; nil where the record is not to be replayed.
    package var inputs: Inputs?

    package struct Shadow: Codable, Equatable, Sendable {
        package var outcome: String
        package var code: String
        package var ceiling: String
    }

    package struct Source: Codable, Equatable, Sendable {
        package var id: String
        package var version: UInt64
        package var sha256: String
    }

    package struct Base: Codable, Equatable, Sendable {
        package var id: String
        package var version: UInt64
        package var sha256: String
        package var supplementals: [Source]
        package var mode: String
        package var ceiling: String
        /// What the policy lets a program have that the verifier did not pass; nil where it passed.
        package var unverifiedCeiling: String?
        package var validity: String
    }

    package struct RuleRecord: Codable, Equatable, Sendable {
        package var id: String
        package var effect: String
        package var tier: String
        package var matched: Bool
        /// True for a rule that is tried out, and does not count.
        package var shadow: Bool?
        package var file: String
        package var line: Int
        package var conds: [String: String]
    }

    package struct TierRecord: Codable, Equatable, Sendable {
        package var tier: String
        package var eligible: Bool
        package var available: Bool
        package var withinCeiling: Bool
        package var why: String?
    }

    package struct FactRecord: Codable, Equatable, Sendable {
        package var values: [String]?
        package var provenance: String?
        package var unknown: String?
        /// In place of the values, where the policy has them redacted: digests of them with a salt.
        package var salted: [String]?

        package init(salted: [String], provenance: String?) {
            self.salted = salted
            self.provenance = provenance
        }
    }

    package struct Inputs: Codable, Equatable, Sendable {
        package var now: String
        /// Why no guest or no child can be made; nil where one can.
        package var guestObstacle: String?
        package var childObstacle: String?
        package var eligible: [String]
        package var codeIntegrity: Bool
    }

    package init(_ decision: Decision) {
        outcome = decision.outcome.name
        code = decision.code.rawValue
        reason = decision.reason
        ceiling = decision.ceiling.name
        requested = decision.requested?.name
        program = decision.facts[.program].value?.description
        onFailure = decision.onFailure.rawValue
        blindsConstants = decision.blindsConstants
        enforced = decision.auditedCode == nil
        auditedCode = decision.auditedCode?.rawValue
        revocation = decision.revocation?.rawValue
        cap = decision.cap?.rawValue
        recovery = decision.recovery
        shadow = decision.shadow.map {
            Shadow(outcome: $0.outcome.name, code: $0.code.rawValue, ceiling: $0.ceiling.name)
        }
        bases = decision.bases.map { base in
            let validity =
                switch base.validity {
                case .valid: "valid"
                case .notYetValid: "not-yet-valid"
                case .expired: "expired"
                }
            return Base(
                id: base.id, version: base.version, sha256: base.sha256.description,
                supplementals: base.supplementals.map {
                    Source(id: $0.id, version: $0.version, sha256: $0.sha256.description)
                }, mode: base.mode.rawValue, ceiling: base.ceiling.name,
                unverifiedCeiling: base.unverifiedCeiling?.name, validity: validity)
        }
        rules = decision.rules.map { trace in
            RuleRecord(
                id: trace.rule.id, effect: trace.rule.effect.rawValue, tier: trace.effectiveTier.name,
                matched: trace.matched, shadow: trace.rule.isShadow ? true : nil, file: trace.source,
                line: trace.rule.position.line,
                conds: Dictionary(
                    zip(trace.rule.conditions.map(\.key.rawValue), trace.truths.map(\.rawValue)),
                    uniquingKeysWith: { first, _ in first }))
        }
        tiers = decision.tiers.map { trace in
            TierRecord(
                tier: trace.tier.name, eligible: trace.ineligibility == nil, available: trace.enclosure == .usable,
                withinCeiling: trace.isWithinCeiling, why: trace.obstacle)
        }
        facts = [:]
        for name in FactName.allCases { facts[name.rawValue] = FactRecord(decision.facts[named: name], name.shape) }
    }

    /// For the decision log: with everything that went in, so that it can be decided again, and of the rules those that matched. What the
    /// others made of the facts comes out again when it is.
    package init(_ decision: Decision, availability: Availability, now: UTCTime) {
        self.init(decision)
        rules.removeAll { !$0.matched }
        inputs = Inputs(
            now: now.description, guestObstacle: availability.guest.obstacle,
            childObstacle: availability.child.obstacle,
            eligible: Tier.running.filter(availability.eligible.contains).map(\.name),
            codeIntegrity: availability.codeIntegrity)
    }
}

extension EnclosureState {
    fileprivate var obstacle: String? {
        switch self {
        case .usable: nil
        case .unusable(let cause): cause
        }
    }
}

extension DecisionRecord.FactRecord {
    fileprivate init(_ fact: Fact<FactValue>, _ shape: FactShape) {
        switch fact {
        case .known(let value, let provenance): (values, self.provenance) = (shape.words(value), provenance.rawValue)
        case .unknown(let cause): unknown = cause.description
        }
    }
}
