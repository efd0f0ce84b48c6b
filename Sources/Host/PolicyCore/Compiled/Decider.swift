/// What a decision comes to, without its reasons.
package struct Ruling: Equatable, Sendable {
    package var outcome: Tier
    package var code: PolicyCode
    package var ceiling: Tier

    package init(outcome: Tier, code: PolicyCode, ceiling: Tier) {
        self.outcome = outcome
        self.code = code
        self.ceiling = ceiling
    }

    package init(_ decision: Decision) {
        self.init(outcome: decision.outcome, code: decision.code, ceiling: decision.ceiling)
    }
}

/// Decides by a compiled set, in memory that it has had from the start: one question at a time, without an allocation.
package struct Decider: ~Copyable {
    let set: CompiledPolicySet
    /// For each fact: what is known of it, in the form that conditions ask for.
    private var values: [Value]
    /// For each atom of each fact that is a set, whether it is there.
    private var bits: [UInt64]
    /// For each fact a word for permits and one for forbids, of the bits that its atoms have in a ``Sieve``; the last is all bits.
    private var marks: [UInt64]
    /// For each condition its truth, once a rule has asked for it.
    private var truths: [Truth?]

    private enum Value {
        case unknown
        /// The number of its atom, or -1 where no condition names it.
        case one(Int)
        case number(UInt64)
        case flag(Bool)
        /// How many atoms there are, named or not; the named ones are in the bits.
        case many(Int)
    }

    package init(_ set: CompiledPolicySet) {
        self.set = set
        values = Array(repeating: .unknown, count: FactName.count)
        bits = Array(repeating: 0, count: set.bitWords)
        marks = Array(repeating: .max, count: 2 * FactName.count + 1)
        truths = Array(repeating: nil, count: set.conditions.count)
    }

    package mutating func decide(
        _ facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
    ) -> Ruling {
        let latest = set.newestIssued.map { max($0, now) } ?? now
        project(facts, latest)
        for index in truths.indices { truths[index] = nil }
        let isVerified = facts[.verdict].value?.isPass ?? false
        var tally = Tally()
        for base in set.bases { tally.add(standing(of: base, isVerified, now, latest), base) }
        if set.isCapped { tally.ceiling = min(tally.ceiling, .interpGuest) }
        if set.bases.isEmpty { tally.ceiling = .deny }
        var ceiling = tally.ceiling
        if isVerified, let ends = set.recoveryEnds, latest < ends {
            for rule in set.recovery where isMet(rule, now, latest) { ceiling = max(ceiling, .interpGuest) }
        }
        let isRevoked = set.revocations.revoked(facts) != nil
        if isRevoked { ceiling = .deny }

        func canRun(_ tier: Tier) -> Bool {
            guard availability.eligible.contains(tier), let enclosure = tier.enclosure else { return false }
            if tier == .jitChild, availability.codeIntegrity || set.hasCodeIntegrity { return false }
            if tier == .jitGuest, !set.allowsGuestCodegen { return false }
            return availability.state(of: enclosure) == .usable
        }

        guard ceiling > .deny else {
            let code = isRevoked ? .revoked : tally.code
            if tally.canBeSpared, isVerified, [.noPermit, .forbidden, .expired].contains(code),
                requested == nil || requested == tally.auditTier, canRun(tally.auditTier)
            {
                return Ruling(outcome: tally.auditTier, code: .auditWouldDeny, ceiling: .deny)
            }
            return Ruling(outcome: .deny, code: code, ceiling: .deny)
        }
        if let requested {
            guard requested <= ceiling else {
                return Ruling(outcome: .deny, code: .requestAboveCeiling, ceiling: ceiling)
            }
            return canRun(requested)
                ? Ruling(outcome: requested, code: .ok, ceiling: ceiling)
                : Ruling(outcome: .deny, code: .tierUnavailable, ceiling: ceiling)
        }
        var level = ceiling.rawValue
        while level > 0, let tier = Tier(rawValue: level) {
            if canRun(tier) {
                return Ruling(outcome: tier, code: tier == ceiling ? .ok : .okSaferTier, ceiling: ceiling)
            }
            level -= 1
        }
        return Ruling(outcome: .deny, code: .tierUnavailable, ceiling: ceiling)
    }

    private mutating func project(_ facts: Facts, _ latest: UTCTime) {
        for name in set.usedFacts {
            let index = name.index
            guard case .known(let value, _) = facts[named: name] else {
                values[index] = .unknown
                (marks[2 * index], marks[2 * index + 1]) = (0, .max)
                continue
            }
            var mark = UInt64.max
            switch value {
            case .one(.number(let number)) where set.atoms.numbers[index].isEmpty: values[index] = .number(number)
            case .one(.flag(let flag)): values[index] = .flag(flag)
            case .one(let atom):
                let number = set.atoms.numbers[index][atom]
                values[index] = .one(number ?? -1)
                mark = number.map(Sieve.bit) ?? 0
            case .many(let atoms):
                let start = set.bitStart[index]
                let end = index + 1 < set.bitStart.count ? set.bitStart[index + 1] : set.bitWords
                for word in start..<end { bits[word] = 0 }
                mark = 0
                for atom in atoms {
                    guard let number = set.atoms.numbers[index][atom] else { continue }
                    bits[start + number / 64] |= 1 << UInt64(number % 64)
                    mark |= Sieve.bit(of: number)
                }
                values[index] = .many(atoms.count)
            }
            (marks[2 * index], marks[2 * index + 1]) = (mark, mark)
        }
        values[FactName.revocationAge.index] =
            set.revocationsIssued.map {
                .number(UInt64(max(0, latest.secondsSince1970 - $0.secondsSince1970)))
            } ?? .unknown
    }

    private func contains(_ number: Int, of fact: FactName) -> Bool {
        bits[set.bitStart[fact.index] + number / 64] >> UInt64(number % 64) & 1 == 1
    }

    /// The truth of a condition, by its number. Most conditions of most rules are never asked for: an earlier one of the rule has decided.
    private mutating func truth(_ number: Int, _ latest: UTCTime) -> Truth {
        if let known = truths[number] { return known }
        let found = evaluate(set.conditions[number], latest)
        truths[number] = found
        return found
    }

    private func evaluate(_ condition: CompiledCondition, _ latest: UTCTime) -> Truth {
        let fact = condition.fact
        if case .isBaseAtMostOld(let base, let seconds) = condition.test {
            let age = max(0, latest.secondsSince1970 - set.bases[base].issued.secondsSince1970)
            return UInt64(age) <= seconds ? .true : .false
        }
        let holds: Bool
        switch (values[fact.index], condition.test) {
        case (.unknown, _): return .unknown
        case (.one(let number), .isInMask(let mask)):
            holds = number >= 0 && number < 64 && mask >> UInt64(number) & 1 == 1
        case (.one(let number), .isOneOf(let range)): holds = hasNumber(number, in: range)
        case (.number(let number), .isAtMost(let limit)): holds = number <= limit
        case (.number(let number), .isAtLeast(let limit)): holds = number >= limit
        case (.flag(let flag), .isFlag(let wanted)): holds = flag == wanted
        case (.many, .intersects(let range)): holds = intersects(range, fact)
        case (.many, .isDisjoint(let range)): holds = !intersects(range, fact)
        case (.many(let count), .isWithin(let range)):
            var common = 0
            for index in range where contains(set.atoms.operands[index], of: fact) { common += 1 }
            holds = common == count
        case (.many, .isSignedBy(let range)): holds = isSigned(range, fact)
        case (_, _): return .unknown
        }
        return holds ? .true : .false
    }

    private func intersects(_ range: Range<Int>, _ fact: FactName) -> Bool {
        for index in range where contains(set.atoms.operands[index], of: fact) { return true }
        return false
    }

    private func hasNumber(_ number: Int, in range: Range<Int>) -> Bool {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            let found = set.atoms.operands[middle]
            if found == number { return true }
            if found < number { low = middle + 1 } else { high = middle }
        }
        return false
    }

    private func isSigned(_ range: Range<Int>, _ fact: FactName) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            let (threshold, count) = (set.atoms.operands[index], set.atoms.operands[index + 1])
            var signed = 0
            for key in index + 2..<index + 2 + count where contains(set.atoms.operands[key], of: fact) { signed += 1 }
            if signed >= threshold { return true }
            index += 2 + count
        }
        return false
    }

    /// Whether a permit matches.
    private mutating func isMet(_ index: Int, _ now: UTCTime, _ latest: UTCTime) -> Bool {
        let rule = set.rules[index]
        for place in rule.conditions where truth(set.ruleConditions[place], latest) != .true { return false }
        if let ends = rule.ends, latest >= ends { return false }
        if let begins = rule.begins, now < begins { return false }
        return true
    }

    private mutating func isForbidding(_ index: Int, _ latest: UTCTime) -> Bool {
        for place in set.rules[index].conditions where truth(set.ruleConditions[place], latest) == .false {
            return false
        }
        return true
    }

    private mutating func standing(
        of base: CompiledBase, _ isVerified: Bool, _ now: UTCTime, _ latest: UTCTime
    ) -> Standing {
        var standing = Standing()
        for index in base.rules {
            let sieve = set.sieves[index]
            if marks[sieve.place] & sieve.mask == 0 { continue }
            let rule = set.rules[index]
            switch rule.effect {
            case .permit:
                if rule.tier > standing.permitted, isMet(index, now, latest) { standing.permitted = rule.tier }
            case .forbid:
                if rule.tier.rawValue < standing.forbidden, isForbidding(index, latest) {
                    standing.forbidden = rule.tier.rawValue
                }
            }
        }
        let below = Tier(rawValue: standing.forbidden - 1) ?? .deny
        standing.ceiling = min(standing.permitted, below)
        if !isVerified {
            standing.isUnproven = base.unverifiedCeiling == .deny
            standing.ceiling = min(standing.ceiling, base.unverifiedCeiling)
        }
        if let begins = base.begins, now < begins {
            standing.isEarly = true
            standing.ceiling = .deny
        } else if latest >= base.ends {
            standing.ceiling = min(standing.ceiling, base.onExpiry)
        }
        return standing
    }
}

/// What one base comes to.
private struct Standing {
    var permitted = Tier.deny
    /// The raw value of the least tier that is forbidden, or one past the end.
    var forbidden: UInt8 = Tier.jitChild.rawValue + 1
    var ceiling = Tier.deny
    var isEarly = false
    var isUnproven = false
}

/// What all bases come to.
private struct Tally {
    var ceiling = Tier.jitChild
    var isEarly = false
    var isUnproven = false
    var hasNoPermit = false
    var isForbidden = false
    var isEmpty = true
    /// Every base that denies is in audit mode.
    var canBeSpared = false
    private var deniesEnforced = false
    var auditTier = Tier.jitChild

    mutating func add(_ standing: Standing, _ base: CompiledBase) {
        isEmpty = false
        ceiling = min(ceiling, standing.ceiling)
        guard standing.ceiling == .deny else { return }
        isEarly = isEarly || standing.isEarly
        isUnproven = isUnproven || standing.isUnproven
        hasNoPermit = hasNoPermit || standing.permitted == .deny
        isForbidden = isForbidden || standing.forbidden == Tier.interpGuest.rawValue
        deniesEnforced = deniesEnforced || !base.isAudit
        auditTier = min(auditTier, base.auditTier)
        canBeSpared = !deniesEnforced
    }

    var code: PolicyCode {
        if isEarly { return .clock }
        if isUnproven { return .verdict }
        if isEmpty || hasNoPermit { return .noPermit }
        return isForbidden ? .forbidden : .expired
    }
}
