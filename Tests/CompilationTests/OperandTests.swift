import Bytecode
import Compilation
import ProgramPackage
import Testing

/// Programs that name every register in every place, as the toolchain's disassembler reads what they become.
@Suite("Operands of compiled code")
struct OperandTests {
    /// R0 to R10, by the names that 64, 32, 16 and 8 bits of them have.
    private static let wide = ["rax", "rdi", "rsi", "rdx", "rcx", "r8", "rbx", "r13", "r14", "r15", "rbp"]
    private static let narrow = ["eax", "edi", "esi", "edx", "ecx", "r8d", "ebx", "r13d", "r14d", "r15d", "ebp"]
    private static let words = ["ax", "di", "si", "dx", "cx", "r8w", "bx", "r13w", "r14w", "r15w", "bp"]
    private static let bytes = ["al", "dil", "sil", "dl", "cl", "r8b", "bl", "r13b", "r14b", "r15b", "bpl"]

    private static let displacements: [Int32] = [0, 1, -1, 127, -128, 128, -129, 32767, -32768]
    private static let immediates: [Int64] = [1, -1, 127, -128, 128, -129, 0x1234_5678, 0x7FFF_FFFF, -0x8000_0000]

    private typealias Pair = (instruction: Instruction, expected: String)

    private static func compiled(_ code: [Instruction]) throws -> CompiledProgram {
        try Compilation.x86(
            Compilation.Program(code: code), Compilation.Options(countsFuel: false),
            for: Compilation.Target(helper: 0x40_2000, fault: 0x40_2100))
    }

    private static func check(_ pairs: [Pair]) throws {
        let compiled = try compiled(pairs.map(\.instruction) + [Instruction(.exit)])
        // What comes before the first instruction clears registers.
        let lines = try EncodingTests.disassemble(Array(compiled.bytes[Int(compiled.map.starts[0])...]))
        #expect(lines.count == pairs.count + 1)
        for (line, pair) in zip(lines, pairs) where line != pair.expected {
            Issue.record("\(line) is not \(pair.expected)")
        }
    }

    private static func place(_ base: Int, _ displacement: Int32) -> String {
        let sign = displacement < 0 ? " - " : " + "
        return "[\(wide[base])\(displacement == 0 ? "" : sign + hexadecimal(displacement.magnitude))]"
    }

    private static func hexadecimal(_ number: some BinaryInteger) -> String { "0x" + String(number, radix: 16) }

    @Test("loads and stores of every size reach the place that was meant, with every register, base and displacement")
    func memory() throws {
        var pairs: [Pair] = []
        for (number, base) in (0...10).flatMap({ number in (0...10).map { (number, $0) } }) {
            for displacement in Self.displacements {
                let place = Self.place(base, displacement)
                func load(_ operation: Operation, _ expected: String) {
                    let (destination, source) = (UInt8(number), UInt8(base))
                    let one = Instruction(operation, destination: destination, source: source, offset: displacement)
                    if number != 10 { pairs.append((one, "\(expected) ptr \(place)")) }
                }
                load(.load64, "mov \(Self.wide[number]), qword")
                load(.load32, "mov \(Self.narrow[number]), dword")
                load(.load16, "movzx \(Self.narrow[number]), word")
                load(.load8, "movzx \(Self.narrow[number]), byte")
                load(.loadSigned32, "movsxd \(Self.wide[number]), dword")
                load(.loadSigned16, "movsx \(Self.wide[number]), word")
                load(.loadSigned8, "movsx \(Self.wide[number]), byte")
                func store(_ operation: Operation, _ size: String, _ register: String) {
                    let (destination, source) = (UInt8(base), UInt8(number))
                    let one = Instruction(operation, destination: destination, source: source, offset: displacement)
                    pairs.append((one, "mov \(size) ptr \(place), \(register)"))
                }
                store(.store64Register, "qword", Self.wide[number])
                store(.store32Register, "dword", Self.narrow[number])
                store(.store16Register, "word", Self.words[number])
                store(.store8Register, "byte", Self.bytes[number])
            }
        }
        #expect(pairs.count == 9 * 11 * (10 * 11 + 4))
        try Self.check(pairs)
    }

    @Test("arithmetic names its registers, and takes immediates and counts as they are")
    func arithmetic() throws {
        var pairs: [Pair] = []
        func append(_ expected: String, _ operation: Operation, _ d: Int, _ s: Int = 0, _ immediate: Int64 = 0) {
            let one = Instruction(operation, destination: UInt8(d), source: UInt8(s), immediate: immediate)
            pairs.append((one, expected))
        }
        for (d, s) in (0...9).flatMap({ d in (0...10).map { (d, $0) } }) {
            append("add \(Self.wide[d]), \(Self.wide[s])", .add64Register, d, s)
            append("sub \(Self.narrow[d]), \(Self.narrow[s])", .sub32Register, d, s)
            append("or \(Self.wide[d]), \(Self.wide[s])", .or64Register, d, s)
            append("and \(Self.narrow[d]), \(Self.narrow[s])", .and32Register, d, s)
            append("xor \(Self.wide[d]), \(Self.wide[s])", .xor64Register, d, s)
            append("imul \(Self.wide[d]), \(Self.wide[s])", .mul64Register, d, s)
            append("mov \(Self.narrow[d]), \(Self.narrow[s])", .mov32Register, d, s)
            append("movsx \(Self.wide[d]), \(Self.bytes[s])", .movsx64From8, d, s)
        }
        for d in 0...9 {
            for count: Int64 in [1, 31, 63] {
                append("shl \(Self.wide[d]), \(Self.hexadecimal(count))", .lsh64Immediate, d, 0, count)
                append("sar \(Self.wide[d]), \(Self.hexadecimal(count))", .arsh64Immediate, d, 0, count)
                append("shr \(Self.narrow[d]), \(Self.hexadecimal(count & 31))", .rsh32Immediate, d, 0, count)
            }
            for immediate in Self.immediates {
                let text = (immediate < 0 ? "-" : "") + Self.hexadecimal(immediate.magnitude)
                append("add \(Self.wide[d]), \(text)", .add64Immediate, d, 0, immediate)
                append("sub \(Self.wide[d]), \(text)", .sub64Immediate, d, 0, immediate)
                if immediate < 0 { append("and \(Self.wide[d]), \(text)", .and64Immediate, d, 0, immediate) }
            }
            append("neg \(Self.narrow[d])", .neg32, d)
            append("bswap \(Self.wide[d])", .toBigEndian64, d)
        }
        try Self.check(pairs)
    }

    @Test("code that is longer than was foreseen is whole")
    func long() throws {
        // Eleven bytes each, where six are thought of.
        let count = 20_000
        let store = Instruction(.store64Immediate, destination: 10, offset: -256, immediate: 0x1122_3344)
        let code = [Instruction(.mov64Immediate)] + Array(repeating: store, count: count) + [Instruction(.exit)]
        let compiled = try Self.compiled(code)
        let one: [UInt8] = [0x48, 0xC7, 0x85, 0x00, 0xFF, 0xFF, 0xFF, 0x44, 0x33, 0x22, 0x11]
        let clear: [UInt8] = [0x31, 0xC0]
        // Compared here, since printing a difference would take minutes.
        let bytesAgree = compiled.bytes == clear + Array(repeatElement(one, count: count).joined()) + [0xC3]
        let startsAgree = compiled.map.starts == [0] + (0...count).map { UInt32(clear.count + $0 * one.count) }
        #expect(bytesAgree && startsAgree)
    }

    @Test("a buffer of code holds what was appended, however little room it began with, and however long the pieces")
    func buffers() {
        var source = CodeBuffer(capacity: 0)
        for byte in 0..<600 { source.append(UInt64(byte & 0xFF) | 0xEEEE_EEEE_0000, 1) }
        let bytes = source.bytes
        var expected: [UInt8] = []
        var copy = CodeBuffer(capacity: 3)
        for length in 0...200 {
            for start in [0, 1, 399, 600 - length] {
                copy.append(source, start..<start + length)
                expected += bytes[start..<start + length]
            }
            copy.append(0x8877_6655_4433_2211, length % 9)
            expected += [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88].prefix(length % 9)
        }
        let agree = bytes == (0..<600).map { UInt8($0 & 0xFF) } && copy.bytes == expected
        #expect(agree)
    }
}
