// The arithmetic that RFC 9669 defines and Swift's operators do not: no operand may trap.

@inline(__always) func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }
@inline(__always) func signed(_ value: UInt64) -> Int64 { Int64(bitPattern: value) }
@inline(__always) func signed(_ value: UInt32) -> Int32 { Int32(bitPattern: value) }

/// The 64 bits of a sign-extended value.
@inline(__always) func extend(_ value: some FixedWidthInteger & SignedInteger) -> UInt64 {
    UInt64(truncatingIfNeeded: value)
}

/// Division by zero gives 0 (RFC 9669 section 4.1).
@inline(__always) func divide<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
    b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
}

/// Modulo by zero gives the dividend (RFC 9669 section 4.1).
@inline(__always) func modulo<T: FixedWidthInteger & UnsignedInteger>(_ a: T, _ b: T) -> T {
    b == 0 ? a : a.remainderReportingOverflow(dividingBy: b).partialValue
}

/// Signed division truncates toward zero; the most negative number divided by -1 is itself.
@inline(__always) func divideSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
    b == 0 ? 0 : UInt64(bitPattern: signed(a).dividedReportingOverflow(by: signed(b)).partialValue)
}
@inline(__always) func divideSigned(_ a: UInt32, _ b: UInt32) -> UInt32 {
    b == 0 ? 0 : UInt32(bitPattern: signed(a).dividedReportingOverflow(by: signed(b)).partialValue)
}

/// The remainder has the sign of the dividend; the most negative number modulo -1 is 0.
@inline(__always) func moduloSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
    b == 0 ? a : UInt64(bitPattern: signed(a).remainderReportingOverflow(dividingBy: signed(b)).partialValue)
}
@inline(__always) func moduloSigned(_ a: UInt32, _ b: UInt32) -> UInt32 {
    b == 0 ? a : UInt32(bitPattern: signed(a).remainderReportingOverflow(dividingBy: signed(b)).partialValue)
}

/// Arithmetic shift right; the count is masked to the width.
@inline(__always) func shiftSigned(_ a: UInt64, _ b: UInt64) -> UInt64 {
    UInt64(bitPattern: signed(a) &>> signed(b))
}
@inline(__always) func shiftSigned(_ a: UInt32, _ b: UInt32) -> UInt32 {
    UInt32(bitPattern: signed(a) &>> signed(b))
}
