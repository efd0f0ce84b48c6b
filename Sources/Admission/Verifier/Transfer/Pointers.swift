internal import Bytecode
internal import ProgramPackage

/// Arithmetic with addresses.
extension Analysis {
    mutating func pointerArithmetic(
        _ pc: Int, _ form: Form, _ instruction: Instruction, _ left: Value, _ right: Value, _ state: inout State
    ) -> Value {
        // Pointers to which the same number was added are known to be equal only if the number has a name.
        var left = left
        var right = right
        if !form.usesImmediate {
            name(&state.registers[Int(instruction.source)])
            right = state.registers[Int(instruction.source)]
        }
        if left.isNumber { name(&left) }
        if form.isHalf || left.kind == .packetLow || right.kind == .packetLow {
            return halves(form, left, right, state)
        }
        if form.alu == .add {
            if left.isPointer, right.isNumber { return add(pc, left, right, Int(instruction.destination), &state) }
            if right.isPointer, left.isNumber { return add(pc, right, left, Int(instruction.source), &state) }
        }
        if form.alu == .sub {
            if let difference = difference(left, right, state) { return difference }
            if left.isPointer, right.isNumber {
                var negative = Value.scalar(right.number.negated())
                if right.kind == .tainted { negative = .tainted(negative.number) }
                return add(pc, left, negative, Int(instruction.destination), &state)
            }
        }
        if !subject.mayLeak {
            let register = Int(left.isPointer ? instruction.destination : instruction.source)
            report(
                .pointerArithmetic, pc, state,
                "computes with r\(register), which is \(describe(left.isPointer ? left : right)): an address allows only "
                    + "adding and subtracting 64-bit numbers, and subtracting an address of the same thing", register,
                hint: .subtractPointersNotNumbers)
        }
        return .tainted(.unknown)
    }

    /// The low half of a pointer into the packet.
    func lowHalf(_ pointer: Value) -> Value {
        var half = Value.pointer(.packetLow, offset: pointer.constant)
        half.number = pointer.number
        half.symbol = pointer.symbol
        return half
    }

    /// Halves of addresses are added to and subtracted to get lengths. What comes out is a number only where the address has
    /// gone out of it.
    private func halves(_ form: Form, _ left: Value, _ right: Value, _ state: State) -> Value {
        func address(_ value: Value) -> Value? {
            guard value.kind == .packet || value.kind == .packetLow || value.kind == .packetEnd, !value.isNullable
            else {
                return nil
            }
            guard value.kind == .packetLow else { return value }
            var whole = Value.pointer(.packet, offset: value.constant)
            whole.number = value.number
            whole.symbol = value.symbol
            return whole
        }
        if form.isHalf, form.alu == .sub, let first = address(left), let second = address(right),
            let difference = difference(first, second, state)
        {
            return .scalar(difference.number.zeroExtended(from: 32))
        }
        if form.isHalf, form.alu == .add || form.alu == .sub, left.kind == .packet || left.kind == .packetLow,
            !left.isNullable, right.kind == .scalar, let known = right.number.constant
        {
            var half = lowHalf(left)
            let amount = Int64(Int32(truncatingIfNeeded: known))
            half.constant = form.alu == .add ? left.constant &+ amount : left.constant &- amount
            if half.constant.magnitude <= UInt64(Value.offsetLimit) { return half }
        }
        return .tainted(form.isHalf ? .low(bits: 32) : .unknown)
    }

    /// `pointer + number`.
    private mutating func add(
        _ pc: Int, _ pointer: Value, _ number: Value, _ register: Int, _ state: inout State
    ) -> Value {
        var pointer = pointer
        if pointer.isNullable {
            report(
                .possiblyNull, pc, state,
                "adds to r\(register), which is \(describe(pointer)): it must be compared with 0 first", register,
                hint: .checkForNull)
            assumeNotNull(pointer.symbol, &state)
            pointer.isNullable = false
            pointer.symbol = Symbol.none
        }
        switch pointer.kind {
        case .context, .stack, .packet, .packetMeta, .mapValue, .memory: break
        case .packetEnd where number.number.isConstant: break
        case .packetEnd, .packetLow, .map, .socket, .kernelObject, .function, .unusable, .scalar, .tainted:
            report(
                .pointerArithmetic, pc, state, "computes with r\(register), which is \(describe(pointer))", register)
            return .tainted(.unknown)
        }
        guard number.kind == .scalar || subject.mayLeak else {
            report(.pointerArithmetic, pc, state, "adds a number that was made of an address", register)
            return .tainted(.unknown)
        }
        var result = pointer
        if let known = number.number.constant {
            let (sum, overflows) = pointer.constant.addingReportingOverflow(Int64(bitPattern: known))
            if overflows || sum.magnitude > UInt64(Value.offsetLimit) { return astray(pointer) }
            result.constant = sum
            return result
        }
        if pointer.number.isConstant {
            // The variable part is the number without the constant that it is known to be its symbol plus.
            let (sum, overflows) = pointer.constant.addingReportingOverflow(number.constant)
            if number.symbol > Symbol.packetSize, !overflows, sum.magnitude <= UInt64(Value.offsetLimit) {
                result.symbol = number.symbol
                result.constant = sum
                result.number =
                    number.constant == 0
                    ? number.number
                    : Scalar.apply(.sub, number.number, Scalar(UInt64(bitPattern: number.constant)))
            } else {
                result.symbol = Symbol.none
                result.number = number.number
            }
            if result.kind != .memory { result.extent = rangeFromTwin(result, state) }
            if result.kind == .packet, number.extent > 0 {
                let shift = result.symbol == Symbol.none ? 0 : number.constant
                result.extent = max(result.extent, Int32(clamping: Int64(number.extent) &+ shift))
            }
        } else {
            result.number = Scalar.apply(.add, pointer.number, number.number)
            result.symbol = Symbol.none
            // What was known behind the old variable part holds behind the new one less what was added.
            if result.kind != .memory {
                let most = number.number.signedMaximum
                let least = number.number.signedMinimum
                result.extent =
                    least >= 0 && most <= Value.offsetLimit ? Int32(clamping: Int64(pointer.extent) &- most) : 0
                if result.extent < 0 { result.extent = 0 }
            }
        }
        result.fold()
        return result
    }

    /// What another pointer with the same variable part knows of the packet behind it.
    private func rangeFromTwin(_ pointer: Value, _ state: State) -> Int32 {
        guard pointer.symbol != Symbol.none, pointer.kind == .packet || pointer.kind == .packetMeta else { return 0 }
        var best: Int32 = 0
        let kind = pointer.kind
        let symbol = pointer.symbol
        state.forEachValue { if $0.kind == kind, $0.symbol == symbol { best = max(best, $0.extent) } }
        return best
    }

    /// A pointer that may be anywhere: nothing can be done with it.
    private func astray(_ pointer: Value) -> Value {
        var result = pointer
        result.constant = 0
        result.number = .unknown
        result.symbol = Symbol.none
        if result.kind != .memory { result.extent = 0 }
        return result
    }

    /// The distance between two addresses of one thing; between data and data_end the size of the packet.
    func difference(_ left: Value, _ right: Value, _ state: State) -> Value? {
        guard !left.isNullable, !right.isNullable else { return nil }
        if left.kind == .packetEnd, right.kind == .packet {
            let size = Scalar.unsigned(UInt64(state.packetMinimum), UInt64(state.packetMaximum))
            let delta = left.constant &- right.constant
            var result = Value.scalar(
                Scalar.apply(.sub, Scalar.apply(.add, size, Scalar(UInt64(bitPattern: delta))), right.number))
            if right.number.isConstant, !result.number.isConstant {
                result.symbol = Symbol.packetSize
                result.constant = delta
            }
            return result
        }
        if left.kind == .packet, right.kind == .packetEnd {
            guard let back = difference(right, left, state) else { return nil }
            return .scalar(back.number.negated())
        }
        guard left.hasSameBase(as: right), left.isPointer else { return nil }
        switch left.kind {
        case .context, .stack, .packet, .packetMeta, .memory: break
        case .mapValue:
            // Two values of one map, unless it has only one.
            guard subject.maps[Int(left.identity)].maximumEntries == 1 else { return nil }
        case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .socket, .kernelObject, .function: return nil
        }
        let delta = Scalar(UInt64(bitPattern: left.constant &- right.constant))
        if left.symbol != Symbol.none, left.symbol == right.symbol { return .scalar(delta) }
        return .scalar(Scalar.apply(.add, Scalar.apply(.sub, left.number, right.number), delta))
    }
}
