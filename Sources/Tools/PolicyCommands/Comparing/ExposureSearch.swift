internal import PolicyCore

/// Looks for facts under which one policy lets a program run in a tier and another does not.
///
/// It is exact: a policy allows a tier where some permit of at least that tier matches and each forbid of at most that tier does not, and the
/// other does not allow it where one of its forbids matches or each of its permits does not. That is a question about the conditions of both,
/// which are about facts that do not depend on each other, so it is answered by trying what each clause leaves open.
struct ExposureSearch {
    /// After so many steps the search gives up, and says so.
    static let maximumSteps = 20_000

    /// A policy as far as it decides between tiers.
    struct Side {
        let file: PolicyFile
        let permits: [Rule]
        let forbids: [Rule]

        init(_ file: PolicyFile) {
            self.file = file
            permits = file.rules.filter { $0.effect == .permit && !$0.isShadow }
            forbids = file.rules.filter { $0.effect == .forbid && !$0.isShadow }
        }

        /// Whether the options rule the tier out, whatever the rules say. Of a supplemental, its base decides that.
        func excludes(_ tier: Tier) -> Bool {
            guard file.kind == .base else { return false }
            return switch tier {
            case .jitGuest: !file.options.guestCodegen
            case .jitChild: file.options.codeIntegrity
            case .deny, .interpGuest, .interpChild: false
            }
        }

        /// Whether the tier takes a program that the verifier passed.
        func needsProof(_ tier: Tier) -> Bool { file.kind == .base && tier > file.options.unverifiedCeiling }

        /// Whether audit mode lets every program that was verified run in the tier.
        func spares(_ tier: Tier) -> Bool {
            file.kind == .base && file.mode == .audit && tier == file.options.auditTier
        }

        func literals(_ rule: Rule, _ wanted: Literal.Wanted) -> [Literal] {
            rule.conditions.map { Literal(condition: $0, signers: file.signers, wanted: wanted) }
        }
    }

    enum Answer {
        case none
        /// Facts, and the forbid of the other policy that stops them there, if it is one.
        case found(Facts, stopper: Rule?)
        case undecided
    }

    let allowing: Side
    let denying: Side
    private var steps = 0

    init(allowing: Side, denying: Side) {
        self.allowing = allowing
        self.denying = denying
    }

    /// Facts under which `permit` (nil: audit mode) lets a program run in `tier`, and the other policy does not.
    mutating func facts(_ permit: Rule?, in tier: Tier) -> Answer {
        guard !allowing.excludes(tier) else { return .none }
        var units: [Literal] = []
        var clauses: [[Literal]] = []
        if let permit {
            units += allowing.literals(permit, .isTrue)
            if allowing.needsProof(tier) { units.append(Self.proof(.isTrue)) }
            clauses = allowing.forbids.filter { $0.tier <= tier }.map { allowing.literals($0, .isFalse) }
        } else {
            units.append(Self.proof(.isTrue))
        }
        if denying.spares(tier) { units.append(Self.proof(.notTrue)) }
        steps = 0
        var isUndecided = false
        for way in waysOfDenying(tier, unlike: permit) {
            switch solve(units + way.units, clauses + way.clauses) {
            case .some(let facts): return .found(facts, stopper: way.stopper)
            case .none: if steps > Self.maximumSteps { isUndecided = true }
            }
        }
        return isUndecided ? .undecided : .none
    }

    private struct Way {
        var units: [Literal] = []
        var clauses: [[Literal]] = []
        var stopper: Rule?
    }

    private func waysOfDenying(_ tier: Tier, unlike permit: Rule?) -> [Way] {
        if denying.excludes(tier) { return [Way()] }
        var ways = [Way(clauses: denying.permits.filter { $0.tier >= tier }.map { denying.literals($0, .notTrue) })]
        if denying.needsProof(tier) { ways.append(Way(units: [Self.proof(.notTrue)])) }
        // A forbid that both have stops both alike.
        let common = allowing.forbids.filter { $0.tier <= tier }.map { Set($0.conditions) }
        for forbid in denying.forbids where forbid.tier <= tier {
            let isCommon =
                permit != nil && allowing.file.signers == denying.file.signers
                && common.contains(Set(forbid.conditions))
            if !isCommon { ways.append(Way(units: denying.literals(forbid, .notFalse), stopper: forbid)) }
        }
        return ways
    }

    private static func proof(_ wanted: Literal.Wanted) -> Literal {
        Literal(condition: .verdict(ProgramVerdict.allCases.filter(\.isPass)), signers: [:], wanted: wanted)
    }

    private mutating func solve(_ units: [Literal], _ clauses: [[Literal]]) -> Facts? {
        var state = State()
        for unit in units where !state.add(unit) { return nil }
        return search(state, clauses)
    }

    /// Takes the first clause that does not hold of the facts so far, and tries to make each of its literals hold.
    private mutating func search(_ state: State, _ clauses: [[Literal]]) -> Facts? {
        steps += 1
        guard steps <= Self.maximumSteps else { return nil }
        guard let open = clauses.first(where: { clause in !clause.contains { $0.holds(of: state.facts) } }) else {
            return state.facts
        }
        for literal in open {
            var next = state
            if next.add(literal), let facts = search(next, clauses) { return facts }
        }
        return nil
    }

    private struct State {
        var facts = Facts()
        var constraints: [FactName: FactConstraint] = [:]

        mutating func add(_ literal: Literal) -> Bool {
            let name = literal.condition.key.fact
            return constraints[name, default: FactConstraint(name)].add(literal, to: &facts)
        }
    }
}
