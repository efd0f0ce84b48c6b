/// How often a loop goes round, told from what one round adds to each value.
///
/// A value that every round moves the same way, without wrapping and within bounds, can move so often only. All values that
/// move by constants then have bounds too.
struct Trips {
    /// More rounds than these are as good as for ever.
    static let limit: UInt64 = 1 << 32

    /// At most so many returns to the head; nil if that is not known.
    private(set) var most: UInt64?
    private var moves: [Move] = []

    private struct Move {
        var place: Spot
        /// What one round adds, at least and at most.
        var least: Int64
        var most: Int64
        /// Offset or number at entry.
        var entry: Scalar
    }

    private enum Spot: Equatable {
        case register(Int)
        case cell(UInt32, UInt8)
    }

    init(heads: [State], backs: [State], entries: [State]) {
        guard let first = heads.first, !backs.isEmpty else { return }
        var spots: [Spot] = (0..<10).map { .register($0) }
        for cell in first.cells { spots.append(.cell(cell.key, cell.size)) }
        for spot in spots {
            guard let move = Self.move(spot, heads, backs, entries) else { continue }
            moves.append(move)
            guard move.least > 0 || move.most < 0 else { continue }
            if let rounds = Self.rounds(move, backs), rounds <= Self.limit { most = min(most ?? .max, rounds) }
        }
    }

    private static func value(_ spot: Spot, _ state: State) -> Value? {
        switch spot {
        case .register(let register):
            return state.registers[register].kind == .unusable ? nil : state.registers[register]
        case .cell(let key, let size):
            guard let cell = state.cell(at: key), cell.size == size else { return nil }
            return cell.value
        }
    }

    /// The number, or the whole offset of a pointer.
    private static func amount(_ value: Value) -> Scalar {
        value.isPointer && value.constant != 0
            ? Scalar.apply(.add, value.number, Scalar(UInt64(bitPattern: value.constant))) : value.number
    }

    /// What one round does to a value, if it is always the addition of a constant.
    private static func move(_ spot: Spot, _ heads: [State], _ backs: [State], _ entries: [State]) -> Move? {
        var least = Int64.max
        var most = Int64.min
        for back in backs {
            guard let after = value(spot, back), after.symbol != Symbol.none else { return nil }
            let befores = heads.compactMap { value(spot, $0) }.filter {
                $0.symbol == after.symbol && $0.kind == after.kind && $0.identity == after.identity
            }
            guard let before = befores.first, befores.allSatisfy({ $0.constant == before.constant }) else { return nil }
            let step = after.constant &- before.constant
            least = min(least, step)
            most = max(most, step)
        }
        var entry: Scalar?
        for state in entries {
            guard let value = value(spot, state), value.isPointer || value.isNumber else { return nil }
            entry = entry.map { $0.joined(amount(value)) } ?? amount(value)
        }
        guard let entry else { return nil }
        return Move(place: spot, least: least, most: most, entry: entry)
    }

    /// How often a value can move before it leaves its bounds; nil where it may wrap.
    private static func rounds(_ move: Move, _ backs: [State]) -> UInt64? {
        var last: Scalar?
        for back in backs {
            guard let value = value(move.place, back) else { return nil }
            last = last.map { $0.joined(amount(value)) } ?? amount(value)
        }
        guard let last else { return nil }
        if move.least > 0 {
            let step = UInt64(move.least)
            let jump = UInt64(move.most)
            // After the step: not below what was added, or it wrapped.
            if last.unsignedMinimum >= jump, last.unsignedMaximum >= move.entry.unsignedMinimum {
                return (last.unsignedMaximum - move.entry.unsignedMinimum) / step
            }
            if last.signedMinimum >= Int64.min + move.most, last.signedMaximum >= move.entry.signedMinimum {
                return UInt64(bitPattern: last.signedMaximum &- move.entry.signedMinimum) / step
            }
            return nil
        }
        let step = move.most.magnitude
        let jump = move.least.magnitude
        if last.unsignedMaximum <= UInt64.max - jump, last.unsignedMinimum <= move.entry.unsignedMaximum {
            return (move.entry.unsignedMaximum - last.unsignedMinimum) / step
        }
        if last.signedMaximum <= Int64.max - Int64(clamping: jump), last.signedMinimum <= move.entry.signedMaximum {
            return UInt64(bitPattern: move.entry.signedMaximum &- last.signedMinimum) / step
        }
        return nil
    }

    /// A state at the head, with what the number of rounds says of everything that moves by constants.
    func bounded(_ state: State) -> State {
        guard let most, most <= 1 << 40 else { return state }
        var state = state
        for move in moves {
            guard let value = Self.value(move.place, state) else { continue }
            let (lowest, below) = move.least.multipliedReportingOverflow(by: Int64(most))
            let (highest, above) = move.most.multipliedReportingOverflow(by: Int64(most))
            if below || above { continue }
            let span = Scalar.signed(min(0, lowest), max(0, highest))
            var amount = Scalar.apply(.add, move.entry, span)
            if value.isPointer {
                amount = Scalar.apply(.sub, amount, Scalar(UInt64(bitPattern: value.constant)))
            }
            var changed = value
            guard changed.narrow(to: amount) else { continue }
            switch move.place {
            case .register(let register): state.registers[register] = changed
            case .cell(let key, let size): state.setCell(key, size: size, changed)
            }
        }
        return state
    }
}
