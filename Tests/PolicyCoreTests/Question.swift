import PolicyCore

/// One random question to the evaluator.
struct Question {
    var set: PolicySet
    var facts: Facts
    var availability: Availability
    var requested: Tier?
    var now: UTCTime

    init(using random: inout Generator) {
        set = .random(using: &random)
        facts = .random(using: &random)
        availability = .random(using: &random)
        requested = Int.random(in: 0..<4, using: &random) == 0 ? Tier.allCases.randomElement(using: &random) : nil
        // Mostly within the time of the first policy, at times before it, at times after it.
        let start = set.bases.first?.file.issued.secondsSince1970 ?? 0
        now = UTCTime(secondsSince1970: start + Int64.random(in: -50...1150, using: &random))
    }

    var decision: Decision {
        decide(set, facts: facts, availability: availability, requested: requested, now: now)
    }

    /// What policies come to that list tiers by preference, as sites are used to write them: of the tiers of the permits that match, in the
    /// order of the text, the first that no forbid takes away and that can be had. Nil where that is none.
    var preferred: Tier? {
        let rules = decision.rules.filter { $0.matched && !$0.rule.isShadow }
        let forbidden = rules.filter { $0.rule.effect == .forbid }.map(\.rule.tier).min()
        return rules.filter { $0.rule.effect == .permit }.map(\.effectiveTier).first { tier in
            guard let enclosure = tier.enclosure else { return false }
            return forbidden.map { tier < $0 } ?? true && availability.state(of: enclosure) == .usable
        }
    }
}

extension Question {
    /// The least question that still has the property that was found in this one: as long as something can be taken away, it is.
    ///
    /// - Parameter property: nil where a question has it not.
    func shrunk(while property: (Question) -> String?) -> Question {
        var least = self
        while let smaller = least.smaller.first(where: { property($0) != nil }) { least = smaller }
        return least
    }

    /// Every question that has one thing less.
    private var smaller: [Question] {
        var questions: [Question] = []
        func add(_ change: (inout Question) -> Void) {
            var question = self
            change(&question)
            questions.append(question)
        }
        for index in set.bases.indices {
            add { $0.set.bases.remove(at: index) }
            let base = set.bases[index]
            for other in base.supplementals.indices {
                var supplementals = base.supplementals
                supplementals.remove(at: other)
                add {
                    $0.set.bases[index] = PolicyBase(
                        file: base.file, sha256: base.sha256, supplementals: supplementals)
                }
            }
            for rule in base.file.rules.indices {
                var file = base.file
                file.rules.remove(at: rule)
                add {
                    $0.set.bases[index] = PolicyBase(
                        file: file, sha256: base.sha256, supplementals: base.supplementals)
                }
                for condition in base.file.rules[rule].conditions.indices {
                    var file = base.file
                    file.rules[rule].conditions.remove(at: condition)
                    add {
                        $0.set.bases[index] = PolicyBase(
                            file: file, sha256: base.sha256, supplementals: base.supplementals)
                    }
                }
            }
        }
        if set.recovery != nil { add { $0.set.recovery = nil } }
        if set.revocations != .none { add { $0.set.revocations = .none } }
        if requested != nil { add { $0.requested = nil } }
        for name in FactName.allCases {
            if case .known = facts[named: name] { add { $0.facts.forget(name, .absent) } }
        }
        return questions
    }
}

extension Question {
    /// Every policy's time of validity has begun.
    var hasBegun: Bool {
        return set.bases.allSatisfy { base in
            ([base.file] + base.supplementals.map(\.file)).allSatisfy { ($0.notBefore ?? now) <= now }
        }
    }

    mutating func changeOneBase(
        using random: inout Generator, _ change: (inout PolicyFile, inout Generator) -> Void
    ) {
        guard let index = self.set.bases.indices.randomElement(using: &random) else { return }
        let base = set.bases[index]
        var file = base.file
        change(&file, &random)
        set.bases[index] = PolicyBase(file: file, sha256: base.sha256, supplementals: base.supplementals)
    }

    mutating func changeEveryRule(_ change: (inout Rule) -> Void) {
        func changed(_ file: PolicyFile) -> PolicyFile {
            var file = file
            for index in file.rules.indices { change(&file.rules[index]) }
            return file
        }
        set.bases = set.bases.map { base in
            PolicyBase(
                file: changed(base.file), sha256: base.sha256,
                supplementals: base.supplementals.map { Supplemental(file: changed($0.file), sha256: $0.sha256) })
        }
        if var recovery = set.recovery {
            for index in recovery.rules.indices { change(&recovery.rules[index]) }
            set.recovery = recovery
        }
    }
}
