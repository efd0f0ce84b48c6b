extension Decision {
    /// The decision as a person reads it: the answer, each rule with what it made of each fact, each tier with its
    /// standing.
    package var explanation: String {
        let program =
            switch facts.program.digest {
            case .known(let digest, _): digest.shortText
            case .unknown(let cause): "program unknown (\(cause))"
            }
        let policies = bases.map { "\($0.id) v\($0.version) (\($0.sha256.description.prefix(8))…)" }
        var lines = ["\(outcome)  \(code)     \(program)     \(policies.joined(separator: ", "))"]
        lines.append("  why     \(reason)")
        lines.append("  ceiling \(ceiling)\(requested.map { "   requested \($0)" } ?? "")")
        lines += bases.flatMap(\.remarks).map { "  note    \($0)" }
        lines += ruleLines
        lines.append(
            "  tiers   " + tiers.map { "\($0.tier) \($0.obstacle.map { "✗ \($0)" } ?? "✓")" }.joined(separator: "   "))
        if let nearest { lines.append("  nearest \(nearest)") }
        return lines.joined(separator: "\n")
    }

    private var ruleLines: [String] {
        let width = rules.map(\.rule.id.utf8.count).max() ?? 0
        return rules.map { trace in
            let rule = trace.rule
            let mark = trace.matched ? (rule.effect == .permit ? "+" : "-") : "·"
            let tier = trace.matched ? rule.tier.name : "–"
            let truths = zip(rule.conditions, trace.truths).map { $0.explain($1, given: facts) }
            let place = "\(trace.base):\(rule.position.line)"
            return "    \(mark) \(rule.effect.rawValue) \(padded(rule.id, width))  \(padded(tier, 12))  \(place)  "
                + (truths.isEmpty ? "always" : truths.joined(separator: "  "))
        }
    }

    /// The smallest thing that would have to be different for a denied program to run, if there is one such thing.
    private var nearest: String? {
        switch code {
        case .tierUnavailable:
            guard requested != .deny else { return nil }
            let missing = tiers.last {
                $0.isWithinCeiling && $0.ineligibility == nil && (requested == nil || requested == $0.tier)
            }
            guard let tier = missing?.tier, let enclosure = tier.enclosure else { return nil }
            return switch enclosure {
            case .guest: "\(tier) if host.kvm = usable"
            case .child: "\(tier) if a child can be confined"
            }
        case .noPermit:
            let near = rules.filter { $0.rule.effect == .permit && $0.truths.count { $0 != .true } == 1 }
            guard let best = near.max(by: { $0.rule.tier < $1.rule.tier }),
                let missing = zip(best.rule.conditions, best.truths).first(where: { $0.1 != .true })
            else { return nil }
            return "permit \(best.rule.id) lacks only \(missing.0.key.rawValue)"
        case .ok, .okSaferTier, .forbidden, .verdict, .requestAboveCeiling, .expired, .clock, .signatureThreshold,
            .signatureType,
            .limit, .parse, .schema, .expectation, .state, .internalError:
            return nil
        }
    }
}

extension BaseStanding {
    /// What the policy's validity, and the lack of a proof, do to the answer.
    fileprivate var remarks: [String] {
        var remarks: [String] = []
        switch validity {
        case .valid: break
        case .notYetValid(let start): remarks.append("\(id) is valid from \(start) on")
        case .expired(let end, let onExpiry): remarks.append("\(id) expired at \(end): ceiling at most \(onExpiry)")
        }
        if let unverifiedCeiling {
            remarks.append("\(id) gives a program that the verifier did not pass at most \(unverifiedCeiling)")
        }
        return remarks
    }
}

extension Condition {
    /// `type ✓`, or what was wanted and what is there.
    fileprivate func explain(_ truth: Truth, given facts: Facts) -> String {
        let mark =
            switch truth {
            case .true: "✓"
            case .false: "✗"
            case .unknown: "?"
            }
        guard truth != .true else { return "\(key.rawValue) \(mark)" }
        let (wanted, present) =
            switch self {
            case .program(let digests):
                (
                    digests.count == 1 ? digests[0].shortText : "one of \(digests.count)",
                    text(facts.program.digest) { $0.shortText }
                )
            case .type(let types): (list(types.map(\.rawValue)), text(facts.program.type) { $0.rawValue })
            case .helpersAny(let helpers):
                (list(helpers.map(\.description)), text(facts.program.helpers) { list($0.sorted().map(\.description)) })
            case .instructionsAtMost(let limit): ("at most \(limit)", text(facts.program.instructionCount) { "\($0)" })
            case .verdict(let verdicts):
                (list(verdicts.map(\.rawValue)), text(facts.program.verdict) { $0.rawValue })
            case .verifierOptions(let options):
                (list(options.map(\.rawValue)), text(facts.program.verifier) { $0.options.rawValue })
            case .hostKVM(let states): (list(states.map(\.rawValue)), text(facts.hostKVM) { $0.rawValue })
            }
        return "\(key.rawValue): want \(wanted), have \(present) \(mark)"
    }

    private func text<Value>(_ fact: Fact<Value>, _ describe: (Value) -> String) -> String {
        switch fact {
        case .known(let value, _): describe(value)
        case .unknown(let cause): "unknown (\(cause))"
        }
    }

    private func list(_ words: [String]) -> String {
        switch words.count {
        case 0: "none"
        case 1...4: words.joined(separator: "|")
        case _: "\(words.prefix(3).joined(separator: "|"))|… (\(words.count))"
        }
    }
}

private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
}
