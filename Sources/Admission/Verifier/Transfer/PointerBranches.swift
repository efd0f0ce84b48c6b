internal import Bytecode
internal import ProgramPackage

/// Comparisons of addresses: with the end of the packet, and with each other.
extension Analysis {
    mutating func forkPointers(
        _ pc: Int, _ form: Form, _ a: Value, _ b: Value, _ left: Int, _ right: Int, _ state: inout State
    ) -> Fork {
        if a.isNullable || b.isNullable {
            if !a.hasSameBase(as: b) { reportComparison(pc, a, b, left, right, &state) }
            return Fork(taken: state, continues: true)
        }
        if let (pointer, end, flipped) = Self.againstEnd(a, b) {
            if !pointer.number.isConstant { packetChecks.insert(pc) }
            return forkPacket(form.condition, pointer, end, flipped: flipped, &state)
        }
        guard a.hasSameBase(as: b), let distance = difference(a, b, state), a.offsets != nil, b.offsets != nil else {
            reportComparison(pc, a, b, left, right, &state)
            return Fork(taken: state, continues: true)
        }
        // Offsets are small, so addresses compare as offsets do, and as their distance compares with 0.
        let signed: Condition
        switch form.condition {
        case .equal, .notEqual, .signedGreater, .signedGreaterOrEqual, .signedLess, .signedLessOrEqual:
            signed = form.condition
        case .greater: signed = .signedGreater
        case .greaterOrEqual: signed = .signedGreaterOrEqual
        case .less: signed = .signedLess
        case .lessOrEqual: signed = .signedLessOrEqual
        case .set:
            reportComparison(pc, a, b, left, right, &state)
            return Fork(taken: state, continues: true)
        }
        if let known = Scalar.decide(signed, distance.number, Scalar(0)) {
            return known ? Fork(taken: state, continues: false) : Fork(taken: nil, continues: true)
        }
        var taken = state
        let canBeTaken = refineOffsets(&taken, signed, left, right, holds: true)
        let continues = refineOffsets(&state, signed, left, right, holds: false)
        return Fork(taken: canBeTaken ? taken : nil, continues: continues)
    }

    func refineOffsets(
        _ state: inout State, _ condition: Condition, _ left: Int, _ right: Int, holds: Bool
    ) -> Bool {
        let a = state.registers[left]
        let b = state.registers[right]
        var first = Scalar.apply(.add, a.number, Scalar(UInt64(bitPattern: a.constant)))
        var second = Scalar.apply(.add, b.number, Scalar(UInt64(bitPattern: b.constant)))
        guard Scalar.refine(condition, holds: holds, &first, &second) else { return false }
        for (register, value, offset) in [(left, a, first), (right, b, second)] {
            let variable = Scalar.apply(.sub, offset, Scalar(UInt64(bitPattern: value.constant)))
            guard let met = value.number.met(variable) else { return false }
            guard met != value.number else { continue }
            state.registers[register].number = met
            if value.symbol != Symbol.none, !spread(state.registers[register], &state) { return false }
            state.registers[register].fold()
        }
        return true
    }

    /// A comparison of a packet pointer with the end of what it points into.
    static func againstEnd(_ a: Value, _ b: Value) -> (pointer: Value, end: Value, flipped: Bool)? {
        func isEnd(_ end: Value, _ pointer: Value) -> Bool {
            pointer.kind == .packet && end.kind == .packetEnd
                || pointer.kind == .packetMeta && end.kind == .packet && end.number.isConstant
        }
        if isEnd(b, a) { return (a, b, false) }
        if isEnd(a, b) { return (b, a, true) }
        return nil
    }

    /// `pointer <condition> end`, or flipped `end <condition> pointer`.
    func forkPacket(
        _ condition: Condition, _ pointer: Value, _ end: Value, flipped: Bool, _ state: inout State
    ) -> Fork {
        var taken = state
        var canBeTaken = true
        var continues = true
        /// pointer ≤ end (or < end): so many bytes behind the pointer's base are there.
        func within(_ state: inout State, strictly: Bool) -> Bool {
            learn(pointer, end, strictly ? 1 : 0, &state)
        }
        /// pointer > end (or ≥ end): the packet is shorter.
        func beyond(_ state: inout State, strictly: Bool) -> Bool {
            learnShort(pointer, end, strictly ? 1 : 0, &state)
        }
        switch (condition, flipped) {
        case (.greater, false), (.less, true):
            canBeTaken = beyond(&taken, strictly: true)
            continues = within(&state, strictly: false)
        case (.greaterOrEqual, false), (.lessOrEqual, true):
            canBeTaken = beyond(&taken, strictly: false)
            continues = within(&state, strictly: true)
        case (.less, false), (.greater, true):
            canBeTaken = within(&taken, strictly: true)
            continues = beyond(&state, strictly: false)
        case (.lessOrEqual, false), (.greaterOrEqual, true):
            canBeTaken = within(&taken, strictly: false)
            continues = beyond(&state, strictly: true)
        case (.equal, _):
            canBeTaken = within(&taken, strictly: false) && beyond(&taken, strictly: false)
            continues = differs(pointer, end, &state)
        case (.notEqual, _):
            continues = within(&state, strictly: false) && beyond(&state, strictly: false)
            canBeTaken = differs(pointer, end, &taken)
        case (.signedGreater, _), (.signedGreaterOrEqual, _), (.signedLess, _), (.signedLessOrEqual, _), (.set, _):
            break
        }
        return Fork(taken: canBeTaken ? taken : nil, continues: continues)
    }

    /// `pointer ≠ end`: of use where the one is known to be at most the other.
    private func differs(_ pointer: Value, _ end: Value, _ state: inout State) -> Bool {
        guard pointer.kind == .packet, pointer.number.isConstant else { return true }
        let bytes = pointer.constant &- end.constant
        if bytes == Int64(state.packetMinimum) { return learn(pointer, end, 1, &state) }
        if bytes == Int64(state.packetMaximum) { return learnShort(pointer, end, 1, &state) }
        return true
    }

    /// `pointer + slack ≤ end`.
    private func learn(_ pointer: Value, _ end: Value, _ slack: Int64, _ state: inout State) -> Bool {
        // The number of bytes that are there, behind the variable part.
        let bytes = pointer.constant &- end.constant &+ slack
        guard let offsets = pointer.offsets, offsets.lowerBound >= 0, bytes >= 0 else { return true }
        if pointer.number.isConstant {
            if pointer.kind == .packet {
                guard bytes <= Int64(state.packetMaximum) else { return false }
                state.packetMinimum = max(state.packetMinimum, UInt32(clamping: bytes))
                return spreadPacketSize(&state)
            }
            state.metaMinimum = max(state.metaMinimum, UInt32(clamping: bytes))
            return true
        }
        if pointer.symbol != Symbol.none {
            let extent = Int32(clamping: bytes)
            let isPacket = pointer.kind == .packet
            let most = Scalar.signed(.min, Int64(state.packetMaximum) &- bytes)
            state.updateValues {
                guard $0.symbol == pointer.symbol else { return }
                if $0.kind == pointer.kind {
                    $0.extent = max($0.extent, extent)
                    // What lies before the end of a packet is not larger than packets are.
                    if isPacket { _ = $0.narrow(to: most) }
                } else if isPacket, $0.kind == .scalar {
                    $0.extent = max($0.extent, Int32(clamping: Int64(extent) &- $0.constant))
                }
            }
        }
        guard pointer.kind == .packet, pointer.number.signedMinimum >= 0 else { return true }
        let least = bytes &+ pointer.number.signedMinimum
        guard least <= Int64(state.packetMaximum) else { return false }
        state.packetMinimum = max(state.packetMinimum, UInt32(clamping: least))
        return spreadPacketSize(&state)
    }

    /// `pointer ≥ end + slack`.
    private func learnShort(_ pointer: Value, _ end: Value, _ slack: Int64, _ state: inout State) -> Bool {
        guard pointer.kind == .packet, let offsets = pointer.offsets, offsets.lowerBound >= 0 else { return true }
        let most = offsets.upperBound &- end.constant &- slack
        guard most >= Int64(state.packetMinimum) else { return false }
        state.packetMaximum = min(state.packetMaximum, UInt32(clamping: most))
        return spreadPacketSize(&state)
    }

    /// Hands on what is known of the size of the packet to the numbers that were computed from it.
    private func spreadPacketSize(_ state: inout State) -> Bool {
        var size = Value.scalar(.unsigned(UInt64(state.packetMinimum), UInt64(state.packetMaximum)))
        size.symbol = Symbol.packetSize
        return spread(size, &state)
    }

    mutating func reportComparison(
        _ pc: Int, _ a: Value, _ b: Value, _ left: Int, _ right: Int, _ state: inout State
    ) {
        if subject.mayLeak { return }
        report(
            .pointerComparison, pc, state,
            "compares \(describe(a)) with \(describe(b)): the outcome says nothing that a program may rely on, and tells the "
                + "address", left)
    }
}
