internal import Bytecode
internal import ProgramPackage

/// Conditional jumps: which way, and what is known afterwards.
extension Analysis {
    /// What a conditional jump leads to: `state` becomes the state where it is not taken; nil where that cannot be.
    struct Fork {
        var taken: State?
        var continues: Bool
    }

    mutating func branch(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) -> Fork {
        let left = Int(instruction.destination)
        let right = Int(instruction.source)
        guard requireInitialised(left, pc, &state), form.usesImmediate || requireInitialised(right, pc, &state) else {
            return Fork(taken: state, continues: true)
        }
        if state.registers[left].isPointer { name(&state.registers[left]) }
        if !form.usesImmediate, state.registers[right].isPointer { name(&state.registers[right]) }
        let a = state.registers[left]
        let b = operand(instruction, form, state)
        if a.isNumber, b.isNumber { return forkNumbers(form, instruction, a, b, &state) }
        if form.isHalf {
            // The halves of addresses in the packet tell about its size, and nothing that could be relied on.
            if Self.againstEnd(a, b) != nil { return Fork(taken: state, continues: true) }
            reportComparison(pc, a, b, left, right, &state)
            return Fork(taken: state, continues: true)
        }
        if a.isPointer, b.isNumber { return forkNull(pc, form, a, b, left, right, &state) }
        if b.isPointer, a.isNumber { return forkNull(pc, form, b, a, right, left, &state) }
        return forkPointers(pc, form, a, b, left, right, &state)
    }

    private mutating func forkNumbers(
        _ form: Form, _ instruction: Instruction, _ a: Value, _ b: Value, _ state: inout State
    ) -> Fork {
        let known =
            form.isHalf
            ? Scalar.decideHalf(form.condition, a.number, b.number) : Scalar.decide(form.condition, a.number, b.number)
        if let known { return known ? Fork(taken: state, continues: false) : Fork(taken: nil, continues: true) }
        var taken = state
        let canBeTaken = refine(&taken, form, instruction, holds: true)
        let continues = refine(&state, form, instruction, holds: false)
        return Fork(taken: canBeTaken ? taken : nil, continues: continues)
    }

    /// Narrows both operands, and everything that is known to move with them. False: it cannot be so.
    private func refine(_ state: inout State, _ form: Form, _ instruction: Instruction, holds: Bool) -> Bool {
        let left = Int(instruction.destination)
        let right = Int(instruction.source)
        var a = state.registers[left]
        var b = operand(instruction, form, state)
        let possible =
            form.isHalf
            ? Scalar.refineHalf(form.condition, holds: holds, &a.number, &b.number)
            : Scalar.refine(form.condition, holds: holds, &a.number, &b.number)
        guard possible else { return false }
        if !form.usesImmediate, left == right {
            guard let both = a.number.met(b.number) else { return false }
            a.number = both
            b.number = both
        }
        let oldLeft = state.registers[left].number
        state.registers[left].number = a.number
        if a.symbol != Symbol.none, a.number != oldLeft, !spread(a, &state) { return false }
        if !form.usesImmediate {
            let oldRight = state.registers[right].number
            guard let narrowed = oldRight.met(b.number) else { return false }
            state.registers[right].number = narrowed
            b.number = narrowed
            if b.symbol != Symbol.none, narrowed != oldRight, !spread(b, &state) { return false }
            if form.condition == .equal && holds || form.condition == .notEqual && !holds, !form.isHalf {
                equate(left, right, &state)
            }
        }
        return true
    }

    /// Both registers hold the same number from here on: what is found out of one will hold of the other.
    private func equate(_ left: Int, _ right: Int, _ state: inout State) {
        let a = state.registers[left]
        let b = state.registers[right]
        guard a.kind == .scalar, b.kind == .scalar, !a.number.isConstant else { return }
        if a.symbol == Symbol.none, b.symbol != Symbol.none {
            state.registers[left].symbol = b.symbol
            state.registers[left].constant = b.constant
        } else if b.symbol == Symbol.none, a.symbol != Symbol.none {
            state.registers[right].symbol = a.symbol
            state.registers[right].constant = a.constant
        }
    }

    /// Hands on what was found out of one value to all with its symbol. False: it cannot be so.
    func spread(_ value: Value, _ state: inout State) -> Bool {
        let symbol = value.symbol
        let amount =
            value.constant == 0 || value.isPointer
            ? value.number : Scalar.apply(.sub, value.number, Scalar(UInt64(bitPattern: value.constant)))
        if symbol == Symbol.packetSize {
            state.packetMinimum = max(
                state.packetMinimum, UInt32(clamping: min(amount.unsignedMinimum, UInt64(UInt32.max))))
            state.packetMaximum = min(
                state.packetMaximum, UInt32(clamping: min(amount.unsignedMaximum, UInt64(UInt32.max))))
            if state.packetMinimum > state.packetMaximum { return false }
        }
        var possible = true
        state.updateValues { other in
            guard other.symbol == symbol, other.kind != .unusable else { return }
            let here =
                other.constant == 0 || other.isPointer
                ? amount : Scalar.apply(.add, amount, Scalar(UInt64(bitPattern: other.constant)))
            if !other.narrow(to: here) { possible = false }
        }
        return possible
    }

    private mutating func forkNull(
        _ pc: Int, _ form: Form, _ pointer: Value, _ number: Value, _ register: Int, _ other: Int, _ state: inout State
    ) -> Fork {
        let equals: Bool
        switch form.condition {
        case .equal: equals = true
        case .notEqual: equals = false
        case .greater where form.usesImmediate && number.isNull: equals = false
        case .lessOrEqual where form.usesImmediate && number.isNull: equals = true
        case .greater, .greaterOrEqual, .less, .lessOrEqual, .signedGreater, .signedGreaterOrEqual, .signedLess,
            .signedLessOrEqual, .set:
            reportComparison(pc, pointer, number, register, other, &state)
            return Fork(taken: state, continues: true)
        }
        guard number.isNull else {
            reportComparison(pc, pointer, number, register, other, &state)
            return Fork(taken: state, continues: true)
        }
        guard pointer.isNullable else { return Fork(taken: equals ? nil : state, continues: equals) }
        var other = state
        assumeNull(pointer.symbol, &other)
        assumeNotNull(pointer.symbol, &state)
        if equals { return Fork(taken: other, continues: true) }
        Swift.swap(&state, &other)
        return Fork(taken: other, continues: true)
    }

    /// The pointers of one symbol are not 0.
    func assumeNotNull(_ symbol: UInt32, _ state: inout State) {
        let maps = subject.maps
        state.updateValues { value in
            guard value.symbol == symbol, value.isNullable else { return }
            value.isNullable = false
            // A lock is told from others by the symbol of its value.
            let hasLock = value.kind == .mapValue && maps[Int(value.identity)].spinLock != nil
            if !hasLock { value.symbol = Symbol.none }
        }
    }

    private func assumeNull(_ symbol: UInt32, _ state: inout State) {
        var freed: UInt32?
        state.updateValues { value in
            guard value.symbol == symbol, value.isNullable else { return }
            if value.ownsReference { freed = value.identity }
            value = .constant(0)
        }
        // What was not given need not be given back.
        if let freed { state.references.removeAll { $0 == freed } }
        for index in state.cells.indices where Place.isStack(state.cells[index].key) && state.cells[index].value.isNull
        {
            let byte = Place.byte(state.cells[index].key)
            state.frames[Place.frame(state.cells[index].key)].insert(byte, byte + Int(state.cells[index].size))
        }
    }
}
