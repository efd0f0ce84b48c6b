/// The bytes of a row, its operands left out: what is put in is a few bits, without a question asked of the row.
///
/// A REX prefix is always there, and is taken away where it turns out to say nothing.
///
/// One word, so that it stays in one register whatever is asked of it: the bytes (REX, the escape where there is one, the opcode, the
/// operands' byte with the digit; the first byte lowest), and above them what else there is to know.
struct Stencil: BitwiseCopyable {
    private let bits: UInt64

    private static let rex: UInt64 = 0x40
    private static let escapeAt: UInt64 = 32
    private static let operand16At: UInt64 = 33
    private static let byteRegisterAt: UInt64 = 34
    private static let byteMemoryAt: UInt64 = 35
    private static let sizeAt: UInt64 = 40
    private static let shortensAt: UInt64 = 46

    @inline(__always) init(_ row: Row, _ width: Width) {
        let encoding = row.encoding
        let hasEscape = encoding.traits.contains(.escape)
        let code = hasEscape ? UInt64(encoding.opcode) << 8 | 0x0F : UInt64(encoding.opcode)
        var bits = Self.rex | UInt64(width.rex) | code << 8 | UInt64(encoding.digit) << (hasEscape ? 27 : 19)
        if hasEscape { bits |= 1 << Self.escapeAt }
        if encoding.traits.contains(.operand16) { bits |= 1 << Self.operand16At }
        if encoding.traits.contains(.byteRegister) { bits |= 1 << Self.byteRegisterAt }
        if encoding.traits.contains(.byteMemory) { bits |= 1 << Self.byteMemoryAt }
        bits |= encoding.form.immediateBits << Self.sizeAt
        if encoding.form.shortens { bits |= 1 << Self.shortensAt }
        self.bits = bits
    }

    @inline(__always) private init(bits: UInt64) { self.bits = bits }

    /// The same on 32 bits.
    @inline(__always) func narrowed(if isNarrow: Bool) -> Stencil {
        Stencil(bits: isNarrow ? bits & ~UInt64(Width.bits64.rex) : bits)
    }

    /// What an immediate is given to, and how many bits of it there are.
    @inline(__always) func with(_ immediate: Int32) -> (stencil: Stencil, size: UInt64) {
        if bits &>> Self.shortensAt & 1 == 0 { return (self, bits &>> Self.sizeAt & 63) }
        return shortening(immediate)
    }

    /// The same where there is one for an immediate that a byte holds, too (SDM volume 2: opcodes 83 and 6B for 81 and 69).
    @inline(__always) func shortening(_ immediate: Int32) -> (stencil: Stencil, size: UInt64) {
        let isShort = Int32(Int8(truncatingIfNeeded: immediate)) == immediate
        return (Stencil(bits: isShort ? bits | 2 << 8 : bits), isShort ? 8 : 32)
    }

    /// Whether there are no more bytes than prefix, opcode and operands, and none is particular.
    var isPlain: Bool { bits &>> Self.escapeAt & 15 == 0 }

    /// 66 before everything.
    @inline(__always) var isOperand16: Bool { bits &>> Self.operand16At & 1 != 0 }

    /// The bit at which the opcode begins.
    @inline(__always) private var opcodeAt: UInt64 { 8 &+ (bits &>> Self.escapeAt & 1) &<< 3 }
    /// The bit at which the operands' byte begins.
    @inline(__always) private var operandsAt: UInt64 { 16 &+ (bits &>> Self.escapeAt & 1) &<< 3 }

    /// Some of the bytes of an instruction, the first lowest, and how many bits they are.
    typealias Bytes = (word: UInt64, bits: UInt64)

    /// With two operands.
    ///
    /// - Parameters:
    ///   - register: ``Operand/asRegister`` of the one; 0 where a row has a digit.
    ///   - memory: ``Operand/asMemory`` of the other, or of what the other is based on.
    ///   - mode: what the operands' byte says of the other besides.
    ///   - isPlain: ``isPlain``, where whoever asks knows it.
    @inline(__always) func filled(
        _ register: UInt32, _ memory: UInt32, mode: UInt32, isPlain: Bool = false
    ) -> Bytes {
        let operands = register | memory | mode &<< 16
        if isPlain { return needed(UInt64(bytes | operands), 0, isPlain: true) }
        let word = UInt64(bytes | operands & 0xFF) | UInt64(operands &>> 16) &<< operandsAt
        // SPL to DIL, the lowest bytes of four registers, would be AH to BH without a prefix. Those above have one anyway.
        let first = UInt64(register &>> 21) & bits &>> Self.byteRegisterAt
        let second = mode == Self.direct ? UInt64(memory &>> 18) & bits &>> Self.byteMemoryAt : 0
        return needed(word, (first | second) & 1)
    }

    /// With the register in the opcode, and no operands' byte.
    @inline(__always) func filled(_ operand: Operand) -> Bytes {
        let prefix = operand.asMemory & 0xFF
        let (word, size) = needed(UInt64(bytes | prefix) | UInt64(operand.low) &<< opcodeAt, 0)
        return (word, size &- 8)
    }

    /// Without any operand.
    @inline(__always) var bare: Bytes {
        let (word, size) = needed(UInt64(bytes), 0)
        return (word, size &- 8)
    }

    /// Of the operands' byte: both are registers.
    static let direct: UInt32 = 0xC0

    @inline(__always) private var bytes: UInt32 { UInt32(truncatingIfNeeded: bits) }

    /// Takes the prefix away where it says nothing.
    ///
    /// No branch: which registers an instruction names no processor foresees.
    @inline(__always) private func needed(_ word: UInt64, _ insists: UInt64, isPlain: Bool = false) -> Bytes {
        let dropped: UInt64 = word & 0xF | insists == 0 ? 8 : 0
        return (word &>> dropped, (isPlain ? 24 : operandsAt &+ 8) &- dropped)
    }
}

extension Encoding.Form {
    /// Bits of an immediate.
    @inline(__always) fileprivate var immediateBits: UInt64 {
        switch self {
        case .memoryImmediate8: 8
        case .memoryImmediate16: 16
        case .memoryImmediate, .memoryImmediate32, .registerMemoryImmediate, .opcodeRegisterImmediate32: 32
        case .none, .memory, .memoryRegister, .registerMemory, .opcodeRegister, .opcodeRegisterImmediate64: 0
        }
    }

    /// Whether there is the same with a byte for an immediate that one holds.
    @inline(__always) fileprivate var shortens: Bool { self == .memoryImmediate || self == .registerMemoryImmediate }
}
