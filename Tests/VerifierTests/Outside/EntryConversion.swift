import ProgramPackage

/// A document's `pre` as entry states: one, or several that all have to be accepted where it leaves open what a
/// register is.
struct EntryConversion {
    /// Why a constraint has no counterpart in ``EntryState``.
    struct Inexpressible: Error, CustomStringConvertible {
        var description: String
    }

    /// Descriptors that those documents use, from 0 on.
    private static let mapCount = 32
    /// States that one document may turn into.
    private static let limit = 256

    private var kinds: [UInt8: Set<PrevailConstraint.Kind>] = [:]
    private var same: [(UInt8, UInt8)] = []
    private var ranges: [PrevailConstraint.Quantity: (low: Int128, high: Int128)] = [:]
    private var equalities: [(PrevailConstraint.Quantity, PrevailConstraint.Quantity)] = []
    private var numeric: [ClosedRange<Int>] = []
    /// The offset that PREVAIL gives the end of the entry's frame.
    private var top: Int64 = 512
    private let helpers: Set<Int32>

    static func states(_ pre: [String], helpers: Set<Int32>) throws -> [EntryState] {
        var conversion = EntryConversion(helpers: helpers)
        for text in pre { try conversion.add(PrevailConstraint(text)) }
        conversion.findTop()
        return try conversion.choices().flatMap { try conversion.states(kinds: $0) }
    }

    /// What an indirect call through each register calls: the registers whose value is one number.
    static func calls(_ pre: [String]) -> [UInt8: Int32] {
        var calls: [UInt8: Int32] = [:]
        var numbers: Set<UInt8> = []
        for case .type(.register(let register), [.number]) in pre.compactMap({ try? PrevailConstraint($0) }) {
            numbers.insert(register)
        }
        for case .range(.register(let register, "svalue"), let low?, let high?) in pre.compactMap({
            try? PrevailConstraint($0)
        }) where low == high && numbers.contains(register) {
            calls[register] = Int32(exactly: low)
        }
        return calls
    }

    /// The stack offset that PREVAIL gives the end of the entry's frame in a document with these constraints.
    static func top(_ constraints: [String]) -> Int {
        var conversion = EntryConversion(helpers: [])
        for case let constraint? in constraints.map({ try? PrevailConstraint($0) }) { try? conversion.add(constraint) }
        conversion.findTop()
        return Int(conversion.top)
    }

    private init(helpers: Set<Int32>) { self.helpers = helpers }

    private mutating func add(_ constraint: PrevailConstraint) throws {
        switch constraint {
        case .bottom: throw Inexpressible(description: "no state at all")
        case .type(.register(let register), let set): kinds[register, default: set].formIntersection(set)
        case .type(.stack(let first, let last), [.number]): numeric.append(first...last)
        case .type(.stack, _): throw Inexpressible(description: "a type of stack bytes")
        case .sameType(.register(let first), .register(let second)): same.append((first, second))
        case .sameType: throw Inexpressible(description: "a type of stack bytes")
        case .range(let quantity, let low, let high):
            let old = ranges[quantity]
            ranges[quantity] = (
                max(low ?? Int128.min, old?.low ?? Int128.min), min(high ?? Int128.max, old?.high ?? Int128.max)
            )
        case .equal(let first, let second, 0): equalities.append((first, second))
        case .equal, .difference: throw Inexpressible(description: "a difference")
        }
    }

    private mutating func findTop() {
        if let end = ranges[.register(10, "stack_offset")], end.low == end.high {
            top = Int64(end.low)
        } else {
            let offsets = ranges.filter { if case .register(_, "stack_offset") = $0.key { true } else { false } }
            let last = max(offsets.values.map(\.high).max() ?? 0, Int128(numeric.map(\.upperBound).max() ?? 0))
            top = last > 512 ? 4096 : 512
        }
    }

    /// Every choice of one kind for each register.
    private func choices() throws -> [[UInt8: PrevailConstraint.Kind]] {
        var choices: [[UInt8: PrevailConstraint.Kind]] = [[:]]
        for (register, set) in kinds.sorted(by: { $0.key < $1.key }) {
            choices = choices.flatMap { choice in
                set.sorted { $0.rawValue < $1.rawValue }.map { kind in
                    var choice = choice
                    choice[register] = kind
                    return choice
                }
            }
            guard choices.count <= Self.limit else { throw Inexpressible(description: "too many kinds") }
        }
        return choices.filter { choice in same.allSatisfy { choice[$0.0] == choice[$0.1] } }
    }

    // MARK: One choice

    private func states(kinds: [UInt8: PrevailConstraint.Kind]) throws -> [EntryState] {
        var state = EntryState()
        state.maps = [MapDefinition](repeating: mapDefinition(valueSize: 4), count: Self.mapCount)
        try addPacket(to: &state)
        for (register, kind) in kinds where register != 10 {
            state.registers[register] = try entry(register, kind, maps: &state.maps)
        }
        try addEqualities(to: &state, kinds: kinds)
        let base = top - Int64(EntryState.frameSize)
        state.numericBytes = numeric.map { $0.lowerBound - Int(base)..<$0.upperBound + 1 - Int(base) }
        for (quantity, range) in ranges {
            guard case .stack(let first, let last, let view) = quantity, view == "svalue" else { continue }
            guard range.low == range.high, let value = Int64(exactly: range.low), [0, 1, 3, 7].contains(last - first)
            else { throw Inexpressible(description: "a range of stack bytes") }
            state.cells.append(.init(start: first - Int(base), size: last - first + 1, value: value))
        }
        state.cells.sort { $0.start < $1.start }
        for (cell, next) in zip(state.cells, state.cells.dropFirst()) where cell.start + cell.size > next.start {
            throw Inexpressible(description: "stack values that overlap")
        }
        return try withNumericSizes(state, kinds: kinds).map(Self.withinFrame)
    }

    /// PREVAIL lets a frame reach into its caller's; what lies outside of our frame is not said.
    private static func withinFrame(_ state: EntryState) -> EntryState {
        var state = state
        state.numericBytes = state.numericBytes.map { $0.clamped(to: 0..<EntryState.frameSize) }.filter { !$0.isEmpty }
        state.cells.removeAll { $0.start < 0 || $0.start + $0.size > EntryState.frameSize }
        return state
    }

    private func addPacket(to state: inout EntryState) throws {
        if let range = ranges[.packetSize] {
            state.packetMinimum = UInt32(clamping: range.low)
            state.packetMaximum = UInt32(clamping: range.high)
        }
        if let range = ranges[.metaOffset] { state.metaMinimum = UInt32(clamping: -range.high) }
    }

    private func amount(_ register: UInt8, _ view: String) throws -> EntryState.Amount {
        guard let range = ranges[.register(register, view)] else { return EntryState.Amount() }
        guard range.low <= range.high else { throw Inexpressible(description: "an empty range") }
        let low = Int64(clamping: range.low)
        let high = Int64(clamping: range.high)
        return EntryState.Amount(low...high)
    }

    private func entry(
        _ register: UInt8, _ kind: PrevailConstraint.Kind, maps: inout [MapDefinition]
    ) throws -> EntryState.Entry {
        switch kind {
        case .number:
            var amount = try amount(register, "svalue")
            if let range = ranges[.register(register, "uvalue")] {
                amount.unsigned = UInt64(clamping: range.low)...UInt64(clamping: range.high)
            }
            guard amount.hasValues else { throw Inexpressible(description: "a number that is none") }
            return .number(amount)
        case .ctx: return .context(try amount(register, "ctx_offset"))
        case .packet:
            if isEqual(register, to: .packetSize) { return .packetEnd }
            if isEqual(register, to: .metaOffset) { return .packetMeta(EntryState.Amount(0...0)) }
            let offset = try amount(register, "packet_offset")
            if let offset = offset.constant, offset < 0, let meta = ranges[.metaOffset], meta.low == meta.high {
                // Our pointers to what lies before the data are counted from its start.
                let distance = offset - Int64(clamping: meta.low)
                return .packetMeta(EntryState.Amount(distance...distance))
            }
            return .packet(offset)
        case .stack:
            let amount = try amount(register, "stack_offset")
            guard ranges[.register(register, "stack_offset")] != nil else { return .stack(amount) }
            let base = top - Int64(EntryState.frameSize)
            return .stack(EntryState.Amount(amount.signed.lowerBound - base...amount.signed.upperBound - base))
        case .shared:
            guard let size = ranges[.register(register, "shared_region_size")], size.low == size.high else {
                throw Inexpressible(description: "memory of unknown size")
            }
            let map = index(ofMapWithValues: UInt32(clamping: size.low), in: &maps)
            let address = ranges[.register(register, "uvalue")] ?? ranges[.register(register, "svalue")]
            return .mapValue(
                map: map, try amount(register, "shared_offset"), isNullable: address.map { $0.low <= 0 } ?? true)
        case .mapFD, .mapFDPrograms:
            let number = ranges[.register(register, kind.rawValue)]
            // Which map it is makes no difference where nothing is said: all are alike.
            guard let number else { return .map(0) }
            guard number.low == number.high, let map = Int(exactly: number.low), 0..<Self.mapCount ~= map else {
                throw Inexpressible(description: "a map that is not one")
            }
            return .map(map)
        }
    }

    private func isEqual(_ register: UInt8, to quantity: PrevailConstraint.Quantity) -> Bool {
        equalities.contains { first, second in
            let packet = PrevailConstraint.Quantity.register(register, "packet_offset")
            return (first == packet && second == quantity) || (first == quantity && second == packet)
        }
    }

    private func addEqualities(to state: inout EntryState, kinds: [UInt8: PrevailConstraint.Kind]) throws {
        for (first, second) in equalities {
            switch (first, second) {
            case (.packetSize, .register(let register, "packet_offset")),
                (.register(let register, "packet_offset"), .packetSize),
                (.metaOffset, .register(let register, "packet_offset")),
                (.register(let register, "packet_offset"), .metaOffset):
                // Said by the kind of the register, where it points into the packet at all.
                guard kinds[register] == .packet else { continue }
            case (.register(let a, _), .register(let b, _)) where a == b && kinds[a] != .number:
                // The number that an address is: our states know of none.
                continue
            case (.register(let a, let firstView), .register(let b, let secondView)):
                guard ["svalue", "uvalue"].contains(firstView), ["svalue", "uvalue"].contains(secondView),
                    case .number(var left)? = state.registers[a], case .number(var right)? = state.registers[b]
                else { throw Inexpressible(description: "an equality of offsets") }
                // A number that is the same with and without sign is not negative.
                if firstView != secondView {
                    left.unsigned = try Self.clamped(left.unsigned)
                    right.unsigned = try Self.clamped(right.unsigned)
                }
                if a == b {
                    state.registers[a] = .number(left)
                } else {
                    let name = left.name ?? right.name ?? Int(a) + 1
                    guard left.name == nil || right.name == nil || left.name == right.name else {
                        throw Inexpressible(description: "an equality of equalities")
                    }
                    left.name = name
                    right.name = name
                    left.signed = left.signed.clamped(to: right.signed)
                    left.unsigned = left.unsigned.clamped(to: right.unsigned)
                    (right.signed, right.unsigned) = (left.signed, left.unsigned)
                    state.registers[a] = .number(left)
                    state.registers[b] = .number(right)
                }
            case (_, _): throw Inexpressible(description: "an equality of other things")
            }
        }
    }

    private static func clamped(_ range: ClosedRange<UInt64>) throws -> ClosedRange<UInt64> {
        guard range.lowerBound <= UInt64(Int64.max) else { throw Inexpressible(description: "an empty range") }
        return range.clamped(to: 0...UInt64(Int64.max))
    }

    /// `stack_numeric_size` says that so many bytes from the pointer on are numbers, wherever it points: one state for
    /// each place.
    private func withNumericSizes(
        _ state: EntryState, kinds: [UInt8: PrevailConstraint.Kind]
    ) throws -> [EntryState] {
        var states = [state]
        for (register, kind) in kinds.sorted(by: { $0.key < $1.key }) where kind == .stack && register != 10 {
            guard let size = ranges[.register(register, "stack_numeric_size")], size.low > 0,
                case .stack(let amount)? = state.registers[register]
            else { continue }
            guard amount.signed.upperBound - amount.signed.lowerBound <= 64 else {
                throw Inexpressible(description: "numeric bytes at a far reaching offset")
            }
            let bytes = Int(clamping: size.low)
            states = states.flatMap { state in
                amount.signed.map { offset in
                    var state = state
                    state.registers[register] = .stack(EntryState.Amount(offset...offset))
                    state.numericBytes.append(Int(offset)..<Int(offset) + bytes)
                    return state
                }
            }
            guard states.count <= Self.limit else { throw Inexpressible(description: "too many places") }
        }
        return states
    }

    // MARK: Maps

    /// In those documents every map has keys and values of four bytes and four entries, and every type at once: here
    /// the type is the one that the helpers of the document ask for.
    private func mapDefinition(valueSize: UInt32) -> MapDefinition {
        let isRing = !helpers.isDisjoint(with: [130, 131, 132, 133, 134])
        let isPrograms = helpers.contains(12)
        if isRing {
            return MapDefinition(name: "ring", type: 27, keySize: 0, valueSize: 0, maximumEntries: 4096)
        }
        return MapDefinition(
            name: "map", type: isPrograms ? 3 : 1, keySize: 4, valueSize: valueSize, maximumEntries: 4)
    }

    private func index(ofMapWithValues size: UInt32, in maps: inout [MapDefinition]) -> Int {
        if let index = maps.firstIndex(where: { $0.valueSize == size && $0.type == 1 }) { return index }
        maps.append(MapDefinition(name: "values", type: 1, keySize: 4, valueSize: size, maximumEntries: 4))
        return maps.count - 1
    }
}
