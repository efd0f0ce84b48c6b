/// Finding, putting and removing cells.
extension State {
    /// The index of the first cell whose key is not below `key`.
    func cellIndex(_ key: UInt32) -> Int {
        var low = 0
        var high = cells.count
        while low < high {
            let middle = (low + high) >> 1
            if cells[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func cell(at key: UInt32) -> Cell? {
        let index = cellIndex(key)
        return index < cells.count && cells[index].key == key ? cells[index] : nil
    }

    mutating func setCell(_ key: UInt32, size: UInt8, _ value: Value) {
        let index = cellIndex(key)
        let cell = Cell(key: key, size: size, value: value)
        if index < cells.count, cells[index].key == key { cells[index] = cell } else { cells.insert(cell, at: index) }
    }

    mutating func removeCell(_ key: UInt32) {
        let index = cellIndex(key)
        if index < cells.count, cells[index].key == key { cells.remove(at: index) }
    }

    /// Removes the cells that overlap bytes `start..<end` of a frame.
    mutating func removeCells(_ frame: Int, _ start: Int, _ end: Int) {
        let first = cellIndex(Place.stack(frame, max(start - 7, 0)))
        let last = cellIndex(Place.stack(frame, end))
        guard first < last else { return }
        var kept = first
        for index in first..<last {
            let cell = cells[index]
            if Place.byte(cell.key) + Int(cell.size) <= start {
                cells[kept] = cell
                kept += 1
            }
        }
        cells.removeSubrange(kept..<last)
    }

    /// Forgets what lies in a frame where `live`, a bit for eight bytes, has no bit, and numbers where `exact` has none.
    mutating func keepFrame(_ frame: Int, _ live: UInt64, exact: UInt64) {
        guard live & exact != ~0, frame < frames.count else { return }
        frames[frame].keep(live)
        let first = Place.stack(frame, 0)
        let last = Place.stack(frame, frameSize)
        var kept = 0
        for index in cells.indices {
            let key = cells[index].key
            if key >= first, key < last {
                let byte = Place.byte(key)
                let bits: UInt64 = 1 << UInt64(byte / 8) | 1 << UInt64((byte + Int(cells[index].size) - 1) / 8)
                if live & bits == 0 || exact & bits == 0 && cells[index].value.kind == .scalar { continue }
            }
            if kept != index { cells[kept] = cells[index] }
            kept += 1
        }
        if kept < cells.count { cells.removeSubrange(kept...) }
    }

    /// Forgets registers that have no bit in `live`, and numbers of those that have none in `exact`.
    mutating func keepRegisters(_ live: UInt16, exact: UInt16) {
        for register in 0..<10 {
            if live >> UInt16(register) & 1 == 0 {
                registers[register] = .unusable
            } else if exact >> UInt16(register) & 1 == 0, registers[register].kind == .scalar {
                registers[register] = .unknown
            }
        }
    }

    /// Changes every value of the state.
    @inline(__always) mutating func updateValues(_ body: (inout Value) -> Void) {
        for register in 0..<10 { body(&registers[register]) }
        for index in cells.indices { body(&cells[index].value) }
    }

    @inline(__always) func forEachValue(_ body: (Value) -> Void) {
        for register in 0..<10 { body(registers[register]) }
        for index in cells.indices { body(cells[index].value) }
    }

    /// Names that only one value has say nothing; without them states are easier to compare. Names below `kept` stay.
    mutating func dropLonelySymbols(keepingBelow kept: UInt32 = 0) {
        var once: (UInt64, UInt64) = (0, 0)
        var twice: (UInt64, UInt64) = (0, 0)
        forEachValue { value in
            guard value.symbol != Symbol.none, !(value.isPointer && value.number.isConstant) else { return }
            let bit: UInt64 = 1 << UInt64(value.symbol & 63)
            if value.symbol & 64 == 0 {
                twice.0 |= once.0 & bit
                once.0 |= bit
            } else {
                twice.1 |= once.1 & bit
                once.1 |= bit
            }
        }
        if once.0 & ~twice.0 | once.1 & ~twice.1 == 0 { return }
        updateValues { value in
            guard value.symbol > Symbol.packetSize, value.symbol >= kept else { return }
            let bit: UInt64 = 1 << UInt64(value.symbol & 63)
            if (value.symbol & 64 == 0 ? twice.0 : twice.1) & bit == 0, !(value.isPointer && value.number.isConstant) {
                value.symbol = Symbol.none
                if value.kind == .scalar || value.kind == .tainted { value.constant = 0 }
            }
        }
    }
}

/// Calls: frames.
extension State {
    /// Enters a function: the caller's R6 to R9 are put away.
    mutating func push(returnTo call: Int) {
        let frame = depth
        for register in 6...9 where registers[register].kind != .unusable {
            setCell(Place.saved(frame, register), size: 8, registers[register])
        }
        for register in 6...9 { registers[register] = .unusable }
        registers[0] = .unusable
        frames.append(FrameBytes())
        returns.append(Int32(truncatingIfNeeded: call))
        registers[10] = .pointer(.stack, frame: UInt8(truncatingIfNeeded: frame + 1))
    }

    /// Leaves a function: its frame is gone, and so is every pointer into it.
    mutating func pop() {
        let frame = depth
        frames.removeLast()
        returns.removeLast()
        let first = cellIndex(Place.stack(frame, 0))
        let last = cellIndex(Place.stack(frame + 1, 0))
        cells.removeSubrange(first..<last)
        for register in 1...9 { registers[register] = .unusable }
        for register in 6...9 {
            let key = Place.saved(frame - 1, register)
            if let cell = cell(at: key) {
                registers[register] = cell.value
                removeCell(key)
            }
        }
        updateValues { if $0.kind == .stack, Int($0.frame) >= frame { $0 = .gone(.deadFrame) } }
        registers[10] = .pointer(.stack, frame: UInt8(truncatingIfNeeded: frame - 1))
    }
}
