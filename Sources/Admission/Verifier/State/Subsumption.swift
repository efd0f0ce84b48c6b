/// Which symbols of a wider state stand for which of a narrower one.
///
/// A symbol of the wider state says that two values differ by a known constant, or are 0 together. The narrower one must say
/// the same of them.
struct SymbolMap {
    private struct Entry {
        var wide: UInt32
        var narrow: UInt32
        var delta: Int64
    }

    private var entries: [Entry] = []
    /// Symbols below this one are names that must stay what they are.
    let fixedBelow: UInt32

    init(fixedBelow: UInt32) { self.fixedBelow = fixedBelow }

    /// Whether `narrow` may stand where `wide` is, given what was said before.
    mutating func admits(wide: Value, narrow: Value) -> Bool {
        let symbol = wide.symbol
        if symbol == Symbol.none { return true }
        var stands = Symbol.null
        var delta: Int64 = 0
        if !(wide.isNullable && narrow.isNull) {
            guard let linear = narrow.linear else { return false }
            stands = linear.symbol
            delta = linear.constant &- wide.constant
        }
        if symbol < fixedBelow || symbol == Symbol.packetSize { return stands == symbol && delta == 0 }
        for entry in entries where entry.wide == symbol { return entry.narrow == stands && entry.delta == delta }
        entries.append(Entry(wide: symbol, narrow: stands, delta: delta))
        return true
    }
}

extension Value {
    /// Whether everything that this value may be, `other` may be too; symbols aside.
    /// - Parameter packet: bytes known to be in the packet, in the state of this value.
    @inline(__always) func isCovered(by other: Value, packet: UInt32) -> Bool {
        if other.kind == .unusable { return true }
        switch kind {
        case .unusable: return false
        case .scalar:
            if other.isNumber { return extent >= other.extent && number.isSubset(of: other.number) }
            return other.isNullable && isNull
        case .tainted:
            return other.kind == .tainted && extent >= other.extent && number.isSubset(of: other.number)
        case .context, .stack, .packetEnd, .packetLow, .map, .mapValue, .socket, .kernelObject, .function, .packet,
            .packetMeta,
            .memory:
            return points(as: other, packet: packet)
        }
    }

    private func points(as other: Value, packet: UInt32) -> Bool {
        guard kind == other.kind, identity == other.identity, frame == other.frame, !isNullable || other.isNullable,
            isBorrowed == other.isBorrowed
        else { return false }
        if constant == other.constant {
            return number.isSubset(of: other.number) && extent(here: packet) >= other.extent
        }
        if other.number.isConstant { return false }
        let delta = constant &- other.constant
        guard Scalar.apply(.add, number, Scalar(UInt64(bitPattern: delta))).isSubset(of: other.number) else {
            return false
        }
        if kind == .memory { return extent >= other.extent }
        if other.extent == 0 { return true }
        let known = extent(here: packet)
        return known > 0 && Int64(known) &- delta >= Int64(other.extent)
    }

    /// ``extent``, 0 meaning nothing known, which a packet pointer whose offset is known has from the state.
    func extent(here packet: UInt32) -> Int32 {
        kind == .packet && number.isConstant ? max(extent, Int32(packet)) : extent
    }
}

extension State {
    /// Equal for two states of which one may cover the other, as far as kinds, calls and references go.
    var shape: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        for register in 0..<10 {
            mix(
                UInt64(registers[register].kind.rawValue) | UInt64(registers[register].identity) << 8
                    | UInt64(registers[register].frame) << 40)
        }
        for index in returns.indices { mix(UInt64(UInt32(bitPattern: returns[index]))) }
        for reference in references { mix(UInt64(reference)) }
        return hash
    }

    /// Whether whatever this state stands for, `other` stands for too, so that what is proven from there is proven from here.
    func isCovered(by other: State, fixedBelow: UInt32 = 0) -> Bool {
        guard packetMinimum >= other.packetMinimum, packetMaximum <= other.packetMaximum,
            metaMinimum >= other.metaMinimum, frames.count == other.frames.count
        else { return false }
        for register in 0..<10 {
            guard registers[register].isCovered(by: other.registers[register], packet: packetMinimum) else {
                return false
            }
        }
        guard references == other.references, returns == other.returns else { return false }
        for frame in frames.indices where !frames[frame].isSuperset(of: other.frames[frame]) { return false }

        var symbols = SymbolMap(fixedBelow: fixedBelow)
        for register in 0..<10 {
            guard symbols.admits(wide: other.registers[register], narrow: registers[register]) else { return false }
        }
        var index = 0
        for place in other.cells.indices where other.cells[place].value.kind != .unusable {
            let key = other.cells[place].key
            while index < cells.count, cells[index].key < key { index += 1 }
            guard index < cells.count, cells[index].key == key, cells[index].size == other.cells[place].size,
                cells[index].value.isCovered(by: other.cells[place].value, packet: packetMinimum),
                symbols.admits(wide: other.cells[place].value, narrow: cells[index].value)
            else { return false }
        }
        // A lock is held in both or in neither.
        return (cells.last?.key == Place.lock) == (other.cells.last?.key == Place.lock)
    }
}
