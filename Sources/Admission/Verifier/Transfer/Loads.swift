internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Reading memory (RFC 9669 section 5).
extension Analysis {
    mutating func load(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let destination = Int(instruction.destination)
        let base = Int(instruction.source)
        guard requireInitialised(base, pc, &state) else {
            state.registers[destination] = .unknown
            return
        }
        let size = Int(form.size)
        var loaded = read(pc, base, Int64(instruction.offset), size, &state)
        if form.isSigned {
            if loaded.kind == .scalar || loaded.kind == .tainted {
                let number = loaded.number.signExtended(from: UInt64(size) * 8)
                loaded = loaded.kind == .scalar ? .scalar(number) : .tainted(number)
            } else {
                loaded = .tainted(.unknown)
            }
        }
        state.registers[destination] = loaded
    }

    /// The value of `size` bytes at a register plus `displacement`.
    private mutating func read(
        _ pc: Int, _ register: Int, _ displacement: Int64, _ size: Int, _ state: inout State
    ) -> Value {
        let unknown = Value.scalar(size == 8 ? .unknown : .low(bits: UInt64(size) * 8))
        guard let pointer = dereferenceable(pc, register, "reads", &state) else { return unknown }
        switch pointer.kind {
        case .stack: return readStack(pc, register, pointer, displacement, size, &state) ?? unknown
        case .context: return readContext(pc, register, pointer, displacement, size, &state) ?? unknown
        case .mapValue:
            if subject.maps[Int(pointer.identity)].isWriteOnly {
                report(
                    .readOnlyMemory, pc, state,
                    "reads a value of map '\(subject.maps[Int(pointer.identity)].name)', which programs may only write",
                    register)
            }
            guard checkRange(pc, register, pointer, displacement, size, writes: false, &state) else { return unknown }
            return constantContents(pointer, displacement, size) ?? unknown
        case .packet, .packetMeta, .memory, .socket:
            _ = checkRange(pc, register, pointer, displacement, size, writes: false, &state)
            return unknown
        case .kernelObject:
            report(
                .unsupported, pc, state, "reads a field of \(describe(pointer)), whose layout no table here knows",
                register)
            return unknown
        case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .function: return unknown
        }
    }

    /// The register as a pointer that can be followed; nil, reported, where it is none.
    mutating func dereferenceable(_ pc: Int, _ register: Int, _ verb: String, _ state: inout State) -> Value? {
        var pointer = state.registers[register]
        switch pointer.kind {
        case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .function:
            if pointer.isNull {
                report(
                    .possiblyNull, pc, state, "\(verb) through r\(register), which is 0 here", register,
                    hint: .checkForNull)
            } else {
                report(
                    .notAPointer, pc, state,
                    "\(verb) through r\(register), which is \(describe(pointer)) and not an address of memory",
                    register)
            }
            return nil
        case .context, .stack, .packet, .packetMeta, .mapValue, .memory, .socket, .kernelObject: break
        }
        if pointer.isNullable {
            report(
                .possiblyNull, pc, state,
                "\(verb) through r\(register), which is \(describe(pointer)): it must be compared with 0 first",
                register, hint: .checkForNull)
            assumeNotNull(pointer.symbol, &state)
            pointer = state.registers[register]
        }
        return pointer
    }

    private mutating func readStack(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ state: inout State
    ) -> Value? {
        guard let span = stackSpan(pc, register, pointer, displacement, size, "reads", &state) else { return nil }
        let frame = Int(pointer.frame)
        guard span.count == size else {
            // Somewhere in a stretch: it must be numbers throughout.
            if !state.frames[frame].containsAll(span.lowerBound, span.upperBound) {
                reportUninitialised(pc, frame, span, register, &state)
            }
            return nil
        }
        let start = span.lowerBound
        var index = state.cellIndex(Place.stack(frame, max(start - 7, 0)))
        while index < state.cells.count, state.cells[index].key < Place.stack(frame, start + size) {
            let cell = state.cells[index]
            let from = Place.byte(cell.key)
            let end = from + Int(cell.size)
            if from == start, Int(cell.size) == size {
                if cell.value.kind == .unusable { return cell.value }
                name(&state.cells[index].value)
                return state.cells[index].value
            }
            if from <= start, end >= start + size, cell.value.isNumber {
                // Part of a number that lies there whole.
                let shifted = Scalar.apply(.rsh, cell.value.number, Scalar(UInt64(start - from) * 8))
                let part = size == 8 ? shifted : shifted.zeroExtended(from: UInt64(size) * 8)
                return cell.value.kind == .scalar ? .scalar(part) : .tainted(part)
            }
            index += 1
        }
        guard state.frames[frame].containsAll(start, start + size) else {
            if let mixed = mixed(frame, start, size, state) { return mixed }
            reportUninitialised(pc, frame, span, register, &state)
            return nil
        }
        return composed(frame, start, size, state)
    }

    /// A number made of smaller ones that lie beside each other.
    private func composed(_ frame: Int, _ start: Int, _ size: Int, _ state: State) -> Value? {
        var result = Scalar(0)
        var isTainted = false
        var position = start
        var index = state.cellIndex(Place.stack(frame, start))
        while position < start + size {
            guard index < state.cells.count, state.cells[index].key == Place.stack(frame, position),
                state.cells[index].value.isNumber,
                position + Int(state.cells[index].size) <= start + size
            else { return nil }
            if state.cells[index].value.kind == .tainted { isTainted = true }
            let part = Scalar.apply(.lsh, state.cells[index].value.number, Scalar(UInt64(position - start) * 8))
            result = Scalar.apply(.or, result, part)
            position += Int(state.cells[index].size)
            index += 1
        }
        return isTainted ? .tainted(result) : .scalar(result)
    }

    /// Numbers and bytes of addresses beside each other.
    private func mixed(_ frame: Int, _ start: Int, _ size: Int, _ state: State) -> Value? {
        for byte in start..<start + size where !state.frames[frame].containsAll(byte, byte + 1) {
            guard let cell = state.cell(at: Place.stack(frame, byte)), cell.size == 1, cell.value.kind == .tainted
            else { return nil }
        }
        return .tainted(size == 8 ? .unknown : .low(bits: UInt64(size) * 8))
    }

    private mutating func reportUninitialised(
        _ pc: Int, _ frame: Int, _ span: Range<Int>, _ register: Int, _ state: inout State
    ) {
        let byte = state.frames[frame].firstMissing(span.lowerBound, span.upperBound) ?? span.lowerBound
        let overlapsPointer = state.cells.contains {
            Place.isStack($0.key) && Place.frame($0.key) == frame && Place.byte($0.key) <= byte
                && byte < Place.byte($0.key) + Int($0.size)
        }
        let text = overlapsPointer ? "holds part of an address" : "was never written"
        report(
            overlapsPointer ? .addressLeak : .uninitialisedStack, pc, state,
            "reads bytes \(span.lowerBound - frameSize) to \(span.upperBound - 1 - frameSize) of the stack; byte "
                + "\(byte - frameSize) \(text)", register, hint: .initialiseStack)
        // As if it had been written: what follows is another matter.
        state.frames[frame].insert(span.lowerBound, span.upperBound)
    }

    private mutating func readContext(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ state: inout State
    ) -> Value? {
        guard let offset = contextOffset(pc, register, pointer, displacement, size, "reads", &state) else { return nil }
        guard let field = Self.field(of: subject.descriptor.context, offset, size) else {
            report(
                .contextField, pc, state,
                "reads bytes \(offset) to \(Int(offset) + size - 1) of the context; \(contextAdvice(subject.descriptor.context, offset, size))",
                register, hint: .useReadOnlyField)
            return nil
        }
        switch field.meaning {
        case .number, .words: return nil
        case .packet: return .pointer(.packet)
        case .packetEnd: return .pointer(.packetEnd)
        case .packetMeta: return .pointer(.packetMeta)
        case .socket: return SocketLayout.pointer(.socket)
        case .socketOrNull: return SocketLayout.nullable(.socket, symbol: freshSymbol())
        case .sockCommonOrNull: return SocketLayout.nullable(.common, symbol: freshSymbol())
        case .flowKeys: return SocketLayout.pointer(.flowKeys)
        case .kernelObject: return .pointer(.kernelObject)
        }
    }

    /// Bytes of a map that nobody may write.
    private func constantContents(_ pointer: Value, _ displacement: Int64, _ size: Int) -> Value? {
        let map = subject.maps[Int(pointer.identity)]
        guard !map.contents.isEmpty, pointer.number.isConstant else { return nil }
        let offset = pointer.constant &+ displacement
        guard offset >= 0, offset &+ Int64(size) <= Int64(map.contents.count) else { return nil }
        var bits: UInt64 = 0
        for byte in 0..<size { bits |= UInt64(map.contents[Int(offset) + byte]) << UInt64(8 * byte) }
        return .constant(bits)
    }
}
