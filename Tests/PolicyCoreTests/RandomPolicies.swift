import PolicyCore

/// Small worlds: few values of each fact, so that random rules and random facts meet often.
let programs = [digestA, digestB].map { must(ProgramDigest(text: $0)) }
let types: [ProgramType] = [.xdp, .schedCls, .kprobe]
let helpers = [1, 12, 36, 58].map { HelperFunction(number: $0) }
let strict = VerifierIdentity(version: 1, options: .strict)
let lax = VerifierIdentity(version: 1, options: .addressLeaks)
let keys = (1...4).map { KeyID(digest: must(ContentDigest([UInt8](repeating: $0, count: 32)))) }

/// The words that spell the atoms of each fact which random rules and facts are made of.
func words(of name: FactName) -> [String] {
    switch name.shape {
    case .word(let words), .words(let words): Array(words.prefix(4))
    case .text: name == .verifierID ? ["ringfence/1", "ringfence/2"] : ["GPL", "eth0", "/system.slice"]
    case .labels: ["dev", "prod", "edge"]
    case .number: ["0", "1", "64", "4096"]
    case .duration: ["5s", "12h", "30d"]
    case .release: ["5.15", "6.1", "6.1.55"]
    case .flag: ["true", "false"]
    case .digest:
        name == .program ? [digestA, digestB] : ["a1", "b2"].map { "sha256:" + String(repeating: $0, count: 32) }
    case .digests: ["a1", "b2"].map { "sha256:" + String(repeating: $0, count: 32) }
    case .keys: keys.map(\.description)
    case .helpers: helpers.map(\.description)
    }
}

func atoms(of name: FactName) -> [FactAtom] { words(of: name).map { must(name.shape.atom($0)) } }

let aliases = ["team", "both", "other"]
let namedSigners = [
    "team": Signer(keys: [keys[0]]), "both": Signer(keys: [keys[0], keys[1]], threshold: 2),
    "other": Signer(keys: [keys[2], keys[3]]),
]

extension Array {
    /// One to all of the elements, in their order.
    func someElements(using random: inout Generator) -> [Element] {
        var chosen = filter { _ in Bool.random(using: &random) }
        if chosen.isEmpty { chosen = [one(of: self, using: &random)] }
        return chosen
    }
}

extension Condition {
    static func random(_ key: Key, using random: inout Generator) -> Condition {
        switch key.relation {
        case .isOneOf, .intersects, .isDisjoint, .isWithin:
            Condition(key, .atoms(atoms(of: key.fact).someElements(using: &random)))
        case .isAtMost, .isAtLeast:
            if case .number(let limit) = one(of: atoms(of: key.fact), using: &random) {
                Condition(key, .limit(limit))
            } else {
                preconditionFailure("a limit is a number")
            }
        case .isFlag: Condition(key, .flag(Bool.random(using: &random)))
        case .isSignedBy: Condition(key, .aliases(aliases.someElements(using: &random)))
        }
    }
}

extension Rule {
    static func random(_ effect: Effect, id: String, using random: inout Generator) -> Rule {
        var keys: [Condition.Key] = []
        if effect == .permit { keys.append(one(of: [.program, .type, .type, .object, .signer], using: &random)) }
        if Int.random(in: 0..<3, using: &random) == 0 {
            keys.append(one(of: [.type, .helpersAny, .helpersNone, .verdict, .hostKVM, .signer], using: &random))
        }
        let others = Condition.Key.allCases.filter { effect == .permit || !$0.fact.isAge }
        for _ in 0..<Int.random(in: 0...1, using: &random) { keys.append(one(of: others, using: &random)) }
        var conditions: [Condition] = []
        for key in keys where !conditions.contains(where: { $0.key == key }) {
            conditions.append(.random(key, using: &random))
        }
        return Rule(
            effect, id: id, tier: one(of: Tier.running, using: &random), when: conditions,
            isShadow: Int.random(in: 0..<8, using: &random) == 0,
            isUnsafeWithoutAuthor: effect == .permit && Bool.random(using: &random))
    }
}

extension PolicyFile {
    static func random(
        _ kind: Kind = .base, extends: String? = nil, around start: Int64? = nil, using random: inout Generator
    ) -> PolicyFile {
        let start = start ?? Int64.random(in: 1_000_000_000...2_000_000_000, using: &random)
        var rules: [Rule] = []
        for index in 0..<Int.random(in: 0...5, using: &random) {
            rules.append(.random(.permit, id: "p\(index)", using: &random))
        }
        for index in 0..<Int.random(in: 0...3, using: &random) {
            rules.append(.random(.forbid, id: "f\(index)", using: &random))
        }
        rules.shuffle(using: &random)
        return PolicyFile(
            kind: kind, id: "\(kind)\(Int.random(in: 0..<1000, using: &random))",
            version: .random(in: 1..<(1 << 53), using: &random),
            issued: UTCTime(secondsSince1970: start), expires: UTCTime(secondsSince1970: start + 1000),
            notBefore: Int.random(in: 0..<8, using: &random) == 0 ? UTCTime(secondsSince1970: start + 100) : nil,
            mode: kind == .base && Int.random(in: 0..<4, using: &random) == 0 ? .audit : .enforce, extends: extends,
            options: kind == .base ? .random(using: &random) : PolicyOptions(), signers: namedSigners, rules: rules)
    }
}

extension PolicyOptions {
    static func random(using random: inout Generator) -> PolicyOptions {
        var options = PolicyOptions(
            onExpiry: one(of: Tier.allCases, using: &random),
            unverifiedCeiling: one(of: [.deny, .interpGuest], using: &random),
            guestCodegen: Bool.random(using: &random),
            blindConstants: Bool.random(using: &random)
        )
        options.codeIntegrity = Int.random(in: 0..<5, using: &random) == 0
        options.logRequired = Bool.random(using: &random)
        options.onTighten = one(of: Tightening.allCases, using: &random)
        options.redacted = Bool.random(using: &random) ? [.requesterCgroup, .requesterUID] : []
        if Bool.random(using: &random) {
            options.supplemental = SupplementalOptions(
                signers: aliases.someElements(using: &random), ceiling: one(of: Tier.running, using: &random))
        }
        for type in types where Bool.random(using: &random) {
            options.onFailure[type] = one(of: FailureVerdict.allCases, using: &random)
        }
        return options
    }
}

extension PolicySet {
    static func random(using random: inout Generator) -> PolicySet {
        var count = Int.random(in: 0...2, using: &random)
        if count == 0, Int.random(in: 0..<20, using: &random) > 0 { count = 1 }
        let start = Int64.random(in: 1_000_000_000...2_000_000_000, using: &random)
        let bases = (0..<count).map { _ in
            let file = PolicyFile.random(around: start, using: &random)
            let supplementals = (0..<Int.random(in: 0...1, using: &random)).map { _ in
                Supplemental(
                    file: .random(.supplemental, extends: file.id, around: start - 10, using: &random),
                    sha256: anyDigest)
            }
            return PolicyBase(file: file, sha256: anyDigest, supplementals: supplementals)
        }
        var set = PolicySet(bases: bases)
        if Int.random(in: 0..<6, using: &random) == 0 {
            set.revocations.programs = [one(of: programs, using: &random)]
            if Bool.random(using: &random) { set.revocations.keys = [one(of: keys, using: &random)] }
            if Bool.random(using: &random) { set.revocations.verifiers = [2] }
            if Int.random(in: 0..<8, using: &random) == 0 { set.revocations.attestations = [anyDigest] }
        }
        if Bool.random(using: &random) { set.revocationsIssued = UTCTime(secondsSince1970: start - 60) }
        if Int.random(in: 0..<10, using: &random) == 0 { set.cap = .rootExpired }
        if Int.random(in: 0..<10, using: &random) == 0 {
            set.recovery = RecoveryGrant(
                id: "recovery", rules: [.random(.permit, id: "r", using: &random)],
                expires: UTCTime(secondsSince1970: start + 500), sha256: anyDigest)
        }
        return set
    }
}

extension Facts {
    static func random(using random: inout Generator) -> Facts {
        var facts = Facts()
        for name in FactName.allCases {
            guard Int.random(in: 0..<7, using: &random) > 0 else {
                facts.forget(name, one(of: Cause.samples, using: &random))
                continue
            }
            let all = words(of: name)
            let chosen =
                name.shape.isSet
                ? (Int.random(in: 0..<4, using: &random) == 0 ? [] : all.someElements(using: &random))
                : [one(of: all, using: &random)]
            precondition(facts.set(name, words: chosen, one(of: [.proven, .observed], using: &random)))
        }
        // A program that passed is the usual one.
        if Bool.random(using: &random) { facts[.verdict] = .known(.accepted, .proven) }
        if Bool.random(using: &random) { facts[.hostKVM] = .known(.usable, .observed) }
        return facts
    }

    /// The same facts with one of them unknown.
    func forgetting(_ name: FactName, _ cause: Cause) -> Facts {
        var facts = self
        facts.forget(name, cause)
        return facts
    }
}

extension Cause {
    static let samples: [Cause] = [.absent, .probeFailed("EMFILE"), .extractionFailed("truncated")]
}

extension Availability {
    static func random(using random: inout Generator) -> Availability {
        Availability(
            guest: Bool.random(using: &random) ? .usable : .unusable("no guest"),
            child: Bool.random(using: &random) ? .usable : .unusable("no child"),
            eligible: TierSet(Tier.running.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }),
            codeIntegrity: Int.random(in: 0..<6, using: &random) == 0)
    }
}
