internal import Bytecode
internal import ProgramPackage
internal import Prototypes

/// What a call of a helper has shown so far.
struct HelperCall {
    let prototype: HelperPrototype
    var map: Int?
    var callback: Value?
    var callbackContext: Value?
    var allocation: Int32 = 0
    var released: Value?
    var firstArgument: Value?
    /// The bound on a size argument.
    var largestSize: UInt64?
    /// Stack memory that the helper fills, to be marked when all arguments have been looked at.
    var filled: [(pointer: Value, surely: Int64, atMost: Int64)] = []
}

/// Calls of helpers: arguments, then results.
extension Analysis {
    /// The prototype of the helper that is called, if it may be.
    mutating func prototype(_ pc: Int, _ instruction: Instruction, _ state: inout State) -> HelperPrototype? {
        let id = UInt32(truncatingIfNeeded: instruction.immediate)
        guard instruction.immediate > 0, instruction.immediate < 1 << 31, let prototype = HelperPrototype.row(id) else {
            let what =
                switch Int32(exactly: instruction.immediate).flatMap(AbsentCall.init) {
                case .function: "calls a kernel's function that is declared weak, and is not here"
                case .type: "needs a field or a type that is not in the types the program was made to fit"
                case nil: "calls helper \(instruction.immediate), which is not known"
                }
            report(.helperUnknown, pc, state, what)
            return nil
        }
        guard subject.descriptor.helpers.contains(id) else {
            report(
                .helperNotAllowed, pc, state,
                "calls \(prototype.name), which programs of type \(subject.descriptor.name) may not call")
            return nil
        }
        // Licences are Linux's affair.
        if prototype.traits.contains(.gplOnly), !subject.isGPL, !subject.descriptor.isOfWindows {
            report(
                .helperLicence, pc, state,
                "calls \(prototype.name), which only programs under a licence compatible with the GPL may call")
        }
        if prototype.traits.contains(.sleeps), !subject.descriptor.maySleep {
            report(.helperNotAllowed, pc, state, "calls \(prototype.name), which may sleep; this program may not")
        }
        return prototype
    }

    /// Checks a call and gives R0 its result. nil: the helper is not one that can be called.
    mutating func callHelper(_ pc: Int, _ instruction: Instruction, _ state: inout State) -> HelperCall? {
        guard var prototype = prototype(pc, instruction, &state) else {
            clobber(&state)
            state.registers[0] = .unknown
            return nil
        }
        if state.cells.last?.key == Place.lock, !prototype.traits.contains(.unlocks) {
            report(
                .lockHeld, pc, state,
                "calls \(prototype.name) while a lock is held: only bpf_spin_unlock may be called",
                hint: .unlockOnEveryPath)
        }
        prototype.arguments = prototype.arguments(in: subject.descriptor)
        var call = HelperCall(prototype: prototype)
        for index in 0..<5 {
            if prototype.arguments[index] == .unused { break }
            checkArgument(pc, index, &call, &state)
        }
        for fill in call.filled { fillStack(fill.pointer, fill.surely, fill.atMost, &state) }
        if call.prototype.result == .tailCall {
            if let reference = state.references.first {
                report(
                    .unreleasedReference, pc, state,
                    "goes on in another program without giving back what the call at instruction \(reference >> 8) acquired",
                    hint: .releaseOnEveryPath)
            }
        }
        if let released = call.released { release(released, &state) }
        if prototype.traits.contains(.invalidatesPacket) { invalidatePacket(&state) }
        clobber(&state)
        if prototype.traits.contains(.unlocks) { state.removeCell(Place.lock) }
        state.registers[0] = result(pc, call, &state)
        return call
    }

    private func clobber(_ state: inout State) { for register in 0...5 { state.registers[register] = .unusable } }

    private mutating func result(_ pc: Int, _ call: HelperCall, _ state: inout State) -> Value {
        func reference(_ state: inout State) -> UInt32 {
            guard call.prototype.traits.contains(.acquires) else {
                return call.prototype.traits.contains(.borrows) ? call.firstArgument?.identity ?? 0 : 0
            }
            var number = UInt32(truncatingIfNeeded: pc) << 8 | 1
            while state.references.contains(number) { number &+= 1 }
            state.references.append(number)
            state.references.sort()
            return number
        }
        switch call.prototype.result {
        case .integer:
            if call.prototype.traits.contains(.boundedBySize), let size = call.largestSize, size <= 1 << 30 {
                return .scalar(.signed(-4095, Int64(size)))
            }
            return .unknown
        case .void, .tailCall: return .unusable
        case .mapValueOrNull, .mapValue:
            guard let map = call.map else { return .unknown }
            if call.prototype.result == .mapValue { return .pointer(.mapValue, identity: UInt32(map)) }
            switch subject.maps[map].type?.traits.lookup ?? .none {
            case .none, .value: return .nullable(.mapValue, identity: UInt32(map), symbol: freshSymbol())
            case .innerMap:
                guard let inner = subject.maps[map].inner else {
                    report(
                        .badMap, pc, state,
                        "looks up an inner map of '\(subject.maps[map].name)', whose inner maps are not described")
                    return .unknown
                }
                return .nullable(.map, identity: UInt32(inner), symbol: freshSymbol())
            case .socket:
                let reference = UInt32(truncatingIfNeeded: pc) << 8 | 1
                if !state.references.contains(reference) { state.references.append(reference); state.references.sort() }
                return SocketLayout.nullable(.socket, reference: reference, symbol: freshSymbol())
            case .expressSocket: return SocketLayout.nullable(.common, symbol: freshSymbol())
            }
        case .memoryOrNull:
            return .nullable(.memory, identity: reference(&state), symbol: freshSymbol(), extent: call.allocation)
        case .socketOrNull: return lend(.socket, reference(&state), call)
        case .sockCommonOrNull: return lend(.common, reference(&state), call)
        case .tcpSocketOrNull: return lend(.tcp, reference(&state), call)
        case .kernelObject: return .pointer(.kernelObject, identity: reference(&state))
        case .kernelObjectOrNull:
            return .nullable(.kernelObject, identity: reference(&state), symbol: freshSymbol())
        }
    }

    /// A socket or 0, acquired, or borrowed of another that stays acquired whether this one is 0 or not.
    private mutating func lend(_ layout: SocketLayout, _ reference: UInt32, _ call: HelperCall) -> Value {
        var value = SocketLayout.nullable(layout, reference: reference, symbol: freshSymbol())
        value.isBorrowed = call.prototype.traits.contains(.borrows)
        return value
    }

    private func release(_ value: Value, _ state: inout State) {
        state.references.removeAll { $0 == value.identity }
        let identity = value.identity
        state.updateValues {
            guard $0.identity == identity else { return }
            switch $0.kind {
            case .memory, .socket, .kernelObject: $0 = .gone(.released)
            case .unusable, .scalar, .tainted, .context, .stack, .packet, .packetEnd, .packetMeta, .packetLow, .map,
                .mapValue,
                .function:
                break
            }
        }
    }

    /// The packet may lie elsewhere and have another size.
    private func invalidatePacket(_ state: inout State) {
        state.updateValues {
            switch $0.kind {
            case .packet, .packetEnd, .packetMeta, .packetLow: $0 = .gone(.stalePacket)
            case .scalar, .tainted:
                $0.extent = 0
                if $0.symbol == Symbol.packetSize {
                    $0.symbol = Symbol.none
                    $0.constant = 0
                }
            case .unusable, .context, .stack, .map, .mapValue, .memory, .socket, .kernelObject, .function: break
            }
        }
        state.packetMinimum = 0
        state.packetMaximum = maximumPacketSize
        state.metaMinimum = 0
    }

    /// What the helper wrote are numbers.
    private func fillStack(_ pointer: Value, _ surely: Int64, _ atMost: Int64, _ state: inout State) {
        guard let offsets = pointer.offsets, Int(pointer.frame) <= state.depth else {
            forgetFrame(Int(pointer.frame), &state)
            return
        }
        let first = max(Int(clamping: offsets.lowerBound) + frameSize, 0)
        let last = min(Int(clamping: offsets.upperBound &+ atMost) + frameSize, frameSize)
        guard first < last else { return }
        state.removeCells(Int(pointer.frame), first, last)
        if pointer.number.isConstant, surely > 0 {
            state.frames[Int(pointer.frame)].insert(first, min(first + Int(surely), frameSize))
        }
    }
}
