internal import PolicyCore

/// What changes for programs, and for the host, when one policy takes the place of another.
struct PolicyComparison {
    enum Direction: String, Encodable {
        /// Something may run that could not, or more exposed; or something is watched less.
        case rises
        case falls
        /// Neither, or nothing that can be told.
        case neither
    }

    struct Change: Encodable, Equatable {
        var direction: Direction
        /// `permit xdp-lb-fast`, `option guest_codegen`, `signer platform`.
        var subject: String
        var sentence: String
        /// The tier that may now be had, or not any more.
        var tier: String?
        var line: Int?
        /// Facts under which it makes a difference.
        var example: [String: [String]]?
    }

    private(set) var changes: [Change] = []

    var rises: Bool { changes.contains { $0.direction == .rises } }

    init(from old: PolicyFile, to new: PolicyFile) {
        let (before, after) = (ExposureSearch.Side(old), ExposureSearch.Side(new))
        changes += Self.exposure(allowing: after, denying: before, .rises)
        changes += Self.exposure(allowing: before, denying: after, .falls)
        changes += OptionChanges(from: old, to: new).changes
        changes += Self.rules(from: old, to: new)
        changes += Self.signers(from: old, to: new)
        let order: [Direction] = [.rises, .falls, .neither]
        changes = order.flatMap { direction in changes.filter { $0.direction == direction } }
    }

    // MARK: what may run

    private static func exposure(
        allowing: ExposureSearch.Side, denying: ExposureSearch.Side, _ direction: Direction
    ) -> [Change] {
        var search = ExposureSearch(allowing: allowing, denying: denying)
        var changes: [Change] = []
        for permit in allowing.permits {
            // The greatest tier that makes a difference says most.
            for tier in Tier.running.reversed() where tier <= permit.tier {
                guard let change = change(search.facts(permit, in: tier), permit, tier, denying, direction) else {
                    continue
                }
                changes.append(change)
                break
            }
        }
        if allowing.spares(.interpGuest),
            let change = change(search.facts(nil, in: .interpGuest), nil, .interpGuest, denying, direction)
        {
            changes.append(change)
        }
        return changes
    }

    private static func change(
        _ answer: ExposureSearch.Answer, _ permit: Rule?, _ tier: Tier, _ denying: ExposureSearch.Side,
        _ direction: Direction
    ) -> Change? {
        let subject = permit.map { "permit \($0.id)" } ?? "mode audit"
        switch answer {
        case .none: return nil
        case .undecided:
            // What cannot be told is taken for the worse.
            guard direction == .rises else { return nil }
            return Change(
                direction: .rises, subject: subject,
                sentence: "may let programs run in \(tier) that could not: too many combinations to be sure",
                tier: tier.name,
                line: permit?.position.line)
        case .found(let facts, let stopper):
            let known = example(facts)
            let other = denying.ceiling(of: facts)
            let programs = known.isEmpty ? "any program" : "such as \(words(known))"
            let why =
                if denying.excludes(tier) {
                    "the options ruled \(tier) out"
                } else if let stopper {
                    "the forbid \(stopper.id) stops it"
                } else if other == .deny {
                    "nothing lets it run"
                } else {
                    "at most \(other)"
                }
            let sentence =
                switch direction {
                case .rises: "lets programs run in \(tier), \(programs); under the old policy: \(why)"
                case .falls, .neither:
                    "no longer lets programs run in \(tier), \(programs); under the new policy: \(why)"
                }
            return Change(
                direction: direction, subject: subject, sentence: sentence, tier: tier.name,
                line: permit?.position.line,
                example: known)
        }
    }

    private static func example(_ facts: Facts) -> [String: [String]] {
        var known: [String: [String]] = [:]
        for name in FactName.allCases {
            switch facts[named: name] {
            case .known(let value, _): known[name.rawValue] = name.shape.words(value)
            case .unknown: break
            }
        }
        return known
    }

    private static func words(_ facts: [String: [String]]) -> String {
        facts.sorted { $0.key < $1.key }.map { name, words in
            words.isEmpty ? "no \(name)" : "\(name)=\(words.joined(separator: "|"))"
        }.joined(separator: " ")
    }

    // MARK: what the text says

    private static func rules(from old: PolicyFile, to new: PolicyFile) -> [Change] {
        var changes: [Change] = []
        func report(_ rule: Rule, _ sentence: String) {
            changes.append(
                Change(
                    direction: .neither, subject: "\(rule.effect.rawValue) \(rule.id)", sentence: sentence,
                    line: rule.position.line))
        }
        for rule in new.rules {
            guard let before = old.rules.first(where: { $0.id == rule.id && $0.effect == rule.effect }) else {
                report(rule, "is new: \(rule.tier) \(rule.summary)\(rule.isShadow ? ", tried out" : "")")
                continue
            }
            var differences: [String] = []
            if before.tier != rule.tier { differences.append("\(before.tier) → \(rule.tier)") }
            if before.isShadow != rule.isShadow {
                differences.append(rule.isShadow ? "is only tried out now" : "counts now")
            }
            if Set(before.conditions) != Set(rule.conditions) {
                differences.append("\(before.summary) → \(rule.summary)")
            }
            if before.isUnsafeWithoutAuthor != rule.isUnsafeWithoutAuthor {
                differences.append("unsafe_no_author = \(rule.isUnsafeWithoutAuthor)")
            }
            if !differences.isEmpty { report(rule, differences.joined(separator: "; ")) }
        }
        for rule in old.rules where !new.rules.contains(where: { $0.id == rule.id && $0.effect == rule.effect }) {
            report(rule, "is gone: \(rule.tier) \(rule.summary)")
        }
        return changes
    }

    private static func signers(from old: PolicyFile, to new: PolicyFile) -> [Change] {
        Set(old.signers.keys).union(new.signers.keys).sorted().compactMap { alias in
            let (before, after) = (old.signers[alias], new.signers[alias])
            guard before != after else { return nil }
            func text(_ signer: Signer?) -> String {
                signer.map { "\($0.threshold) of \($0.keys.map(\.description).sorted().joined(separator: ", "))" }
                    ?? "nobody"
            }
            // What that means for programs is told with the permits; who may add to the policy is told here.
            let adds = new.options.supplemental?.signers.contains(alias) ?? false
            let wasAdding = old.options.supplemental?.signers.contains(alias) ?? false
            let direction: Direction = adds && wasAdding && (after?.isEasier(than: before) ?? false) ? .rises : .neither
            return Change(
                direction: direction, subject: "signer \(alias)", sentence: "\(text(before)) → \(text(after))")
        }
    }
}

extension Signer {
    /// Whether some keys satisfy it that did not satisfy the other.
    fileprivate func isEasier(than other: Signer?) -> Bool {
        guard let other else { return true }
        // As few of the other's keys as will do, after all of one's own that are not the other's.
        let foreign = Set(keys).subtracting(other.keys).count
        return max(0, threshold - foreign) < other.threshold
    }
}

extension Rule {
    fileprivate var summary: String {
        conditions.isEmpty ? "always" : "when \(conditions.map(\.summary).joined(separator: " "))"
    }
}

extension ExposureSearch.Side {
    /// The most exposed tier that the policy has for such a program, at a time at which it is valid.
    func ceiling(of facts: Facts) -> Tier {
        var ceiling =
            permits.filter { permit in
                literals(permit, .isTrue).allSatisfy { $0.holds(of: facts) }
            }.map(\.tier).max() ?? .deny
        for forbid in forbids where literals(forbid, .notFalse).allSatisfy({ $0.holds(of: facts) }) {
            ceiling = min(ceiling, Tier(rawValue: forbid.tier.rawValue - 1) ?? .deny)
        }
        if file.kind == .base, !facts.program.isVerified { ceiling = min(ceiling, file.options.unverifiedCeiling) }
        while ceiling > .deny, excludes(ceiling) { ceiling = Tier(rawValue: ceiling.rawValue - 1) ?? .deny }
        return ceiling == .deny && spares(.interpGuest) && facts.program.isVerified ? .interpGuest : ceiling
    }
}
