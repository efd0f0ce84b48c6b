/// A policy set in the form in which it decides, made once when the set is taken into use: conditions without duplicates, atoms as
/// numbers, nothing that a decision would have to allocate.
///
/// It says the same as ``decide(_:facts:availability:requested:now:)``, and nothing about how that came about. Both are asked where a program
/// is let in; should they ever differ, it is not.
package struct CompiledPolicySet: Sendable {
    let atoms: AtomTable
    let conditions: [CompiledCondition]
    /// The numbers of the conditions of rules, rule by rule.
    let ruleConditions: [Int]
    let rules: [CompiledRule]
    /// For each rule what is looked at first.
    let sieves: [Sieve]
    let bases: [CompiledBase]
    let recovery: Range<Int>
    let recoveryEnds: UTCTime?
    let revocations: Revocations
    let revocationsIssued: UTCTime?
    let newestIssued: UTCTime?
    let isCapped: Bool
    let allowsGuestCodegen: Bool
    let hasCodeIntegrity: Bool
    /// The facts that any condition asks for.
    let usedFacts: [FactName]
    /// Where each fact's bits begin in the scratch of a ``Decider``, and how many words of it there are in all.
    let bitStart: [Int]
    let bitWords: Int

    package init(_ set: PolicySet) {
        var builder = Builder()
        var bases: [CompiledBase] = []
        for (index, base) in set.bases.enumerated() { bases.append(builder.add(base, index)) }
        let start = builder.rules.count
        for rule in set.recovery?.rules ?? [] where rule.effect == .permit && !rule.isShadow {
            builder.add(rule, cap: nil, base: nil, signers: [:], begins: nil, ends: nil)
        }
        recovery = start..<builder.rules.count
        recoveryEnds = set.recovery?.expires
        self.bases = bases
        (atoms, conditions) = (builder.atoms, builder.conditions)
        (ruleConditions, rules) = (builder.ruleConditions, builder.rules)
        sieves = builder.rules.map { rule in
            Sieve(
                rule, builder.ruleConditions[rule.conditions].map { builder.conditions[$0] }, builder.atoms.operands)
        }
        revocations = set.revocations
        revocationsIssued = set.revocationsIssued
        let issued =
            set.bases.map(\.file.issued) + set.bases.flatMap(\.supplementals).map(\.file.issued)
            + [set.revocationsIssued].compactMap { $0 }
        newestIssued = issued.max()
        isCapped = set.cap != nil
        allowsGuestCodegen = set.bases.allSatisfy(\.file.options.guestCodegen)
        hasCodeIntegrity = set.bases.contains { $0.file.options.codeIntegrity }
        let used = Set(builder.conditions.map(\.fact))
        usedFacts = FactName.allCases.filter(used.contains)
        var words = 0
        var bitStart: [Int] = []
        for name in FactName.allCases {
            bitStart.append(words)
            words += (builder.atoms.numbers[name.index].count + 63) / 64
        }
        self.bitStart = bitStart
        bitWords = words
    }
}

private struct Builder {
    var atoms = AtomTable()
    var conditions: [CompiledCondition] = []
    var ruleConditions: [Int] = []
    var rules: [CompiledRule] = []
    private var known: [Key: Int] = [:]

    /// What two conditions have in common that are one: a signer's keys and a policy's age are those of their policy.
    private struct Key: Hashable {
        var condition: Condition
        var base: Int?
        var signers: [[KeyID]]
        var thresholds: [Int]
    }

    mutating func add(_ base: PolicyBase, _ index: Int) -> CompiledBase {
        let start = rules.count
        let file = base.file
        for rule in file.rules where !rule.isShadow {
            add(rule, cap: nil, base: index, signers: file.signers, begins: nil, ends: nil)
        }
        let cap = file.options.supplemental?.ceiling ?? .deny
        for supplemental in base.supplementals {
            for rule in supplemental.file.rules where !rule.isShadow {
                add(
                    rule, cap: cap, base: index, signers: supplemental.file.signers,
                    begins: supplemental.file.notBefore, ends: supplemental.file.expires)
            }
        }
        return CompiledBase(
            rules: start..<rules.count, issued: file.issued, begins: file.notBefore, ends: file.expires,
            onExpiry: file.options.onExpiry, unverifiedCeiling: file.options.unverifiedCeiling,
            isAudit: file.mode == .audit, auditTier: file.options.auditTier)
    }

    mutating func add(
        _ rule: Rule, cap: Tier?, base: Int?, signers: [String: Signer], begins: UTCTime?, ends: UTCTime?
    ) {
        let start = ruleConditions.count
        for condition in rule.conditions { ruleConditions.append(number(condition, base, signers)) }
        let isPermit = rule.effect == .permit
        rules.append(
            CompiledRule(
                effect: rule.effect, tier: isPermit ? cap.map { min($0, rule.tier) } ?? rule.tier : rule.tier,
                conditions: start..<ruleConditions.count, begins: isPermit ? begins : nil,
                ends: isPermit ? ends : nil))
    }

    private mutating func number(_ condition: Condition, _ base: Int?, _ signers: [String: Signer]) -> Int {
        let aliases: [Signer] =
            if case .aliases(let names) = condition.operand { names.compactMap { signers[$0] } } else { [] }
        let key = Key(
            condition: condition, base: condition.key.fact == .policyAge ? base : nil, signers: aliases.map(\.keys),
            thresholds: aliases.map(\.threshold))
        if let number = known[key] { return number }
        conditions.append(CompiledCondition(fact: condition.key.fact, test: test(condition, base, aliases)))
        known[key] = conditions.count - 1
        return conditions.count - 1
    }

    private mutating func test(
        _ condition: Condition, _ base: Int?, _ signers: [Signer]
    ) -> CompiledCondition.Test {
        let fact = condition.key.fact
        switch (condition.key.relation, condition.operand) {
        case (.isAtMost, .limit(let limit)) where fact == .policyAge:
            return base.map { .isBaseAtMostOld(base: $0, seconds: limit) } ?? .isOneOf(0..<0)
        case (.isAtMost, .limit(let limit)): return .isAtMost(limit)
        case (.isAtLeast, .limit(let limit)): return .isAtLeast(limit)
        case (.isFlag, .flag(let flag)): return .isFlag(flag)
        case (.isOneOf, .atoms(let wanted)):
            let range = atoms.append(sorted: wanted, of: fact)
            let numbers = atoms.operands[range]
            guard let largest = numbers.last, largest < 64 else { return .isOneOf(range) }
            return .isInMask(numbers.reduce(0) { $0 | 1 << UInt64($1) })
        case (.intersects, .atoms(let wanted)): return .intersects(atoms.append(sorted: wanted, of: fact))
        case (.isDisjoint, .atoms(let wanted)): return .isDisjoint(atoms.append(sorted: wanted, of: fact))
        case (.isWithin, .atoms(let wanted)): return .isWithin(atoms.append(sorted: wanted, of: fact))
        case (.isSignedBy, .aliases):
            var list: [Int] = []
            for signer in signers {
                list += [signer.threshold, signer.keys.count]
                list += signer.keys.map { atoms.number(.digest($0.digest), of: fact) }
            }
            return .isSignedBy(atoms.append(list))
        // An operand of another kind than its key's cannot be read; were there one, nothing would be among none.
        case (_, _): return .isOneOf(0..<0)
        }
    }
}
