import Bytecode

/// The syntax of one operation, cut into tokens.
struct Template: Sendable {
    var operation: Operation
    var tokens: [Token]

    init(_ operation: Operation) {
        self.operation = operation
        tokens = Lexer.tokens(ofTemplate: operation.encoding.syntax.description)
    }
}

/// Where a jump or a call goes, as written.
struct Target: Sendable {
    enum Place: Sendable {
        case distance(Int)
        case label(String)
    }

    var place: Place
    var column: Int
}

/// What would have let a line go on. Most mismatches are never shown, so the words for them wait.
enum Expectation: Equatable, Sendable {
    case token(Token.Kind)
    /// A register written with one of the prefixes: any of the eleven, or the one that was named before.
    case register(prefixes: [String], same: UInt8?)
    case number(ClosedRange<Number>)
    case displacement
    case target
    case endOfLine

    var text: String {
        switch self {
        case .token(.word(let text)), .token(.symbol(let text)): "'\(text)'"
        case .token(.number(let value)): Number(isNegative: false, magnitude: value).text
        case .token(.placeholder(let placeholder)): "\(placeholder)"
        case .register(let prefixes, let same?): prefixes.map { "\($0)\(same)" }.joined(separator: " or ")
        case .register(let prefixes, nil):
            prefixes.map { "a register \($0)0 to \($0)10" }.joined(separator: " or ")
        case .number(let range): "a number from \(range.lowerBound.text) to \(range.upperBound.text)"
        case .displacement: "'+' or '-' and a displacement"
        case .target: "a label or a distance"
        case .endOfLine: "the end of the line"
        }
    }
}

/// How far into a line a template agreed, and what it expected next.
struct Mismatch: Error {
    var position: Int
    var expected: [Expectation]

    mutating func merge(_ other: Mismatch) {
        if other.position > position { self = other; return }
        guard other.position == position else { return }
        for expectation in other.expected where !expected.contains(expectation) { expected.append(expectation) }
    }
}

/// A line being read against one template.
struct Match {
    let tokens: [Token]
    var instruction: Instruction
    private(set) var target: Target?
    private var position = 0
    private var hasDestination = false
    private var hasSource = false

    init(tokens: [Token], instruction: Instruction) {
        self.tokens = tokens
        self.instruction = instruction
    }

    mutating func read(_ template: Template) throws(Mismatch) {
        for token in template.tokens {
            switch token.kind {
            case .placeholder(let placeholder): try read(placeholder)
            case .word, .symbol, .number:
                guard position < tokens.count, tokens[position].kind == token.kind else {
                    throw mismatch(.token(token.kind))
                }
                position += 1
            }
        }
        guard position == tokens.count else { throw mismatch(.endOfLine) }
    }

    private func mismatch(_ expected: Expectation) -> Mismatch { Mismatch(position: position, expected: [expected]) }

    private mutating func read(_ placeholder: Placeholder) throws(Mismatch) {
        switch placeholder {
        case .destination: try readDestination(["r"])
        case .destinationHalf: try readDestination(["w"])
        case .destinationEither: try readDestination(["w", "r"])
        case .source: try readSource(["r"])
        case .sourceHalf: try readSource(["w"])
        case .sourceEither: try readSource(["w", "r"])
        case .displacement:
            guard let sign = sign() else { throw mismatch(.displacement) }
            position += 1
            instruction.offset = Int32(truncatingIfNeeded: try number(placeholder, isNegative: sign).bits)
        case .target: try readTarget()
        case .immediate, .immediateOfHalf, .helper:
            instruction.immediate = Int64(Int32(truncatingIfNeeded: try signedNumber(placeholder).bits))
        case .wide: instruction.immediate = try signedNumber(placeholder).bits
        case .wideLow: instruction.immediate = try signedNumber(placeholder).bits & 0xffff_ffff
        case .wideHigh: instruction.immediate |= try signedNumber(placeholder).bits << 32
        }
    }

    private mutating func readDestination(_ prefixes: [String]) throws(Mismatch) {
        let number = try register(prefixes, sameAs: hasDestination ? instruction.destination : nil)
        instruction.destination = number
        hasDestination = true
    }

    private mutating func readSource(_ prefixes: [String]) throws(Mismatch) {
        let number = try register(prefixes, sameAs: hasSource ? instruction.source : nil)
        instruction.source = number
        hasSource = true
    }

    private mutating func register(_ prefixes: [String], sameAs other: UInt8?) throws(Mismatch) -> UInt8 {
        guard position < tokens.count, case .word(let text) = tokens[position].kind,
            let prefix = prefixes.first(where: text.hasPrefix),
            let number = Self.registers[text.dropFirst(prefix.count)],
            other == nil || other == number
        else { throw mismatch(.register(prefixes: prefixes, same: other)) }
        position += 1
        return number
    }

    /// The numbers of registers as they are written: no zero in front, nothing above ten.
    private static let registers: [Substring: UInt8] = [
        "0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10,
    ]

    /// Whether the next token is a sign, and if so whether it is a minus.
    private func sign() -> Bool? {
        guard position < tokens.count else { return nil }
        if tokens[position].kind == .symbol("-") { return true }
        if tokens[position].kind == .symbol("+") { return false }
        return nil
    }

    private mutating func signedNumber(_ placeholder: Placeholder) throws(Mismatch) -> Number {
        var isNegative = false
        // A helper is called by an id without a sign: with one, the call is to a function of the program.
        if placeholder != .helper, let sign = sign() {
            isNegative = sign
            position += 1
        }
        return try number(placeholder, isNegative: isNegative)
    }

    private mutating func number(_ placeholder: Placeholder, isNegative: Bool) throws(Mismatch) -> Number {
        guard let range = placeholder.range else { preconditionFailure("registers are not read as numbers") }
        guard position < tokens.count, case .number(let magnitude) = tokens[position].kind else {
            throw mismatch(.number(range))
        }
        let number = Number(isNegative: isNegative, magnitude: magnitude)
        guard range.contains(number) else { throw mismatch(.number(range)) }
        position += 1
        return number
    }

    private mutating func readTarget() throws(Mismatch) {
        guard position < tokens.count else { throw mismatch(.target) }
        let column = tokens[position].column
        if case .word(let name) = tokens[position].kind {
            position += 1
            target = Target(place: .label(name), column: column)
            return
        }
        let isSigned = sign() != nil
        guard isSigned || isNumber(at: position) else { throw mismatch(.target) }
        target = Target(place: .distance(Int(try signedNumber(.target).bits)), column: column)
        skipTargetName()
    }

    private func isNumber(at position: Int) -> Bool {
        if case .number = tokens[position].kind { true } else { false }
    }

    /// Disassembly names the target after the distance, as in `goto +0x3 <.text+0xb0>`; the distance counts.
    private mutating func skipTargetName() {
        guard position < tokens.count, tokens[position].kind == .symbol("<"),
            let end = tokens[position...].firstIndex(where: { $0.kind == .symbol(">") })
        else { return }
        position = end + 1
    }
}
