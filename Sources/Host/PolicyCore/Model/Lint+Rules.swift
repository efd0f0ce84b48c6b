extension PolicyFile {
    /// What is odd about each rule by itself.
    func lintRules(offered: TierSet) -> [LintFinding] {
        rules.flatMap { rule in
            switch rule.effect {
            case .permit: lintPermit(rule, offered)
            case .forbid: lintForbid(rule)
            }
        }
    }

    private func lintPermit(_ rule: Rule, _ offered: TierSet) -> [LintFinding] {
        var findings: [LintFinding] = []
        func report(_ code: LintFinding.Code, _ message: String) {
            findings.append(LintFinding(code, rule.position, "\(rule.id) \(message)"))
        }
        if !rule.conditions.contains(where: \.key.fact.namesAuthor), !rule.isUnsafeWithoutAuthor {
            report(
                .permitWithoutAuthor,
                "permits programs whoever wrote them: name \"signer\" or \"program\", or say unsafe_no_author = true")
        }
        if options.unverifiedCeiling == .deny, kind == .base, rule.isForUnverifiedOnly {
            report(
                .neverVerified, "permits only what the verifier did not pass, and [options] has no unverified_ceiling")
        }
        if rule.tier == .jitChild {
            report(.reachesHostCodegen, "permits generated code to run in the host's kernel's reach")
        }
        if !offered.contains(rule.tier) {
            report(
                .tierNotOffered, "names \(rule.tier), which this engine has not: a safer tier, or a denial, comes out")
        }
        if rule.tier == .jitGuest, kind == .base, !options.guestCodegen {
            report(.unreachable, "permits jit-guest, and [options] has no guest_codegen = true")
        }
        if rule.tier == .jitChild, kind == .base, options.codeIntegrity {
            report(.unreachable, "permits jit-child, which code_integrity = true rules out")
        }
        if let problem = rule.contradiction { report(.neverMatches, "never matches: \(problem)") }
        return findings
    }

    private func lintForbid(_ rule: Rule) -> [LintFinding] {
        var findings: [LintFinding] = []
        func report(_ code: LintFinding.Code, _ message: String) {
            findings.append(LintFinding(code, rule.position, "\(rule.id) \(message)"))
        }
        let keys = rule.conditions.map(\.key)
        if keys.contains(.instructionsAtMost) {
            report(.forbidsSmallPrograms, "forbids programs of at most that many instructions")
        }
        if let problem = rule.contradiction { report(.neverMatches, "never matches: \(problem)") }
        for key in keys where key.fact.isUsuallyUnknown {
            report(
                .usuallyUnknown,
                "asks for \(key.rawValue), which is not known on most hosts: there it holds, and forbids")
        }
        return findings
    }

    /// What is odd about two rules together.
    func lintPairs() -> [LintFinding] {
        var findings: [LintFinding] = []
        for (index, rule) in rules.enumerated() where !rule.isShadow {
            for other in rules[..<index] where !other.isShadow && Set(other.conditions) == Set(rule.conditions) {
                if other.effect == rule.effect {
                    findings.append(
                        LintFinding(
                            .unreachable, rule.position,
                            "\(rule.id) has the same conditions as \(other.id); the \(rule.effect == .permit ? "greater" : "lesser") tier counts"
                        ))
                } else {
                    findings.append(
                        LintFinding(
                            .contradiction, rule.position,
                            "\(rule.id) and \(other.id) permit and forbid the same programs"))
                }
            }
            // A permit beneath a forbid that asks for nothing it does not ask for itself never gives its tier.
            guard rule.effect == .permit else { continue }
            let above = rules.first { other in
                other.effect == .forbid && !other.isShadow && other.tier <= rule.tier
                    && Set(other.conditions).isStrictSubset(of: Set(rule.conditions))
            }
            if let above {
                findings.append(
                    LintFinding(
                        .unreachable, rule.position, "\(above.id) forbids \(rule.tier) wherever \(rule.id) permits it"))
            }
        }
        return findings
    }

    /// What is odd about names.
    func lintNames() -> [LintFinding] {
        var findings: [LintFinding] = []
        var seen: [String: Rule] = [:]
        for rule in rules {
            let skeleton = Self.skeleton(rule.id)
            if let other = seen[skeleton] {
                findings.append(
                    LintFinding(.confusable, rule.position, "the ids \(other.id) and \(rule.id) look alike"))
            }
            seen[skeleton] = rule
        }
        var used = Set(options.supplemental?.signers ?? [])
        for condition in rules.flatMap(\.conditions) {
            if case .aliases(let aliases) = condition.operand { used.formUnion(aliases) }
        }
        for alias in signers.keys.sorted() where !used.contains(alias) {
            findings.append(LintFinding(.unusedSigner, .start, "the signer \(alias) is named by no rule"))
        }
        return findings
    }

    /// An id with the characters that people mix up made one; ids hold nothing but ASCII.
    private static func skeleton(_ id: String) -> String {
        String(
            decoding: id.utf8.map { byte -> UInt8 in
                switch byte {
                case UInt8(ascii: "I"), UInt8(ascii: "l"), UInt8(ascii: "1"): UInt8(ascii: "i")
                case UInt8(ascii: "0"), UInt8(ascii: "O"): UInt8(ascii: "o")
                case UInt8(ascii: "_"), UInt8(ascii: "."): UInt8(ascii: "-")
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
                case _: byte
                }
            }, as: UTF8.self)
    }
}

extension Rule {
    fileprivate var isForUnverifiedOnly: Bool {
        let passes = ProgramVerdict.allCases.filter(\.isPass).map { FactAtom.word($0.rawValue) }
        return conditions.contains { condition in
            guard condition.key == .verdict, case .atoms(let atoms) = condition.operand else { return false }
            return !passes.contains(where: atoms.contains)
        }
    }

    /// Two conditions on one fact that nothing meets at once.
    fileprivate var contradiction: String? {
        for (index, condition) in conditions.enumerated() {
            for other in conditions[..<index] where other.key.fact == condition.key.fact {
                guard case .atoms(let one) = condition.operand, case .atoms(let two) = other.operand else { continue }
                let (any, none) =
                    condition.key.relation == .isDisjoint ? (two, one) : (one, two)
                let relations = [condition.key.relation, other.key.relation]
                if relations.contains(.intersects), relations.contains(.isDisjoint), Set(any).isSubset(of: none) {
                    return "\(condition.key.rawValue) and \(other.key.rawValue) exclude each other"
                }
                if relations.contains(.intersects), relations.contains(.isWithin), Set(one).isDisjoint(with: two) {
                    return "\(condition.key.rawValue) and \(other.key.rawValue) exclude each other"
                }
            }
        }
        return nil
    }
}

extension FactName {
    /// Facts that many hosts cannot tell.
    fileprivate var isUsuallyUnknown: Bool {
        switch self {
        case .hostTPM, .hostSecureBoot, .hostLabel, .hostJITHardening, .hostNested, .requesterExecutable,
            .requesterCgroup, .attachTarget, .license, .revocationAge:
            true
        case .program, .object, .verdict, .verifierID, .verifierOptions, .platform, .helpers, .maps, .mapFlags,
            .mapBytes, .instructions, .loops, .subprograms, .stack, .tailCalls, .btf, .coreRelocations, .signer,
            .attestation, .type, .attach, .requesterUID, .hostKVM, .hostSeccomp, .hostLandlock, .hostUserNamespaces,
            .hostLockdown, .hostMDWE, .hostKernel, .policyAge:
            false
        }
    }
}
