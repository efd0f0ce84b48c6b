internal import Bytecode

/// An operation as the verifier sees it: what family it belongs to, with width, size and operand as data, so that one case of
/// the transfer function does for all operations that differ in nothing else.
struct Form: Sendable {
    enum Family: UInt8, Sendable {
        case arithmetic, negate, move, moveSigned, swap
        case jump, branch, callHelper, callLocal, exit
        case load, store, atomic
        case constant, mapPointer, mapValue, code
        case classicLoad
        case tail, refused
    }

    enum Atomic: UInt8, Sendable {
        case add, or, and, xor, exchange, compareExchange
    }

    var family: Family
    var alu: ALUOperator = .add
    var condition: Condition = .equal
    var atomic: Atomic = .add
    /// The operation works on the low halves.
    var isHalf = false
    var usesImmediate = false
    /// Loads that extend the sign; atomics that fetch.
    var isSigned = false
    var fetches = false
    /// Bytes of an access; bits of a move or swap.
    var size: UInt8 = 0
    /// Swaps: to little endian (truncates), to big endian or unconditional (swaps).
    var swaps = false

    init(_ family: Family) { self.family = family }

    static func arithmetic(_ alu: ALUOperator, half: Bool = false, immediate: Bool) -> Form {
        var form = Form(.arithmetic)
        form.alu = alu
        form.isHalf = half
        form.usesImmediate = immediate
        return form
    }

    static func branch(_ condition: Condition, half: Bool = false, immediate: Bool) -> Form {
        var form = Form(.branch)
        form.condition = condition
        form.isHalf = half
        form.usesImmediate = immediate
        return form
    }

    static func move(half: Bool, immediate: Bool) -> Form {
        var form = Form(.move)
        form.isHalf = half
        form.usesImmediate = immediate
        return form
    }

    static func moveSigned(_ bits: UInt8, half: Bool) -> Form {
        var form = Form(.moveSigned)
        form.size = bits
        form.isHalf = half
        return form
    }

    static func swap(_ bits: UInt8, swaps: Bool) -> Form {
        var form = Form(.swap)
        form.size = bits
        form.swaps = swaps
        return form
    }

    static func load(_ size: UInt8, signed: Bool = false) -> Form {
        var form = Form(.load)
        form.size = size
        form.isSigned = signed
        return form
    }

    static func store(_ size: UInt8, immediate: Bool) -> Form {
        var form = Form(.store)
        form.size = size
        form.usesImmediate = immediate
        return form
    }

    static func atomic(_ operation: Atomic, _ size: UInt8, fetches: Bool) -> Form {
        var form = Form(.atomic)
        form.atomic = operation
        form.size = size
        form.fetches = fetches
        return form
    }

    static func negate(half: Bool) -> Form {
        var form = Form(.negate)
        form.isHalf = half
        return form
    }

    /// By the raw value of ``Bytecode/Operation``.
    static let table: [Form] = Operation.allCases.map { Form(of: $0) }
}
