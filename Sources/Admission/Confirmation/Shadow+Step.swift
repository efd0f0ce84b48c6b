internal import Bytecode

/// Follows one instruction.
extension Shadow {
    /// The condition of the jump at hand, as it will be decided: it holds.
    mutating func condition(_ machine: borrowing Machine) -> (condition: Condition, isTaken: Bool)? {
        let index = machine.index
        guard case .branch(let relation, let bits, let isRegister) = machine.effects[index] else { return nil }
        let instruction = machine.subject.code[index]
        var a = expression(instruction.destination)
        var b =
            isRegister ? expression(instruction.source) : pool.constant(UInt64(bitPattern: instruction.immediate))
        if bits == 32 {
            let narrow: Operator = relation.isSigned ? .extend32 : .low32
            a = pool.apply(narrow, a)
            b = pool.apply(narrow, b)
        }
        let condition = Condition(relation: relation, a: a, b: b, instruction: index)
        let isTaken = relation.holds(pool[a].value, pool[b].value)
        return (isTaken ? condition : condition.negated, isTaken)
    }

    /// Follows what the machine is about to do; called before, for what is not a call of a helper.
    ///
    /// - Returns: what to do afterwards.
    mutating func follow(_ machine: borrowing Machine) {
        let index = machine.index
        let instruction = machine.subject.code[index]
        let (d, s) = (instruction.destination, instruction.source)
        let immediate = UInt64(bitPattern: instruction.immediate)
        switch machine.effects[index] {
        case .binary(let op, let bits, let isRegister):
            let operand = isRegister ? expression(s) : pool.constant(immediate)
            set(d, binary(op, bits, expression(d), operand))
        case .move(let bits, let isRegister):
            let operand = isRegister ? expression(s) : pool.constant(immediate)
            set(d, bits == 64 ? operand : pool.apply(.low32, operand))
        case .negate(let bits):
            let negated = pool.apply(.sub, pool.constant(0), expression(d))
            set(d, bits == 64 ? negated : pool.apply(.low32, negated))
        case .extend(let op, let bits):
            let extended = pool.apply(op, expression(s))
            set(d, bits == 64 ? extended : pool.apply(.low32, extended))
        case .convert(let op): set(d, pool.apply(op, expression(d)))
        case .load(let size, let sign):
            guard let access = machine.access else { return }
            let value = load(access.address, UInt64(size), machine)
            set(d, sign.map { pool.apply($0, value) } ?? value)
        case .store(let size, let isRegister):
            guard let access = machine.access else { return }
            put(isRegister ? expression(s) : pool.constant(immediate), access.address, UInt64(size))
        case .atomic(let op, let size, let fetches):
            guard let access = machine.access else { return }
            let old = load(access.address, UInt64(size), machine)
            put(pool.apply(op, old, expression(s)), access.address, UInt64(size))
            if fetches { set(s, old) }
        case .exchange(let size):
            guard let access = machine.access else { return }
            let old = load(access.address, UInt64(size), machine)
            put(expression(s), access.address, UInt64(size))
            set(s, old)
        case .compareExchange(let size):
            guard let access = machine.access else { return }
            let old = load(access.address, UInt64(size), machine)
            let expected = size == 8 ? expression(0) : pool.apply(.low32, expression(0))
            if pool[old].value == pool[expected].value { put(expression(s), access.address, UInt64(size)) }
            set(0, old)
        case .wide: set(d, pool.constant(immediate))
        case .map:
            let map = Int(immediate & 0xFFFF_FFFF)
            set(d, pool.constant(machine.address(ofMap: map), hasAddress: true))
        case .mapValue:
            let map = Int(immediate & 0xFFFF_FFFF)
            let region = machine.regions.firstIndex { $0.kind == .mapValue(map) } ?? 0
            set(d, pool.constant(machine.regions[region].start &+ immediate &>> 32, region: Int32(region)))
        case .function:
            set(d, pool.constant(Arena.functions + UInt64(instruction.offset), hasAddress: true))
        case .callLocal: enterFunction()
        case .exit: leaveFunction()
        case .branch, .callHelper, .nothing, .invalid: break
        }
    }

    private mutating func binary(_ op: Operator, _ bits: UInt8, _ a: Expression, _ b: Expression) -> Expression {
        guard bits == 32 else { return pool.apply(op, a, b) }
        let (first, second): (Expression, Expression)
        switch op {
        case .add, .sub, .mul, .and, .or, .xor: (first, second) = (a, b)
        case .div, .mod: (first, second) = (pool.apply(.low32, a), pool.apply(.low32, b))
        case .sdiv, .smod: (first, second) = (pool.apply(.extend32, a), pool.apply(.extend32, b))
        case .shl: (first, second) = (a, pool.apply(.and, b, pool.constant(31)))
        case .shr: (first, second) = (pool.apply(.low32, a), pool.apply(.and, b, pool.constant(31)))
        case .sar: (first, second) = (pool.apply(.extend32, a), pool.apply(.and, b, pool.constant(31)))
        case .constant, .variable, .bytes, .low8, .low16, .low32, .extend8, .extend16, .extend32, .swap16, .swap32,
            .swap64, .less, .select:
            (first, second) = (a, b)
        }
        return pool.apply(.low32, pool.apply(op, first, second))
    }

    /// Follows a call of a helper that the machine has made.
    mutating func followCall(_ machine: borrowing Machine, keyExpression: Expression?) {
        let call = machine.call
        for write in call.writes {
            if let first = write.first {
                put(first, write.address, write.count, machine)
            } else if let source = write.copiedFrom {
                copy(source, write.address, write.count, machine)
            }
        }
        if call.movedPacket { shadowContext(machine) }
        if call.movedPacket || call.released != nil { forgetPointersToNothing(machine) }
        guard !call.entered else {
            enterFunction()
            for register in 0...5 as ClosedRange<UInt8> { forget(register, machine[register]) }
            for register in 1...4 as ClosedRange<UInt8> {
                let value = machine[register]
                guard
                    let region = machine.regions.lastIndex(where: { $0.isLive && $0.size > 0 && $0.contains(value, 1) })
                else {
                    set(register, pool.constant(value))
                    continue
                }
                set(register, pool.constant(value, region: Int32(region)))
            }
            return
        }
        for register in 0...5 as ClosedRange<UInt8> { forget(register, machine[register]) }
        let value = machine[0]
        switch call.result {
        case .number(let variable, let bits):
            let word = pool.variable(variable, value: machine.input.value(of: variable))
            set(0, bits == 64 ? word : pool.apply(.and, word, pool.constant(1 << UInt64(bits) &- 1)))
        case .region(let region, let variable):
            let choice = pool.variable(variable, value: machine.input.value(of: variable) & 1)
            let start = pool.constant(machine.regions[region].start, region: Int32(region))
            set(0, pool.apply(.select, choice, start))
        case .element(let region, _, let limit):
            let start = pool.constant(machine.regions[region].start, region: Int32(region))
            guard let keyExpression else {
                set(0, value == 0 ? pool.constant(0) : start)
                return
            }
            set(0, pool.apply(.select, pool.apply(.less, keyExpression, pool.constant(limit)), start))
        case .certainRegion(let region): set(0, pool.constant(value, region: Int32(region)))
        case .constant(let value): set(0, pool.constant(value))
        case .none: break
        }
    }
}

extension Condition.Relation {
    var isSigned: Bool {
        switch self {
        case .signedLess, .signedLessOrEqual, .signedGreater, .signedGreaterOrEqual: true
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .common, .nothingInCommon: false
        }
    }
}
