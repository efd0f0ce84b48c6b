import Bytecode
import BytecodeText
import Channel
import Compilation
import NativeTesting
import ProgramPackage
import TestSupport
import Testing

/// What is proven is not looked for: code without the tests, and with the same results.
@Suite("Code by what is proven")
struct FactsTests {
    private static func compiled(
        _ text: String, _ facts: [Int: InstructionFacts], blindingSeed: UInt64? = nil
    ) throws -> CompiledProgram {
        let code = try Instruction.decode(BytecodeText.Assembler().assemble(text))
        return try Compilation.x86(
            Compilation.Program(code: code, facts: code.indices.map { facts[$0] ?? [] }),
            Compilation.Options(countsFuel: false, blindingSeed: blindingSeed),
            for: Compilation.Target(helper: 0x40_2000, fault: 0x40_2100))
    }

    @Test(
        "a proven program becomes these instructions, and without facts others, which are no shorter",
        arguments: [
            (
                "r0 = r1\nr0 /= r2\nexit", [1: .divisorIsNotZero],
                ["mov rax, rdi", "xor edx, edx", "div rsi", "ret"]
            ),
            (
                "w0 = w1\nw0 %= w2\nexit", [1: .divisorIsNotZero],
                ["mov eax, edi", "xor edx, edx", "div esi", "mov rax, rdx", "ret"]
            ),
            (
                "r0 = r1\nr0 s/= r2\nexit", [1: [.divisorIsNotZero, .quotientFits]],
                ["mov rax, rdi", "cqo", "idiv rsi", "ret"]
            ),
            // Each fact leaves out its own test and no other.
            (
                "r0 = r1\nr0 s/= r2\nexit", [1: .divisorIsNotZero],
                [
                    "mov rax, rdi", "cmp rsi, -0x1", "je 0xf", "cqo", "idiv rsi", "ret", "neg rax", "jmp 0xe",
                ]
            ),
            (
                "r0 = r1\nr0 s/= r2\nexit", [1: .quotientFits],
                [
                    "mov rax, rdi", "test rsi, rsi", "je 0xe", "cqo", "idiv rsi", "ret", "xor eax, eax", "jmp 0xd",
                ]
            ),
            (
                "r0 = r1\nr0 /= r2\nexit", [1: [.divisorIsNotZero, .dividesHalves]],
                ["mov rax, rdi", "xor edx, edx", "div esi", "ret"]
            ),
            (
                "r0 = r1\nr0 s%= 1000\nexit", [1: .dividesHalves],
                ["mov rax, rdi", "mov r9d, 0x3e8", "xor edx, edx", "div r9d", "mov rax, rdx", "ret"]
            ),
            // Both ways of both branches are gone, by others.
            (
                "r0 = 1\nif r1 == 0 goto +1\nif r2 == 7 goto +1\nr0 = 2\nexit", [2: .neverJumps],
                ["mov eax, 0x1", "test rdi, rdi", "je 0xa", "mov eax, 0x2", "ret"]
            ),
            (
                "r0 = 1\nif r1 == 0 goto +1\nif r2 == 7 goto +1\nr0 = 2\nexit", [2: .alwaysJumps],
                ["mov eax, 0x1", "test rdi, rdi", "je 0xc", "jmp 0x11", "mov eax, 0x2", "ret"]
            ),
            // What only a way leads to that is never gone has no code; nor what that calls.
            (
                "r0 = 1\nif r1 > 7 goto +1\nexit\ncall f\nexit\nf: r0 = 9\nexit", [1: .neverJumps],
                ["mov eax, 0x1", "ret"]
            ),
            (
                "r0 = 1\nif w1 & 7 goto +2\nr0 = 2\nexit\nr0 = 3\nexit", [1: .alwaysJumps],
                ["mov eax, 0x1", "mov eax, 0x3", "ret"]
            ),
        ] as [(String, [Int: InstructionFacts], [String])])
    func listings(text: String, facts: [Int: InstructionFacts], expected: [String]) throws {
        let proven = try Self.compiled(text, facts)
        let listing = try EncodingTests.disassemble(proven.bytes)
        #expect(listing == expected, "\(listing)")
        let plain = try Self.compiled(text, [:])
        #expect(plain.bytes != proven.bytes && plain.bytes.count >= proven.bytes.count)
    }

    @Test("constants are blinded in what is proven as in all else")
    func blinding() throws {
        let text = "r0 = 0x11223344\nif r1 > 0x11223344 goto +1\nr0 /= r1\nr0 s%= 0x11223344\nexit"
        let facts: [Int: InstructionFacts] = [1: .neverJumps, 2: .divisorIsNotZero]
        func holds(_ bytes: [UInt8]) -> Bool {
            bytes.indices.contains { Array(bytes[$0...].prefix(4)) == [0x44, 0x33, 0x22, 0x11] }
        }
        #expect(holds(try Self.compiled(text, facts).bytes))
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(!holds(try Self.compiled(text, facts, blindingSeed: seed * 7919).bytes))
        }
    }

    @Test("what contradicts itself decides nothing, and a register that a wrong way reads is cleared")
    func contradiction() throws {
        let text = "r0 = 1\nif r1 == 0 goto +1\nr0 = 2\nexit"
        #expect(try Self.compiled(text, [1: [.neverJumps, .alwaysJumps]]) == Self.compiled(text, [:]))
        // Whoever lies that this jumps gets what a jump there finds: R9 is nobody's left-over.
        let lie = try Self.compiled("if r1 == 0 goto +2\nr0 = 0\nexit\nr0 = r9\nexit", [0: .alwaysJumps])
        #expect(try EncodingTests.disassemble(lie.bytes) == ["xor r15d, r15d", "mov rax, r15", "ret"])
    }

    /// Numbers of which each divides each, but by 0, and the least by -1.
    private static let numbers: [UInt64] = [
        0, 1, 2, 7, UInt64(bitPattern: -1), UInt64(bitPattern: -7), 1 << 31, 1 << 32, 0xFFFF_FFFF, 0x1_0000_0001,
        1 << 63,
        UInt64(Int64.max),
    ]
    private static let divisionOperations: [Operation] = [
        .div64Register, .div32Register, .mod64Register, .mod32Register, .sdiv64Register, .sdiv32Register,
        .smod64Register, .smod32Register,
    ]

    @Test(
        "divisions without tests give the interpreter's results, in whatever registers",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"), arguments: divisionOperations)
    func divisions(operation: Operation) throws {
        let isHalf = operation.encoding.opcode & 7 == 4
        let isSigned = operation.encoding.opcode & 7 != 0 && "\(operation)".hasPrefix("s")
        var cases: [NativeCase] = []
        for (a, b) in Self.numbers.flatMap({ a in Self.numbers.map { (a, $0) } }) {
            let (divisor, dividend) = isHalf ? (b & 0xFFFF_FFFF, a & 0xFFFF_FFFF) : (b, a)
            let least: UInt64 = isHalf ? 1 << 31 : 1 << 63
            let most: UInt64 = isHalf ? 0xFFFF_FFFF : .max
            guard divisor != 0, !isSigned || divisor != most || dividend != least else { continue }
            for (left, right) in [(0, 3), (3, 0), (4, 5), (0, 4), (9, 3)] as [(UInt8, UInt8)] {
                let code = [
                    Instruction(.load64, destination: left, source: 1, offset: 0),
                    Instruction(.load64, destination: right, source: 1, offset: 8),
                    Instruction(operation, destination: left, source: right),
                    // Everything that a division may disturb.
                    Instruction(.store64Register, destination: 1, source: 3, offset: 0),
                    Instruction(.store64Register, destination: 1, source: right, offset: 8),
                    Instruction(.mov64Register, destination: 0, source: left), Instruction(.exit),
                ]
                let payload = [a, b].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
                var known: InstructionFacts = isSigned ? [.divisorIsNotZero, .quotientFits] : .divisorIsNotZero
                if !isHalf, max(a, b) <= 0xFFFF_FFFF { known.formUnion(.dividesHalves) }
                cases.append(NativeCase(code: code, payload: payload, facts: [[], [], known, [], [], [], []]))
            }
        }
        #expect(cases.count > 500)
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let geometry = try ChannelGeometry(slotCountShift: 6, slotSizeShift: 12, logCountShift: 0)
        var native = try NativeMachine(geometry)
        let host = try HostMachine(geometry)
        while !cases.isEmpty {
            let some = Array(cases.prefix(native.capacity))
            cases.removeFirst(some.count)
            var settings = NativeSettings()
            settings.mode = .verified
            #expect(try native.run(some, settings) == host.run(some, settings))
        }
    }
}
