internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// Writing memory, atomically or not (RFC 9669 sections 5.1 and 5.3).
extension Analysis {
    mutating func store(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let base = Int(instruction.destination)
        guard requireInitialised(base, pc, &state) else { return }
        let size = Int(form.size)
        var value: Value
        if form.usesImmediate {
            let bits = UInt64(bitPattern: instruction.immediate)
            value = .constant(size == 8 ? bits : bits & (1 << UInt64(size * 8) - 1))
        } else {
            let source = Int(instruction.source)
            guard requireInitialised(source, pc, &state) else { return }
            name(&state.registers[source])
            value = state.registers[source]
        }
        guard let pointer = dereferenceable(pc, base, "writes", &state) else { return }
        let displacement = Int64(instruction.offset)
        switch pointer.kind {
        case .stack: writeStack(pc, base, pointer, displacement, size, value, &state)
        case .context: writeContext(pc, base, pointer, displacement, size, value, &state)
        case .packet, .packetMeta, .mapValue, .memory:
            guard mayWrite(pc, base, pointer, &state) else { return }
            checkLeak(pc, value, "writes", into: pointer, &state)
            checkRange(pc, base, pointer, displacement, size, writes: true, &state)
        case .socket where pointer.frame == SocketLayout.flowKeys.rawValue:
            checkRange(pc, base, pointer, displacement, size, writes: true, &state)
            checkLeak(pc, value, "writes", into: pointer, &state)
        case .socket, .kernelObject:
            report(.readOnlyMemory, pc, state, "writes to \(describe(pointer)), which may only be read", base)
        case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .function: break
        }
    }

    mutating func mayWrite(_ pc: Int, _ register: Int, _ pointer: Value, _ state: inout State) -> Bool {
        if pointer.kind == .mapValue, subject.maps[Int(pointer.identity)].isReadOnly {
            report(
                .readOnlyMemory, pc, state,
                "writes to a value of map '\(subject.maps[Int(pointer.identity)].name)', which programs may only read",
                register)
            return false
        }
        if pointer.kind == .packet || pointer.kind == .packetMeta, !subject.descriptor.mayWritePacket {
            report(
                .readOnlyMemory, pc, state,
                "writes to the packet, which a program of type \(subject.descriptor.name) may only read", register)
            return false
        }
        if pointer.kind == .memory, pointer.identity == 0 {
            report(.readOnlyMemory, pc, state, "writes to \(describe(pointer)), which may only be read", register)
            return false
        }
        return true
    }

    /// An address may not go where others can read it.
    mutating func checkLeak(_ pc: Int, _ value: Value, _ verb: String, into target: Value, _ state: inout State) {
        if value.kind == .scalar || value.kind == .unusable || subject.mayLeak { return }
        report(
            .addressLeak, pc, state,
            "\(verb) \(describe(value)) to \(describe(target)), where others can read the address")
    }

    private mutating func writeStack(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ value: Value,
        _ state: inout State
    ) {
        let frame = Int(pointer.frame)
        guard let span = stackSpan(pc, register, pointer, displacement, size, "writes", &state) else {
            forgetFrame(frame, &state)
            return
        }
        let remnants = remnants(frame, span, isExact: span.count == size, state)
        state.removeCells(frame, span.lowerBound, span.upperBound)
        for remnant in remnants { state.setCell(Place.stack(frame, remnant.byte), size: 1, remnant.value) }
        guard span.count == size else {
            // Somewhere in a stretch: what lay there may be changed, or not.
            if value.kind != .scalar {
                state.frames[frame].remove(span.lowerBound, span.upperBound)
                if value.isPointer {
                    report(
                        .addressLeak, pc, state,
                        "writes \(describe(value)) to the stack at an offset that is not a constant", register)
                }
            }
            return
        }
        let start = span.lowerBound
        switch value.kind {
        case .scalar:
            state.frames[frame].insert(start, start + size)
            if let kept = truncated(value, size) { state.setCell(Place.stack(frame, start), size: UInt8(size), kept) }
        case .tainted:
            state.frames[frame].remove(start, start + size)
            if let kept = truncated(value, size) { state.setCell(Place.stack(frame, start), size: UInt8(size), kept) }
        case .context, .stack, .packet, .packetEnd, .packetMeta, .packetLow, .map, .mapValue, .memory, .socket,
            .kernelObject,
            .function:
            state.frames[frame].remove(start, start + size)
            if size == 8 {
                state.setCell(Place.stack(frame, start), size: 8, value)
            } else {
                if !subject.mayLeak {
                    report(
                        .pointerArithmetic, pc, state, "writes \(size) bytes of the 8 of \(describe(value))", register)
                }
                state.setCell(
                    Place.stack(frame, start), size: UInt8(size), .tainted(.low(bits: UInt64(size) * 8)))
            }
        case .unusable: break
        }
    }

    /// What remains of values that a write hits in part: bytes of known numbers, and bytes of addresses, which are of no use but
    /// to say what they are. A write somewhere in a stretch may leave any of them.
    private func remnants(_ frame: Int, _ span: Range<Int>, isExact: Bool, _ state: State) -> [(
        byte: Int, value: Value
    )] {
        let first = Place.stack(frame, max(span.lowerBound - 7, 0))
        let last = Place.stack(frame, span.upperBound)
        var remnants: [(byte: Int, value: Value)] = []
        for cell in state.cells where cell.key >= first && cell.key < last && cell.size > 1 {
            let start = Place.byte(cell.key)
            guard start + Int(cell.size) > span.lowerBound else { continue }
            for byte in start..<start + Int(cell.size) {
                let isHit = span.contains(byte)
                if cell.value.kind == .scalar {
                    guard !isHit, let number = cell.value.number.constant else { continue }
                    remnants.append((byte, .constant(number >> UInt64(8 * (byte - start)) & 0xFF)))
                } else if !isHit || !isExact {
                    remnants.append((byte, .tainted(.low(bits: 8))))
                }
            }
        }
        return remnants
    }

    /// A write that may have hit anything in a frame.
    ///
    /// Where it was reported, the program is refused whatever follows, and what follows is better judged without it.
    func forgetFrame(_ frame: Int, _ state: inout State) {
        guard frame <= state.depth, !isChecking else { return }
        state.removeCells(frame, 0, frameSize)
        state.frames[frame] = FrameBytes()
    }

    /// What a store keeps of a number, or nil where nothing is known of it.
    private func truncated(_ value: Value, _ size: Int) -> Value? {
        if size == 8 { return value }
        let bits = UInt64(size) * 8
        if value.number.unsignedMaximum < 1 << bits { return value }
        var kept = value
        kept.number = value.number.zeroExtended(from: bits)
        kept.symbol = Symbol.none
        kept.constant = 0
        return kept
    }

    private mutating func writeContext(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ value: Value,
        _ state: inout State
    ) {
        guard let offset = contextOffset(pc, register, pointer, displacement, size, "writes", &state) else { return }
        guard let field = Self.field(of: subject.descriptor.context, offset, size), field.isWritable,
            size == Int(field.size) || field.meaning == .words
        else {
            let field = subject.descriptor.context.fields.first {
                offset >= $0.offset && offset < $0.offset + $0.size && !$0.isWritable
            }
            let text =
                field.map { "field '\($0.name)' may only be read" }
                ?? contextAdvice(subject.descriptor.context, offset, size)
            report(
                .contextField, pc, state,
                "writes bytes \(offset) to \(Int(offset) + size - 1) of the context; \(text)", register,
                hint: .useReadOnlyField)
            return
        }
        checkLeak(pc, value, "writes", into: pointer, &state)
    }

    mutating func atomic(_ pc: Int, _ instruction: Instruction, _ form: Form, _ state: inout State) {
        let base = Int(instruction.destination)
        let source = Int(instruction.source)
        guard requireInitialised(base, pc, &state), requireInitialised(source, pc, &state) else { return }
        if form.atomic == .compareExchange, !requireInitialised(0, pc, &state) { return }
        let size = Int(form.size)
        var old = Value.scalar(size == 8 ? .unknown : .low(bits: 32))
        if let pointer = dereferenceable(pc, base, "changes", &state) {
            let value = state.registers[source]
            let displacement = Int64(instruction.offset)
            switch pointer.kind {
            case .stack:
                if let span = stackSpan(pc, base, pointer, displacement, size, "changes", &state) {
                    checkAlignment(pc, base, pointer, displacement, size, &state)
                    let frame = Int(pointer.frame)
                    if !state.frames[frame].containsAll(span.lowerBound, span.upperBound) {
                        reportNotNumber(pc, frame, span, base, &state)
                        old = .tainted(size == 8 ? .unknown : .low(bits: 32))
                    }
                    state.removeCells(frame, span.lowerBound, span.upperBound)
                    if old.kind == .tainted, span.count == size {
                        state.setCell(Place.stack(frame, span.lowerBound), size: UInt8(size), old)
                    }
                    if value.kind != .scalar {
                        state.frames[frame].remove(span.lowerBound, span.upperBound)
                        report(
                            .addressLeak, pc, state, "changes the stack atomically with \(describe(value))", source)
                    } else if span.count == size, state.frames[frame].containsAll(span.lowerBound, span.upperBound) {
                        state.frames[frame].insert(span.lowerBound, span.upperBound)
                    }
                } else {
                    forgetFrame(Int(pointer.frame), &state)
                }
            case .mapValue, .memory:
                if mayWrite(pc, base, pointer, &state) {
                    checkLeak(pc, value, "puts", into: pointer, &state)
                    if form.atomic == .compareExchange {
                        checkLeak(pc, state.registers[0], "compares", into: pointer, &state)
                    }
                    checkAlignment(pc, base, pointer, displacement, size, &state)
                    checkRange(pc, base, pointer, displacement, size, writes: true, &state)
                }
            case .context, .packet, .packetMeta, .socket, .kernelObject:
                report(
                    .notAPointer, pc, state,
                    "changes \(describe(pointer)) atomically, which only stack, map values and reserved memory allow",
                    base)
            case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .function: break
            }
        }
        guard form.fetches else { return }
        state.registers[form.atomic == .compareExchange ? 0 : source] = old
    }

    private mutating func reportNotNumber(
        _ pc: Int, _ frame: Int, _ span: Range<Int>, _ register: Int, _ state: inout State
    ) {
        let holdsAddress = state.cells.contains {
            Place.isStack($0.key) && Place.frame($0.key) == frame && Place.byte($0.key) < span.upperBound
                && Place.byte($0.key) + Int($0.size) > span.lowerBound
        }
        if holdsAddress, subject.mayLeak { return }
        report(
            holdsAddress ? .addressLeak : .uninitialisedStack, pc, state,
            "changes bytes \(span.lowerBound - frameSize) to \(span.upperBound - 1 - frameSize) of the stack, which do not all "
                + "hold numbers", register, hint: .initialiseStack)
    }

    private mutating func checkAlignment(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ state: inout State
    ) {
        let offset = Scalar.apply(
            .add, pointer.number, Scalar(UInt64(bitPattern: pointer.constant &+ displacement)))
        let low = Scalar.apply(.and, offset, Scalar(UInt64(size - 1)))
        if low.constant != 0 {
            report(
                .misaligned, pc, state,
                "changes \(size) bytes atomically at \(describe(pointer)) plus \(displacement), which is not known to be a "
                    + "multiple of \(size)", register)
        }
    }
}
