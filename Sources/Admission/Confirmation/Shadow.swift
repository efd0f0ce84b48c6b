internal import Bytecode
internal import Execution
internal import Prototypes

/// What a run's registers and memory are as functions of its input, whether they were ever written, and what they point into.
struct Shadow {
    /// A stretch of eight bytes, aligned: of each byte the expression that it is part of, and which byte of that it is.
    struct Line {
        var expressions: [8 of Expression] = [-1, -1, -1, -1, -1, -1, -1, -1]
        var positions: [8 of UInt8] = [0, 0, 0, 0, 0, 0, 0, 0]
    }

    /// What a register holds.
    struct Register {
        var expression: Expression = 0
        var isInitialised = false
    }

    var pool = ExpressionPool()
    var registers: [16 of Register] = [16 of Register](repeating: Register())
    /// R6 to R9 of the frames below the present one.
    private var saved: [[4 of Register]] = []
    private var lines: [UInt64: Line] = [:]
    /// Of each byte of the stack, whether the program has written it since the frame began.
    private var isWritten = [Bool](repeating: false, count: Stepper.stack.count)

    mutating func begin(_ machine: borrowing Machine) {
        pool.removeAll()
        lines.removeAll(keepingCapacity: true)
        saved.removeAll(keepingCapacity: true)
        for index in isWritten.indices { isWritten[index] = false }
        let unknown = pool.constant(0)
        for index in 0..<16 { registers[index] = Register(expression: unknown, isInitialised: false) }
        set(1, pool.constant(machine[1], region: Int32(machine.context)))
        set(10, pool.constant(machine[10], region: 0))
        shadowContext(machine)
    }

    mutating func set(_ register: UInt8, _ expression: Expression) {
        registers[Int(register)] = Register(expression: expression, isInitialised: true)
    }

    mutating func forget(_ register: UInt8, _ value: UInt64) {
        registers[Int(register)] = Register(expression: pool.constant(value), isInitialised: false)
    }

    /// What points to memory that is gone counts as never written: the program may not look at it again.
    mutating func forgetPointersToNothing(_ machine: borrowing Machine) {
        for register in 6...9 {
            let region = pool[registers[register].expression].region
            guard region >= 0 else { continue }
            let place = machine.regions[Int(region)]
            let isStale = place.kind == .packet && Int(region) != machine.packet
            if isStale || !place.isLive { registers[register].isInitialised = false }
        }
    }

    func expression(_ register: UInt8) -> Expression { registers[Int(register)].expression }
    func node(_ register: UInt8) -> Node { pool[expression(register)] }

    /// The pointers of the context: to the packet, to things that may not be there.
    mutating func shadowContext(_ machine: borrowing Machine) {
        let packet = machine.regions[machine.packet]
        let start = machine.regions[machine.context].start
        for field in machine.subject.descriptor.context.fields {
            let address = start + UInt64(field.offset)
            let expression: Expression
            switch field.meaning {
            case .number, .words: continue
            case .packet, .packetMeta: expression = pool.constant(packet.start, region: Int32(machine.packet))
            case .packetEnd: expression = packetEnd(machine)
            case .socketOrNull, .sockCommonOrNull:
                let value = machine.load(address, UInt64(field.size))
                let success = Variable(.success, 0xFF_0000 | Int(field.offset))
                let region = machine.regions.lastIndex { $0.kind == .socket && $0.start == value } ?? 0
                let choice = pool.variable(success, value: value == 0 ? 0 : 1)
                expression = pool.apply(.select, choice, pool.constant(value, region: Int32(region)))
            case .kernelObject, .socket, .flowKeys:
                let value = machine.load(address, UInt64(field.size))
                let region = machine.regions.lastIndex { $0.start == value } ?? 0
                expression = pool.constant(value, region: Int32(region))
            }
            put(expression, address, UInt64(field.size))
        }
    }

    /// The end of the packet: where it begins and a size that the input has.
    mutating func packetEnd(_ machine: borrowing Machine) -> Expression {
        let packet = machine.regions[machine.packet]
        let size = pool.variable(Variable(.packetSize, machine.packetGeneration), value: packet.size)
        let start = pool.constant(packet.start)
        return pool.pointer(pool.apply(.add, start, size), into: Int32(machine.packet))
    }

    // MARK: frames

    mutating func enterFunction() {
        let unknown = pool.constant(0)
        saved.append([registers[6], registers[7], registers[8], registers[9]])
        for register in 6...9 { registers[register] = Register(expression: unknown, isInitialised: false) }
        set(10, pool.constant(node(10).value &- Stepper.bytesOfFrame, region: Int32(saved.count)))
        let start = node(10).value &- Stepper.bytesOfFrame &- Stepper.stack.lowerBound
        for offset in 0..<Stepper.bytesOfFrame where start &+ offset < UInt64(isWritten.count) {
            isWritten[Int(start &+ offset)] = false
        }
    }

    mutating func leaveFunction() {
        guard let last = saved.popLast() else { return }
        for position in 0..<4 { registers[6 + position] = last[position] }
        set(10, pool.constant(node(10).value &+ Stepper.bytesOfFrame, region: Int32(saved.count)))
        let unknown = pool.constant(0)
        for register in 1...5 { registers[register] = Register(expression: unknown, isInitialised: false) }
    }

    // MARK: memory

    /// The first byte in a range of the stack that was never written.
    func uninitialisedByte(_ address: UInt64, _ count: UInt64) -> UInt64? {
        for offset in 0..<min(count, UInt64(isWritten.count)) {
            let place = address &+ offset &- Stepper.stack.lowerBound
            if place < UInt64(isWritten.count), !isWritten[Int(place)] { return address &+ offset }
        }
        return nil
    }

    mutating func markWritten(_ address: UInt64, _ count: UInt64) {
        for offset in 0..<min(count, UInt64(isWritten.count)) {
            let place = address &+ offset &- Stepper.stack.lowerBound
            if place < UInt64(isWritten.count) { isWritten[Int(place)] = true }
        }
    }

    /// Notes that the bytes of an expression lie there now.
    mutating func put(_ expression: Expression, _ address: UInt64, _ count: UInt64) {
        markWritten(address, count)
        for offset in 0..<count { putByte(expression, UInt8(offset), address &+ offset) }
    }

    private mutating func putByte(_ expression: Expression, _ position: UInt8, _ address: UInt64) {
        let place = Int(address & 7)
        lines[address >> 3, default: Line()].expressions[place] = expression
        lines[address >> 3, default: Line()].positions[place] = position
    }

    func byte(_ address: UInt64) -> (expression: Expression, position: UInt8)? {
        guard let line = lines[address >> 3] else { return nil }
        let expression = line.expressions[Int(address & 7)]
        return expression < 0 ? nil : (expression, line.positions[Int(address & 7)])
    }

    /// Bytes are what variables say, from `first` on.
    mutating func put(_ first: Variable, _ address: UInt64, _ count: UInt64, _ machine: borrowing Machine) {
        markWritten(address, count)
        // Whoever reads much of what a helper wrote has a program too large for this.
        for offset in 0..<min(count, 4096) {
            let value = machine.load(address &+ offset, 1)
            putByte(
                pool.bytes([Variable(first.kind, first.place, first.offset + offset)], value: value), 0,
                address &+ offset
            )
        }
    }

    mutating func copy(_ source: UInt64, _ target: UInt64, _ count: UInt64, _ machine: borrowing Machine) {
        markWritten(target, count)
        for offset in 0..<min(count, 4096) {
            if let (expression, position) = byte(source &+ offset) {
                putByte(expression, position, target &+ offset)
            } else {
                putByte(pool.constant(machine.load(target &+ offset, 1)), 0, target &+ offset)
            }
        }
    }

    /// What is read there.
    mutating func load(_ address: UInt64, _ size: UInt64, _ machine: borrowing Machine) -> Expression {
        let value = machine.load(address, size)
        guard let first = byte(address) else {
            if let variables = machine.variables(address, size), (1..<size).allSatisfy({ byte(address &+ $0) == nil }) {
                return pool.bytes(variables, value: value)
            }
            return assemble(address, size, value, machine)
        }
        for offset in 1..<max(size, 1) {
            guard let next = byte(address &+ offset), next.expression == first.expression,
                UInt64(next.position) == UInt64(first.position) + offset
            else { return assemble(address, size, value, machine) }
        }
        let node = pool[first.expression]
        if first.position == 0, size == 8 || node.value >> (8 * size) == 0 && node.region >= 0 {
            return first.expression
        }
        let shifted =
            first.position == 0
            ? first.expression
            : pool.apply(.shr, first.expression, pool.constant(UInt64(first.position) * 8))
        switch size {
        case 1: return pool.apply(.low8, shifted)
        case 2: return pool.apply(.low16, shifted)
        case 4: return pool.apply(.low32, shifted)
        default: return shifted
        }
    }

    /// Bytes of several expressions, put together.
    private mutating func assemble(
        _ address: UInt64, _ size: UInt64, _ value: UInt64, _ machine: borrowing Machine
    ) -> Expression {
        var whole: Expression?
        var list: [Variable] = []
        for offset in 0..<size {
            var part: Expression
            if let (expression, position) = byte(address &+ offset) {
                let node = pool[expression]
                if node.op == .bytes, position < node.b {
                    list.append(pool.variables[Int(pool.byteVariables[Int(node.a) + Int(position)])])
                }
                part = expression
                if position > 0 { part = pool.apply(.shr, part, pool.constant(UInt64(position) * 8)) }
                part = pool.apply(.low8, part)
            } else if let variable = machine.variables(address &+ offset, 1) {
                list += variable
                part = pool.bytes(variable, value: machine.load(address &+ offset, 1))
            } else {
                part = pool.constant(machine.load(address &+ offset, 1))
            }
            if offset > 0 { part = pool.apply(.shl, part, pool.constant(offset * 8)) }
            whole = whole.map { pool.apply(.or, $0, part) } ?? part
        }
        if list.count == Int(size) { return pool.bytes(list, value: value) }
        return whole ?? pool.constant(value)
    }
}
