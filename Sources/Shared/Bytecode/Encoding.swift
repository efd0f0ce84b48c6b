/// How one ``Operation`` lies in a ``Slot``, and how it is written: one row of the instruction set.
///
/// Decoding, encoding, assembling and disassembling all read these rows and know no instruction by themselves.
/// A field that an operation does not use must be zero on the wire (RFC 9669 section 3.1); a field that chooses
/// between operations of one opcode byte is a selector, and is consumed by decoding.
package struct Encoding: Sendable {
    /// What a register field does.
    package enum Register: Equatable, Sendable {
        case unused
        case read
        case written
        /// Read, then written.
        case updated
        case selector(UInt8)
    }

    /// What the 16-bit offset field does.
    package enum Offset: Equatable, Sendable {
        case unused
        case displacement
        /// Distance of a jump in slots, counted from the next slot.
        case jump
        case selector(Int16)
    }

    /// What the 32-bit immediate field does, and for 64-bit immediates the same field of the second slot.
    package enum Immediate: Equatable, Sendable {
        case unused
        case value
        /// Distance of a jump in slots, counted from the next slot.
        case jump
        /// Distance of a local call in slots, counted from the next slot.
        case localCall
        case helper
        /// BTF id of a kernel function: known by name, refused by decoding.
        case kernelFunction
        case selector(Int32)
        /// Both halves carry bits: 64 in all.
        case wide
        /// The first half carries bits; the second must be zero.
        case wideLow
        /// The first half is a distance in slots, counted from the slot after the first; the second must be zero.
        case wideCode
    }

    package var opcode: UInt8
    package var destination: Register
    package var source: Register
    package var offset: Offset
    package var immediate: Immediate
    /// The instruction in LLVM syntax, with these placeholders:
    ///
    /// ```
    /// %D %S   destination, source as rN        %d %s   as wN      %x %y   written wN, read as either
    /// %O      displacement with its sign       %T      target of a jump or call
    /// %K      signed immediate                 %k      signed immediate, read as unsigned too
    /// %H      unsigned id of a helper          %L      64-bit immediate
    /// %m %n   first, second half of a 64-bit immediate
    /// ```
    package var syntax: StaticString

    package var occupiesTwoSlots: Bool {
        switch immediate {
        case .wide, .wideLow, .wideCode: true
        case .unused, .value, .jump, .localCall, .helper, .kernelFunction, .selector: false
        }
    }

    /// Whether every selector of the row has the value that `slot` carries.
    func matches(_ slot: Slot) -> Bool {
        if case .selector(let value) = source, slot.source != value { return false }
        if case .selector(let value) = offset, slot.offset != value { return false }
        if case .selector(let value) = immediate, slot.immediate != value { return false }
        return true
    }
}

/// The shapes that rows come in; a row of the table names its shape and what is particular to it.
extension Encoding {
    static func immediate(
        _ opcode: UInt8, _ syntax: StaticString, _ destination: Register = .updated, selector: Int16? = nil
    ) -> Encoding {
        Encoding(
            opcode: opcode, destination: destination, source: .unused,
            offset: selector.map { .selector($0) } ?? .unused, immediate: .value, syntax: syntax)
    }

    static func register(
        _ opcode: UInt8, _ syntax: StaticString, _ destination: Register = .updated, selector: Int16? = nil
    ) -> Encoding {
        Encoding(
            opcode: opcode, destination: destination, source: .read,
            offset: selector.map { .selector($0) } ?? .unused, immediate: .unused, syntax: syntax)
    }

    static func unary(_ opcode: UInt8, _ syntax: StaticString, selector: Int32? = nil) -> Encoding {
        Encoding(
            opcode: opcode, destination: .updated, source: .unused, offset: .unused,
            immediate: selector.map { .selector($0) } ?? .unused, syntax: syntax)
    }

    static func branchImmediate(_ opcode: UInt8, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: opcode, destination: .read, source: .unused, offset: .jump, immediate: .value, syntax: syntax)
    }

    static func branchRegister(_ opcode: UInt8, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: opcode, destination: .read, source: .read, offset: .jump, immediate: .unused, syntax: syntax)
    }

    static func control(
        _ opcode: UInt8, _ syntax: StaticString, source: Register = .unused, offset: Offset = .unused,
        immediate: Immediate = .unused
    ) -> Encoding {
        Encoding(
            opcode: opcode, destination: .unused, source: source, offset: offset, immediate: immediate,
            syntax: syntax)
    }

    static func load(_ opcode: UInt8, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: opcode, destination: .written, source: .read, offset: .displacement, immediate: .unused,
            syntax: syntax)
    }

    static func storeImmediate(_ opcode: UInt8, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: opcode, destination: .read, source: .unused, offset: .displacement, immediate: .value,
            syntax: syntax)
    }

    static func storeRegister(_ opcode: UInt8, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: opcode, destination: .read, source: .read, offset: .displacement, immediate: .unused,
            syntax: syntax)
    }

    /// `source` is updated by the operations that fetch, except compare-and-exchange, which fetches into r0.
    static func atomic(
        _ opcode: UInt8, _ selector: Int32, _ syntax: StaticString, source: Register = .read
    ) -> Encoding {
        Encoding(
            opcode: opcode, destination: .read, source: source, offset: .displacement,
            immediate: .selector(selector), syntax: syntax)
    }

    static func wide(_ selector: UInt8, _ immediate: Immediate, _ syntax: StaticString) -> Encoding {
        Encoding(
            opcode: 0x18, destination: .written, source: .selector(selector), offset: .unused,
            immediate: immediate, syntax: syntax)
    }
}
