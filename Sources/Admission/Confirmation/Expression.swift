/// A value as a function of the input: an index into an ``ExpressionPool``.
typealias Expression = Int32

/// What a node does with its operands, all 64 bits wide.
enum Operator: UInt8 {
    case constant, variable
    /// Variables that are bytes, the lowest first.
    case bytes
    case add, sub, mul, div, sdiv, mod, smod, and, or, xor, shl, shr, sar
    case low8, low16, low32, extend8, extend16, extend32, swap16, swap32, swap64
    /// 1 where the first is below the second, else 0.
    case less
    /// The second where the first is not 0, else 0.
    case select
}

struct Node {
    var op: Operator
    /// Whether any variable is in it.
    var hasInput = false
    /// Whether it has bits of an address in it.
    var hasAddress = false
    /// The region that it points into; -1 for a number.
    var region: Int32 = -1
    /// Operands; for ``Operator/bytes`` where the variables begin in ``ExpressionPool/byteVariables``, and how many there are.
    var a: Expression = 0
    var b: Expression = 0
    /// What it is on the input that the program ran on; of a constant, what it always is.
    var value: UInt64
}

/// The expressions of one run. A node's operands come before it, so a pass in order evaluates all.
struct ExpressionPool {
    private(set) var nodes: [Node] = []
    private(set) var variables: [Variable] = []
    /// The variables of all nodes of bytes, one behind the other.
    private(set) var byteVariables: [Int32] = []
    private var numbers: [Variable: Int32] = [:]

    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        variables.removeAll(keepingCapacity: true)
        byteVariables.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
    }

    subscript(_ expression: Expression) -> Node { nodes[Int(expression)] }

    private mutating func append(_ node: Node) -> Expression {
        nodes.append(node)
        return Expression(nodes.count - 1)
    }

    mutating func constant(_ value: UInt64, region: Int32 = -1, hasAddress: Bool = false) -> Expression {
        append(Node(op: .constant, hasAddress: hasAddress || region >= 0, region: region, value: value))
    }

    private mutating func number(of variable: Variable) -> Int32 {
        if let number = numbers[variable] { return number }
        variables.append(variable)
        numbers[variable] = Int32(variables.count - 1)
        return Int32(variables.count - 1)
    }

    mutating func variable(_ variable: Variable, value: UInt64) -> Expression {
        let number = number(of: variable)
        return append(Node(op: .variable, hasInput: true, a: number, value: value))
    }

    mutating func bytes(_ list: [Variable], value: UInt64) -> Expression {
        let start = Int32(byteVariables.count)
        for variable in list { byteVariables.append(number(of: variable)) }
        return append(Node(op: .bytes, hasInput: true, a: start, b: Int32(list.count), value: value))
    }

    /// The same value as an address in a region.
    mutating func pointer(_ expression: Expression, into region: Int32) -> Expression {
        var node = self[expression]
        node.region = region
        node.hasAddress = true
        return append(node)
    }

    mutating func apply(_ op: Operator, _ a: Expression, _ b: Expression = 0) -> Expression {
        let (first, second) = (self[a], self[b])
        let isBinary = op.isBinary
        let value = op.evaluate(first.value, second.value)
        var node = Node(op: op, hasInput: first.hasInput || isBinary && second.hasInput, a: a, b: b, value: value)
        node.hasAddress = first.hasAddress || isBinary && second.hasAddress
        switch op {
        case .add:
            if first.region >= 0, !second.hasAddress { node.region = first.region }
            if second.region >= 0, !first.hasAddress { node.region = second.region }
        case .sub:
            if first.region >= 0, !second.hasAddress { node.region = first.region }
            if first.region >= 0, first.region == second.region { node.hasAddress = false }
        case .less: node.hasAddress = false
        case .select:
            node.region = value == 0 ? -1 : second.region
            node.hasAddress = value != 0
        case .constant, .variable, .bytes, .mul, .div, .sdiv, .mod, .smod, .and, .or, .xor, .shl, .shr, .sar, .low8,
            .low16,
            .low32, .extend8, .extend16, .extend32, .swap16, .swap32, .swap64:
            break
        }
        if !node.hasInput { node.op = .constant }
        return append(node)
    }
}

extension Operator {
    var isBinary: Bool {
        switch self {
        case .add, .sub, .mul, .div, .sdiv, .mod, .smod, .and, .or, .xor, .shl, .shr, .sar, .less, .select: true
        case .constant, .variable, .bytes, .low8, .low16, .low32, .extend8, .extend16, .extend32, .swap16, .swap32,
            .swap64:
            false
        }
    }

    /// Division by zero as RFC 9669 section 4.1 has it; shift counts are masked to 64 bits.
    func evaluate(_ a: UInt64, _ b: UInt64) -> UInt64 {
        switch self {
        case .constant, .variable, .bytes: a
        case .add: a &+ b
        case .sub: a &- b
        case .mul: a &* b
        case .div: b == 0 ? 0 : a / b
        case .mod: b == 0 ? a : a % b
        case .sdiv:
            b == 0
                ? 0
                : UInt64(
                    bitPattern: Int64(bitPattern: a).dividedReportingOverflow(by: Int64(bitPattern: b)).partialValue)
        case .smod:
            b == 0
                ? a
                : UInt64(
                    bitPattern: Int64(bitPattern: a).remainderReportingOverflow(dividingBy: Int64(bitPattern: b))
                        .partialValue)
        case .and: a & b
        case .or: a | b
        case .xor: a ^ b
        case .shl: a &<< b
        case .shr: a &>> b
        case .sar: UInt64(bitPattern: Int64(bitPattern: a) &>> Int64(bitPattern: b))
        case .low8: a & 0xFF
        case .low16: a & 0xFFFF
        case .low32: a & 0xFFFF_FFFF
        case .extend8: UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: a)))
        case .extend16: UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: a)))
        case .extend32: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: a)))
        case .swap16: UInt64(UInt16(truncatingIfNeeded: a).byteSwapped)
        case .swap32: UInt64(UInt32(truncatingIfNeeded: a).byteSwapped)
        case .swap64: a.byteSwapped
        case .less: a < b ? 1 : 0
        case .select: a != 0 ? b : 0
        }
    }
}
