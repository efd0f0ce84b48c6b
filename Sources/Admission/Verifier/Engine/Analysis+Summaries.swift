/// What is known of a function for one way of being entered.
struct FunctionSummary {
    /// What the function sees at its entry.
    let entry: State
    /// What it sees at its exits.
    let exits: [State]
    /// The instructions that its verification visited, those of its callees included.
    let visits: UInt64
}

/// Summaries of functions: a function that is entered twice with the same before its eyes is verified once.
struct FunctionSummaries {
    /// States kept in all; what comes later is verified each time.
    private static let capacity = 4_096

    private struct Key: Hashable {
        let function: Int
        let shape: UInt64
    }

    private var entries: [Key: [FunctionSummary]] = [:]
    private(set) var states = 0

    func find(_ function: Int, _ entry: State) -> FunctionSummary? {
        entries[Key(function: function, shape: entry.shape)]?.first { $0.entry.says(entry, names: false) }
    }

    mutating func add(_ summary: FunctionSummary, of function: Int) {
        guard states + summary.exits.count + 1 <= Self.capacity else { return }
        states += summary.exits.count + 1
        entries[Key(function: function, shape: summary.entry.shape), default: []].append(summary)
    }
}

extension Analysis {
    /// More ways of being entered than these at one call are verified together, as they are.
    private static var separateEntries: Int { 8 }
    /// Decisions of a function that are told of a call that was not followed.
    private static var toldDecisions: Int { 256 }

    private struct Caller {
        let state: State
        let hidden: HiddenPart
    }

    /// Lets a function be entered by each of these states, and gives those in which it has been left.
    ///
    /// Callers that show the function the same are verified as one, and not at all where that was done before: what the function
    /// does not see it does not change. Nothing is lost by that, unlike by a join.
    mutating func summarised(_ function: Int, _ entering: [State]) throws(Exhausted) -> [State] {
        // A loop that is walked to its end is walked; a function that calls itself is refused where it does.
        guard prunes, !flow.callees.isEmpty, flow.callees[function].isDisjoint(with: active + [function]) else {
            return try run(function: function, entering, isCallback: false)
        }
        let block = flow.functions[function].blocks[flow.functions[function].entry]
        var groups: [(seen: State, callers: [Caller])] = []
        for state in entering {
            var seen = state
            seen.keepRegisters(block.live, exact: block.exact)
            let caller = Caller(state: state, hidden: seen.hideCallers())
            if let group = groups.firstIndex(where: { $0.seen.says(seen, names: true) }) {
                groups[group].callers.append(caller)
            } else {
                groups.append((seen, [caller]))
            }
        }
        guard groups.count <= Self.separateEntries else {
            return try run(function: function, entering, isCallback: false)
        }
        var leaving: [State] = []
        for group in groups { leaving += try leave(function, group.seen, group.callers) }
        return leaving
    }

    private mutating func leave(_ function: Int, _ seen: State, _ callers: [Caller]) throws(Exhausted) -> [State] {
        // While the bounds of a loop are being looked for, some names mean values of that round, which no summary knows.
        if isChecking, let known = summaries.find(function, seen) {
            reusedVisits &+= known.visits
            return callers.flatMap { caller in
                known.exits.map { exit in
                    var exit = exit
                    exit.renameSymbols(nextFree: &nextSymbol)
                    return end(of: caller, exit, since: known.entry.node)
                }
            }
        }
        let before = visits &+ reusedVisits
        let exits = try run(function: function, [seen], isCallback: false)
        if isChecking {
            summaries.add(
                FunctionSummary(entry: seen, exits: exits, visits: visits &+ reusedVisits &- before), of: function)
        }
        return callers.enumerated().flatMap { index, caller in
            exits.map { exit in
                if index > 0 { return end(of: caller, exit, since: seen.node) }
                var exit = exit
                exit.show(caller.hidden)
                return exit
            }
        }
    }

    /// The end of a call that another one stands for: what the function left, what its caller had, and the decisions on the way.
    private mutating func end(of caller: Caller, _ exit: State, since entry: Int32) -> State {
        var state = exit
        state.show(caller.hidden)
        state.isMerged = exit.isMerged || caller.state.isMerged
        state.node = caller.state.node
        if isChecking {
            for (step, pc) in history.path(from: entry, to: exit.node, atMost: Self.toldDecisions) {
                state.node = history.append(step, pc, after: state.node)
            }
        }
        return state
    }
}
