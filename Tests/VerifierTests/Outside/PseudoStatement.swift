/// One line of PREVAIL's pseudo-assembly.
enum PseudoStatement: Equatable {
    enum Operand: Equatable {
        case register(UInt8)
        case immediate(Int32)
    }

    /// `left op right`, of 64 bits or of the low 32.
    struct Condition: Equatable {
        var comparison: String
        var left: UInt8
        var right: Operand
        var isWide: Bool
    }

    struct Access: Equatable {
        var bits: Int
        var isSigned: Bool
        var base: UInt8
        var offset: Int16
    }

    enum Wide: Equatable {
        case number(UInt64)
        case map(Int)
        case mapValue(Int, offset: Int)
        case mapByIndex(Int)
        case mapValueByIndex(Int, offset: Int)
    }

    case exit
    case callHelper(Int32)
    case callLocal(label: String)
    case callRegister(UInt8)
    case goto(label: String)
    case branch(Condition, label: String)
    /// Only states that meet the condition go on.
    case assume(Condition)
    case arithmetic(operator: String, destination: UInt8, Operand, isWide: Bool)
    case negate(UInt8, isWide: Bool)
    case swap(String, UInt8)
    case load(UInt8, Access)
    case store(Access, Operand)
    case atomic(operator: String, Access, source: UInt8, fetches: Bool)
    case loadWide(UInt8, Wide)
    /// `r0 = *(u16 *)skb[…]`, the packet loads that RFC 9669 calls legacy.
    case legacyLoad
}

/// Reads one line: letters and numbers, and what stands between them.
struct PseudoStatementReader {
    struct Unread: Error, CustomStringConvertible {
        var line: String
        var description: String { "cannot read '\(line)'" }
    }

    private enum Token: Equatable {
        case word(String)
        case number(Int128, isWide: Bool)
        case label(String)
        case symbol(String)
    }

    private var tokens: [Token] = []
    private var position = 0

    static func statement(_ line: String) throws -> PseudoStatement {
        do {
            var reader = PseudoStatementReader(tokens: try tokens(of: line))
            let statement = try reader.statement()
            guard reader.position == reader.tokens.count else { throw Unread(line: line) }
            return statement
        } catch { throw Unread(line: line) }
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    private static let symbols = [
        "&==", "&!=", "<<=", ">>=", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<", ">",
        "=", "+", "-", "*", "(", ")", "[", "]",
    ]

    private static func tokens(of line: String) throws -> [Token] {
        var tokens: [Token] = []
        var rest = line.prefix { $0 != ";" }
        func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
            } else if first == "<", let end = rest.firstIndex(of: ">"), end > rest.index(after: rest.startIndex),
                rest[rest.index(after: rest.startIndex)..<end].allSatisfy(isWord)
            {
                tokens.append(.label(String(rest[...end])))
                rest = rest[rest.index(after: end)...]
            } else if first.isNumber {
                var text = rest.prefix(while: isWord)
                rest = rest.dropFirst(text.count)
                let isWide = text.hasSuffix("ll")
                if isWide { text.removeLast(2) }
                let isHexadecimal = text.hasPrefix("0x")
                guard let number = Int128(isHexadecimal ? text.dropFirst(2) : text, radix: isHexadecimal ? 16 : 10)
                else { throw Unread(line: line) }
                tokens.append(.number(number, isWide: isWide))
            } else if isWord(first) {
                let text = rest.prefix(while: isWord)
                rest = rest.dropFirst(text.count)
                tokens.append(.word(String(text)))
            } else if let symbol = symbols.first(where: rest.hasPrefix) {
                tokens.append(.symbol(symbol))
                rest = rest.dropFirst(symbol.count)
            } else {
                throw Unread(line: line)
            }
        }
        return tokens
    }

    // MARK: Statements

    private mutating func statement() throws -> PseudoStatement {
        guard let first = next() else { throw unread }
        switch first {
        case .word("exit"): return .exit
        case .word("call"):
            if case .label(let label) = peek { position += 1; return .callLocal(label: label) }
            return .callHelper(try immediate())
        case .word("callx"): return .callRegister(try register().number)
        case .word("goto"): return .goto(label: try label())
        case .word("if"):
            let condition = try condition()
            try take(.word("goto"))
            return .branch(condition, label: try label())
        case .word("assume"): return .assume(try condition())
        case .word("lock"):
            try take(.symbol("*"))
            return try atomic(access())
        case .symbol("*"):
            let access = try access()
            try take(.symbol("="))
            return .store(access, try operand())
        case .word(let word):
            guard let destination = Self.register(word) else { throw unread }
            return try assignment(destination.number, isWide: destination.isWide)
        case .number, .label, .symbol: throw unread
        }
    }

    private mutating func atomic(_ access: PseudoStatement.Access) throws -> PseudoStatement {
        guard let token = next() else { throw unread }
        let name: String
        switch token {
        case .word("x"), .word("cx"):
            guard case .word(let word) = token else { throw unread }
            name = word
            try take(.symbol("="))
        case .symbol("+="), .symbol("|="), .symbol("&="), .symbol("^="):
            guard case .symbol(let symbol) = token else { throw unread }
            name = String(symbol.dropLast())
        case .word, .symbol, .number, .label: throw unread
        }
        let source = try register().number
        let fetches = peek == .word("fetch")
        if fetches { position += 1 }
        return .atomic(operator: name, access, source: source, fetches: fetches)
    }

    private mutating func assignment(_ destination: UInt8, isWide: Bool) throws -> PseudoStatement {
        var name = ""
        if case .word(let word) = peek, ["s", "s8", "s16", "s32"].contains(word) {
            position += 1
            name = word
        }
        guard case .symbol(let symbol) = next(), symbol.hasSuffix("="), symbol != "==", symbol != "!=" else {
            throw unread
        }
        name += symbol.dropLast()
        if name.isEmpty, let special = try special(destination, isWide: isWide) { return special }
        if case .number(let number, isWide: true) = peek {
            position += 1
            return .loadWide(destination, .number(UInt64(truncatingIfNeeded: number)))
        }
        if peek == .symbol("-"), position + 1 < tokens.count, case .number(let number, true) = tokens[position + 1] {
            position += 2
            return .loadWide(destination, .number(UInt64(truncatingIfNeeded: -number)))
        }
        return .arithmetic(operator: name, destination: destination, try operand(), isWide: isWide)
    }

    /// What only a plain `=` can do; nil for a move.
    private mutating func special(_ destination: UInt8, isWide: Bool) throws -> PseudoStatement? {
        switch peek {
        case .symbol("*"):
            position += 1
            let start = position
            if let access = try? access() { return .load(destination, access) }
            guard tokens[start...].contains(.word("skb")), tokens.last == .symbol("]") else { throw unread }
            position = tokens.count
            return .legacyLoad
        case .symbol("-"):
            guard position + 1 < tokens.count, case .word(let word) = tokens[position + 1],
                Self.register(word)?.number == destination
            else { return nil }
            position += 2
            return .negate(destination, isWide: isWide)
        case .word("map_fd"), .word("map_fd_programs"):
            position += 1
            return .loadWide(destination, .map(Int(try immediate())))
        case .word("map_val"):
            position += 1
            let map = try inParentheses()
            try take(.symbol("+"))
            return .loadWide(destination, .mapValue(map, offset: Int(try immediate())))
        case .word("map_by_idx"):
            position += 1
            return .loadWide(destination, .mapByIndex(try inParentheses()))
        case .word("mva"):
            position += 1
            try take(.symbol("("))
            try take(.word("map_by_idx"))
            let map = try inParentheses()
            try take(.symbol(")"))
            try take(.symbol("+"))
            return .loadWide(destination, .mapValueByIndex(map, offset: Int(try immediate())))
        case .word(let word):
            guard ["be16", "be32", "be64", "le16", "le32", "le64", "swap16", "swap32", "swap64"].contains(word) else {
                return nil
            }
            position += 1
            guard try register().number == destination else { throw unread }
            return .swap(word, destination)
        case .number, .label, .symbol, nil: return nil
        }
    }

    // MARK: Parts

    private var unread: Unread { Unread(line: "") }
    private var peek: Token? { position < tokens.count ? tokens[position] : nil }

    private mutating func next() -> Token? {
        guard position < tokens.count else { return nil }
        position += 1
        return tokens[position - 1]
    }

    private mutating func take(_ token: Token) throws {
        guard next() == token else { throw unread }
    }

    private static func register(_ word: String) -> (number: UInt8, isWide: Bool)? {
        guard let first = word.first, first == "r" || first == "w", let number = UInt8(word.dropFirst()),
            number <= 10
        else { return nil }
        return (number, first == "r")
    }

    private mutating func register() throws -> (number: UInt8, isWide: Bool) {
        guard case .word(let word) = next(), let register = Self.register(word) else { throw unread }
        return register
    }

    private mutating func label() throws -> String {
        guard case .label(let label) = next() else { throw unread }
        return label
    }

    /// A number as the field of an instruction holds it: 0xffffffff is -1.
    private mutating func immediate() throws -> Int32 {
        var sign: Int128 = 1
        if peek == .symbol("-") || peek == .symbol("+") {
            sign = next() == .symbol("-") ? -1 : 1
        }
        guard case .number(let number, isWide: false) = next(), number <= UInt32.max,
            sign > 0 || -number >= Int32.min
        else { throw unread }
        return Int32(truncatingIfNeeded: sign * number)
    }

    private mutating func operand() throws -> PseudoStatement.Operand {
        if case .word(let word) = peek, let register = Self.register(word) {
            position += 1
            return .register(register.number)
        }
        return .immediate(try immediate())
    }

    private mutating func condition() throws -> PseudoStatement.Condition {
        let left = try register()
        var comparison = ""
        if peek == .word("s") {
            position += 1
            comparison = "s"
        }
        guard case .symbol(let symbol) = next(),
            ["==", "!=", "<", "<=", ">", ">=", "&==", "&!="].contains(symbol)
        else { throw unread }
        return PseudoStatement.Condition(
            comparison: comparison + symbol, left: left.number, right: try operand(), isWide: left.isWide)
    }

    /// `(u32 *)(r1 + 4)`
    private mutating func access() throws -> PseudoStatement.Access {
        try take(.symbol("("))
        guard case .word(let type) = next(), let first = type.first, first == "u" || first == "s",
            let bits = Int(type.dropFirst()), [8, 16, 32, 64].contains(bits)
        else { throw unread }
        try take(.symbol("*"))
        try take(.symbol(")"))
        try take(.symbol("("))
        let base = try register().number
        let sign = peek
        guard sign == .symbol("+") || sign == .symbol("-") else { throw unread }
        guard let offset = Int16(exactly: try immediate()) else { throw unread }
        try take(.symbol(")"))
        return PseudoStatement.Access(bits: bits, isSigned: first == "s", base: base, offset: offset)
    }

    private mutating func inParentheses() throws -> Int {
        try take(.symbol("("))
        let number = try immediate()
        try take(.symbol(")"))
        return Int(number)
    }
}
