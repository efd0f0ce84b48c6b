/// The machine instructions that the compiler knows, one line each, as the manual (SDM volume 2) prints them.
///
/// The assembler reads these rows and knows no instruction by itself. A test hands every row, with every register and operand, to the
/// toolchain's disassembler.
package enum Row: UInt8, CaseIterable, Sendable {
    // Operands: r/m, r.
    case addRegister, orRegister, andRegister, subRegister, xorRegister, compareRegister, testRegister
    case store, store8, store16, exchange, exchangeAdd, compareExchange
    // Operands: r, r/m.
    case load, loadZero8, loadZero16, loadSigned8, loadSigned16, loadSigned32, loadAddress
    case multiply, moveIfBelow, addMemory, compareMemory
    // Operands: r/m, immediate.
    case addImmediate, orImmediate, andImmediate, subImmediate, xorImmediate, compareImmediate
    case testImmediate, testImmediate8, storeImmediate, storeImmediate8, storeImmediate16
    case shiftLeftImmediate, shiftRightImmediate, shiftArithmeticImmediate, rotateImmediate16
    // Operands: r, r/m, immediate.
    case multiplyImmediate
    // Operand: r/m.
    case negate, divide, divideSigned, shiftLeft, shiftRight, shiftArithmetic
    // Operand: the register in the opcode.
    case swapBytes, push, pop, moveImmediate32, moveImmediate64
    // No operand.
    case signExtendResult, `return`

    package var encoding: Encoding {
        @inline(__always) get {
            switch self {
            case .addRegister: Encoding("add", 0x01, .memoryRegister)
            case .orRegister: Encoding("or", 0x09, .memoryRegister)
            case .andRegister: Encoding("and", 0x21, .memoryRegister)
            case .subRegister: Encoding("sub", 0x29, .memoryRegister)
            case .xorRegister: Encoding("xor", 0x31, .memoryRegister)
            case .compareRegister: Encoding("cmp", 0x39, .memoryRegister)
            case .testRegister: Encoding("test", 0x85, .memoryRegister)
            case .store: Encoding("mov", 0x89, .memoryRegister)
            case .store8: Encoding("mov", 0x88, .memoryRegister, [.byteRegister, .byteMemory, .only32])
            case .store16: Encoding("mov", 0x89, .memoryRegister, [.operand16, .only32])
            case .exchange: Encoding("xchg", 0x87, .memoryRegister)
            case .exchangeAdd: Encoding("xadd", 0xC1, .memoryRegister, [.escape])
            case .compareExchange: Encoding("cmpxchg", 0xB1, .memoryRegister, [.escape])
            case .load: Encoding("mov", 0x8B, .registerMemory)
            case .loadZero8: Encoding("movzx", 0xB6, .registerMemory, [.escape, .byteMemory, .only32])
            case .loadZero16: Encoding("movzx", 0xB7, .registerMemory, [.escape, .wordMemory, .only32])
            case .loadSigned8: Encoding("movsx", 0xBE, .registerMemory, [.escape, .byteMemory])
            case .loadSigned16: Encoding("movsx", 0xBF, .registerMemory, [.escape, .wordMemory])
            case .loadSigned32: Encoding("movsxd", 0x63, .registerMemory, [.doubleWordMemory, .only64])
            case .loadAddress: Encoding("lea", 0x8D, .registerMemory)
            case .multiply: Encoding("imul", 0xAF, .registerMemory, [.escape])
            case .moveIfBelow: Encoding("cmovb", 0x42, .registerMemory, [.escape])
            case .addMemory: Encoding("add", 0x03, .registerMemory)
            case .compareMemory: Encoding("cmp", 0x3B, .registerMemory)
            case .addImmediate: Encoding("add", 0x81, .memoryImmediate, digit: 0)
            case .orImmediate: Encoding("or", 0x81, .memoryImmediate, digit: 1)
            case .andImmediate: Encoding("and", 0x81, .memoryImmediate, digit: 4)
            case .subImmediate: Encoding("sub", 0x81, .memoryImmediate, digit: 5)
            case .xorImmediate: Encoding("xor", 0x81, .memoryImmediate, digit: 6)
            case .compareImmediate: Encoding("cmp", 0x81, .memoryImmediate, digit: 7)
            case .testImmediate: Encoding("test", 0xF7, .memoryImmediate32, digit: 0)
            case .testImmediate8: Encoding("test", 0xF6, .memoryImmediate8, [.byteMemory, .only32], digit: 0)
            case .storeImmediate: Encoding("mov", 0xC7, .memoryImmediate32, digit: 0)
            case .storeImmediate8: Encoding("mov", 0xC6, .memoryImmediate8, [.byteMemory, .only32], digit: 0)
            case .storeImmediate16: Encoding("mov", 0xC7, .memoryImmediate16, [.operand16, .only32], digit: 0)
            case .shiftLeftImmediate: Encoding("shl", 0xC1, .memoryImmediate8, digit: 4)
            case .shiftRightImmediate: Encoding("shr", 0xC1, .memoryImmediate8, digit: 5)
            case .shiftArithmeticImmediate: Encoding("sar", 0xC1, .memoryImmediate8, digit: 7)
            case .rotateImmediate16: Encoding("rol", 0xC1, .memoryImmediate8, [.operand16, .only32], digit: 0)
            case .multiplyImmediate: Encoding("imul", 0x69, .registerMemoryImmediate)
            case .negate: Encoding("neg", 0xF7, .memory, digit: 3)
            case .divide: Encoding("div", 0xF7, .memory, digit: 6)
            case .divideSigned: Encoding("idiv", 0xF7, .memory, digit: 7)
            case .shiftLeft: Encoding("shl", 0xD3, .memory, [.countInCL], digit: 4)
            case .shiftRight: Encoding("shr", 0xD3, .memory, [.countInCL], digit: 5)
            case .shiftArithmetic: Encoding("sar", 0xD3, .memory, [.countInCL], digit: 7)
            case .swapBytes: Encoding("bswap", 0xC8, .opcodeRegister, [.escape])
            case .push: Encoding("push", 0x50, .opcodeRegister, [.always64, .only32])
            case .pop: Encoding("pop", 0x58, .opcodeRegister, [.always64, .only32])
            case .moveImmediate32: Encoding("mov", 0xB8, .opcodeRegisterImmediate32, [.only32])
            case .moveImmediate64: Encoding("movabs", 0xB8, .opcodeRegisterImmediate64, [.only64])
            case .signExtendResult: Encoding("cdq", 0x99, .none)
            case .return: Encoding("ret", 0xC3, .none, [.only32])
            }
        }
    }
}

/// How one ``Row`` lies in bytes: opcode, operands, and what is particular to it.
package struct Encoding: Sendable {
    package enum Form: UInt8, Sendable {
        case none, memory, memoryRegister, registerMemory, registerMemoryImmediate
        /// The immediate is a byte where one holds it (opcode + 2), four otherwise.
        case memoryImmediate
        case memoryImmediate8, memoryImmediate16, memoryImmediate32
        case opcodeRegister, opcodeRegisterImmediate32, opcodeRegisterImmediate64
    }

    package struct Traits: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }
        /// 0F before the opcode.
        package static let escape = Traits(rawValue: 1 << 0)
        /// 66 before everything: operands of 16 bits.
        package static let operand16 = Traits(rawValue: 1 << 1)
        /// The register operand is a byte: SPL to DIL need a REX prefix, or they would be AH to BH.
        package static let byteRegister = Traits(rawValue: 1 << 2)
        /// The same of the register or memory operand.
        package static let byteMemory = Traits(rawValue: 1 << 3)
        package static let wordMemory = Traits(rawValue: 1 << 4)
        package static let doubleWordMemory = Traits(rawValue: 1 << 5)
        package static let only32 = Traits(rawValue: 1 << 6)
        package static let only64 = Traits(rawValue: 1 << 7)
        /// 64 bits without a prefix.
        package static let always64 = Traits(rawValue: 1 << 8)
        package static let countInCL = Traits(rawValue: 1 << 9)
    }

    package let mnemonic: StaticString
    package let opcode: UInt8
    package let form: Form
    package let traits: Traits
    /// The opcode's extension in the register field, `/digit` in the manual.
    package let digit: UInt8

    @inline(__always) init(
        _ mnemonic: StaticString, _ opcode: UInt8, _ form: Form, _ traits: Traits = [], digit: UInt8 = 0
    ) {
        self.mnemonic = mnemonic
        self.opcode = opcode
        self.form = form
        self.traits = traits
        self.digit = digit
    }
}
