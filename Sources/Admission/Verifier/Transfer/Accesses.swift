internal import ProgramPackage
internal import Prototypes

/// Whether an access lies inside what its pointer points into.
extension Analysis {
    /// Checks an access to anything but stack and context.
    ///
    /// - Returns: false, reported, where it may lie outside.
    @discardableResult
    mutating func checkRange(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, writes: Bool,
        _ state: inout State
    ) -> Bool {
        let verb = writes ? "writes" : "reads"
        guard let offsets = pointer.offsets else {
            reportRange(
                pc, register, pointer, "\(verb) \(size) bytes at \(describe(pointer)): the offset has no bounds", &state
            )
            return false
        }
        let first = offsets.lowerBound &+ displacement
        let last = offsets.upperBound &+ displacement &+ Int64(size)
        switch pointer.kind {
        case .packet, .packetMeta:
            return checkPacket(pc, register, pointer, displacement, size, first, last, verb, &state)
        case .mapValue:
            let map = subject.maps[Int(pointer.identity)]
            guard first >= 0, last <= Int64(map.valueSize) else {
                reportRange(
                    pc, register, pointer,
                    "\(verb) bytes \(first) to \(last - 1) of a value of map '\(map.name)', which has \(map.valueSize)",
                    &state)
                return false
            }
            return checkHidden(pc, register, map, first, last, verb, &state)
        case .memory:
            guard first >= 0, last <= Int64(pointer.extent) else {
                reportRange(
                    pc, register, pointer,
                    "\(verb) bytes \(first) to \(last - 1) of memory that has \(pointer.extent)", &state)
                return false
            }
            return true
        case .socket: return checkSocket(pc, register, pointer, first, last, writes: writes, &state)
        case .unusable, .scalar, .tainted, .context, .stack, .packetEnd, .packetLow, .map, .kernelObject, .function:
            return false
        }
    }

    private mutating func checkSocket(
        _ pc: Int, _ register: Int, _ pointer: Value, _ first: Int64, _ last: Int64, writes: Bool, _ state: inout State
    ) -> Bool {
        let layout = (SocketLayout(rawValue: pointer.frame) ?? .common).descriptor
        let verb = writes ? "writes" : "reads"
        guard pointer.number.isConstant, first >= 0, last <= Int64(layout.size) else {
            reportRange(
                pc, register, pointer,
                "\(verb) bytes \(first) to \(last - 1) of \(layout.name), which has \(layout.size)",
                &state)
            return false
        }
        guard let field = Self.field(of: layout, UInt32(first), Int(last - first)), !writes || field.isWritable else {
            report(
                .contextField, pc, state,
                "\(verb) bytes \(first) to \(last - 1) of \(layout.name); "
                    + contextAdvice(layout, UInt32(first), Int(last - first)), register, hint: .useReadOnlyField)
            return false
        }
        return true
    }

    private mutating func checkPacket(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ first: Int64, _ last: Int64,
        _ verb: String, _ state: inout State
    ) -> Bool {
        let known = pointer.kind == .packet ? state.packetMinimum : state.metaMinimum
        let room: Int64 =
            pointer.number.constant == 0
            ? max(Int64(known), Int64(pointer.extent)) : Int64(pointer.extent)
        let behind = pointer.constant &+ displacement &+ Int64(size)
        if first >= 0, last <= Int64(known) || room > 0 && behind <= room { return true }
        let what = pointer.kind == .packet ? "the packet" : "the metadata"
        var text = "\(verb) bytes \(first) to \(last - 1) of \(what)"
        if pointer.number.isConstant {
            text += "; \(room == 0 ? "none are" : "only \(room) are") known to be there"
        } else if first < 0 {
            text += ": the offset may be negative"
        } else {
            text +=
                ", bytes \(behind - Int64(size)) to \(behind - 1) behind a variable offset; "
                + (room == 0 ? "nothing is known to be there" : "only \(room) bytes behind it are known to be there")
        }
        reportRange(pc, register, pointer, text, &state)
        // As if it had been checked: what follows is another matter.
        if first >= 0, pointer.number.isConstant, pointer.kind == .packet {
            state.packetMinimum = max(state.packetMinimum, UInt32(clamping: min(behind, Int64(maximumPacketSize))))
            state.packetMaximum = max(state.packetMaximum, state.packetMinimum)
        } else if pointer.symbol != Symbol.none {
            let symbol = pointer.symbol
            let kind = pointer.kind
            let extent = Int32(clamping: behind)
            state.updateValues { if $0.kind == kind, $0.symbol == symbol { $0.extent = max($0.extent, extent) } }
        }
        return false
    }

    /// A lock or timer in a map value belongs to the helpers for it.
    private mutating func checkHidden(
        _ pc: Int, _ register: Int, _ map: MapFacts, _ first: Int64, _ last: Int64, _ verb: String,
        _ state: inout State
    ) -> Bool {
        for (start, size, what) in [(map.spinLock, 4, "bpf_spin_lock"), (map.timer, 16, "bpf_timer")] {
            guard let start, first < Int64(start) + Int64(size), last > Int64(start) else { continue }
            report(
                .lockMisuse, pc, state,
                "\(verb) bytes \(first) to \(last - 1) of a value of map '\(map.name)', where its \(what) lies",
                register)
            return false
        }
        return true
    }

    private mutating func reportRange(
        _ pc: Int, _ register: Int, _ pointer: Value, _ text: String, _ state: inout State
    ) {
        let kind: Finding.Kind
        let hint: Finding.Hint
        switch pointer.kind {
        case .packet, .packetMeta: (kind, hint) = (.outOfBoundsPacket, .checkPacketBounds)
        case .mapValue: (kind, hint) = (.outOfBoundsMapValue, .maskIndex)
        case .stack: (kind, hint) = (.outOfBoundsStack, .maskIndex)
        case .context: (kind, hint) = (.outOfBoundsContext, .none)
        case .memory, .unusable, .scalar, .tainted, .packetEnd, .packetLow, .map, .socket, .kernelObject, .function:
            (kind, hint) = (.outOfBoundsMemory, .maskIndex)
        }
        report(kind, pc, state, text, register, hint: advice(pointer, hint, state))
    }

    /// What is likely to be wrong with an offset.
    private func advice(_ pointer: Value, _ usual: Finding.Hint, _ state: State) -> Finding.Hint {
        if pointer.number.isConstant { return usual }
        if pointer.kind == .packet || pointer.kind == .packetMeta {
            // Another pointer was checked, this one was not.
            var other = false
            state.forEachValue {
                if $0.kind == pointer.kind, $0.symbol != pointer.symbol, $0.extent > 0 { other = true }
            }
            if other, pointer.extent == 0 { return .boundOnWrongCopy }
            return usual
        }
        let number = pointer.number
        if number.signedMinimum < 0, number.signedMaximum < Int64(Int32.max) { return .boundBothSides }
        if number.unsignedMaximum > UInt64(UInt32.max), number.halfUnsignedMaximum < UInt32(1) << 20 {
            return .check32BitsOfWiderValue
        }
        return usual
    }

    /// The bytes of the frame that an access to the stack may touch, counted from the frame's lowest.
    mutating func stackSpan(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ verb: String,
        _ state: inout State
    ) -> Range<Int>? {
        guard Int(pointer.frame) <= state.depth else { return nil }
        guard let offsets = pointer.offsets else {
            reportRange(
                pc, register, pointer, "\(verb) \(size) bytes at \(describe(pointer)): the offset has no bounds", &state
            )
            return nil
        }
        let first = offsets.lowerBound &+ displacement
        let last = offsets.upperBound &+ displacement &+ Int64(size)
        guard first >= -Int64(frameSize), last <= 0 else {
            reportRange(
                pc, register, pointer,
                "\(verb) bytes \(first) to \(last - 1) of the stack; a frame has bytes -\(frameSize) to -1", &state)
            return nil
        }
        return Int(first) + frameSize..<Int(last) + frameSize
    }

    /// The offset of an access to the context, which must be one and known.
    mutating func contextOffset(
        _ pc: Int, _ register: Int, _ pointer: Value, _ displacement: Int64, _ size: Int, _ verb: String,
        _ state: inout State
    ) -> UInt32? {
        guard pointer.number.isConstant else {
            report(
                .outOfBoundsContext, pc, state,
                "\(verb) the context at an offset that is not a constant: \(describe(pointer))", register)
            return nil
        }
        let offset = pointer.constant &+ displacement
        guard offset >= 0, offset &+ Int64(size) <= Int64(subject.descriptor.context.size) else {
            report(
                .outOfBoundsContext, pc, state,
                "\(verb) bytes \(offset) to \(offset + Int64(size) - 1) of the context; \(subject.descriptor.context.name) has "
                    + "\(subject.descriptor.context.size)", register)
            return nil
        }
        return UInt32(offset)
    }

    /// The field that an access lies in, where it may.
    static func field(of layout: ContextDescriptor, _ offset: UInt32, _ size: Int) -> ContextField? {
        for field in layout.fields {
            guard offset >= field.offset, offset + UInt32(size) <= field.offset + field.size else { continue }
            switch field.meaning {
            case .number:
                if size == Int(field.size) || field.isNarrowable && offset % UInt32(size) == 0 { return field }
            case .words:
                if offset % UInt32(size) == 0 { return field }
            case .packet, .packetEnd, .packetMeta, .socket, .socketOrNull, .sockCommonOrNull, .flowKeys, .kernelObject:
                if size == Int(field.size) { return field }
            }
        }
        return nil
    }

    func contextAdvice(_ layout: ContextDescriptor, _ offset: UInt32, _ size: Int) -> String {
        for field in layout.fields
        where offset < field.offset + field.size && offset + UInt32(size) > field.offset {
            return "field '\(field.name)' there has \(field.size) bytes from \(field.offset) on"
                + (field.isNarrowable ? "" : " and is read whole")
        }
        return "\(layout.name) has no field there that a program of type \(subject.descriptor.name) may use"
    }
}
