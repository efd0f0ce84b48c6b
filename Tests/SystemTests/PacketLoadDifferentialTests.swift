import Bytecode
import CKernelRun
import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// Packet loads of classic BPF by the kernel that runs here, which executes them, and by us, who put other instructions in their place:
/// the same results over the same packets.
@Suite("Packet loads of classic BPF, as the kernel has them", .serialized)
struct PacketLoadDifferentialTests {
    /// The first bytes of a packet choose a load, its size and its offset; some offsets are constants, and some of these negative.
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        unsigned long long load_byte(void *skb, unsigned long long offset) asm("llvm.bpf.load.byte");
        unsigned long long load_half(void *skb, unsigned long long offset) asm("llvm.bpf.load.half");
        unsigned long long load_word(void *skb, unsigned long long offset) asm("llvm.bpf.load.word");

        SEC("SECTION") int p(struct __sk_buff *skb) {
            unsigned long long kind = load_byte(skb, 0), offset = load_word(skb, 4), value;
            if (kind & 0x80) offset = (int)offset;
            switch (kind & 31) {
            case 0: value = load_byte(skb, offset); break;
            case 1: value = load_half(skb, offset); break;
            case 2: value = load_word(skb, offset); break;
            case 3: value = load_word(skb, offset + 7); break;
            case 4: value = load_half(skb, 61); break;
            case 5: value = load_byte(skb, 63); break;
            case 6: value = load_word(skb, 60); break;
            case 7: value = load_word(skb, 12) ^ load_half(skb, 14) ^ load_byte(skb, 1); break;
            case 8: value = load_word(skb, -0x100000); break;
            case 9: value = load_half(skb, -0x100000 + 9); break;
            case 10: value = load_byte(skb, -0x100000 + 49); break;
            case 11: value = load_word(skb, -0x200000); break;
            case 12: value = load_half(skb, -0x200000 + 12); break;
            case 13: value = load_byte(skb, -0x200000 + 62); break;
            case 14: value = load_word(skb, -0x1000); break;
            case 15: value = load_word(skb, -0x1000 + 12); break;
            case 16: value = load_byte(skb, -1); break;
            case 17: value = load_byte(skb, -0x200001); break;
            case 18: value = load_byte(skb, offset - 0x100000); break;
            case 19: value = load_half(skb, offset - 0x200000); break;
            case 20: value = load_word(skb, 0x7fffffff); break;
            case 21: value = load_word(skb, -0x7fffffff - 1); break;
            default: value = load_half(skb, offset + 1); break;
            }
            return (unsigned)value ^ 0x5a5a5a5a;
        }
        """

    private static func policy(_ tier: Tier) throws -> String {
        try Workshop.policy(ceiling: tier.name).replacing(
            "type = [\"xdp\"]", with: "type = [\"xdp\", \"sched_cls\", \"socket_filter\"]")
    }

    private static func packet(_ random: inout SeededGenerator, at start: Int) -> [UInt8] {
        let size = Int.random(in: 62...100, using: &random)
        var packet = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        var offset = UInt32.random(in: 0...UInt32(size + 4), using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: offset = UInt32(bitPattern: -0x10_0000) &+ offset
        case 1: offset = UInt32(bitPattern: -0x20_0000) &+ offset
        case 2: offset = UInt32(bitPattern: -0x1000) &+ offset
        case 3: offset = UInt32.random(in: 0...(.max), using: &random)
        default: break
        }
        for index in 0..<4 { packet[start + 4 + index] = UInt8(truncatingIfNeeded: offset >> (24 - 8 * index)) }
        return packet
    }

    @Test(
        "the same results",
        .enabled(if: PacketDifferentialTests.isUsable, "\(PacketDifferentialTests.reason)"),
        arguments: PacketDifferentialTests.tiers, [(section: "socket", type: UInt32(1)), ("tc", 3)])
    func agreement(tier: Tier, kind: (section: String, type: UInt32)) throws {
        let object = try BPFCompiler.object(
            Self.source.replacing("SECTION", with: kind.section),
            flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        let code = try Self.code(object, kind.section)
        #expect(code.filter { [0x20, 0x40].contains($0 & 0xE7) && $0 & 7 == 0 }.count > 20)
        let loaded = kernelrun_load_attached(kind.type, 0, code, code.count)
        try #require(loaded >= 0, "the kernel refuses the program: errno \(-loaded)")
        defer { kernelrun_close(loaded) }

        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let admitted = try Programs.admitted(object, in: jail)
        #expect(admitted.execution == .verified)
        let permit = try Programs.permit(admitted, for: tier, under: Self.policy(tier))
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        var buffer = [UInt8](repeating: 0, count: options.maximumPayload)
        var context = sandbox.layout.emptyContext
        var random = SeededGenerator(seed: 0x10AD)
        var results: Set<UInt32> = []
        var (zeros, packets) = (0, 6_000)
        for number in 0..<packets {
            // A test run's socket filters begin behind the link's header.
            let packet = Self.packet(&random, at: kind.type == 1 ? 14 : 0)
            var out = [UInt8](repeating: 0, count: 8192)
            var (size, expected) = (UInt32(out.count), UInt32(0))
            try #require(
                kernelrun_test(loaded, packet, UInt32(packet.count), &out, &size, nil, 0, nil, &expected) == 0)
            var event = Event(context: sandbox.layout.emptyContext)
            event.packet = packet
            sandbox.layout.prepare(&event, isTest: true)
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: 1)
            }
            #expect(result.failure == nil)
            guard UInt32(truncatingIfNeeded: result.result) == expected else {
                Issue.record("packet \(number) \(packet): kernel \(expected), here \(result.result)")
                return
            }
            results.insert(expected)
            if expected == 0 { zeros += 1 }
        }
        packets -= zeros
        print("packet loads compared in \(tier), \(kind.section): ended with 0: \(zeros), other results: \(packets)")
        #expect(zeros > 1_000 && packets > 1_000 && results.count > 1_000)
    }

    /// The code as clang made it.
    private static func code(_ object: [UInt8], _ section: String) throws -> [UInt64] {
        let bytes = try BPFCompiler.stripped(object, flags: ["-O", "binary", "--only-section=\(section)"])
        return stride(from: 0, to: bytes.count, by: 8).map { at in
            (0..<8).reduce(0) { $0 | UInt64(bytes[at + $1]) << (8 * $1) }
        }
    }

    /// Linux has that where debug information says that the function returns an `int`.
    @Test(
        "in a function that is called, a load outside of the packet ends the function with 0",
        arguments: PacketDifferentialTests.tiers)
    func subprogram(tier: Tier) throws {
        let object = try BPFCompiler.object(
            """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "GPL";
            unsigned long long load_half(void *skb, unsigned long long offset) asm("llvm.bpf.load.half");
            static __attribute__((noinline)) int inner(struct __sk_buff *skb, unsigned long long offset) {
                return load_half(skb, offset) + 0x10000;
            }
            SEC("tc") int p(struct __sk_buff *skb) { return inner(skb, load_half(skb, 0)) + 7; }
            """, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let admitted = try Programs.admitted(object, in: jail)
        let permit = try Programs.permit(admitted, for: tier, under: Self.policy(tier))
        let native = try ObjectLoader.compile(permit, options: SandboxOptions(), in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: SandboxOptions())
        var buffer = [UInt8](repeating: 0, count: SandboxOptions().maximumPayload)
        var context = sandbox.layout.emptyContext
        for (offset, expected) in [(2, 0x1_0203 + 7), (62, 0x1_3E3F + 7), (63, 7), (0xFFFF, 7)] as [(UInt16, UInt64)] {
            var packet = (0..<64).map { UInt8($0) }
            (packet[0], packet[1]) = (UInt8(offset >> 8), UInt8(offset & 0xFF))
            var event = Event(context: sandbox.layout.emptyContext)
            event.packet = packet
            sandbox.layout.prepare(&event, isTest: true)
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: 1)
            }
            #expect(result.failure == nil && result.result == expected, "at \(offset)")
        }
        // Before there was anything to load from, the program ends.
        var event = Event(context: sandbox.layout.emptyContext)
        event.packet = [1]
        sandbox.layout.prepare(&event, isTest: true)
        let result = try buffer.withUnsafeMutableBytes {
            try sandbox.decide(event, into: $0, context: &context, time: 1)
        }
        #expect(result.failure == nil && result.result == 0)
    }
}
