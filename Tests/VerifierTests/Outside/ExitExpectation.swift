/// Whether what the verifier knows at the end says at least what a line of a document's `post` says.
struct ExitExpectation {
    enum Outcome: String, CaseIterable {
        case said
        /// Ours admits more than theirs.
        case weaker
        /// A relation between values that ours does not say.
        case relationMissing
        /// About things that our states do not have (counters of loops, numeric sizes of pointers, addresses of
        /// pointers).
        case notOurs
    }

    /// The stack offset that PREVAIL gives the end of the entry's frame.
    var top: Int
    var states: [SeenState]
    /// The registers that `post` calls numbers, in the order of its lines.
    private let kinds: [UInt8: Set<PrevailConstraint.Kind>]

    init(_ post: [PrevailConstraint], top: Int, states: [SeenState]) {
        self.top = top
        self.states = states
        var kinds: [UInt8: Set<PrevailConstraint.Kind>] = [:]
        for case .type(.register(let register), let set) in post { kinds[register] = set }
        self.kinds = kinds
    }

    func outcome(of constraint: PrevailConstraint) -> Outcome {
        switch constraint {
        case .bottom: states.isEmpty ? .said : .weaker
        case .type(.register(let register), let set):
            states.allSatisfy { Self.kinds($0.registers[Int(register)], set) } ? .said : .weaker
        case .type(.stack(let first, let last), let set): stackType(first, last, set)
        case .sameType: .notOurs
        case .range(let quantity, let low, let high): range(quantity, low, high)
        case .equal(let first, let second, let constant):
            relation(first, second, constant, isEquality: true)
        case .difference(let first, let second, let constant): relation(first, second, constant, isEquality: false)
        }
    }

    private static func kinds(_ seen: SeenState.Seen, _ set: Set<PrevailConstraint.Kind>) -> Bool {
        set.contains { kind in
            switch kind {
            case .number: seen.kind == .number
            case .ctx: seen.kind == .context
            case .packet: [.packet, .packetEnd, .packetMeta].contains(seen.kind)
            case .stack: seen.kind == .stack
            case .shared: seen.kind == .mapValue || seen.kind == .memory
            case .mapFD, .mapFDPrograms: seen.kind == .map
            }
        }
    }

    private func stackType(_ first: Int, _ last: Int, _ set: Set<PrevailConstraint.Kind>) -> Outcome {
        let bytes = (first...last).map { $0 - top + EntryState.frameSize }.filter { 0..<EntryState.frameSize ~= $0 }
        guard set == [.number] else { return .notOurs }
        let isSaid = states.allSatisfy { state in
            bytes.allSatisfy { state.bytes[$0] != .nothing && state.bytes[$0] != .pointer }
        }
        return isSaid ? .said : .weaker
    }

    private func range(_ quantity: PrevailConstraint.Quantity, _ low: Int128?, _ high: Int128?) -> Outcome {
        let expected = (low ?? Int128.min)...(high ?? Int128.max)
        switch quantity {
        case .loopCounter: return .notOurs
        case .packetSize:
            return states.allSatisfy { Int128($0.packetMinimum) >= expected.lowerBound } ? .said : .weaker
        case .metaOffset:
            return states.allSatisfy { -Int128($0.metaMinimum) <= expected.upperBound } ? .said : .weaker
        case .stack(let first, let last, let view):
            guard view == "svalue" || view == "uvalue", low == high, let low else { return .notOurs }
            let bits = UInt64(truncatingIfNeeded: low)
            let start = first - top + EntryState.frameSize
            guard start >= 0, last - first < 8, start + last - first < EntryState.frameSize else { return .notOurs }
            let isSaid = states.allSatisfy { state in
                (0...last - first).allSatisfy {
                    state.bytes[start + $0] == .constant(UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)))
                }
            }
            return isSaid ? .said : .weaker
        case .register(let register, let view):
            guard let values = values(register, view) else { return .notOurs }
            return values.allSatisfy { expected.contains($0.lowerBound) && expected.contains($0.upperBound) }
                ? .said : .weaker
        }
    }

    /// What a register is in one of PREVAIL's views, in each state; nil where our states have no such view.
    private func values(_ register: UInt8, _ view: String) -> [ClosedRange<Int128>]? {
        let seen = states.map { $0.registers[Int(register)] }
        func offsets(_ kinds: Set<SeenState.Kind>, shift: Int128 = 0) -> [ClosedRange<Int128>]? {
            // Where a register may be of several kinds, the offset of one of them is about the states that have it.
            seen.filter { kinds.contains($0.kind) || self.kinds[register]?.count == 1 }.map {
                guard kinds.contains($0.kind) else { return Int128.min...Int128.max }
                return Int128($0.signed.lowerBound) + shift...Int128($0.signed.upperBound) + shift
            }
        }
        switch view {
        case "svalue" where kinds[register] == [.number]: return offsets([.number])
        case "uvalue" where kinds[register] == [.number]:
            return seen.map {
                guard $0.kind == .number else { return Int128.min...Int128.max }
                return Int128($0.unsigned.lowerBound)...Int128($0.unsigned.upperBound)
            }
        case "ctx_offset": return offsets([.context])
        case "packet_offset":
            guard !seen.contains(where: { $0.kind == .packetMeta }) else { return nil }
            return offsets([.packet])
        case "stack_offset": return offsets([.stack], shift: Int128(top - EntryState.frameSize))
        case "shared_offset": return offsets([.mapValue, .memory])
        case "shared_region_size":
            return seen.filter { [.mapValue, .memory].contains($0.kind) || kinds[register]?.count == 1 }.map {
                Int128($0.size ?? 0)...Int128($0.size ?? 0)
            }
        default: return nil
        }
    }

    private func relation(
        _ first: PrevailConstraint.Quantity, _ second: PrevailConstraint.Quantity, _ constant: Int128, isEquality: Bool
    ) -> Outcome {
        if case .register(let a, let left) = first, case .register(let b, let right) = second, a == b, left != right,
            constant == 0, isEquality, kinds[a] == [.number]
        {
            // The same number with and without sign: it is not negative.
            return states.allSatisfy { $0.registers[Int(a)].signed.lowerBound >= 0 } ? .said : .weaker
        }
        guard isOurs(first), isOurs(second) else { return .notOurs }
        let isSaid = states.allSatisfy { state in
            guard let left = linear(first, state), let right = linear(second, state) else { return false }
            if left.name == right.name {
                let difference = left.range.lowerBound - right.range.lowerBound
                return isEquality ? difference == constant : difference <= constant
            }
            return !isEquality && left.bounds.upperBound - right.bounds.lowerBound <= constant
        }
        return isSaid ? .said : .relationMissing
    }

    private func isOurs(_ quantity: PrevailConstraint.Quantity) -> Bool {
        switch quantity {
        case .packetSize, .metaOffset: true
        case .register(let register, let view):
            switch view {
            case "svalue", "uvalue": kinds[register] == [.number]
            case "ctx_offset", "packet_offset", "stack_offset", "shared_offset": true
            default: false
            }
        case .stack, .loopCounter: false
        }
    }

    /// `name + constant` with the constant in `range`, and the bounds of the whole.
    private func linear(
        _ quantity: PrevailConstraint.Quantity, _ state: SeenState
    ) -> (name: UInt32, range: ClosedRange<Int128>, bounds: ClosedRange<Int128>)? {
        switch quantity {
        case .packetSize: return (1, 0...0, Int128(state.packetMinimum)...Int128(Int32.max))
        case .metaOffset: return (0, 0...0, -Int128(Int32.max) ... -Int128(state.metaMinimum))
        case .register(let register, _):
            let seen = state.registers[Int(register)]
            if seen.kind == .packetEnd { return (1, 0...0, Int128(state.packetMinimum)...Int128(Int32.max)) }
            let bounds = Int128(seen.signed.lowerBound)...Int128(seen.signed.upperBound)
            if bounds.lowerBound == bounds.upperBound { return (0, bounds, bounds) }
            guard let linear = seen.linear else { return (.max - UInt32(register), 0...0, bounds) }
            return (linear.name, Int128(linear.constant)...Int128(linear.constant), bounds)
        case .stack, .loopCounter: return nil
        }
    }
}
