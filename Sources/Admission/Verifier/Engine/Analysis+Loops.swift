/// Loops: walked while that is cheap, then brought to a fixpoint by widening; checked on states that have settled only.
extension Analysis {
    /// Instructions that a loop may cost before it is widened.
    private var walkBudget: UInt64 { isChecking ? 60_000 : 3_000 }

    mutating func runLoop(_ position: Int, _ activation: inout Activation) throws(Exhausted) {
        let order = flow.functions[activation.function].order
        let head = order[position].block
        let end = Int(order[position].end)
        let isWaiting = { (activation: Activation) in
            (position..<end).contains { !activation.pending[Int(order[$0].block)].isEmpty }
        }
        guard isWaiting(activation) else { return }
        if isChecking {
            if (position + 1..<end).contains(where: { !activation.pending[Int(order[$0].block)].isEmpty }) {
                entersPastHead.insert(LoopKey(function: activation.function, position: position))
            }
            try remember(
                activation.pending[Int(head)].map(\.state), LoopKey(function: activation.function, position: position))
        } else {
            for place in position..<end { activation.seen[Int(order[place].block)] = [] }
        }
        let start = visits
        while isWaiting(activation) {
            try process(head, &activation, isHead: true)
            try run(position + 1..<end, &activation)
            if visits &- start > walkBudget { break }
        }
        if isWaiting(activation) { try widen(position, &activation) }
    }

    /// Keeps what enters a loop, joined where it is much.
    private mutating func remember(_ states: [State], _ key: LoopKey) throws(Exhausted) {
        var entries = loopEntries[key] ?? []
        for state in states { include(state, in: &entries, .hull) }
        loopEntries[key] = entries
    }

    /// Makes sure that `states` covers `state`, with few states.
    mutating func include(_ state: State, in states: inout [State], _ how: Combination) {
        if states.contains(where: { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }) { return }
        let shape = state.shape
        let partner =
            states.firstIndex { $0.shape == shape && $0.canJoin(state) }
            ?? (states.count < 8 ? nil : states.firstIndex { $0.canJoin(state) })
        guard let partner else {
            states.append(state)
            return
        }
        let node = states[partner].node
        states[partner] = states[partner].joined(state, how, nextSymbol: &nextSymbol)
        states[partner].node = node
        hasJoined = true
    }

    /// What is true at the head of a loop whenever it is reached from now on, and whether it is reached for ever.
    mutating func widen(_ position: Int, _ activation: inout Activation) throws(Exhausted) {
        hasUncountedRounds = true
        let order = flow.functions[activation.function].order
        let head = Int(order[position].block)
        let end = Int(order[position].end)
        let pc = flow.functions[activation.function].blocks[head].start
        let wasChecking = isChecking
        var frontier: [State] = []
        for state in activation.pending[head] { include(state.state, in: &frontier, .hull) }
        if wasChecking, !activation.pending[head].isEmpty {
            lastJoin = pc
            for index in frontier.indices {
                frontier[index].node = history.append(.head, pc, after: frontier[index].node)
                frontier[index].isMerged = true
                for state in activation.pending[head] { history.connect(state.node, frontier[index].node) }
            }
        }
        liveStates -= activation.pending[head].count
        activation.pending[head] = []

        isChecking = false
        let summary = try settle(position, frontier, &activation)
        isChecking = wasChecking
        if isChecking {
            if summary.ends { bounded.insert(pc) } else { unbounded.insert(pc) }
        }
        // Once more, from what has settled: this time what fails is wrong, and what leaves the loop counts.
        for place in position..<end { activation.seen[Int(order[place].block)] = [] }
        for state in summary.invariant { try push(state, to: Int32(head), &activation) }
        try process(Int32(head), &activation, isHead: false)
        try run(position + 1..<end, &activation)
        // What comes back is covered by what has settled.
        liveStates -= activation.pending[head].count
        activation.pending[head] = []
    }

    struct Summary {
        var invariant: [State]
        var ends: Bool
    }

    /// Finds states that cover everything that reaches the head of a loop from `frontier` on.
    mutating func settle(
        _ position: Int, _ frontier: [State], _ activation: inout Activation
    ) throws(Exhausted) -> Summary {
        let order = flow.functions[activation.function].order
        let head = Int(order[position].block)
        let pc = flow.functions[activation.function].blocks[head].start
        let window = activation.window
        activation.window = position..<Int(order[position].end)
        // Other blocks of the loop may be entered from outside, past its head; those states come every time.
        var inputs: [(block: Int32, state: State)] = []
        for place in position + 1..<Int(order[position].end) {
            let block = order[place].block
            for state in activation.pending[Int(block)] { inputs.append((block, state.state)) }
        }
        var invariant = frontier
        var back: [State] = []
        var round = 0
        while true {
            nameAll(&invariant)
            back = try pass(position, invariant, inputs, &activation)
            var grew = false
            let known = withoutLonelySymbols(invariant)
            for state in back where !known.contains(where: { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }) {
                grew = true
                include(state, in: &invariant, climb(round))
            }
            if !grew { break }
            round += 1
            if round > 64 { throw Exhausted(resource: .unsettled, instruction: pc) }
        }
        var ends = false
        // What enters past the head has not gone round, so that nothing can be told from what it adds.
        let trips = Trips(heads: invariant, backs: inputs.isEmpty ? back : [], entries: frontier)
        if trips.most != nil || back.isEmpty { ends = true }
        if trips.most != nil { invariant = invariant.map { trips.bounded($0) } }
        // Twice down again: what widening overshot.
        for _ in 0..<2 {
            nameAll(&invariant)
            back = try pass(position, invariant, inputs, &activation).map { trips.bounded($0) }
            var narrowed: [State] = frontier
            for state in back { include(state, in: &narrowed, .hull) }
            narrowed = narrowed.map { trips.bounded($0) }
            nameAll(&narrowed)
            let again = try pass(position, narrowed, inputs, &activation).map { trips.bounded($0) }
            let known = withoutLonelySymbols(narrowed)
            guard
                again.allSatisfy({ state in
                    known.contains { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }
                })
            else { break }
            invariant = narrowed
            if !ends, inputs.isEmpty, Trips(heads: narrowed, backs: again, entries: frontier).most != nil {
                ends = true
            }
        }
        activation.window = window
        for input in inputs {
            activation.pending[Int(input.block)].append(Kept(input.state))
            liveStates += 1
        }
        return Summary(invariant: invariant, ends: ends)
    }

    /// Whether nothing comes back any more after some rounds, none of which was taken for another.
    private mutating func walksToItsEnd(_ key: LoopKey, _ entries: [State]) throws(Exhausted) -> Bool {
        let function = flow.functions[key.function]
        let item = function.order[key.position]
        var activation = Activation(function: key.function, blocks: function.blocks.count)
        activation.window = key.position..<Int(item.end)
        prunes = false
        defer { prunes = true }
        for state in entries { try push(state, to: item.block, &activation) }
        let start = visits
        while !activation.pending[Int(item.block)].isEmpty {
            if visits &- start > 20_000 {
                liveStates -= activation.pending[Int(item.block)].count
                return false
            }
            try process(item.block, &activation, isHead: false)
            try run(key.position + 1..<Int(item.end), &activation)
        }
        return true
    }

    private func withoutLonelySymbols(_ states: [State]) -> [State] {
        states.map {
            var state = $0
            state.dropLonelySymbols(keepingBelow: firstOwnSymbol)
            return state
        }
    }

    /// How boldly to widen in a round.
    func climb(_ round: Int) -> Combination {
        switch round {
        case ..<2: .hull
        case ..<12: .widening(thresholds)
        case ..<16: .widening([])
        default: .forgetting
        }
    }

    /// Once through the body: the states that come back to the head. Until it is over, the names of values at the head mean these
    /// values and nothing else.
    private mutating func pass(
        _ position: Int, _ invariant: [State], _ inputs: [(block: Int32, state: State)], _ activation: inout Activation
    ) throws(Exhausted) -> [State] {
        let order = flow.functions[activation.function].order
        let end = Int(order[position].end)
        let floor = firstOwnSymbol
        firstOwnSymbol = nextSymbol
        for place in position..<end {
            let block = Int(order[place].block)
            activation.seen[block] = []
            liveStates -= activation.pending[block].count
            activation.pending[block] = []
        }
        let head = order[position].block
        activation.pending[Int(head)] = invariant.map { Kept($0) }
        liveStates += invariant.count
        for input in inputs {
            activation.pending[Int(input.block)].append(Kept(input.state))
            liveStates += 1
        }
        try process(head, &activation, isHead: false)
        try run(position + 1..<end, &activation)
        // What comes back is held against states whose names are free again.
        firstOwnSymbol = floor
        let back = activation.pending[Int(head)].map(\.state)
        liveStates -= back.count
        activation.pending[Int(head)] = []
        return back
    }

    /// Gives every unknown value a name, so that it can be told what the body adds to it.
    private mutating func nameAll(_ states: inout [State]) {
        for index in states.indices {
            for register in 0..<10 { name(&states[index].registers[register]) }
            for cell in states[index].cells.indices { name(&states[index].cells[cell].value) }
        }
    }

    /// Whether loops to whose heads states came back that had been there before come to an end all the same.
    mutating func settleTermination() throws(Exhausted) {
        let heads = history.headsOnCycles()
        if heads.isEmpty { return }
        hasUncountedRounds = true
        isChecking = false
        for (key, entries) in loopEntries {
            let function = flow.functions[key.function]
            let pc = function.blocks[Int(function.order[key.position].block)].start
            guard heads.contains(pc), !bounded.contains(pc), !unbounded.contains(pc) else { continue }
            if entersPastHead.contains(key) {
                unbounded.insert(pc)
                continue
            }
            active = [key.function]
            if try walksToItsEnd(key, entries) { continue }
            var activation = Activation(function: key.function, blocks: function.blocks.count)
            if try !settle(key.position, entries, &activation).ends { unbounded.insert(pc) }
        }
        isChecking = true
    }
}
