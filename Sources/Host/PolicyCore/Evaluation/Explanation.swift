extension Decision {
    /// The decision as a person reads it: the answer, each rule with what it made of each fact, each tier with its
    /// standing.
    package var explanation: String {
        let program =
            switch facts[.program] {
            case .known(let digest, _): digest.shortText
            case .unknown(let cause): "program unknown (\(cause))"
            }
        let policies = bases.map { "\($0.id) v\($0.version) (\($0.sha256.description.prefix(8))…)" }
        var lines = ["\(outcome)  \(code)     \(program)     \(policies.joined(separator: ", "))"]
        lines.append("  why     \(reason)")
        lines.append("  ceiling \(ceiling)\(requested.map { "   requested \($0)" } ?? "")")
        lines += (bases.flatMap(\.remarks) + remarks).map { "  note    \($0)" }
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
            let tier = trace.matched ? trace.effectiveTier.name : "–"
            let truths = zip(rule.conditions, trace.truths).map { $0.explain($1, given: facts) }
            let place = "\(trace.source):\(rule.position.line)"
            return "    \(mark) \(rule.effect.rawValue) \(padded(rule.id, width))  \(padded(tier, 12))  \(place)  "
                + (truths.isEmpty ? "always" : truths.joined(separator: "  "))
                + (rule.isShadow ? "  (tried out: does not count)" : "")
        }
    }

    /// What beside the policies had a say.
    private var remarks: [String] {
        var remarks: [String] = []
        if let revocation { remarks.append("revoked by its \(revocation.rawValue), or not known not to be") }
        if let cap { remarks.append("\(cap.rawValue): ceiling at most \(Tier.interpGuest)") }
        if let recovery { remarks.append("runs by leave of the recovery file \(recovery)") }
        if let auditedCode { remarks.append("audit mode: enforced, this would be deny \(auditedCode)") }
        if let shadow { remarks.append("with the rules that are tried out: \(shadow.outcome) \(shadow.code)") }
        return remarks
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
        return "\(key.rawValue): want \(wanted), have \(present(in: facts)) \(mark)"
    }

    /// What would make the condition true, in words.
    package var wanted: String {
        let words = operandWords.map(Self.short)
        return switch key.relation {
        case .isOneOf, .intersects: key == .program && words.count > 1 ? "one of \(words.count)" : Self.list(words)
        case .isDisjoint: "none of \(Self.list(words))"
        case .isWithin: "only \(Self.list(words))"
        case .isAtMost: "at most \(Self.list(words))"
        case .isAtLeast: "at least \(Self.list(words))"
        case .isFlag, .isSignedBy: Self.list(words)
        }
    }

    private func present(in facts: Facts) -> String {
        switch facts[named: key.fact] {
        case .known(let value, _): Self.list(key.fact.shape.words(value).map(Self.short))
        case .unknown(let cause): "unknown (\(cause))"
        }
    }

    /// Digests are told apart by their ends.
    private static func short(_ word: String) -> String {
        guard let end = word.utf8.lastIndex(of: UInt8(ascii: ":")),
            word.utf8.distance(from: end, to: word.utf8.endIndex) == 65
        else { return word }
        return "\(word[...end])\(word[word.index(after: end)...].prefix(4))…\(word.suffix(4))"
    }

    private static func list(_ words: [String]) -> String {
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
