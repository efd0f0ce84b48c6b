import PolicyCore

/// Small worlds: few programs, types and helpers, so that random rules and random facts meet often.
let programs = [digestA, digestB].map { must(ProgramDigest(text: $0)) }
let types: [ProgramType] = [.xdp, .schedCls, .kprobe]
let helpers = [1, 12, 36, 58].map { HelperFunction(number: $0) }
let counts: [UInt64] = [1, 64, 4096]
let strict = VerifierIdentity(version: 1, options: .strict)
let lax = VerifierIdentity(version: 1, options: .addressLeaks)

extension Array {
    /// One to all of the elements, in their order.
    func someElements(using random: inout Generator) -> [Element] {
        var chosen = filter { _ in Bool.random(using: &random) }
        if chosen.isEmpty { chosen = [one(of: self, using: &random)] }
        return chosen
    }
}

extension Rule {
    static func random(_ effect: Effect, id: String, using random: inout Generator) -> Rule {
        var conditions: [Condition] = []
        let wantsProgram = Bool.random(using: &random)
        if wantsProgram { conditions.append(.program(programs.someElements(using: &random))) }
        if effect == .permit ? !wantsProgram || Bool.random(using: &random) : Bool.random(using: &random) {
            conditions.append(.type(types.someElements(using: &random)))
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            conditions.append(.helpersAny(helpers.someElements(using: &random)))
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            conditions.append(.instructionsAtMost(one(of: counts, using: &random)))
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            conditions.append(.verdict(ProgramVerdict.allCases.someElements(using: &random)))
        }
        if Int.random(in: 0..<6, using: &random) == 0 {
            conditions.append(.verifierOptions(VerifierIdentity.Options.allCases.someElements(using: &random)))
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            conditions.append(.hostKVM(HostKVM.allCases.someElements(using: &random)))
        }
        return Rule(effect, id: id, tier: one(of: Tier.running, using: &random), when: conditions)
    }
}

extension PolicyFile {
    static func random(using random: inout Generator) -> PolicyFile {
        let start = Int64.random(in: 1_000_000_000...2_000_000_000, using: &random)
        var rules: [Rule] = []
        for index in 0..<Int.random(in: 0...5, using: &random) {
            rules.append(.random(.permit, id: "p\(index)", using: &random))
        }
        for index in 0..<Int.random(in: 0...3, using: &random) {
            rules.append(.random(.forbid, id: "f\(index)", using: &random))
        }
        rules.shuffle(using: &random)
        var options = PolicyOptions(
            onExpiry: one(of: Tier.allCases, using: &random),
            unverifiedCeiling: one(of: [.deny, .interpGuest], using: &random),
            guestCodegen: Bool.random(using: &random),
            blindConstants: Bool.random(using: &random)
        )
        for type in types where Bool.random(using: &random) {
            options.onFailure[type] = one(of: FailureVerdict.allCases, using: &random)
        }
        return PolicyFile(
            id: "base\(Int.random(in: 0..<1000, using: &random))", version: .random(in: 1..<(1 << 53), using: &random),
            issued: UTCTime(secondsSince1970: start), expires: UTCTime(secondsSince1970: start + 1000),
            notBefore: Int.random(in: 0..<8, using: &random) == 0 ? UTCTime(secondsSince1970: start + 100) : nil,
            options: options, rules: rules)
    }

    /// The policy as a text that says the same.
    var text: String {
        var lines = [
            "schema = \"ringfence-policy/v1\"", "kind = \"base\"", "id = \"\(id)\"", "version = \(version)",
            "issued = \(issued)", "expires = \(expires)", "mode = \"enforce\"",
        ]
        if let notBefore { lines.append("not_before = \(notBefore)") }
        lines += ["[options]", "on_expiry = \"\(options.onExpiry)\"", "guest_codegen = \(options.guestCodegen)"]
        lines.append("blind_constants = \(options.blindConstants)")
        lines.append("unverified_ceiling = \"\(options.unverifiedCeiling)\"")
        let failures = options.onFailure.map { "\($0.key) = \"\($0.value.rawValue)\"" }
        lines.append("on_failure = { \(failures.joined(separator: ", ")) }")
        for rule in rules {
            lines += ["[[\(rule.effect.rawValue)]]", "id = \"\(rule.id)\"", "tier = \"\(rule.tier)\""]
            lines.append("when = { \(rule.conditions.map(\.text).joined(separator: ", ")) }")
        }
        return lines.joined(separator: "\n")
    }
}

extension Condition {
    var text: String {
        func list(_ words: [String]) -> String { "[\(words.map { "\"\($0)\"" }.joined(separator: ", "))]" }
        return switch self {
        case .program(let digests): "program = \(list(digests.map(\.description)))"
        case .type(let types): "type = \(list(types.map(\.rawValue)))"
        case .helpersAny(let helpers): "helpers_any = \(list(helpers.map(\.description)))"
        case .instructionsAtMost(let limit): "\"insns.max\" = \(limit)"
        case .verdict(let verdicts): "verdict = \(list(verdicts.map(\.rawValue)))"
        case .verifierOptions(let options): "\"verifier.options\" = \(list(options.map(\.rawValue)))"
        case .hostKVM(let states): "\"host.kvm\" = \(list(states.map(\.rawValue)))"
        }
    }
}

extension Facts {
    static func random(using random: inout Generator) -> Facts {
        func fact<Value>(_ values: [Value], _ provenance: Provenance) -> Fact<Value> {
            if Int.random(in: 0..<6, using: &random) == 0 {
                return .unknown(one(of: Cause.samples, using: &random))
            }
            return .known(one(of: values, using: &random), provenance)
        }
        var used: [Set<HelperFunction>] = [[]]
        for _ in 0..<3 { used.append(Set(helpers.someElements(using: &random))) }
        return Facts(
            program: ProgramIdentity(
                digest: fact(programs, .proven), type: fact(types, .proven), helpers: fact(used, .proven),
                instructionCount: fact([1, 2, 64, 100, 5000], .proven),
                verdict: fact([.accepted, .accepted, .accepted] + ProgramVerdict.allCases, .proven),
                verifier: fact([strict, lax], .proven)),
            hostKVM: fact(HostKVM.allCases, .observed))
    }

    /// The same facts with one of them unknown.
    func forgetting(_ index: Int, _ cause: Cause) -> Facts {
        var facts = self
        switch index {
        case 0: facts.program.digest = .unknown(cause)
        case 1: facts.program.type = .unknown(cause)
        case 2: facts.program.helpers = .unknown(cause)
        case 3: facts.program.instructionCount = .unknown(cause)
        case 4: facts.hostKVM = .unknown(cause)
        case 5: facts.program.verifier = .unknown(cause)
        case _: facts.program.verdict = .unknown(cause)
        }
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
            eligible: TierSet(Tier.running.filter { _ in Int.random(in: 0..<4, using: &random) > 0 }))
    }
}
