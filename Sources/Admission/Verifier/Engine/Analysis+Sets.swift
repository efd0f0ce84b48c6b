/// Sets of states at one point, kept small.
extension Analysis {
    /// Drops what others stand for; joins what is alike where too many are left.
    mutating func reduce(_ states: inout [Kept], at pc: Int) throws(Exhausted) {
        if states.count < 2 { return }
        let before = states.count
        var kept: [Kept] = []
        var sketches: [Kept.Sketch] = []
        kept.reserveCapacity(states.count)
        sketches.reserveCapacity(states.count)
        for state in states {
            let sketch = state.sketch
            var cover: Kept?
            for index in sketches.indices where sketch.mayBeCovered(by: sketches[index]) {
                if state.isCovered(by: kept[index], fixedBelow: firstOwnSymbol) {
                    cover = kept[index]
                    break
                }
            }
            if let cover {
                if isChecking { history.connect(state.node, cover.node) }
                continue
            }
            var last = 0
            for index in sketches.indices {
                if sketches[index].mayBeCovered(by: sketch),
                    kept[index].isCovered(by: state, fixedBelow: firstOwnSymbol)
                {
                    if isChecking { history.connect(kept[index].node, state.node) }
                    continue
                }
                if last != index {
                    kept[last] = kept[index]
                    sketches[last] = sketches[index]
                }
                last += 1
            }
            kept.removeLast(kept.count - last)
            sketches.removeLast(sketches.count - last)
            kept.append(state)
            sketches.append(sketch)
        }
        let width = widths.at(pc)
        while kept.count > width {
            // First what differs in numbers only, so that nothing becomes unusable; then what must.
            let count = kept.count
            for likeness in [Likeness.places, .reach, .registers, .none] where kept.count == count {
                joinPairs(&kept, downTo: width * 3 / 4, at: pc, likeness)
            }
            if kept.count == count { break }
        }
        if kept.count > width * 4 { throw Exhausted(resource: .states, instruction: pc) }
        liveStates -= before - kept.count
        states = kept
    }

    /// How much two states must have in common to be joined.
    private enum Likeness {
        /// The kinds of all values, the bytes that were written and the length of the packet.
        case places
        /// Instead of the length, which pointers into the packet may be read through: states before and after a check of the same
        /// pointer stay apart, though what the check was against is joined.
        case reach
        /// The kinds of registers; nothing.
        case registers, none
    }

    /// Joins each state with the one most like it among the next few.
    private mutating func joinPairs(
        _ states: inout [Kept], downTo goal: Int, at pc: Int, _ likeness: Likeness
    ) {
        let shapes = states.map {
            switch likeness {
            case .places: $0.state.shapeOfPlaces(withLengths: true)
            case .reach: $0.state.shapeOfPlaces(withLengths: false)
            case .registers: $0.state.shape
            case .none: UInt64(0)
            }
        }
        var isGone = [Bool](repeating: false, count: states.count)
        var surplus = states.count - goal
        for index in states.indices where !isGone[index] && surplus > 0 {
            var best: (index: Int, distance: Int)?
            var looked = 0
            for other in index + 1..<max(states.count, index + 1) where !isGone[other] {
                guard shapes[other] == shapes[index], states[index].state.canJoin(states[other].state)
                else { continue }
                let distance = states[index].state.distance(to: states[other].state)
                if best == nil || distance < best?.distance ?? 0 { best = (other, distance) }
                looked += 1
                if looked == 16 { break }
            }
            guard let best else { continue }
            states[index] = Kept(join(states[index].state, states[best.index].state, at: pc))
            isGone[best.index] = true
            surplus -= 1
        }
        states = states.indices.filter { !isGone[$0] }.map { states[$0] }
    }

    mutating func join(_ a: State, _ b: State, _ how: Combination = .hull, at pc: Int) -> State {
        var joined = a.joined(b, how, nextSymbol: &nextSymbol)
        hasJoined = true
        if isChecking {
            lastJoin = pc
            joined.node = history.append(.merge, pc, after: a.node)
            history.connect(b.node, joined.node)
        }
        return joined
    }
}

extension State {
    /// As ``shape``, with what lies in the frames.
    ///
    /// - Parameter withLengths: whether the length of the packet and the offsets of pointers count, or only how pointers lie to it.
    func shapeOfPlaces(withLengths: Bool) -> UInt64 {
        var hash = shape
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        func reach(_ value: Value) -> UInt64 { (withLengths ? value.extent > 0 : isReadable(value)) ? 1 : 0 }
        if withLengths { mix(UInt64(packetMinimum) | UInt64(metaMinimum) << 32) }
        for register in 0..<10 {
            mix((registers[register].isNullable ? 1 : 0) | reach(registers[register]) << 1)
        }
        for cell in cells where cell.value.kind != .scalar {
            mix(UInt64(cell.key) | UInt64(cell.value.kind.rawValue) << 32 | (cell.value.isNullable ? 1 << 63 : 0))
            mix(reach(cell.value))
            mix(UInt64(cell.value.identity) | (withLengths ? UInt64(bitPattern: cell.value.constant) << 32 : 0))
        }
        for frame in frames { frame.mix(into: mix) }
        return hash
    }

    /// Whether a pointer into the packet is known to have a byte of it behind it.
    private func isReadable(_ value: Value) -> Bool {
        value.kind == .packet && Int64(value.extent(here: packetMinimum)) > value.constant
    }

    /// In how many values two states differ.
    func distance(to other: State) -> Int {
        var distance = packetMinimum == other.packetMinimum ? 0 : 2
        // Bytes that were written on the one way only cannot be read after a join.
        for frame in frames.indices where frames[frame] != other.frames[frame] { distance += 8 }
        for register in 0..<10 {
            distance += registers[register].difference(from: other.registers[register])
        }
        var index = 0
        for place in cells.indices {
            while index < other.cells.count, other.cells[index].key < cells[place].key {
                distance += 2
                index += 1
            }
            if index < other.cells.count, other.cells[index].key == cells[place].key {
                distance += cells[place].value.difference(from: other.cells[index].value)
                index += 1
            } else {
                distance += 2
            }
        }
        return distance + 2 * (other.cells.count - index)
    }
}

extension Value {
    /// 0: alike; more, the more a join would lose.
    fileprivate func difference(from other: Value) -> Int {
        if kind != other.kind { return kind == .unusable || other.kind == .unusable ? 1 : 8 }
        if kind == .unusable { return 0 }
        if isPointer, !hasSameBase(as: other) { return 8 }
        var difference = number == other.number ? 0 : (isPointer ? 3 : 1)
        if constant != other.constant, isPointer { difference += 3 }
        if isNullable != other.isNullable { difference += 4 }
        if extent != other.extent { difference += 4 }
        if number != other.number, number.isConstant, other.number.isConstant, kind == .scalar {
            // Flags and return codes: what later branches ask for.
            difference += 2
        }
        return difference
    }
}
