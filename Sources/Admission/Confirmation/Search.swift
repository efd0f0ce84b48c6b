internal import Bytecode
internal import ProgramPackage
internal import Prototypes
internal import Verifier

/// Looks for an input on which a program misbehaves where and as a finding says.
///
/// First along the trace: run, and where the program takes another branch, solve for an input that does not; at the end solve for
/// one on which the last access, or whatever it is, goes wrong. Then, because a trace through merged states need not be the way of
/// any run: on any way there, with the trace to say which branches lead the right way.
struct Search {
    /// How a run ended, for the search.
    enum End {
        case shown(outcome: String, isFault: Bool)
        /// The program took another branch; the condition is what must hold instead.
        case departed(Condition)
        case ended
    }

    /// The instruction was reached, after so many conditions, and would have gone wrong if one of the goals had held.
    struct Visit {
        var conditions: Int
        var goals: [Condition]
    }

    let finding: Finding
    private let branches: [Trace.Branch]
    var machine: Machine
    var shadow = Shadow()
    private var budget: Confirmation.Budget
    private var runs = 0
    private var seed: UInt64
    private var conditions: [Condition] = []
    private var decisions: [Trace.Branch] = []
    private var visits: [Visit] = []
    /// The calls of helpers in the last run, as far as they are told.
    private(set) var calls: [HelperCall] = []
    /// What was in the way, if nothing is found.
    private(set) var reason = "no input was found that gets there"
    private let guidance: Set<Decision>

    private struct Decision: Hashable {
        var instruction: Int
        var isTaken: Bool
    }

    init(_ subject: Subject, _ finding: Finding, _ trace: Trace, _ budget: Confirmation.Budget, _ arena: Arena) {
        self.finding = finding
        self.budget = budget
        branches = trace.branches
        machine = Machine(subject, in: arena)
        guidance = Set(trace.branches.map { Decision(instruction: $0.instruction, isTaken: $0.isTaken) })
        seed = UInt64(finding.instruction)
        for instruction in subject.code {
            seed = mixed(seed, UInt64(instruction.operation.rawValue) ^ UInt64(bitPattern: instruction.immediate) << 8)
        }
    }

    mutating func find() -> Witness? {
        for style in Input.Style.allCases {
            if let witness = alongTheTrace(Input(style, seed: seed)) { return minimal(witness) }
        }
        if let witness = anyWay() { return minimal(witness) }
        return nil
    }

    // MARK: along the trace

    private mutating func alongTheTrace(_ start: Input) -> Witness? {
        var input = start
        for _ in 0..<24 {
            switch run(input, follows: true) {
            case nil: return nil
            case .shown(let outcome, let isFault): return Witness(input: input, outcome: outcome, isFault: isFault)
            case .departed(let wanted):
                guard let next = solve(conditions[...], wanted, input) else { return nil }
                input = next
            case .ended:
                guard let next = solveGoals(input) else { return nil }
                input = next
            }
        }
        return nil
    }

    /// An input on which the last visits would have gone wrong.
    private mutating func solveGoals(_ input: Input) -> Input? {
        for visit in visits.suffix(3).reversed() {
            for goal in visit.goals {
                if let next = solve(conditions[..<visit.conditions], goal, input) { return next }
            }
        }
        return nil
    }

    private mutating func solve(_ held: ArraySlice<Condition>, _ wanted: Condition, _ input: Input) -> Input? {
        guard shadow.pool[wanted.a].hasInput || shadow.pool[wanted.b].hasInput, budget.work > 0 else { return nil }
        seed = mixed(seed, 3)
        var solver = Solver(
            shadow.pool, held + [wanted], seed: seed, work: min(budget.work, 400_000), input: input)
        let before = solver.work
        let changes = solver.solve(steps: 600)
        budget.work -= before - solver.work
        guard let changes else { return nil }
        var next = input
        next.chosen.merge(changes) { $1 }
        return next
    }

    // MARK: any way

    private mutating func anyWay() -> Witness? {
        var queue: [Input] = [Input(), Input(.edges, seed: seed), Input(.random, seed: seed)]
        var position = 0
        var tried: Set<UInt64> = []
        while position < queue.count, position < 64 {
            let input = queue[position]
            position += 1
            switch run(input, follows: false) {
            case nil: return nil
            case .shown(let outcome, let isFault): return Witness(input: input, outcome: outcome, isFault: isFault)
            case .departed: continue
            case .ended: break
            }
            if !visits.isEmpty {
                reason = "the instruction is reached, and nothing goes wrong there on the inputs tried"
                if let next = solveGoals(input) { queue.append(next) }
            }
            queue += departures(input, &tried)
        }
        return nil
    }

    /// Inputs that leave the way of the last run: first where the trace says so, then anywhere.
    private mutating func departures(_ input: Input, _ tried: inout Set<UInt64>) -> [Input] {
        var result: [Input] = []
        var path: UInt64 = 0
        var candidates: [Int] = []
        for (index, decision) in decisions.enumerated() {
            let flipped = mixed(path, UInt64(decision.instruction) << 1 | (decision.isTaken ? 0 : 1))
            path = mixed(path, UInt64(decision.instruction) << 1 | (decision.isTaken ? 1 : 0))
            guard !tried.contains(flipped) else { continue }
            let there = Decision(instruction: decision.instruction, isTaken: !decision.isTaken)
            let here = Decision(instruction: decision.instruction, isTaken: decision.isTaken)
            if guidance.contains(there), !guidance.contains(here) {
                candidates.insert(index, at: 0)
            } else {
                candidates.append(index)
            }
            tried.insert(flipped)
            if candidates.count >= 48 { break }
        }
        for index in candidates.prefix(6) {
            if let next = solve(conditions[..<index], conditions[index].negated, input) { result.append(next) }
        }
        return result
    }

    // MARK: a run

    /// Runs the program on an input, with a shadow.
    ///
    /// - Returns: nil where the budget is spent.
    private mutating func run(_ input: Input, follows: Bool) -> End? {
        guard runs < budget.runs, budget.instructions > 0 else { return nil }
        runs += 1
        conditions.removeAll(keepingCapacity: true)
        decisions.removeAll(keepingCapacity: true)
        visits.removeAll(keepingCapacity: true)
        calls.removeAll(keepingCapacity: true)
        let fuel = min(budget.instructions, budget.instructionsOfRun)
        if let halt = machine.begin(input, fuel: fuel) {
            reason = Self.text(halt)
            return .ended
        }
        shadow.begin(machine)
        defer { budget.instructions -= min(budget.instructions, fuel - min(fuel, machine.fuel)) }
        var followed = follows ? 0 : branches.count
        var cycle = Cycle()
        while true {
            let index = machine.index
            let isThere = index == finding.instruction
            if isThere, let outcome = shownNow(&cycle) { return .shown(outcome: outcome, isFault: false) }
            if let (condition, isTaken) = shadow.condition(machine) {
                if followed < branches.count {
                    if branches[followed].instruction != index {
                        // Not the way of any run; on from here on any.
                        followed = branches.count
                    } else if branches[followed].isTaken != isTaken {
                        return .departed(condition.negated)
                    } else {
                        followed += 1
                    }
                }
                if shadow.pool[condition.a].hasInput || shadow.pool[condition.b].hasInput {
                    conditions.append(condition)
                    decisions.append(Trace.Branch(instruction: index, isTaken: isTaken))
                }
            }
            if isThere { visits.append(Visit(conditions: conditions.count, goals: goals())) }
            if let end = step(isThere) { return end }
        }
    }

    /// One step of the machine and its shadow.
    private mutating func step(_ isThere: Bool) -> End? {
        let key = keyOfLookup()
        let isCall = machine.effects[machine.index] == .callHelper
        if !isCall, machine.mayAccess() { shadow.follow(machine) }
        switch machine.step() {
        case .done: return nil
        case .called:
            shadow.followCall(machine, keyExpression: key)
            if calls.count < 12 { calls.append(machine.call) }
            return nil
        case .halted(.fault(let fault)):
            if isThere, finding.kind.isShown(by: fault) { return .shown(outcome: text(fault), isFault: true) }
            if !isThere || visits.isEmpty { reason = Self.text(.fault(fault)) }
            return .ended
        case .halted(let halt):
            if case .unsupported = halt { reason = Self.text(halt) }
            return .ended
        }
    }

    /// The expression of the key that the lookup at hand has, where that is a number.
    private mutating func keyOfLookup() -> Expression? {
        guard machine.effects[machine.index] == .callHelper, machine.map(at: machine[1]) != nil,
            machine.mayRead(machine[2], 4)
        else { return nil }
        return shadow.load(machine[2], 4, machine)
    }

    // MARK: fewer and smaller

    /// The same outcome with as little chosen as possible, and the smallest packet.
    private mutating func minimal(_ witness: Witness) -> Witness {
        var best = witness
        budget.runs = runs + 48
        budget.instructions = max(budget.instructions, 20_000)
        for variable in best.input.chosen.keys.sorted(by: { $0.word < $1.word }).prefix(24) {
            var smaller = best.input
            smaller.chosen[variable] = nil
            if let witness = again(smaller) { best = witness }
        }
        let size = Variable(.packetSize)
        var low: UInt64 = 0
        var high = best.input.value(of: size)
        while low < high {
            let middle = low + (high - low) / 2
            var smaller = best.input
            smaller.chosen[size] = middle
            if let witness = again(smaller) {
                best = witness
                high = middle
            } else {
                low = middle + 1
            }
        }
        // What is told of the run is told of this one.
        return again(best.input) ?? best
    }

    private mutating func again(_ input: Input) -> Witness? {
        guard case .shown(let outcome, let isFault) = run(input, follows: false) else { return nil }
        return Witness(input: input, outcome: outcome, isFault: isFault)
    }
}
