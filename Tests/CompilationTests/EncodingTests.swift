import Compilation
import Foundation
import TestSupport
import Testing

/// The table of machine instructions, read back by the toolchain's disassembler, which shares nothing with it.
@Suite("The table of encodings")
struct EncodingTests {
    private struct Listing {
        var bytes: [UInt8] = []
        var expected: [Expected] = []
    }

    /// A line, and the immediate at its end where there is one: how the disassembler writes its sign depends on the instruction.
    private struct Expected: CustomStringConvertible {
        var text: String
        var immediate: Int64?
        var bits = 64

        var description: String { text + (immediate.map { ", \($0) of \(bits) bits" } ?? "") }

        func agrees(with line: String) -> Bool {
            guard let immediate else { return line == text }
            guard line.hasPrefix(text + ", ") else { return false }
            var number = line.dropFirst(text.count + 2)
            let isNegative = number.first == "-"
            if isNegative { number = number.dropFirst() }
            guard number.hasPrefix("0x"), let magnitude = UInt64(number.dropFirst(2), radix: 16) else { return false }
            let value = isNegative ? 0 &- magnitude : magnitude
            let mask: UInt64 = bits == 64 ? .max : 1 << UInt64(bits) - 1
            return (value ^ UInt64(bitPattern: immediate)) & mask == 0
        }
    }

    @Test("every row, with every register, operand and width, is what the toolchain's disassembler reads")
    func rows() throws {
        var listing = Listing()
        var rows = Set<Row>()
        for row in Row.allCases {
            let before = listing.expected.count
            for width in Width.allCases where Self.exists(row, width) { Self.add(row, width, to: &listing) }
            if listing.expected.count > before { rows.insert(row) }
        }
        #expect(rows.count == Row.allCases.count)
        let read = try Self.disassemble(listing.bytes)
        #expect(read.count == listing.expected.count)
        var differences = 0
        for (theirs, ours) in zip(read, listing.expected) where !ours.agrees(with: theirs) {
            differences += 1
            if differences < 20 { Issue.record("\(theirs) is not \(ours)") }
        }
        #expect(listing.expected.count > 20_000)
    }

    private static func exists(_ row: Row, _ width: Width) -> Bool {
        switch width {
        case .bits32: !row.encoding.traits.contains(.only64)
        case .bits64: !row.encoding.traits.contains(.only32)
        }
    }

    private static let addresses: [Address] = {
        var addresses: [Address] = []
        for base in Register.allCases {
            for displacement: Int32 in [0, 1, -1, 127, -128, 128, -129, .max, .min] {
                addresses.append(.based(base, displacement))
            }
        }
        addresses += [.absolute(0x0050_0130), .absolute(0x01F0_3020), .absolute(0x7FFF_FFFF)]
        return addresses
    }()

    private static let indexed: [Address] = {
        var addresses: [Address] = []
        for base in Register.allCases where base != .rbp && base != .r13 {
            for index in Register.allCases where index != .rsp {
                for shift: UInt8 in 0...3 { addresses.append(.indexed(base, index, shift: shift)) }
            }
        }
        return addresses
    }()

    private static let immediates: [Int32] = [0, 1, -1, 127, -128, 128, -129, 255, 0x1234_5678, .max, .min]

    private static func add(_ row: Row, _ width: Width, to listing: inout Listing) {
        let encoding = row.encoding
        let name = "\(encoding.mnemonic)"
        func one(_ text: String, _ immediate: Int64? = nil, _ emit: (inout Assembler) -> Void) {
            var assembler = Assembler(capacity: 64)
            emit(&assembler)
            listing.bytes += assembler.buffer.bytes
            listing.expected.append(
                Expected(
                    text: text, immediate: immediate, bits: encoding.form.immediateBits ?? encoding.memoryBits(width)))
        }
        func operand(_ register: Register) -> String { Self.name(register, encoding.operandBits(width)) }
        func memoryOperand(_ register: Register) -> String { Self.name(register, encoding.memoryBits(width)) }
        switch encoding.form {
        case .none:
            one(row == .signExtendResult && width == .bits64 ? "cqo" : name) { $0.emit(row, width) }
        case .memory:
            for register in Register.allCases {
                let count = encoding.traits.contains(.countInCL) ? ", cl" : ""
                one("\(name) \(operand(register))\(count)") { $0.emit(row, width, rm: register) }
            }
        case .memoryRegister:
            for register in Register.allCases {
                for rm in Register.allCases {
                    // Either order means the same exchange; the disassembler prints the other one.
                    let text =
                        row == .exchange
                        ? "\(name) \(operand(register)), \(memoryOperand(rm))"
                        : "\(name) \(memoryOperand(rm)), \(operand(register))"
                    one(text) { $0.emit(row, width, register, rm: rm) }
                }
                for address in addresses where row != .testRegister {
                    one("\(name) \(Self.text(address, encoding.operandBits(width))), \(operand(register))") {
                        $0.emit(row, width, register, address)
                    }
                }
            }
        case .registerMemory:
            for register in Register.allCases {
                for rm in Register.allCases where row != .loadAddress {
                    one("\(name) \(operand(register)), \(memoryOperand(rm))") { $0.emit(row, width, register, rm: rm) }
                }
                for address in addresses + (row == .loadAddress && register.rawValue % 5 == 0 ? indexed : []) {
                    let bits = row == .loadAddress ? 0 : encoding.memoryBits(width)
                    one("\(name) \(operand(register)), \(Self.text(address, bits))") {
                        $0.emit(row, width, register, address)
                    }
                }
            }
        case .registerMemoryImmediate:
            for register in Register.allCases {
                for rm in Register.allCases {
                    for immediate in immediates {
                        one("\(name) \(operand(register)), \(operand(rm))", Int64(immediate)) {
                            $0.multiply(width, register, rm: rm, by: immediate)
                        }
                    }
                }
            }
        case .memoryImmediate, .memoryImmediate8, .memoryImmediate16, .memoryImmediate32:
            for immediate in immediates.map({ encoding.form.truncated($0) }) {
                for register in Register.allCases {
                    one("\(name) \(memoryOperand(register))", Int64(immediate)) {
                        $0.emit(row, width, rm: register, immediate: immediate)
                    }
                }
                for address in addresses {
                    one("\(name) \(Self.text(address, encoding.memoryBits(width)))", Int64(immediate)) {
                        $0.emit(row, width, address, immediate: immediate)
                    }
                }
            }
        case .opcodeRegister:
            for register in Register.allCases {
                one(
                    "\(name) \(Self.name(register, encoding.traits.contains(.always64) ? 64 : encoding.operandBits(width)))"
                ) {
                    $0.emit(row, width, register)
                }
            }
        case .opcodeRegisterImmediate32:
            for register in Register.allCases {
                for value: UInt32 in [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF] {
                    one("\(name) \(operand(register))", Int64(value)) {
                        $0.emit(row, register, immediate32: value)
                    }
                }
            }
        case .opcodeRegisterImmediate64:
            for register in Register.allCases {
                for value: UInt64 in [0, 0x1122_3344_5566_7788, .max] {
                    one("\(name) \(operand(register))", Int64(bitPattern: value)) {
                        $0.emit(row, register, immediate64: value)
                    }
                }
            }
        }
    }

    // MARK: the disassembler's text

    private static func name(_ register: Register, _ bits: Int) -> String {
        let number = Int(register.rawValue)
        if number >= 8 { return "\(register)" + (bits == 64 ? "" : bits == 32 ? "d" : bits == 16 ? "w" : "b") }
        let names = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"]
        switch bits {
        case 64: return "r" + names[number]
        case 32: return "e" + names[number]
        case 16: return names[number]
        default: return ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"][number]
        }
    }

    private static func text(_ address: Address, _ bits: Int) -> String {
        let size = [0: "", 8: "byte ptr ", 16: "word ptr ", 32: "dword ptr ", 64: "qword ptr "][bits] ?? "?"
        switch address {
        case .based(let base, let displacement):
            let sign = displacement < 0 ? " - " : " + "
            let tail = displacement == 0 ? "" : sign + "0x" + String(displacement.magnitude, radix: 16)
            return "\(size)[\(base)\(tail)]"
        case .absolute(let place): return "\(size)[0x\(String(place, radix: 16))]"
        case .indexed(let base, let index, let shift):
            return "\(size)[\(base) + \(shift == 0 ? "" : "\(1 << shift)*")\(index)]"
        }
    }

    static func disassemble(_ bytes: [UInt8]) throws -> [String] {
        try withTemporaryFolder { folder in
            let (source, object) = (folder.appendingPathComponent("code.s"), folder.appendingPathComponent("code.o"))
            let lines = stride(from: 0, to: bytes.count, by: 32).map { start in
                ".byte " + bytes[start..<min(start + 32, bytes.count)].map { "\($0)" }.joined(separator: ",")
            }
            try (lines.joined(separator: "\n") + "\n").write(to: source, atomically: false, encoding: .utf8)
            try ToolchainFolder.run(
                ToolchainFolder.tool("clang"),
                ["--target=x86_64-unknown-none-elf", "-c", source.path, "-o", object.path])
            let listing = try ToolchainFolder.run(
                ToolchainFolder.tool("llvm-objdump"),
                ["-d", "-M", "intel", "--no-show-raw-insn", "--no-leading-addr", object.path])
            return listing.split(separator: "\n").filter { $0.first == "\t" || $0.first == " " }.map { line in
                let text = line.split(separator: "#")[0].split(separator: "<")[0]
                return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
        }
    }
}

extension Encoding {
    /// Bits of the register operand.
    fileprivate func operandBits(_ width: Width) -> Int {
        if traits.contains(.byteRegister) { return 8 }
        if traits.contains(.operand16) { return 16 }
        return width == .bits64 ? 64 : 32
    }

    /// Bits of the operand that may be memory.
    fileprivate func memoryBits(_ width: Width) -> Int {
        if traits.contains(.byteMemory) { return 8 }
        if traits.contains(.wordMemory) { return 16 }
        if traits.contains(.doubleWordMemory) { return 32 }
        return operandBits(width)
    }
}

extension Encoding.Form {
    /// Bits of an immediate that is narrower than its operation can be; nil where it is extended to the operation's width.
    fileprivate var immediateBits: Int? {
        switch self {
        case .memoryImmediate8: 8
        case .memoryImmediate16: 16
        case .none, .memory, .memoryRegister, .registerMemory, .registerMemoryImmediate, .memoryImmediate,
            .memoryImmediate32, .opcodeRegister, .opcodeRegisterImmediate32, .opcodeRegisterImmediate64:
            nil
        }
    }

    /// What an immediate of this form holds of a number, as the disassembler prints it.
    fileprivate func truncated(_ value: Int32) -> Int32 {
        switch self {
        case .memoryImmediate8: Int32(Int8(truncatingIfNeeded: value))
        case .memoryImmediate16: Int32(Int16(truncatingIfNeeded: value))
        case .none, .memory, .memoryRegister, .registerMemory, .registerMemoryImmediate, .memoryImmediate,
            .memoryImmediate32, .opcodeRegister, .opcodeRegisterImmediate32, .opcodeRegisterImmediate64:
            value
        }
    }
}
