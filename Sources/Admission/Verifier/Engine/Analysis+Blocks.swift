internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// One block for all the states that wait before it.
extension Analysis {
    mutating func process(_ block: Int32, _ activation: inout Activation, isHead: Bool) throws(Exhausted) {
        let index = Int(block)
        if activation.pending[index].isEmpty { return }
        var states: [Kept] = []
        Swift.swap(&states, &activation.pending[index])
        let target = flow.functions[activation.function].blocks[index]
        try reduce(&states, at: target.start)
        liveStates -= states.count
        let item = flow.functions[activation.function].order[Int(target.position)]
        if item.depth > 0, isHead || target.predecessors > 1, prunes {
            dropSeen(&states, &activation.seen[index], isHead: isHead, at: target.start)
        }
        keptStates &+= UInt64(states.count)
        mostAtOnePoint = max(mostAtOnePoint, states.count)
        blame[target.start, default: 0] &+= UInt64(states.count)
        if isChecking { sightings.arrive(at: target.start) }
        var calls: [State] = []
        for index in states.indices {
            try charge(target)
            var state = states[index].state
            state.node = states[index].node
            for pc in target.start..<target.end { step(pc, &state) }
            try finish(target, &state, &activation, &calls)
        }
        if !calls.isEmpty { try call(target, calls, &activation) }
    }

    /// Takes out what a state that was here before stands for.
    private mutating func dropSeen(_ states: inout [Kept], _ seen: inout [Kept], isHead: Bool, at pc: Int) {
        var kept: [Kept] = []
        for state in states {
            if let cover = seen.last(where: { state.isCovered(by: $0, fixedBelow: firstOwnSymbol) }) {
                if isChecking { history.connect(state.node, cover.node) }
                continue
            }
            if isHead, isChecking { state.node = history.append(.head, pc, after: state.node) }
            if seen.count >= 64 { seen.remove(at: 32) }
            seen.append(state)
            kept.append(state)
        }
        states = kept
    }

    /// Does one instruction that neither jumps nor calls functions of the program.
    @inline(__always) mutating func step(_ pc: Int, _ state: inout State) {
        if let observer, isChecking { observer(pc, state) }
        let instruction = subject.code[pc]
        let form = subject.forms[pc]
        switch form.family {
        case .arithmetic: arithmetic(pc, instruction, form, &state)
        case .move: move(pc, instruction, form, &state)
        case .load: load(pc, instruction, form, &state)
        case .store: store(pc, instruction, form, &state)
        case .negate: negate(pc, instruction, form, &state)
        case .moveSigned: moveSigned(pc, instruction, form, &state)
        case .swap: swap(pc, instruction, form, &state)
        case .atomic: atomic(pc, instruction, form, &state)
        case .callHelper: _ = callHelper(pc, instruction, &state)
        case .constant:
            state.registers[Int(instruction.destination)] = .constant(UInt64(bitPattern: instruction.immediate))
        case .mapPointer, .mapValue: loadMap(pc, instruction, form, &state)
        case .code:
            state.registers[Int(instruction.destination)] = .pointer(
                .function, identity: UInt32(bitPattern: instruction.offset))
        case .classicLoad: classicLoad(pc, instruction, form, &state)
        case .tail: break
        case .refused:
            report(.unsupported, pc, state, "an instruction that this verifier does not follow")
            state.registers[Int(instruction.destination)] = .unknown
        case .jump, .branch, .exit, .callLocal: break
        }
    }

    private mutating func loadMap(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let index = UInt32(truncatingIfNeeded: instruction.immediate)
        let offset = Int64(instruction.immediate >> 32) & 0xFFFF_FFFF
        guard Int(index) < subject.maps.count else {
            report(.badMap, pc, state, "refers to map \(index); there are \(subject.maps.count)")
            state.registers[Int(instruction.destination)] = .unknown
            return
        }
        if form.family == .mapValue, offset >= Int64(subject.maps[Int(index)].valueSize) {
            report(
                .outOfBoundsMapValue, pc, state,
                "takes the address of byte \(offset) of a value of map '\(subject.maps[Int(index)].name)', which has "
                    + "\(subject.maps[Int(index)].valueSize)", hint: .maskIndex)
        }
        state.registers[Int(instruction.destination)] =
            form.family == .mapPointer
            ? .pointer(.map, identity: index) : .pointer(.mapValue, identity: index, offset: offset)
    }

    /// The last instruction of a block, and where the state goes from there.
    private mutating func finish(
        _ block: Block, _ state: inout State, _ activation: inout Activation, _ calls: inout [State]
    ) throws(Exhausted) {
        let pc = block.end
        let form = subject.forms[pc]
        switch form.family {
        case .branch:
            if let observer, isChecking { observer(pc, state) }
            let node = state.node
            let instruction = subject.code[pc]
            // What only a kernel has is never 0 there, and is 0 in a cell.
            let isCertain =
                state.registers[Int(instruction.destination)].kind != .kernelObject
                && (form.usesImmediate || state.registers[Int(instruction.source)].kind != .kernelObject)
            let fork = branch(pc, instruction, form, &state)
            if isChecking {
                sightings.jump(at: pc, isTaken: fork.taken != nil, continues: fork.continues, isCertain: isCertain)
            }
            if var taken = fork.taken {
                if isChecking { taken.node = history.append(.taken, pc, after: node) }
                try push(taken, to: block.target, &activation)
            }
            if fork.continues {
                if isChecking { state.node = history.append(.notTaken, pc, after: node) }
                try push(state, to: block.next, &activation)
            }
        case .jump: try push(state, to: block.target, &activation)
        case .exit:
            if let observer, isChecking { observer(pc, state) }
            exit(pc, &state, &activation)
        case .callLocal:
            if let observer, isChecking { observer(pc, state) }
            calls.append(state)
        case .callHelper where ControlFlow.callsBack(subject, pc):
            if let observer, isChecking { observer(pc, state) }
            calls.append(state)
        case .callHelper where ControlFlow.isTailCall(subject, pc):
            step(pc, &state)
            leaveByTailCall(pc, state, &activation)
            if block.next >= 0 { try push(state, to: block.next, &activation) }
        case .arithmetic, .negate, .move, .moveSigned, .swap, .load, .store, .atomic, .classicLoad, .tail, .refused,
            .callHelper,
            .constant, .mapPointer, .mapValue, .code:
            step(pc, &state)
            if block.next >= 0 { try push(state, to: block.next, &activation) }
        }
    }

    /// What the caller of a function finds where the function went on in another program: a result of which nothing is known. The packet
    /// may have moved; nothing is acquired or locked, which was seen at the call. Where no caller is there, that program is judged for itself.
    private mutating func leaveByTailCall(_ pc: Int, _ state: State, _ activation: inout Activation) {
        if activation.window != nil || state.depth == 0 { return }
        var state = state
        state.registers[0] = .unknown
        if activation.isCallback { checkResult(pc, activation.results, &state) }
        activation.exits.append(state)
    }

    private mutating func exit(_ pc: Int, _ state: inout State, _ activation: inout Activation) {
        if activation.window != nil { return }
        if activation.isCallback {
            checkResult(pc, activation.results, &state)
            activation.exits.append(state)
            return
        }
        if state.depth > 0 {
            activation.exits.append(state)
            return
        }
        _ = requireInitialised(0, pc, &state, hint: .setResult)
        let value = state.registers[0]
        if value.kind != .scalar, !subject.mayLeak {
            report(
                .addressLeak, pc, state, "returns \(describe(value)): whoever receives the result reads the address", 0,
                hint: .setResult)
        }
        checkResult(pc, subject.descriptor.results, &state)
        if let reference = state.references.first {
            report(
                .unreleasedReference, pc, state,
                "ends without giving back what the call at instruction \(reference >> 8) acquired",
                hint: .releaseOnEveryPath)
        }
        if state.cells.last?.key == Place.lock {
            report(.lockHeld, pc, state, "ends while a lock is held", hint: .unlockOnEveryPath)
        }
        let number = value.isNumber ? value.number : .unknown
        if isChecking { result = result.map { $0.joined(number) } ?? number }
    }

    private mutating func checkResult(_ pc: Int, _ range: ClosedRange<Int64>?, _ state: inout State) {
        guard let range else { return }
        _ = requireInitialised(0, pc, &state, hint: .setResult)
        let value = state.registers[0]
        let low = Int64(value.number.halfSignedMinimum)
        let high = Int64(value.number.halfSignedMaximum)
        let fits =
            low >= range.lowerBound && high <= range.upperBound
            || value.number.signedMinimum >= range.lowerBound && value.number.signedMaximum <= range.upperBound
        if !value.isNumber || !fits {
            report(
                .badResult, pc, state,
                "returns \(describe(value)); the result must be from \(range.lowerBound) to \(range.upperBound)", 0,
                hint: .setResult)
        }
    }
}
