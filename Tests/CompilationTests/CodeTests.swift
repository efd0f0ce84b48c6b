import Bytecode
import BytecodeText
import Channel
import Compilation
import NativeTesting
import ProgramPackage
import TestSupport
import Testing

/// What the bytes of compiled programs are like, without running them.
@Suite("Compiled code")
struct CodeTests {
    private static let target = Compilation.Target(helper: 0x40_2000, fault: 0x40_2100)

    private static func decoded(_ text: String) throws -> [Instruction] {
        try Instruction.decode(BytecodeText.Assembler().assemble(text))
    }

    private static func compiled(
        _ text: String, countsFuel: Bool = false, blindingSeed: UInt64? = nil, facts: [InstructionFacts] = []
    ) throws -> CompiledProgram {
        try Compilation.x86(
            Compilation.Program(code: decoded(text), facts: facts),
            Compilation.Options(countsFuel: countsFuel, blindingSeed: blindingSeed), for: target)
    }

    @Test(
        "a program becomes these instructions and no others",
        arguments: [
            ("r0 = 2\nexit", ["mov eax, 0x2", "ret"]), ("r0 = 0\nexit", ["xor eax, eax", "ret"]),
            ("r0 = r7\nexit", ["xor r13d, r13d", "mov rax, r13", "ret"]),
            ("r0 = r1\nr0 += 5\nexit", ["lea rax, [rdi + 0x5]", "ret"]),
            ("r0 = r1\nr0 += r2\nexit", ["lea rax, [rdi + rsi]", "ret"]),
            ("r0 = r1\nr0 /= 16\nexit", ["mov rax, rdi", "shr rax, 0x4", "ret"]),
            ("r0 = r1\nr0 %= 16\nexit", ["mov rax, rdi", "and eax, 0xf", "ret"]),
            ("r0 = r1\nr0 *= 8\nexit", ["mov rax, rdi", "shl rax, 0x3", "ret"]),
            ("r0 = r1\nr0 *= 5\nexit", ["mov rax, rdi", "lea rax, [rax + 4*rax]", "ret"]),
            ("r0 = r1\nr0 &= 255\nexit", ["mov rax, rdi", "and eax, 0xff", "ret"]),
            ("r0 = *(u8 *)(r10 - 1)\nexit", ["movzx eax, byte ptr [rbp - 0x1]", "ret"]),
            (
                "r0 = 1\nif r1 == 0 goto +1\nr0 = 2\nexit",
                ["mov eax, 0x1", "test rdi, rdi", "je 0xf", "mov eax, 0x2", "ret"]
            ),
            ("r1 -= 1\nr0 = 1\nexit", ["sub rdi, 0x1", "mov eax, 0x1", "ret"]),
            ("call 5\nexit", ["mov rax, qword ptr [0x1f03020]", "mov rax, qword ptr [rax + 0x10]", "ret"]),
            ("r0 = -1\nr0 <<= r4\nexit", ["xor ecx, ecx", "mov rax, -0x1", "shl rax, cl", "ret"]),
            // What a register holds is known where straight code put it there.
            (
                "r3 = 8\nr4 = r3\nr0 = r1\nr0 /= r4\nexit",
                [
                    "mov edx, 0x8", "mov rcx, rdx", "mov rax, rdi", "shr rax, 0x3", "ret",
                ]
            ),
            ("r3 = 0 ll\nr0 = r1\nr0 /= r3\nexit", ["xor edx, edx", "mov rax, rdi", "xor eax, eax", "ret"]),
            ("r3 = 65\nr0 = r1\nr0 <<= r3\nexit", ["mov edx, 0x41", "mov rax, rdi", "shl rax, 0x1", "ret"]),
            ("r3 = 33\nr0 = r1\nw0 s>>= w3\nexit", ["mov edx, 0x21", "mov rax, rdi", "sar eax, 0x1", "ret"]),
        ] as [(String, [String])])
    func listings(text: String, expected: [String]) throws {
        #expect(try EncodingTests.disassemble(Self.compiled(text).bytes) == expected)
    }

    @Test(
        "nothing that is generated jumps or calls through a register or memory, or touches the machine's stack pointer")
    func noIndirectBranches() throws {
        var generator = ProgramGenerator(seed: 5)
        var bytes: [UInt8] = []
        for index in 0..<200 {
            let one = index % 2 == 0 ? generator.next() : generator.nextSet(programs: 1 + index % 7, slots: 4)
            let maps = index % 4 == 1 ? [Compilation.MapShape(type: 3, valueSize: 4, maximumEntries: 4)] : []
            let program = Compilation.Program(
                code: one.code, entries: one.entries, maps: maps, helperProfile: .linux)
            let options = Compilation.Options(countsFuel: index % 2 == 0, blindingSeed: index % 3 == 0 ? 3 : nil)
            bytes += try Compilation.x86(program, options, for: Self.target).bytes
        }
        let lines = try EncodingTests.disassemble(bytes)
        #expect(lines.count > 9000)
        var calls = 0
        for line in lines {
            let words = line.split(separator: " ")
            if words[0].hasPrefix("j") || words[0] == "call" {
                #expect(words.count == 2 && words[1].hasPrefix("0x"), "\(line)")
                calls += words[0] == "call" ? 1 : 0
            }
            #expect(!line.contains("rsp") && !line.contains("<unknown>") && words[0] != "syscall", "\(line)")
        }
        #expect(calls > 20)
    }

    @Test(
        "a blinded constant is nowhere in the code, an open one is",
        arguments: [
            "r0 += 0x11223344\nexit", "w0 ^= 0x11223344\nexit", "r0 = 0x11223344\nexit",
            "r0 = 0x1122334411223344 ll\nexit", "*(u32 *)(r10 - 4) = 0x11223344\nr0 = 0\nexit",
            "*(u64 *)(r10 - 8) = 0x11223344\nr0 = 0\nexit", "r0 *= 0x11223344\nexit", "r0 /= 0x11223344\nexit",
            "r0 s%= 0x11223344\nexit", "if r1 == 0x11223344 goto +1\nr0 = 0\nexit",
            "if w1 s> 0x11223344 goto +1\nr0 = 0\nexit", "if r1 & 0x11223344 goto +1\nr0 = 0\nexit",
            "r0 = r1\nr0 += 0x11223344\nexit", "r0 -= 0x11223344\nexit", "r0 &= 0x11223344\nexit",
            "r0 |= 0x11223344\nexit",
        ])
    func blinding(text: String) throws {
        let constant: [UInt8] = [0x44, 0x33, 0x22, 0x11]
        func holds(_ bytes: [UInt8]) -> Bool {
            bytes.indices.contains { Array(bytes[$0...].prefix(4)) == constant }
        }
        #expect(holds(try Self.compiled(text).bytes))
        let blinded = try (1...20).map { try Self.compiled(text, blindingSeed: UInt64($0 * 7919)).bytes }
        for bytes in blinded { #expect(!holds(bytes)) }
        #expect(Set(blinded).count == 20)
        #expect(try Self.compiled(text, blindingSeed: 7919).bytes == blinded[0])
    }

    @Test("a way that nothing can go has no code")
    func unreachable() throws {
        let text = "r0 = 1\nif r1 == 0 goto +2\nr0 = 2\nexit\nr0 = 3\nexit"
        let never = try Self.compiled(text, facts: [[], .neverJumps, [], [], .isUnreached, .isUnreached])
        #expect(try EncodingTests.disassemble(never.bytes) == ["mov eax, 0x1", "mov eax, 0x2", "ret"])
        let always = try Self.compiled(text, facts: [[], .alwaysJumps, .isUnreached, .isUnreached, [], []])
        #expect(
            try EncodingTests.disassemble(always.bytes) == ["mov eax, 0x1", "mov eax, 0x3", "ret"])
        // What nothing jumps to needs no proof.
        let dead = try Self.compiled("r0 = 1\ngoto +1\nr0 = 2\nexit")
        #expect(try EncodingTests.disassemble(dead.bytes) == ["mov eax, 0x1", "ret"])
    }

    @Test("what cannot be compiled is refused by name")
    func refusals() throws {
        // In the middle of an instruction, after one that goes on, past the end, not ascending, and no entry at all.
        let code = try Self.decoded("r0 = 1 ll\nexit\nr0 = 0\nexit")
        for (entries, program, instruction) in [
            ([0, 1], 1, 1), ([0, 2], 1, 2), ([0, 5], 1, 5), ([0, 3, 3], 2, 3), ([3], 0, 3), ([], 0, -1),
        ] {
            #expect(throws: CompilationError.entry(program: program, instruction: instruction)) {
                try Compilation.x86(
                    Compilation.Program(code: code, entries: entries), Compilation.Options(countsFuel: false),
                    for: Self.target)
            }
        }
        _ = try Compilation.x86(
            Compilation.Program(code: code, entries: [0, 3]), Compilation.Options(countsFuel: false), for: Self.target)
        #expect(throws: CompilationError.emptyProgram) {
            try Compilation.x86(Compilation.Program(code: []), Compilation.Options(countsFuel: false), for: Self.target)
        }
        #expect(throws: CompilationError.factsDiffer(facts: 1, instructions: 2)) {
            try Self.compiled("r0 = 0\nexit", facts: [[]])
        }
    }

    @Test("every byte of the code belongs to an instruction that can be reached, and no byte behind it to any")
    func codeMap() throws {
        var generator = ProgramGenerator(seed: 11)
        for _ in 0..<200 {
            let code = generator.next().code
            let compiled = try Compilation.x86(
                Compilation.Program(code: code), Compilation.Options(countsFuel: true), for: Self.target)
            let map = compiled.map
            #expect(map.size == UInt32(compiled.bytes.count))
            #expect(map.instruction(at: map.size) == nil && map.instruction(at: 0) != nil)
            #expect(map.starts.count == code.count && map.starts == map.starts.sorted())
            var last = 0
            let body = map.outlined.first?.offset ?? map.size
            for offset in 0..<body {
                let index = try #require(map.instruction(at: offset))
                #expect(index >= last && map.starts[index] <= offset || offset < map.starts[0])
                last = index
            }
            for piece in map.outlined { #expect(map.instruction(at: piece.offset) == Int(piece.instruction)) }
        }
    }

    @Test("a jump is short where its target is near and long where it is not, and both arrive")
    func jumps() throws {
        for count in [10, 40, 41, 42, 43, 60, 2000] {
            let filler = String(repeating: "r2 += 1\n", count: count)
            let lines = try EncodingTests.disassemble(
                Self.compiled("r0 = 1\nif r1 == 7 goto far\n\(filler)far:\nr0 += r2\nexit").bytes)
            #expect(lines.count == count + 6 - 1)
        }
    }

    @Test(
        "a program whose blocks are in the wrong order is compiled in a time that is bounded, and still clears what it may read"
    )
    func backwards() throws {
        // Each block jumps to the one before it; the first reads R9, and is entered last.
        let count = 20_000
        var code = [
            Instruction(.jump, offset: Int32(2 * count)), Instruction(.mov64Register, source: 9), Instruction(.exit),
        ]
        for _ in 0..<count - 1 {
            code.append(Instruction(.add64Immediate, destination: 1, immediate: 1))
            code.append(Instruction(.jump, offset: Int32(code.count - 3)))
        }
        code[0].offset = Int32(code.count - 2)
        code[4].offset = 1
        let start = ContinuousClock.now
        let compiled = try Compilation.x86(
            Compilation.Program(code: code), Compilation.Options(countsFuel: false), for: Self.target)
        // A pass for each block would take an hour.
        #expect(ContinuousClock.now - start < .seconds(60))
        // xor r15d, r15d is among what comes first.
        #expect(
            compiled.bytes.prefix(32).indices.contains { Array(compiled.bytes[$0..<$0 + 3]) == [0x45, 0x31, 0xFF] })
    }
}
