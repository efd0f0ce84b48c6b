internal import Bytecode
internal import BytecodeText
internal import Foundation
internal import ObjectFile
internal import ProgramPackage

/// One XDP program and the packet that it decides about: the same bytes in every place.
struct Subject {
    let name: String
    let code: [Slot]
    var maps: [MapDefinition] = []
    let packet: [UInt8]
    /// Events that are timed one by one in a turn, and those that are in flight together.
    let single: Int
    let batched: Int

    /// A program whose event costs little more than its way.
    init(short name: String, _ code: [Slot], maps: [MapDefinition] = [], packet: [UInt8]) {
        self.name = name
        self.code = code
        self.maps = maps
        self.packet = packet
        single = 256
        batched = 4096
    }

    /// A program that computes for so long that its way is little beside it.
    private init(long name: String, _ assembly: String) throws {
        self.name = name
        code = try Assembler().assemble(assembly)
        packet = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
        single = 6
        batched = 12
    }

    static func tiny() throws -> Subject {
        Subject(short: "tiny", try Assembler().assemble("r0 = 2\nexit"), packet: [UInt8](repeating: 0, count: 64))
    }

    /// The example firewall on a TCP segment that it passes and does not change: the kernel's runs in a row have one packet.
    static func firewall() throws -> Subject {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: ".build/examples/firewall.bpf.o")))
        let package = try ObjectReader.read(bytes)
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
        let ip: [UInt8] = [0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 203, 0, 113, 7]
        let tcp: [UInt8] = [0x80, 0, 0x01, 0xBB, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xFF, 0xFF, 0, 0, 0, 0]
        return Subject(
            short: "firewall", package.programs[0].code, maps: package.maps, packet: ethernet + ip + tcp)
    }

    /// The loops of the interpreter's figures, on the packet of an XDP program, with counters that the kernel's verifier can follow:
    /// about 400,000 instructions each.
    static func loops() throws -> [Subject] {
        let packet = """
            r6 = *(u32 *)(r1 + 0)
            r7 = *(u32 *)(r1 + 4)
            r2 = r6
            r2 += 1500
            if r2 > r7 goto short
            """
        let end = "r0 = 2\nexit\nshort:\nr0 = 0\nexit"
        return [
            try Subject(
                long: "alu",
                """
                r0 = 0
                r3 = 100000
                loop:
                r0 += 3
                r0 ^= 1
                r3 += -1
                if r3 != 0 goto loop
                r0 = 2
                exit
                """),
            try Subject(
                long: "checksum",
                """
                \(packet)
                r8 = 107
                r0 = 0
                again:
                r1 = r6
                r4 = 750
                word:
                r3 = *(u16 *)(r1 + 0)
                r0 += r3
                r1 += 2
                r4 += -1
                if r4 != 0 goto word
                r8 += -1
                if r8 != 0 goto again
                \(end)
                """),
            try Subject(
                long: "read-modify-write",
                """
                \(packet)
                r8 = 178
                again:
                r1 = r6
                r4 = 375
                word:
                r3 = *(u32 *)(r1 + 0)
                r3 ^= 90
                *(u32 *)(r1 + 0) = r3
                r1 += 4
                r4 += -1
                if r4 != 0 goto word
                r8 += -1
                if r8 != 0 goto again
                \(end)
                """),
            try Subject(
                long: "stack",
                """
                r8 = 57000
                r0 = 0
                *(u64 *)(r10 - 8) = r0
                again:
                r0 = *(u64 *)(r10 - 8)
                r0 += 1
                *(u64 *)(r10 - 8) = r0
                *(u32 *)(r10 - 16) = 7
                r2 = *(u32 *)(r10 - 16)
                r8 += -1
                if r8 != 0 goto again
                r0 = 2
                exit
                """),
            try Subject(
                long: "primes",
                """
                r0 = 0
                r6 = 2
                candidate:
                r7 = 2
                divisor:
                r8 = r7
                r8 *= r7
                if r8 > r6 goto prime
                r8 = r6
                r8 %= r7
                if r8 == 0 goto composite
                r7 += 1
                goto divisor
                prime:
                r0 += 1
                composite:
                r6 += 1
                if r6 < 4000 goto candidate
                exit
                """),
            try Subject(
                long: "helper calls",
                """
                r6 = 133000
                loop:
                call 5
                r6 += -1
                if r6 != 0 goto loop
                r0 = 2
                exit
                """),
        ]
    }
}
