/// Names for what two states agree on, made as a join finds them.
struct SymbolPairs {
    private struct Entry {
        var first: UInt32
        var second: UInt32
        var delta: Int64
        var symbol: UInt32
    }

    private var entries: [Entry] = []
    private(set) var nextFree: UInt32

    init(nextFree: UInt32) { self.nextFree = nextFree }

    /// The symbol of an amount that is `first` in one state and `second + delta` in the other.
    mutating func symbol(_ first: UInt32, _ second: UInt32, _ delta: Int64) -> UInt32 {
        if first == second, delta == 0, first != Symbol.none, first != Symbol.null { return first }
        for entry in entries where entry.first == first && entry.second == second && entry.delta == delta {
            return entry.symbol
        }
        entries.append(Entry(first: first, second: second, delta: delta, symbol: nextFree))
        nextFree &+= 1
        return nextFree &- 1
    }
}

/// How two states are brought together: their hull, or the hull with the bounds that grew pushed on to a threshold.
enum Combination {
    case hull
    case widening([UInt64])

    func combine(_ old: Scalar, _ new: Scalar) -> Scalar {
        switch self {
        case .hull: return old.joined(new)
        case .widening(let thresholds):
            return new.isSubset(of: old) ? old : old.widened(to: old.joined(new), thresholds: thresholds)
        }
    }
}

/// One join in progress.
struct Joiner {
    let how: Combination
    let firstPacket: UInt32
    let secondPacket: UInt32
    var symbols: SymbolPairs

    /// A value that covers both.
    mutating func join(_ a: Value, _ b: Value) -> Value {
        if a.isNumber, b.isNumber { return joinNumbers(a, b) }
        if a.isPointer, b.isPointer { return joinPointers(a, b) }
        if a.isPointer, b.isNull { return joinNull(a, firstIsNull: false) }
        if b.isPointer, a.isNull { return joinNull(b, firstIsNull: true) }
        return .unusable
    }

    private mutating func joinNumbers(_ a: Value, _ b: Value) -> Value {
        let number = how.combine(a.number, b.number)
        var result = a.kind == .tainted || b.kind == .tainted ? Value.tainted(number) : .scalar(number)
        if number.isConstant { return result }
        if let first = a.linear, let second = b.linear {
            result.symbol = symbols.symbol(first.symbol, second.symbol, second.constant &- first.constant)
            result.constant = first.constant
            if result.symbol == Symbol.none { result.constant = 0 }
        }
        return result
    }

    private mutating func joinPointers(_ a: Value, _ b: Value) -> Value {
        guard a.hasSameBase(as: b) else { return .unusable }
        var result = a
        result.isNullable = a.isNullable || b.isNullable
        let delta = b.constant &- a.constant
        if result.isNullable, delta != 0 || !a.number.isConstant || !b.number.isConstant { return .unusable }
        let second = delta == 0 ? b.number : Scalar.apply(.add, b.number, Scalar(UInt64(bitPattern: delta)))
        result.number = how.combine(a.number, second)
        result.symbol = Symbol.none
        if a.kind == .memory {
            result.extent = min(a.extent, b.extent)
        } else {
            let first = Int64(a.extent(here: firstPacket))
            let other = Int64(b.extent(here: secondPacket))
            let known = first > 0 && other > 0 && !result.number.isConstant
            result.extent = known ? Int32(clamping: max(min(first, other &- delta), 0)) : 0
        }
        if result.number.isConstant, !result.isNullable { return result }
        if let first = a.linear, let second = b.linear {
            result.symbol = symbols.symbol(first.symbol, second.symbol, delta)
        }
        return result
    }

    /// A pointer on the one path, 0 on the other.
    private mutating func joinNull(_ pointer: Value, firstIsNull: Bool) -> Value {
        guard pointer.constant == 0, pointer.number.isConstant, let linear = pointer.linear else { return .unusable }
        var result = pointer
        result.isNullable = true
        result.symbol =
            firstIsNull
            ? symbols.symbol(Symbol.null, linear.symbol, 0) : symbols.symbol(linear.symbol, Symbol.null, 0)
        return result
    }
}

extension State {
    /// Whether a join says anything: equal depth, callers and references.
    func canJoin(_ other: State) -> Bool {
        frames.count == other.frames.count && returns == other.returns && references == other.references
            && (cells.last?.key == Place.lock) == (other.cells.last?.key == Place.lock)
    }

    /// A state that covers both. Only for states that ``canJoin(_:)``.
    func joined(
        _ other: State, _ how: Combination = .hull, nextSymbol: inout UInt32
    ) -> State {
        var joiner = Joiner(
            how: how, firstPacket: packetMinimum, secondPacket: other.packetMinimum,
            symbols: SymbolPairs(nextFree: nextSymbol))
        var result = self
        for register in 0..<10 {
            result.registers[register] = joiner.join(registers[register], other.registers[register])
        }
        result.cells.removeAll(keepingCapacity: true)
        for frame in frames.indices { result.frames[frame].formIntersection(other.frames[frame]) }
        var index = 0
        for place in cells.indices {
            let cell = cells[place]
            while index < other.cells.count, other.cells[index].key < cell.key { index += 1 }
            guard index < other.cells.count, other.cells[index].key == cell.key,
                other.cells[index].size == cell.size
            else { continue }
            let value = joiner.join(cell.value, other.cells[index].value)
            if value.kind != .unusable { result.cells.append(Cell(key: cell.key, size: cell.size, value: value)) }
        }
        nextSymbol = joiner.symbols.nextFree
        result.packetMinimum = Self.combine(packetMinimum, other.packetMinimum, how, growing: false)
        result.packetMaximum = Self.combine(packetMaximum, other.packetMaximum, how, growing: true)
        result.metaMinimum = Self.combine(metaMinimum, other.metaMinimum, how, growing: false)
        result.isMerged = true
        return result
    }

    private static func combine(_ old: UInt32, _ new: UInt32, _ how: Combination, growing: Bool) -> UInt32 {
        switch how {
        case .hull: return growing ? max(old, new) : min(old, new)
        case .widening:
            if growing { return new > old ? maximumPacketSize : old }
            return new < old ? 0 : old
        }
    }
}
