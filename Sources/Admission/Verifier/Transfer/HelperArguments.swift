internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// One argument of a helper, held against what the table says of it.
extension Analysis {
    mutating func checkArgument(_ pc: Int, _ index: Int, _ call: inout HelperCall, _ state: inout State) {
        let register = index + 1
        let kind = call.prototype.arguments[index]
        if kind == .optional {
            if state.registers[register].kind == .unusable { return }
        } else if state.registers[register].kind == .unusable {
            _ = requireInitialised(register, pc, &state)
            return
        }
        let value = state.registers[register]
        if index == 0 { call.firstArgument = value }
        switch kind {
        case .unused: break
        case .anything, .optional:
            if call.prototype.traits.contains(.publishes) || value.kind == .tainted && !subject.mayLeak {
                argumentLeak(pc, register, value, call, &state)
            }
        case .scalar:
            if value.isPointer {
                refuse(pc, register, call, "a number", &state)
            } else {
                argumentLeak(pc, register, value, call, &state)
            }
        case .map: checkMap(pc, register, value, &call, &state)
        case .mapKey, .mapValue, .mapValueOut: checkMapMemory(pc, register, kind, &call, &state)
        case .mapValueOrNull:
            if !value.isNull { checkMapMemory(pc, register, .mapValue, &call, &state) }
        case .readableMemory, .readableMemoryOrNull, .updatedMemory, .updatedMemoryOrNull, .keptMemory, .writableMemory,
            .writableMemoryOrNull:
            checkSized(pc, register, kind, &call, &state)
        case .size, .sizeOrZero: break
        case .readable20: checkMemory(pc, register, 20, 20, .reads, &call, &state)
        case .readable40: checkMemory(pc, register, 40, 40, .reads, &call, &state)
        case .int32Updated: checkMemory(pc, register, 4, 4, .updates, &call, &state)
        case .int32Out: checkMemory(pc, register, 4, 4, .fills, &call, &state)
        case .int64Out: checkMemory(pc, register, 8, 8, .fills, &call, &state)
        case .context, .contextOrNull:
            if kind == .contextOrNull, value.isNull { return }
            if value.kind != .context || value.constant != 0 || !value.number.isConstant {
                refuse(pc, register, call, "the context", &state)
            }
        case .contextOrSocket:
            if value.kind != .context, value.kind != .socket || value.isNullable {
                refuse(pc, register, call, "the context or a socket", &state)
            }
        case .allocationSize:
            guard value.kind == .scalar, let size = value.number.constant, size <= UInt64(Int32.max) else {
                return refuse(pc, register, call, "a constant number of bytes", &state)
            }
            call.allocation = Int32(size)
        case .reservedMemory:
            checkOwned(pc, register, .memory, "memory that was reserved and not given back yet", &call, &state)
        case .spinLock, .timer: checkField(pc, register, kind, &call, &state)
        case .socket, .socketOrNull:
            if kind == .socketOrNull, value.isNull { return }
            if call.prototype.traits.contains(.releases) {
                checkOwned(pc, register, .socket, "a socket that was acquired and not released yet", &call, &state)
            } else if value.kind != .socket && value.kind != .kernelObject || value.isNullable {
                refuse(pc, register, call, "a socket", &state)
            }
        case .kernelObject, .kernelObjectOrNull:
            if kind == .kernelObjectOrNull, value.isNull { return }
            if value.kind != .kernelObject && value.kind != .socket || value.isNullable && kind == .kernelObject {
                refuse(pc, register, call, "an object of the kernel", &state)
            }
        case .callback:
            guard value.kind == .function else {
                return refuse(pc, register, call, "a function of the program", &state)
            }
            call.callback = value
        case .stackOrNull: call.callbackContext = value
        case .constantString: checkString(pc, register, call, &state)
        case .dynamicPointer, .dynamicPointerOut, .dynamicPointerReleased, .objectField, .perCPUVariable:
            report(
                .unsupported, pc, state,
                "calls \(call.prototype.name), whose argument \(register) this verifier does not follow", register)
        }
    }

    private mutating func refuse(
        _ pc: Int, _ register: Int, _ call: HelperCall, _ what: String, _ state: inout State
    ) {
        let value = state.registers[register]
        if value.isNullable {
            report(
                .possiblyNull, pc, state,
                "calls \(call.prototype.name) with \(describe(value)) in r\(register): it must be compared with 0 first",
                register, hint: .checkForNull)
            return
        }
        report(
            .helperArgument, pc, state,
            "calls \(call.prototype.name) with \(describe(value)) in r\(register), where it takes \(what)", register)
    }

    private mutating func argumentLeak(
        _ pc: Int, _ register: Int, _ value: Value, _ call: HelperCall, _ state: inout State
    ) {
        if value.kind == .scalar || subject.mayLeak { return }
        report(
            .addressLeak, pc, state, "hands \(describe(value)) in r\(register) to \(call.prototype.name)", register)
    }

    private mutating func checkMap(
        _ pc: Int, _ register: Int, _ value: Value, _ call: inout HelperCall, _ state: inout State
    ) {
        guard value.kind == .map else { return refuse(pc, register, call, "a map", &state) }
        if value.isNullable {
            refuse(pc, register, call, "a map", &state)
            assumeNotNull(value.symbol, &state)
        }
        let map = subject.maps[Int(value.identity)]
        guard let type = map.type, call.prototype.maps.contains(type) else {
            report(
                .helperMapType, pc, state,
                "calls \(call.prototype.name) with map '\(map.name)' of type \(map.type.map { "\($0)" } ?? "unknown"), which it does not take",
                register)
            return
        }
        call.map = Int(value.identity)
    }

    private mutating func checkMapMemory(
        _ pc: Int, _ register: Int, _ kind: HelperArgument, _ call: inout HelperCall, _ state: inout State
    ) {
        guard let index = call.map else {
            // The map argument was refused, or comes from a field that no table describes.
            return
        }
        let map = subject.maps[index]
        let size = kind == .mapKey ? map.keySize : map.valueSize
        // A filter is asked for the value that lies there (resolve_map_arg_type in kernel/bpf/verifier.c).
        let fills = kind == .mapValueOut && map.type != .bloomFilter
        checkMemory(pc, register, Int64(size), Int64(size), fills ? .fills : .reads, &call, &state)
    }

    private mutating func checkSized(
        _ pc: Int, _ register: Int, _ kind: HelperArgument, _ call: inout HelperCall, _ state: inout State
    ) {
        if kind == .keptMemory, state.registers[register].kind != .mapValue {
            return refuse(pc, register, call, "memory in a map value", &state)
        }
        let use: MemoryUse
        switch kind {
        case .updatedMemory, .updatedMemoryOrNull: use = .updates
        case .writableMemory, .writableMemoryOrNull: use = .fills
        default: use = .reads
        }
        let orNull = kind == .readableMemoryOrNull || kind == .updatedMemoryOrNull || kind == .writableMemoryOrNull
        let sizeRegister = register + 1
        guard sizeRegister <= 5, requireInitialised(sizeRegister, pc, &state) else { return }
        let size = state.registers[sizeRegister]
        guard size.kind == .scalar || size.kind == .tainted && subject.mayLeak else {
            return refuse(pc, sizeRegister, call, "a number of bytes", &state)
        }
        let mayBeZero = call.prototype.arguments[register] == .sizeOrZero
        if orNull, state.registers[register].isNull {
            if size.number.constant == 0 || !mayBeZero { return }
            // A size without memory: the helper itself refuses that when it happens.
            return
        }
        if !mayBeZero, size.number.unsignedMinimum == 0 {
            let known = size.number.constant == 0 ? "is 0" : "may be 0"
            report(
                .helperArgument, pc, state,
                "calls \(call.prototype.name) with a size in r\(sizeRegister) that \(known): it is \(describe(size))",
                sizeRegister, hint: .boundBothSides)
        }
        let most = size.number.unsignedMaximum
        call.largestSize = most
        guard most <= UInt64(Value.offsetLimit) else {
            let half = size.number.halfUnsignedMaximum != UInt32.max
            report(
                .helperArgument, pc, state,
                "calls \(call.prototype.name) with a size in r\(sizeRegister) that has no upper bound: it is \(describe(size))"
                    + (half ? ", though its low 32 bits are at most \(size.number.halfUnsignedMaximum)" : ""),
                sizeRegister, hint: half ? .check32BitsOfWiderValue : .boundBothSides)
            if use != .reads { forgetFilled(register, &state) }
            return
        }
        if most == 0 { return }
        checkMemory(pc, register, Int64(size.number.unsignedMinimum), Int64(most), use, &call, &state)
    }

    private func forgetFilled(_ register: Int, _ state: inout State) {
        if state.registers[register].kind == .stack { forgetFrame(Int(state.registers[register].frame), &state) }
    }

    enum MemoryUse {
        case reads, updates, fills
    }

    /// `atMost` bytes at a register that a helper reads or writes.
    private mutating func checkMemory(
        _ pc: Int, _ register: Int, _ surely: Int64, _ atMost: Int64, _ use: MemoryUse, _ call: inout HelperCall,
        _ state: inout State
    ) {
        var pointer = state.registers[register]
        if pointer.isNullable {
            refuse(pc, register, call, "memory", &state)
            assumeNotNull(pointer.symbol, &state)
            pointer = state.registers[register]
        }
        if atMost == 0 { return }
        let verb = use == .reads ? "has \(call.prototype.name) read" : "has \(call.prototype.name) write"
        switch pointer.kind {
        case .stack:
            guard let span = stackSpan(pc, register, pointer, 0, Int(clamping: atMost), verb, &state) else {
                if use != .reads { forgetFrame(Int(pointer.frame), &state) }
                return
            }
            if use != .fills { checkInitialised(pc, register, Int(pointer.frame), span, call, &state) }
            if use != .reads { call.filled.append((pointer, surely, atMost)) }
        case .packet, .packetMeta:
            guard
                subject.descriptor.isPacketPlain
                    || subject.descriptor.mayPassPacket && call.prototype.traits.contains(.acceptsPacket)
            else { return refuse(pc, register, call, "memory that is not the packet", &state) }
            if use != .reads, !mayWrite(pc, register, pointer, &state) { return }
            checkRange(pc, register, pointer, 0, Int(clamping: atMost), writes: use != .reads, &state)
        case .mapValue, .memory:
            if use != .reads, !mayWrite(pc, register, pointer, &state) { return }
            checkRange(pc, register, pointer, 0, Int(clamping: atMost), writes: use != .reads, &state)
        case .socket, .kernelObject, .context:
            // Linux lets some helpers read these; nothing here says how large they are.
            refuse(pc, register, call, "memory", &state)
        case .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .function:
            refuse(pc, register, call, "a pointer to \(atMost) bytes of memory", &state)
        }
    }

    private mutating func checkInitialised(
        _ pc: Int, _ register: Int, _ frame: Int, _ span: Range<Int>, _ call: HelperCall, _ state: inout State
    ) {
        guard let byte = state.frames[frame].firstMissing(span.lowerBound, span.upperBound) else { return }
        let overlapping = state.cells.first {
            Place.isStack($0.key) && Place.frame($0.key) == frame && Place.byte($0.key) <= byte
                && byte < Place.byte($0.key) + Int($0.size)
        }
        if subject.mayLeak, overlapping != nil { return }
        report(
            overlapping == nil ? .uninitialisedStack : .addressLeak, pc, state,
            "hands bytes \(span.lowerBound - frameSize) to \(span.upperBound - 1 - frameSize) of the stack to "
                + "\(call.prototype.name); byte \(byte - frameSize) \(overlapping == nil ? "was never written" : "is part of an address")",
            register, hint: .initialiseStack)
        state.frames[frame].insert(span.lowerBound, span.upperBound)
    }

    /// Something that was acquired, and is given back.
    private mutating func checkOwned(
        _ pc: Int, _ register: Int, _ kind: Value.Kind, _ what: String, _ call: inout HelperCall, _ state: inout State
    ) {
        let value = state.registers[register]
        guard value.kind == kind, !value.isNullable, value.constant == 0, value.number.isConstant,
            state.references.contains(value.identity)
        else { return refuse(pc, register, call, what, &state) }
        call.released = value
    }

    /// The lock or timer of a map value.
    private mutating func checkField(
        _ pc: Int, _ register: Int, _ kind: HelperArgument, _ call: inout HelperCall, _ state: inout State
    ) {
        let value = state.registers[register]
        let what = kind == .spinLock ? "the bpf_spin_lock of a map value" : "the bpf_timer of a map value"
        guard value.kind == .mapValue, !value.isNullable, value.number.isConstant else {
            return refuse(pc, register, call, what, &state)
        }
        let map = subject.maps[Int(value.identity)]
        guard let offset = kind == .spinLock ? map.spinLock : map.timer, value.constant == Int64(offset) else {
            return refuse(pc, register, call, what, &state)
        }
        let held = state.cell(at: Place.lock)
        if call.prototype.traits.contains(.locks) {
            if held != nil {
                report(.lockMisuse, pc, state, "locks while a lock is held already", register, hint: .unlockOnEveryPath)
            }
            state.setCell(Place.lock, size: 8, value)
        } else if call.prototype.traits.contains(.unlocks) {
            guard let held, held.value.identity == value.identity, held.value.symbol == value.symbol,
                held.value.constant == value.constant
            else {
                report(
                    .lockMisuse, pc, state, "unlocks \(describe(value)), which is not the lock that is held", register)
                return
            }
        }
    }

    private mutating func checkString(_ pc: Int, _ register: Int, _ call: HelperCall, _ state: inout State) {
        let value = state.registers[register]
        guard value.kind == .mapValue, !value.isNullable, value.number.isConstant else {
            return refuse(pc, register, call, "a constant string", &state)
        }
        let contents = subject.maps[Int(value.identity)].contents
        guard value.constant >= 0, value.constant < Int64(contents.count),
            contents[Int(value.constant)...].contains(0)
        else { return refuse(pc, register, call, "a string with its end in a read-only map", &state) }
    }
}
