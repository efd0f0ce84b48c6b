internal import Bytecode
internal import ProgramPackage

/// Arithmetic and moves (RFC 9669 section 4.1 and 4.2).
extension Analysis {
    /// The operand that is not the destination.
    @inline(__always) func operand(_ instruction: Instruction, _ form: Form, _ state: State) -> Value {
        form.usesImmediate
            ? .constant(UInt64(bitPattern: instruction.immediate)) : state.registers[Int(instruction.source)]
    }

    mutating func arithmetic(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let destination = Int(instruction.destination)
        guard requireInitialised(destination, pc, &state),
            form.usesImmediate || requireInitialised(Int(instruction.source), pc, &state)
        else { return }
        let left = state.registers[destination]
        let right = operand(instruction, form, state)
        if form.alu == .div || form.alu == .mod || form.alu == .sdiv || form.alu == .smod {
            checkDivisor(pc, right, form, &state)
            if isChecking { sightings.divide(at: pc, form, left, by: right) }
        }
        if !form.usesImmediate, instruction.source == instruction.destination, form.alu == .xor || form.alu == .sub {
            state.registers[destination] = .constant(0)
            return
        }
        if left.kind == .scalar, right.kind == .scalar {
            state.registers[destination] = number(form, left, right)
            return
        }
        if left.isNumber, right.isNumber {
            state.registers[destination] = .tainted(Self.apply(form, left.number, right.number))
            return
        }
        state.registers[destination] = pointerArithmetic(pc, form, instruction, left, right, &state)
    }

    @inline(__always) static func apply(_ form: Form, _ left: Scalar, _ right: Scalar) -> Scalar {
        form.isHalf ? Scalar.applyHalf(form.alu, left, right) : Scalar.apply(form.alu, left, right)
    }

    /// Arithmetic on two plain numbers. Adding a constant keeps the symbol.
    @inline(__always) func number(_ form: Form, _ left: Value, _ right: Value) -> Value {
        var result = Value.scalar(Self.apply(form, left.number, right.number))
        guard form.alu == .add || form.alu == .sub, !result.number.isConstant else { return result }
        let delta: Int64
        let kept: Value
        if let known = right.number.constant {
            kept = left
            delta = form.alu == .add ? Int64(bitPattern: known) : 0 &- Int64(bitPattern: known)
        } else if form.alu == .add, let known = left.number.constant {
            kept = right
            delta = Int64(bitPattern: known)
        } else {
            if form.alu == .sub, !form.isHalf, left.symbol != Symbol.none, left.symbol == right.symbol {
                return .constant(UInt64(bitPattern: left.constant &- right.constant))
            }
            return result
        }
        guard kept.symbol != Symbol.none else { return result }
        if form.isHalf {
            // The sum of the whole numbers is the sum of the halves only where nothing carries out of them.
            let whole = Scalar.apply(form.alu, left.number, right.number)
            guard whole.unsignedMaximum <= UInt64(UInt32.max), kept.number.unsignedMaximum <= UInt64(UInt32.max) else {
                return result
            }
        }
        result.symbol = kept.symbol
        result.constant = kept.constant &+ delta
        return result
    }

    private mutating func checkDivisor(_ pc: Int, _ divisor: Value, _ form: Form, _ state: inout State) {
        guard options.refusesDivisionByZero, divisor.isNumber else { return }
        let zero = Scalar(0)
        let verdict =
            form.isHalf
            ? Scalar.decideHalf(.equal, divisor.number, zero) : Scalar.decide(.equal, divisor.number, zero)
        if verdict != false {
            report(.divisionByZero, pc, state, "divides by a number that may be 0: it is \(describe(divisor))")
        }
    }

    mutating func negate(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let register = Int(instruction.destination)
        guard requireInitialised(register, pc, &state) else { return }
        let value = state.registers[register]
        let number = value.isNumber ? (form.isHalf ? value.number.negatedHalf() : value.number.negated()) : .unknown
        state.registers[register] = onlyNumber(pc, value, number, "negates", register, &state)
    }

    mutating func move(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let destination = Int(instruction.destination)
        if form.usesImmediate {
            let bits = UInt64(bitPattern: instruction.immediate)
            state.registers[destination] = .constant(form.isHalf ? bits & 0xFFFF_FFFF : bits)
            return
        }
        let source = Int(instruction.source)
        if !form.isHalf, state.registers[source].kind == .unusable, state.registers[source].identity != 0 {
            // A copy of something that is gone is gone too; who uses it will hear why.
            state.registers[destination] = state.registers[source]
            return
        }
        guard requireInitialised(source, pc, &state) else {
            state.registers[destination] = .unknown
            return
        }
        if !form.isHalf {
            name(&state.registers[source])
            state.registers[destination] = state.registers[source]
            return
        }
        let value = state.registers[source]
        guard value.isNumber else {
            // Half an address: of use to compute lengths with, and to nothing else.
            state.registers[destination] =
                value.kind == .packet && !value.isNullable ? lowHalf(value) : .tainted(.low(bits: 32))
            return
        }
        if value.number.unsignedMaximum <= UInt64(UInt32.max) {
            name(&state.registers[source])
            state.registers[destination] = state.registers[source]
            return
        }
        state.registers[destination] = value
        state.registers[destination].number = value.number.zeroExtended(from: 32)
        state.registers[destination].symbol = Symbol.none
        state.registers[destination].constant = 0
    }

    mutating func moveSigned(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let destination = Int(instruction.destination)
        let source = Int(instruction.source)
        guard requireInitialised(source, pc, &state) else {
            state.registers[destination] = .unknown
            return
        }
        let value = state.registers[source]
        let bits = UInt64(form.size)
        let number =
            form.isHalf ? value.number.signExtendedHalf(from: bits) : value.number.signExtended(from: bits)
        var result = onlyNumber(pc, value, number, "extends the sign of", source, &state)
        // Where the sign was there already, nothing changed.
        if !form.isHalf, value.kind == .scalar, value.symbol != Symbol.none,
            value.number.signedMinimum >= -(1 << Int64(bits - 1)), value.number.signedMaximum < 1 << Int64(bits - 1)
        {
            result.symbol = value.symbol
            result.constant = value.constant
        }
        state.registers[destination] = result
    }

    mutating func swap(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let register = Int(instruction.destination)
        guard requireInitialised(register, pc, &state) else { return }
        let value = state.registers[register]
        let bits = UInt64(form.size)
        let number = form.swaps ? value.number.byteSwapped(bits: bits) : value.number.zeroExtended(from: bits)
        state.registers[register] = onlyNumber(pc, value, number, "swaps the bytes of", register, &state)
    }

    /// The result of an operation that means something for numbers only.
    private mutating func onlyNumber(
        _ pc: Int, _ value: Value, _ result: Scalar, _ verb: String, _ register: Int, _ state: inout State
    ) -> Value {
        switch value.kind {
        case .scalar: return .scalar(result)
        case .tainted: return .tainted(result)
        case .unusable, .context, .stack, .packet, .packetEnd, .packetMeta, .packetLow, .map, .mapValue, .memory,
            .socket,
            .kernelObject, .function:
            if !subject.mayLeak {
                report(.pointerArithmetic, pc, state, "\(verb) r\(register), which is \(describe(value))", register)
            }
            return .tainted(.unknown)
        }
    }

    /// Gives an unknown number a name, so that its copies are known to be equal to it.
    @inline(__always) mutating func name(_ value: inout Value) {
        guard value.symbol == Symbol.none, !value.number.isConstant, value.kind != .unusable else { return }
        value.symbol = freshSymbol()
        if value.isNumber { value.constant = 0 }
    }

    mutating func freshSymbol() -> UInt32 {
        nextSymbol &+= 1
        return nextSymbol &- 1
    }
}
