import Bytecode
import BytecodeText
import Testing

@Suite("Assembly text")
struct AssemblerTests {
    private let assembler = Assembler()

    @Test(
        "white space, comments, labels and number forms change nothing",
        arguments: [
            ("r1 = 16", "r1 = 0x10"), ("r1=-16", "  r1\t=  - 0x10 "), ("r1 = +3", "r1 = 3"),
            ("w1 += 0xffffffff", "w1 += -1"), ("r0 = *(u8 *)(r1+4)", "w0 = *(u8*)(r1 + 0x4)"),
            ("*(u32 *)(r10-8) = r1", "* ( u32 * ) ( r10 - 8 ) = w1"),
            ("goto +1\nexit\nexit", "goto end # comment\nexit ; comment\nend: exit // comment"),
            ("goto -1", "again: goto again"), ("goto +0x0 <.text+0x8>\nexit", "goto 0\n\nexit\n"),
            ("call +0\nexit", "call f\nf:\nexit"), ("r1 = -1 ll", "r1 = 0xffffffffffffffff ll"),
            ("a: b:\n c: goto a", "goto -1"), ("exit\r\nexit\r\n", "exit\nexit"), (".quad 0x95", "exit"),
            ("call 0xffffffff", ".quad 0xffffffff00000085"),
        ])
    func equivalent(left: String, right: String) throws {
        let slots = try assembler.assemble(left)
        #expect(!slots.isEmpty)
        #expect(try assembler.assemble(right) == slots)
    }

    @Test(
        "wrong text is refused at its line and column, with what was expected",
        arguments: [
            ("exit\n  nonsense", 2, 3, .expected(["an instruction"])),
            ("exit exit", 1, 6, .expected(["the end of the line"])),
            ("r1 += w2", 1, 7, .expected(["a number from -0x80000000 to 0x7fffffff", "a register r0 to r10"])),
            ("r11 = 1", 1, 1, .expected(["an instruction"])),
            ("r01 = 1", 1, 1, .expected(["an instruction"])),
            ("w1 = -w2", 1, 7, .expected(["w1", "a number from -0x80000000 to 0xffffffff"])),
            ("r1 += 0x80000000", 1, 7, .expected(["a number from -0x80000000 to 0x7fffffff", "a register r0 to r10"])),
            (
                "r0 = *(u64 *)(r1 + 32768)", 1, 20, .expected(["a number from -0x8000 to 0x7fff"])
            ),
            ("r0 = *(u64 *)(r1)", 1, 17, .expected(["'+' or '-' and a displacement"])),
            ("if r1 > 5 goto", 1, 15, .expected(["a label or a distance"])),
            ("if r1 > 5", 1, 10, .expected(["'goto'"])),
            ("goto nowhere", 1, 6, .undefinedLabel("nowhere")),
            ("a:\nexit\na: exit", 3, 1, .duplicateLabel("a", firstLine: 1)),
            ("goto +32768", 1, 6, .targetTooFar(distance: 32768)),
            ("if w1 == w2 goto -32769", 1, 18, .targetTooFar(distance: -32769)),
            ("r10 = 1", 1, 1, .writeToFramePointer),
            ("exit\n r10 = atomic_fetch_add((u64 *)(r1 + 0), r10)", 2, 2, .writeToFramePointer),
            ("r1 = 0x1g", 1, 6, .malformedNumber("0x1g")), ("r1 = 0x", 1, 6, .malformedNumber("0x")),
            ("r1 = 18446744073709551616 ll", 1, 6, .numberTooLarge("18446744073709551616")),
            (
                "r1 = -0x8000000000000001 ll", 1, 7,
                .expected([
                    "r1", "a number from -0x80000000 to 0x7fffffff",
                    "a number from -0x8000000000000000 to 0xffffffffffffffff",
                ])
            ),
            ("r1 = @", 1, 6, .unexpectedCharacter(0x40)), ("é", 1, 1, .unexpectedCharacter(0xc3)),
            ("r1 = \"x\"", 1, 6, .unexpectedCharacter(0x22)), ("callx r1", 1, 1, .expected(["an instruction"])),
            (".quad", 1, 6, .expected(["an unsigned 64-bit number"])),
            (".quad 1 2", 1, 9, .expected(["the end of the line"])),
            ("r1 = atomic_fetch_add((u64 *)(r2 + 0), r3)", 1, 40, .expected(["r1"])),
            ("r1 = xchg_64(r2 + 0, r3)", 1, 22, .expected(["r1"])),
            ("r2 = cmpxchg_64(r2 + 0, r0, r3)", 1, 6, nil),
        ] as [(String, Int, Int, AssemblyError.Reason?)])
    func refusals(text: String, line: Int, column: Int, reason: AssemblyError.Reason?) throws {
        let error = try #require(throws: AssemblyError.self) { try assembler.assemble(text) }
        #expect((error.line, error.column) == (line, column), "\(error)")
        if let reason { #expect(error.reason == reason, "\(error)") }
    }

    @Test("noise is refused, never worse", arguments: 0..<4 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let words = [
            "r1", "w2", "=", "+=", "-", "0x", "7", "if", "goto", "call", "lock", "*", "(", "u8", ")", "ll", "exit", ":",
            "s>>=", "%=", "<", ">", "\n", ".quad", "99999999999999999999", "ld_pseudo", ",", "a", "be16", "#", "é",
            "\0",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in generator.pick(words) }.joined(separator: " ")
            if let slots = try? assembler.assemble(text) {
                #expect(Disassembler().listing(slots).reduce(0) { $0 + $1.slotCount } == slots.count)
            }
        }
    }
}

@Suite("Disassembly")
struct DisassemblerTests {
    @Test("a slot that is no instruction says why and does not stop the listing")
    func unknown() throws {
        let slots = try Assembler().assemble(
            """
            .quad 0x400000030
            .quad 0x18d
            .quad 0xff
            .quad 0x1000f
            r1 = 0x5 ll
            .quad 0x118
            exit
            """)
        let lines = Disassembler().listing(slots)
        #expect(lines.map(\.index) == [0, 1, 2, 3, 4, 6, 7])
        #expect(lines.map(\.slotCount) == [1, 1, 1, 1, 2, 1, 1])
        #expect(
            lines.map(\.refusal) == [
                .legacyPacketAccess(index: 0, opcode: 0x30), .indirectCall(index: 1),
                .unknownOpcode(index: 2, opcode: 0xff), .reservedField(index: 3, field: .offset, value: 1), nil,
                .reservedField(index: 7, field: .opcode, value: 0x95), nil,
            ])
        #expect(lines[4].text == "r1 = 0x5 ll")
        #expect(lines[5].text == "<unknown>")
    }

    @Test("a jump and a local call carry their target and its name; a helper has none")
    func targets() throws {
        let slots = try Assembler().assemble("goto +1\ncall -2\nif w1 s<= w2 goto -1\ncall 7\nexit")
        let lines = Disassembler().listing(slots) { "f+\($0)" }
        #expect(lines.map(\.target) == [2, 0, 2, nil, nil])
        #expect(
            lines.map(\.text) == [
                "goto +0x1 <f+2>", "call -0x2 <f+0>", "if w1 s<= w2 goto -0x1 <f+2>", "call 0x7", "exit",
            ])
    }

    @Test("refusals read as sentences with the instruction's index")
    func sentences() {
        #expect("\(DecodeError.unknownOpcode(index: 3, opcode: 0xf))" == "insn 3: unknown opcode 0x0f")
        #expect(
            "\(DecodeError.reservedField(index: 1, field: .source, value: 2))"
                == "insn 1: source register is 2 and must be zero")
        let error = #expect(throws: AssemblyError.self) { try Assembler().assemble("exit\n  if r1 > 5 exit") }
        #expect(error.map(String.init(describing:)) == "2:13: expected 'goto'")
    }
}
