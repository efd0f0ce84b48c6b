/// One line of the states that PREVAIL's documents start from and end in.
enum PrevailConstraint: Equatable {
    enum Kind: String, CaseIterable {
        case number, ctx, packet, stack, shared
        case mapFD = "map_fd"
        case mapFDPrograms = "map_fd_programs"
    }

    /// A quantity that has a value.
    enum Quantity: Hashable {
        case register(UInt8, String)
        /// Bytes of the stack, first to last, in one of the views of a register.
        case stack(Int, Int, String)
        case packetSize, metaOffset
        /// How often the head of a loop was reached.
        case loopCounter(String)
    }

    /// What has a type.
    enum Typed: Hashable {
        case register(UInt8)
        case stack(Int, Int)
    }

    case bottom
    case type(Typed, Set<Kind>)
    case sameType(Typed, Typed)
    /// Nil ends are infinite.
    case range(Quantity, Int128?, Int128?)
    /// `left = right + constant`
    case equal(Quantity, Quantity, Int128)
    /// `left - right <= constant`
    case difference(Quantity, Quantity, Int128)

    struct Unread: Error, CustomStringConvertible {
        var text: String
        var description: String { "cannot read '\(text)'" }
    }

    init(_ text: String) throws {
        if text == "_|_" { self = .bottom; return }
        guard let parsed = Self.parse(text.filter { $0 != " " || text.contains(" in ") }) else {
            throw Unread(text: text)
        }
        self = parsed
    }

    private static func parse(_ text: String) -> PrevailConstraint? {
        if let split = cut(text, at: " in ") {
            guard let typed = typed(split.0), split.1.hasPrefix("{"), split.1.hasSuffix("}") else { return nil }
            let names = split.1.dropFirst().dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
            let kinds = names.compactMap(Kind.init(rawValue:))
            return kinds.count == names.count && !kinds.isEmpty ? .type(typed, Set(kinds)) : nil
        }
        if let (left, right) = cut(text, at: "<=") {
            guard let bound = Int128(right), let minus = left.lastIndex(of: "-"),
                let first = quantity(String(left[..<minus])),
                let second = quantity(String(left[left.index(after: minus)...]))
            else { return nil }
            return .difference(first, second, bound)
        }
        guard let (left, right) = cut(text, at: "=") else { return nil }
        if let typed = typed(left) {
            if let other = self.typed(right) { return .sameType(typed, other) }
            return Kind(rawValue: right).map { .type(typed, [$0]) }
        }
        guard let quantity = quantity(left) else { return nil }
        if let value = Int128(right) { return .range(quantity, value, value) }
        if right.hasPrefix("["), right.hasSuffix("]"),
            let (low, high) = cut(String(right.dropFirst().dropLast()), at: ",")
        {
            let (first, last) = (Int128(low), Int128(high))
            guard first != nil || low == "-oo", last != nil || high == "+oo" else { return nil }
            return .range(quantity, first, last)
        }
        if let plus = right.lastIndex(of: "+"), let constant = Int128(right[right.index(after: plus)...]),
            let other = self.quantity(String(right[..<plus]))
        {
            return .equal(quantity, other, constant)
        }
        if let minus = right.lastIndex(of: "-"), let constant = Int128(right[right.index(after: minus)...]),
            let other = self.quantity(String(right[..<minus]))
        {
            return .equal(quantity, other, -constant)
        }
        return self.quantity(right).map { .equal(quantity, $0, 0) }
    }

    private static func cut(_ text: String, at separator: String) -> (String, String)? {
        guard let range = text.firstRange(of: separator) else { return nil }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }

    private static func typed(_ text: String) -> Typed? {
        guard let (place, view) = cut(text, at: "."), !place.hasPrefix("s[") else {
            guard text.hasSuffix(".type"), let (first, last) = bytes(String(text.dropLast(5))) else { return nil }
            return .stack(first, last)
        }
        return view == "type" ? register(place).map { .register($0) } : nil
    }

    private static func quantity(_ text: String) -> Quantity? {
        if text == "packet_size" { return .packetSize }
        if text == "meta_offset" { return .metaOffset }
        if text.hasPrefix("pc["), text.hasSuffix("]") { return .loopCounter(String(text.dropFirst(3).dropLast())) }
        guard let dot = text.lastIndex(of: ".") else { return nil }
        let (place, view) = (String(text[..<dot]), String(text[text.index(after: dot)...]))
        guard !view.isEmpty, view.allSatisfy({ $0.isLetter || $0 == "_" }), view != "type" else { return nil }
        if let register = register(place) { return .register(register, view) }
        return bytes(place).map { .stack($0.0, $0.1, view) }
    }

    private static func register(_ text: String) -> UInt8? {
        guard text.hasPrefix("r"), let number = UInt8(text.dropFirst()), number <= 10 else { return nil }
        return number
    }

    /// `s[504...511]`, `s[504]`
    private static func bytes(_ text: String) -> (Int, Int)? {
        guard text.hasPrefix("s["), text.hasSuffix("]") else { return nil }
        let inside = String(text.dropFirst(2).dropLast())
        if let first = Int(inside) { return (first, first) }
        guard let (first, last) = cut(inside, at: "..."), let low = Int(first), let high = Int(last) else { return nil }
        return (low, high)
    }
}
