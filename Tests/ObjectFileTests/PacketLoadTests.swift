import Bytecode
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// Packet loads of classic BPF, for which objects get ordinary instructions.
@Suite("Packet loads of classic BPF")
struct PacketLoadTests {
    private static func object(_ section: String, _ code: [Slot]) throws -> [UInt8] {
        let words = code.map { ".8byte 0x" + String($0.bits, radix: 16) }.joined(separator: "\\n")
        return try BPFCompiler.object(
            "asm(\".section \(section),\\\"ax\\\",@progbits\\n.globl p\\n.type p,@function\\np:\\n\(words)\\n.size p, .-p\\n\");"
        )
    }

    private static func read(_ section: String, _ code: [Slot]) throws -> ObjectPackage {
        try ObjectReader.read(object(section, code))
    }

    private static let head = Slot(0xBF, 6, 1)
    private static let exit = Slot(0x95, 0)

    @Test(
        "the instructions of the object keep their numbers; the load jumps to a block behind the function, and that back",
        arguments: ["socket", "tc", "action", "tcx/ingress", "2/7"])
    func numbers(section: String) throws {
        let code = [
            Self.head,
            Slot(0x28, 0, immediate: 12),  // r0 = *(u16 *)skb[12]
            Slot(0x55, 0, offset: 1, immediate: 0x800),
            Slot(0x50, 0, 7, immediate: 3),  // r0 = *(u8 *)skb[r7 + 3]
            Self.exit,
        ]
        let package = try Self.read(section, code)
        let program = package.programs[0]
        #expect(program.functions.map(\.name) == ["p", "packet_load_16", "packet_load_8_any"])
        for index in [0, 2, 4] { #expect(program.code[index] == code[index]) }
        let decoded = try Decoder().program(program.code)
        #expect(decoded[1] == Instruction(.jump, offset: 5))
        #expect(decoded[3] == Instruction(.jump, offset: 12))
        #expect(
            Array(decoded[5..<12]) == [
                Instruction(.mov64Immediate, destination: 2, immediate: 12),
                Instruction(.mov64Register, destination: 1, source: 6),
                Instruction(.callLocal, offset: Int32(program.functions[1].start)),
                Instruction(.jumpSignedLess64Immediate, offset: 10, immediate: 0), Instruction(.jump, offset: 2),
                Instruction(.mov32Immediate, immediate: 0), Instruction(.exit),
            ])
        #expect(
            Array(decoded[12..<16]) == [
                Instruction(.mov64Register, destination: 2, source: 7),
                Instruction(.add64Immediate, destination: 2, immediate: 3),
                Instruction(.mov64Register, destination: 1, source: 6),
                Instruction(.callLocal, offset: Int32(program.functions[2].start)),
            ])
        #expect(try program.facts(in: package).helperIDs == [26, 68])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("blocks and what they call have lines of the load that they stand for, and of no other function")
    func lines() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                u64 load_half(void *skb, u64 offset) asm("llvm.bpf.load.half");
                static __noinline u64 sub(void *skb) { return load_half(skb, 14); }
                SEC("socket") int p(void *skb) {
                    u64 kind = load_half(skb, 12);
                    return kind == 0x800 ? sub(skb) : 1;
                }
                """))
        let program = package.programs[0]
        #expect(program.functions.map(\.name) == ["p", "sub", "packet_load_16"])
        let decoded = try Decoder().program(program.code)
        let loads = decoded.indices.filter { index in
            decoded[index].operation == .jump && Int(decoded[index].offset) > index + 1
                && decoded[Int(decoded[index].offset)].operation == .mov64Immediate
                && decoded[Int(decoded[index].offset)].destination == 2
        }
        #expect(loads.count == 2)
        for load in loads {
            let block = Int(decoded[load].offset)
            let here = try #require(program.lines.last { $0.instruction <= load })
            let there = try #require(program.lines.last { $0.instruction <= block })
            #expect(there.instruction == block && there.line == here.line && there.text == here.text)
        }
        // No line begins in the routine.
        #expect(program.lines.allSatisfy { $0.instruction < program.functions[2].start })
    }

    @Test("a jump too far for 16 bits takes the form that has 32")
    func far() throws {
        let filler = Array(repeating: Slot(0xB7, 0), count: 40_000)
        let program = try Self.read("tc", [Self.head, Slot(0x20, 0)] + filler + [Self.exit]).programs[0]
        #expect(program.code[1].opcode == 0x06)
        let decoded = try Decoder().program(program.code)
        #expect(Int(decoded[1].offset) == filler.count + 3)
        #expect(decoded[filler.count + 3 + 4].offset == 2)
    }

    @Test("a program of a type without them is left out, by name, and the others are not")
    func otherTypes() throws {
        let package = try ObjectReader.read(
            CSource.compiled(
                """
                u64 load_byte(void *skb, u64 offset) asm("llvm.bpf.load.byte");
                SEC("xdp") int bad(void *c) { return load_byte(c, 0); }
                SEC("xdp") int good(void *c) { return 2; }
                """))
        #expect(package.programs.map(\.name) == ["good"])
        #expect(package.omitted.map(\.name) == ["bad"])
        #expect(
            package.omitted[0].reason.contains("a packet load of classic BPF, which programs of type xdp do not have"))
    }

    @Test(
        "what has something in a field that must be 0, or is of 64 bits, is left to the decoder",
        arguments: [
            Slot(0x30, 1), Slot(0x30, 0, 1), Slot(0x30, 0, offset: 1), Slot(0x38, 0), Slot(0x58, 0, 1),
            Slot(0x50, 0, 11), Slot(0x50, 2, 1),
        ])
    func malformed(slot: Slot) throws {
        let program = try Self.read("tc", [Self.head, slot, Self.exit]).programs[0]
        #expect(program.code == [Self.head, slot, Self.exit])
        #expect(throws: DecodeError.self) { try Decoder().program(program.code) }
    }

    @Test("a program that is too long with what stands for its loads is refused")
    func length() throws {
        let loads = Array(repeating: Slot(0x30, 0), count: 8_192)
        #expect(throws: ObjectError.tooManySlots(program: "p", slots: 65_538, limit: 65_536)) {
            try Self.read("tc", [Self.head] + loads + [Self.exit])
        }
    }

    @Test("every routine stays within itself and ends")
    func shapes() throws {
        for bytes in [1, 2, 4] as [Int32] {
            for takesNegative in [false, true] {
                let code = try Decoder().program(PacketLoad.Routine(bytes: bytes, takesNegative: takesNegative).code)
                for (index, instruction) in code.enumerated() where instruction.operation.encoding.offset == .jump {
                    #expect(code.indices.contains(Int(instruction.offset)), "\(bytes), \(index)")
                }
                #expect(code.last?.operation == .exit)
            }
        }
    }
}
