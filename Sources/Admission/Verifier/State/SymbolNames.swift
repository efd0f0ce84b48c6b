/// Which symbols of one state are which of another that says the same.
private struct SymbolPairing {
    private var pairs: [(first: UInt32, second: UInt32)] = []
    /// Whether symbols must be the very same.
    let isStrict: Bool

    init(isStrict: Bool) { self.isStrict = isStrict }

    /// Whether the two may name the same, given what was said before: no two names become one, no name two.
    mutating func admits(_ first: UInt32, _ second: UInt32) -> Bool {
        if isStrict || first < Symbol.firstFree || second < Symbol.firstFree { return first == second }
        for pair in pairs where pair.first == first || pair.second == second {
            return pair.first == first && pair.second == second
        }
        pairs.append((first, second))
        return true
    }
}

extension State {
    /// Whether this state says exactly what `other` says; on which ways they came to be does not matter.
    ///
    /// - Parameter names: whether the symbols must be the same too, or only name the same values.
    func says(_ other: State, names: Bool) -> Bool {
        guard frames == other.frames, returns == other.returns, references == other.references,
            packetMinimum == other.packetMinimum, packetMaximum == other.packetMaximum,
            metaMinimum == other.metaMinimum, cells.count == other.cells.count
        else { return false }
        var pairing = SymbolPairing(isStrict: names)
        for register in 0...10 {
            guard registers[register].says(other.registers[register], &pairing) else { return false }
        }
        for index in cells.indices {
            guard cells[index].key == other.cells[index].key, cells[index].size == other.cells[index].size,
                cells[index].value.says(other.cells[index].value, &pairing)
            else { return false }
        }
        return true
    }

    /// Gives every symbol a name that nobody has.
    mutating func renameSymbols(nextFree: inout UInt32) {
        var names: [(old: UInt32, new: UInt32)] = []
        var next = nextFree
        updateValues { value in
            if value.symbol < Symbol.firstFree { return }
            if let known = names.first(where: { $0.old == value.symbol }) {
                value.symbol = known.new
            } else {
                names.append((value.symbol, next))
                value.symbol = next
                next &+= 1
            }
        }
        nextFree = next
    }
}

extension Value {
    fileprivate func says(_ other: Value, _ pairing: inout SymbolPairing) -> Bool {
        kind == other.kind && isNullable == other.isNullable && isBorrowed == other.isBorrowed && frame == other.frame
            && identity == other.identity && extent == other.extent && constant == other.constant
            && number == other.number && pairing.admits(symbol, other.symbol)
    }
}
