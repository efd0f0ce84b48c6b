/// The two-operand arithmetic of RFC 9669 section 4.1, without width.
package enum ALUOperator: UInt8, CaseIterable, Sendable {
    case add, sub, mul, div, sdiv, or, and, lsh, rsh, mod, smod, xor, arsh
}

/// The comparisons of RFC 9669 section 4.3, without width.
package enum Condition: UInt8, CaseIterable, Sendable {
    case equal, notEqual, greater, greaterOrEqual, less, lessOrEqual
    case signedGreater, signedGreaterOrEqual, signedLess, signedLessOrEqual
    /// Some bit is set in both.
    case set
}
