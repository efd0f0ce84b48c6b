import PolicyCore

/// Small policies about few facts, mutants of them, and facts to try them with.
enum RandomPolicy {
    static let keys = (1...4).compactMap { number in
        ContentDigest([UInt8](repeating: UInt8(number), count: 32)).map { KeyID(digest: $0) }
    }
    static let words: [(Condition.Key, [String])] = [
        (.type, ["xdp", "sched_cls", "kprobe"]), (.verdict, ["accepted", "needs_fuel", "rejected"]),
        (.verifierOptions, ["strict", "address_leaks"]), (.hostKVM, ["usable", "absent", "denied"]),
        (.helpersAny, ["bpf_map_lookup_elem", "bpf_send_signal", "bpf_redirect"]),
        (.helpersNone, ["bpf_map_lookup_elem", "bpf_send_signal"]),
        (.helpersSubset, ["bpf_map_lookup_elem", "bpf_redirect"]),
        (.hostLabel, ["dev", "prod"]), (.license, ["GPL", "MIT"]),
    ]

    static func file(_ random: inout Seeded) -> PolicyFile {
        var options = PolicyOptions()
        options.guestCodegen = random.chance(2)
        options.codeIntegrity = random.chance(2)
        if random.chance(3) { options.unverifiedCeiling = .interpGuest }
        var rules: [Rule] = []
        for index in 0..<(1 + random.below(4)) {
            rules.append(
                Rule(
                    .permit, id: "p\(index)", tier: random.one(of: Tier.running),
                    when: conditions(&random, 1 + random.below(3)),
                    isShadow: random.chance(8), isUnsafeWithoutAuthor: true))
        }
        for index in 0..<random.below(4) {
            rules.append(
                Rule(
                    .forbid, id: "f\(index)", tier: random.one(of: Tier.running),
                    when: conditions(&random, random.below(3)),
                    isShadow: random.chance(8)))
        }
        return PolicyFile(
            id: "random", version: 1, issued: UTCTime(secondsSince1970: 1_800_000_000),
            expires: UTCTime(secondsSince1970: 1_810_000_000), mode: random.chance(8) ? .audit : .enforce,
            options: options,
            signers: [
                "team": Signer(keys: [keys[0]]), "both": Signer(keys: [keys[0], keys[1], keys[2]], threshold: 2),
                "other": Signer(keys: [keys[2], keys[3]]),
            ], rules: rules)
    }

    private static func conditions(_ random: inout Seeded, _ count: Int) -> [Condition] {
        var conditions: [Condition] = []
        for _ in 0..<count {
            let condition = condition(&random)
            if !conditions.contains(where: { $0.key == condition.key }) { conditions.append(condition) }
        }
        return conditions
    }

    private static func condition(_ random: inout Seeded) -> Condition {
        switch random.below(6) {
        case 0: return Condition(.signer, .aliases(some(["team", "both", "other"], &random)))
        case 1:
            return Condition(
                random.one(of: [.instructionsAtMost, .mapBytesAtMost]), .limit(random.one(of: [0, 64, 4096])))
        case 2: return Condition(random.one(of: [.loops, .btf]), .flag(random.chance(2)))
        case _:
            let (key, words) = random.one(of: Self.words)
            return Condition(key, .atoms(some(words, &random).compactMap { key.fact.shape.atom($0) }))
        }
    }

    private static func some<Element>(_ elements: [Element], _ random: inout Seeded) -> [Element] {
        let chosen = elements.filter { _ in random.chance(2) }
        return chosen.isEmpty ? [random.one(of: elements)] : chosen
    }

    /// One thing is other than in the original.
    static func mutant(of file: PolicyFile, _ random: inout Seeded) -> PolicyFile {
        var file = file
        let index = random.below(file.rules.count)
        switch random.below(12) {
        case 0: file.rules[index].tier = random.one(of: Tier.running)
        case 1: file.rules.remove(at: index)
        case 2: file.rules[index].isShadow.toggle()
        case 3 where !file.rules[index].conditions.isEmpty:
            file.rules[index].conditions.remove(at: random.below(file.rules[index].conditions.count))
        case 4: file.rules[index].conditions = conditions(&random, 1 + random.below(2))
        case 5: file.rules[index].conditions.append(condition(&random))
        case 6:
            file.rules.append(
                Rule(
                    .permit, id: "new", tier: random.one(of: Tier.running),
                    when: conditions(&random, 1 + random.below(2))))
        case 7: file.options.guestCodegen.toggle()
        case 8: file.options.codeIntegrity.toggle()
        case 9: file.options.unverifiedCeiling = file.options.unverifiedCeiling == .deny ? .interpGuest : .deny
        case 10: file.signers["both"]?.threshold = 1 + random.below(3)
        case _: file.signers["team"]?.keys = some(keys, &random)
        }
        return file
    }

    // MARK: trying

    static func allows(_ file: PolicyFile, _ facts: Facts, _ tier: Tier) -> Bool {
        guard let sha256 = ContentDigest([UInt8](repeating: 0, count: 32)) else { return false }
        let decision = decide(
            [PolicyBase(file: file, sha256: sha256)], facts: facts,
            availability: Availability(guest: .usable, child: .usable, eligible: [tier]), now: file.issued)
        return decision.outcome == tier
    }

    static func facts(_ known: [String: [String]]) -> Facts? {
        var facts = Facts()
        for (name, words) in known {
            guard let name = FactName(rawValue: name), facts.set(name, words: words, .claimed) else { return nil }
        }
        return facts
    }

    static func findsIncrease(from old: PolicyFile, to new: PolicyFile, _ random: inout Seeded) -> Bool {
        for _ in 0..<60 {
            let facts = facts(&random)
            for tier in Tier.running where allows(new, facts, tier) && !allows(old, facts, tier) { return true }
        }
        return false
    }

    private static func facts(_ random: inout Seeded) -> Facts {
        var facts = Facts()
        func set(_ name: FactName, _ words: [String]) { _ = facts.set(name, words: words, .claimed) }
        for (key, words) in words where !random.chance(4) {
            set(key.fact, key.fact.shape.isSet ? words.filter { _ in random.chance(2) } : [random.one(of: words)])
        }
        if !random.chance(6) { set(.signer, keys.filter { _ in random.chance(2) }.map(\.description)) }
        for name in [FactName.instructions, .mapBytes] where !random.chance(6) {
            set(name, [random.one(of: ["0", "65", "4096", "9000"])])
        }
        for name in [FactName.loops, .btf] where !random.chance(6) { set(name, [random.one(of: ["true", "false"])]) }
        if random.chance(2) { set(.verdict, ["accepted"]) }
        return facts
    }
}
