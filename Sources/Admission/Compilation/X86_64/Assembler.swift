/// How wide an operation is.
package enum Width: UInt8, CaseIterable, Sendable {
    case bits32 = 0
    case bits64 = 8  // REX.W

    @inline(__always) var rex: UInt8 { rawValue }
}

/// An operand in memory.
package enum Address: Equatable, Sendable {
    case based(Register, Int32)
    /// Below 2 GiB, where every address of a cell that code names lies.
    case absolute(UInt32)
    /// base + index × 2^shift; the index is not RSP, the base not RBP or R13.
    case indexed(Register, Register, shift: UInt8)
}

/// Turns rows with operands into bytes.
///
/// Every prefix is there only where it is needed, every immediate and displacement as short as it can be.
package struct Assembler: ~Copyable {
    package private(set) var buffer: CodeBuffer

    package init(capacity: Int) {
        buffer = CodeBuffer(capacity: capacity)
    }

    /// Bytes so far.
    @inline(__always) package var count: Int { buffer.count }
    /// Makes sure of room for what one instruction of a program becomes.
    @inline(__always) package mutating func reserve(_ room: Int) { buffer.reserve(room) }

    // MARK: register operands

    /// `row register/memory operand, register operand` or the other way round, as the row says.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, _ register: Register, rm: Register) {
        let encoding = row.encoding
        let (word, bits) = direct(encoding.opcode, encoding.traits, width, register.rawValue, rm)
        buffer.append(word, Int(bits >> 3))
    }

    /// A row whose only operand is `rm`.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, rm: Register) {
        let encoding = row.encoding
        let (word, bits) = direct(encoding.opcode, encoding.traits, width, encoding.digit, rm)
        buffer.append(word, Int(bits >> 3))
    }

    /// A row with an immediate operand.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, rm: Register, immediate: Int32) {
        let encoding = row.encoding
        let short = encoding.form == .memoryImmediate && Int32(Int8(truncatingIfNeeded: immediate)) == immediate
        let opcode = short ? encoding.opcode | 2 : encoding.opcode
        let head = direct(opcode, encoding.traits, width, encoding.digit, rm)
        append(head, immediate, encoding.form, short: short)
    }

    @inline(__always) package mutating func multiply(
        _ width: Width, _ destination: Register, rm: Register, by immediate: Int32
    ) {
        let encoding = Row.multiplyImmediate.encoding
        let short = Int32(Int8(truncatingIfNeeded: immediate)) == immediate
        let opcode = short ? encoding.opcode | 2 : encoding.opcode
        let head = direct(opcode, encoding.traits, width, destination.rawValue, rm)
        append(head, immediate, .memoryImmediate, short: short)
    }

    // MARK: memory operands

    @inline(__always) package mutating func emit(
        _ row: Row, _ width: Width, _ register: Register, _ address: Address, locked: Bool = false
    ) {
        let encoding = row.encoding
        if locked { buffer.append(Self.lock, 1) }
        indirect(encoding.opcode, encoding.traits, width, register.rawValue, address)
    }

    /// A row with an immediate operand.
    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, _ address: Address, immediate: Int32) {
        let encoding = row.encoding
        let short = encoding.form == .memoryImmediate && Int32(Int8(truncatingIfNeeded: immediate)) == immediate
        indirect(short ? encoding.opcode | 2 : encoding.opcode, encoding.traits, width, encoding.digit, address)
        append(immediate, encoding.form, short: short)
    }

    // MARK: registers in the opcode, and no operand

    @inline(__always) package mutating func emit(_ row: Row, _ width: Width, _ register: Register) {
        let encoding = row.encoding
        inOpcode(encoding.opcode, encoding.traits, width, register)
    }

    @inline(__always) package mutating func emit(_ row: Row, _ register: Register, immediate32: UInt32) {
        let encoding = row.encoding
        inOpcode(encoding.opcode, encoding.traits, .bits32, register)
        buffer.append(UInt64(immediate32), 4)
    }

    @inline(__always) package mutating func emit(_ row: Row, _ register: Register, immediate64: UInt64) {
        let encoding = row.encoding
        inOpcode(encoding.opcode, encoding.traits, .bits64, register)
        buffer.append(immediate64, 8)
    }

    @inline(__always) package mutating func emit(_ row: Row, _ width: Width = .bits32) {
        if width == .bits64 { buffer.append(UInt64(Self.rex | width.rex), 1) }
        buffer.append(UInt64(row.encoding.opcode), 1)
    }

    /// A short jump backwards to `offset`, over code in which nothing is left to be placed.
    @inline(__always) package mutating func jumpBack(_ condition: Condition, to offset: Int) {
        let distance = offset - (count + 2)
        precondition(distance >= -128 && distance < 0, "a loop inside one instruction is short")
        buffer.append(UInt64(0x70 | condition.rawValue) | UInt64(UInt8(truncatingIfNeeded: distance)) << 8, 2)
    }

    // MARK: bytes

    private static let lock: UInt64 = 0xF0
    private static let rex: UInt8 = 0x40

    private typealias Head = (word: UInt64, bits: UInt64)

    /// Bytes of an immediate operand.
    @inline(__always) private static func size(_ form: Encoding.Form, short: Bool) -> Int {
        switch form {
        case .memoryImmediate: short ? 1 : 4
        case .memoryImmediate8: 1
        case .memoryImmediate16: 2
        case .memoryImmediate32, .registerMemoryImmediate, .opcodeRegisterImmediate32: 4
        case .none, .memory, .memoryRegister, .registerMemory, .opcodeRegister, .opcodeRegisterImmediate64: 0
        }
    }

    @inline(__always) private mutating func append(_ immediate: Int32, _ form: Encoding.Form, short: Bool) {
        buffer.append(UInt64(UInt32(bitPattern: immediate)), Self.size(form, short: short))
    }

    /// As one word: what is appended next waits for the place where this one ends. With its immediate an instruction on registers has
    /// at most seven bytes, since no row has both an escape and an immediate.
    @inline(__always) private mutating func append(
        _ head: Head, _ immediate: Int32, _ form: Encoding.Form, short: Bool
    ) {
        let word = head.word | UInt64(UInt32(bitPattern: immediate)) &<< head.bits
        buffer.append(word, Int(head.bits >> 3) + Self.size(form, short: short))
    }

    /// Prefixes and opcode, the first byte lowest.
    @inline(__always) private func head(
        _ opcode: UInt8, _ traits: Encoding.Traits, rex: UInt8, needsREX: Bool
    ) -> (word: UInt64, count: UInt64) {
        var word = UInt64(opcode)
        var count: UInt64 = 8
        if traits.contains(.escape) {
            word = word << 8 | 0x0F
            count += 8
        }
        if needsREX || rex != 0 {
            word = word << 8 | UInt64(Self.rex | rex)
            count += 8
        }
        if traits.contains(.operand16) {
            word = word << 8 | 0x66
            count += 8
        }
        return (word, count)
    }

    @inline(__always) private func direct(
        _ opcode: UInt8, _ traits: Encoding.Traits, _ width: Width, _ register: UInt8, _ rm: Register
    ) -> Head {
        let rm = rm.rawValue
        let rex = width.rex | (register >> 3) << 2 | rm >> 3
        let needsREX =
            traits.contains(.byteRegister) && register >= 4 || traits.contains(.byteMemory) && rm >= 4
        let (word, count) = head(opcode, traits, rex: rex, needsREX: needsREX)
        let operands = UInt64(0xC0 | (register & 7) << 3 | rm & 7)
        return (word | operands << count, count + 8)
    }

    @inline(__always) private mutating func indirect(
        _ opcode: UInt8, _ traits: Encoding.Traits, _ width: Width, _ register: UInt8, _ address: Address
    ) {
        let field = (register & 7) << 3
        let needsREX = traits.contains(.byteRegister) && register >= 4
        let high = width.rex | (register >> 3) << 2
        switch address {
        case .based(let base, let displacement):
            let base = base.rawValue
            var (word, count) = head(opcode, traits, rex: high | base >> 3, needsREX: needsREX)
            let isShort = Int32(Int8(truncatingIfNeeded: displacement)) == displacement
            // RBP and R13 without a displacement would mean something else (SDM volume 2, table 2-2).
            let isPlain = displacement == 0 && base & 7 != 5
            let mode: UInt8 = isPlain ? 0 : isShort ? 0x40 : 0x80
            word |= UInt64(mode | field | base & 7) << count
            count += 8
            if base & 7 == 4 {
                word |= 0x24 << count
                count += 8
            }
            if isPlain {
                buffer.append(word, Int(count >> 3))
            } else if isShort {
                word |= UInt64(UInt8(truncatingIfNeeded: displacement)) << count
                buffer.append(word, Int(count >> 3) + 1)
            } else {
                buffer.append(word, Int(count >> 3))
                buffer.append(UInt64(UInt32(bitPattern: displacement)), 4)
            }
        case .absolute(let place):
            var (word, count) = head(opcode, traits, rex: high, needsREX: needsREX)
            word |= UInt64(0x04 | field) << count | 0x25 << (count + 8)
            count += 16
            buffer.append(word, Int(count >> 3))
            buffer.append(UInt64(place), 4)
        case .indexed(let base, let index, let shift):
            let (b, i) = (base.rawValue, index.rawValue)
            precondition(b & 7 != 5 && index != .rsp, "this base or index means something else")
            var (word, count) = head(opcode, traits, rex: high | (i >> 3) << 1 | b >> 3, needsREX: needsREX)
            word |= UInt64(0x04 | field) << count | UInt64(shift << 6 | (i & 7) << 3 | b & 7) << (count + 8)
            count += 16
            buffer.append(word, Int(count >> 3))
        }
    }

    @inline(__always) private mutating func inOpcode(
        _ opcode: UInt8, _ traits: Encoding.Traits, _ width: Width, _ register: Register
    ) {
        let number = register.rawValue
        let (word, count) = head(opcode | number & 7, traits, rex: width.rex | number >> 3, needsREX: false)
        buffer.append(word, Int(count >> 3))
    }
}
