internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Calls of functions of the program, by itself or by helpers.
extension Analysis {
    mutating func call(_ block: Block, _ states: [State], _ activation: inout Activation) throws(Exhausted) {
        let pc = block.end
        if subject.forms[pc].family == .callLocal {
            try callLocal(block, states, &activation)
        } else {
            for state in states { try callBack(pc, block, state, &activation) }
        }
    }

    private mutating func callLocal(
        _ block: Block, _ states: [State], _ activation: inout Activation
    ) throws(Exhausted) {
        let pc = block.end
        guard let function = flow.functionAt[Int(subject.code[pc].offset)] else { return }
        var entering: [State] = []
        for var state in states {
            if let why = refusal(pc, function, state) {
                report(why.kind, pc, state, why.text)
                for register in 1...5 { state.registers[register] = .unusable }
                state.registers[0] = .unknown
                try push(state, to: block.next, &activation)
                continue
            }
            forgetDead(block, &state)
            state.push(returnTo: pc)
            entering.append(state)
        }
        if entering.isEmpty { return }
        for var state in try summarised(function, entering) {
            state.pop()
            try push(state, to: block.next, &activation)
        }
    }

    /// What the caller will not ask for again need not be kept for it.
    private func forgetDead(_ block: Block, _ state: inout State) {
        guard block.next >= 0, let caller = active.last else { return }
        let live = flow.functions[caller].blocks[Int(block.next)].live
        let next = flow.functions[caller].blocks[Int(block.next)]
        state.keepFrame(state.depth, next.liveFrame, exact: next.exactFrame)
        for register in 6...9 where live >> UInt16(register) & 1 == 0 { state.registers[register] = .unusable }
    }

    private func refusal(_ pc: Int, _ function: Int, _ state: State) -> (kind: Finding.Kind, text: String)? {
        if active.contains(function) {
            return (
                .recursion,
                "calls the function at instruction \(subject.code[pc].offset), which is being executed already"
            )
        }
        if state.depth + 1 >= maximumFrames {
            return (.callDepth, "calls a function from call \(state.depth); there are \(maximumFrames) frames")
        }
        if state.cells.last?.key == Place.lock { return (.lockHeld, "calls a function while a lock is held") }
        return nil
    }

    // MARK: callbacks

    private mutating func callBack(
        _ pc: Int, _ block: Block, _ state: State, _ activation: inout Activation
    ) throws(Exhausted) {
        var state = state
        let count = state.registers[1]
        let mapArgument = state.registers[1]
        guard let call = callHelper(pc, subject.code[pc], &state), let shape = call.prototype.callback,
            let callback = call.callback, let function = flow.functionAt[Int(callback.identity)]
        else { return try push(state, to: block.next, &activation) }
        if let why = refusal(pc, function, state) {
            report(why.kind, pc, state, why.text)
            return try push(state, to: block.next, &activation)
        }
        var entry = CallbackEntry(
            shape: shape, map: mapArgument, context: call.callbackContext ?? .constant(0), index: .unknown)
        if shape == .indexAndContext, count.isNumber {
            let most = count.number.halfUnsignedMaximum
            entry.index = .unsigned(0, UInt64(most == 0 ? 0 : most - 1))
        }
        let results = state.registers[0]
        if call.prototype.traits.contains(.callsLater) {
            // On its own, some other time: with nothing of this run but what it is given.
            var later = State()
            later.node = state.node
            later.isMerged = state.isMerged
            entry.context = .constant(0)
            later.push(returnTo: pc)
            prepare(&later, entry)
            _ = try run(function: function, [later], isCallback: true, results: shape.results)
            return try push(state, to: block.next, &activation)
        }
        var after = try iterate(pc, function, [state], entry, once: !call.prototype.traits.contains(.callsRepeatedly))
        for index in after.indices {
            after[index].registers[0] = results
            try push(after[index], to: block.next, &activation)
        }
    }

    private struct CallbackEntry {
        var shape: CallbackShape
        var map: Value
        var context: Value
        var index: Scalar
    }

    /// The states after a helper has called a function any number of times, or at most once.
    private mutating func iterate(
        _ pc: Int, _ function: Int, _ states: [State], _ entry: CallbackEntry, once: Bool
    ) throws(Exhausted) -> [State] {
        hasUncountedRounds = true
        var all = states
        var frontier = states
        for _ in 0..<(once ? 1 : 12) {
            frontier = try round(pc, function, frontier, entry).filter { state in
                !all.contains { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }
            }
            all += frontier
            if once || frontier.isEmpty { return all }
        }
        // It goes on changing: find what holds however often.
        let wasChecking = isChecking
        isChecking = false
        var invariant: [State] = []
        for state in all { include(state, in: &invariant, .hull) }
        var attempt = 0
        while true {
            var grew = false
            for state in try round(pc, function, invariant, entry)
            where !invariant.contains(where: { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }) {
                grew = true
                include(state, in: &invariant, climb(attempt))
            }
            if !grew { break }
            attempt += 1
            if attempt > 64 { throw Exhausted(resource: .unsettled, instruction: pc) }
        }
        isChecking = wasChecking
        if isChecking { _ = try round(pc, function, invariant, entry) }
        return invariant
    }

    /// One call from each state.
    private mutating func round(
        _ pc: Int, _ function: Int, _ states: [State], _ entry: CallbackEntry
    ) throws(Exhausted) -> [State] {
        var entering: [State] = []
        for var state in states {
            if isChecking { state.node = history.append(.entersCallback, pc, after: state.node) }
            state.push(returnTo: pc)
            prepare(&state, entry)
            entering.append(state)
        }
        var leaving: [State] = []
        for var state in try run(function: function, entering, isCallback: true, results: entry.shape.results) {
            state.pop()
            for register in 0...5 { state.registers[register] = .unusable }
            leaving.append(state)
        }
        return leaving
    }

    /// The arguments of a callback (`bpf_callback_t` of each helper, include/uapi/linux/bpf.h).
    private mutating func prepare(_ state: inout State, _ entry: CallbackEntry) {
        for register in 1...5 { state.registers[register] = .unusable }
        let map = Int(entry.map.identity)
        switch entry.shape {
        case .indexAndContext:
            state.registers[1] = .scalar(entry.index)
            state.registers[2] = entry.context
        case .mapElement, .timer:
            guard map < subject.maps.count else { return }
            state.registers[1] = .pointer(.map, identity: UInt32(map))
            // The key: memory that may be read.
            state.registers[2] = .pointer(.memory, extent: Int32(clamping: subject.maps[map].keySize))
            state.registers[3] = .pointer(.mapValue, identity: UInt32(map))
            if entry.shape == .mapElement { state.registers[4] = entry.context }
        case .memoryArea:
            state.registers[1] = .pointer(.kernelObject)
            state.registers[2] = .pointer(.kernelObject)
            state.registers[3] = entry.context
        case .dynamicPointerAndContext:
            state.registers[1] = .pointer(.kernelObject)
            state.registers[2] = entry.context
        }
    }
}
