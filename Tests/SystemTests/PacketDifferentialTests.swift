import Bytecode
import CKernelRun
import Enclosure
import PolicyCore
import ProgramPackage
import Prototypes
import Sandbox
import TestSupport
import Testing

/// The same programs over the same packets by BPF_PROG_TEST_RUN of the kernel that runs here, and by us: results, packets and contexts.
@Suite("Packets as the kernel has them", .serialized)
struct PacketDifferentialTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    /// Whether this kernel loads and runs programs for us.
    static let isUsable: Bool = {
        let code: [UInt64] = [0x0000_0002_0000_00B7, 0x95]
        let program = kernelrun_load_attached(6, 0, code, code.count)
        guard program >= 0 else { return false }
        kernelrun_close(program)
        return true
    }()
    static let reason = "needs leave to load programs into the kernel, which root has"

    struct Outcome: Equatable {
        var result: UInt32
        var packet: [UInt8]
        /// mark, priority and cb, which classifiers may write.
        var context: [UInt8]
    }

    private static let contextSize = 192
    /// Of `struct __sk_buff`: mark, priority, cb.
    private static let written = [8..<12, 32..<36, 48..<68]

    private func kernel(_ program: Int32, _ packet: [UInt8], hasContext: Bool) -> Outcome? {
        var out = [UInt8](repeating: 0, count: 8192)
        var size = UInt32(out.count)
        var result: UInt32 = 0
        let context = [UInt8](repeating: 0, count: Self.contextSize)
        var left = context
        let status = context.withUnsafeBytes { context in
            left.withUnsafeMutableBytes { left in
                kernelrun_test(
                    program, packet, UInt32(packet.count), &out, &size, hasContext ? context.baseAddress : nil,
                    hasContext ? UInt32(Self.contextSize) : 0, hasContext ? left.baseAddress : nil, &result)
            }
        }
        guard status == 0 else { return nil }
        return Outcome(
            result: result, packet: Array(out.prefix(Int(size))),
            context: hasContext ? Self.written.flatMap { left[$0] } : [])
    }

    private func compare(
        _ source: String, type: UInt32, packets: Int, tier: Tier, _ make: (inout SeededGenerator) -> [UInt8]
    ) throws {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let object = try BPFCompiler.object(
            source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        let admitted = try Programs.admitted(object, in: jail)
        #expect(admitted.execution == .verified)
        let constants = admitted.maps.map { kernelrun_constant($0.initialValue, UInt32($0.initialValue.count)) }
        defer { for map in constants where map >= 0 { kernelrun_close(map) } }
        try #require(constants.allSatisfy { $0 >= 0 })
        let code = try Instruction.encode(admitted.code).map { Self.relocated($0, constants).bits }
        let loaded = kernelrun_load_attached(type, 0, code, code.count)
        try #require(loaded >= 0, "the kernel refuses the program: errno \(-loaded)")
        defer { kernelrun_close(loaded) }
        let permit = try Programs.permit(admitted, for: tier, under: Self.policy(tier))
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        var buffer = [UInt8](repeating: 0, count: options.maximumPayload)
        var context = sandbox.layout.emptyContext
        var random = SeededGenerator(seed: 0x5EED_0005)
        var results: [UInt32: Int] = [:]
        var changed = 0
        for number in 0..<packets {
            let packet = make(&random)
            let expected = try #require(kernel(loaded, packet, hasContext: type == 3))
            var event = Event(context: sandbox.layout.emptyContext)
            event.packet = packet
            sandbox.layout.prepare(&event, isTest: true)
            let result = try buffer.withUnsafeMutableBytes {
                try sandbox.decide(event, into: $0, context: &context, time: 1)
            }
            #expect(result.failure == nil)
            let own = Outcome(
                result: UInt32(truncatingIfNeeded: result.result), packet: Array(buffer.prefix(result.size)),
                context: type == 3 ? Self.written.flatMap { context[$0] } : [])
            guard own == expected else {
                Issue.record("packet \(number) \(packet): kernel \(expected), here \(own)")
                return
            }
            results[own.result, default: 0] += 1
            if own.packet != packet { changed += 1 }
        }
        print(
            "packets compared in \(tier): \(packets), changed \(changed), results \(results.sorted { $0.key < $1.key })"
        )
        #expect(changed > packets / 2)
        if source != PacketPrograms.text { #expect(results.count >= 3) }
    }

    /// The form in which the kernel takes a reference to a map's value (BPF_PSEUDO_MAP_VALUE): by descriptor.
    private static func relocated(_ slot: Slot, _ maps: [Int32]) -> Slot {
        guard slot.opcode == 0x18, slot.source == 2 || slot.source == 6 else { return slot }
        return Slot(
            opcode: slot.opcode, destination: slot.destination, source: 2, offset: slot.offset,
            immediate: maps[Int(slot.immediate)])
    }

    private static func policy(_ tier: Tier) throws -> String {
        try Workshop.policy(ceiling: tier.name).replacing("type = [\"xdp\"]", with: "type = [\"xdp\", \"sched_cls\"]")
    }

    private static func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    @Test("XDP: head, tail, metadata, bytes, sums, redirections", .enabled(if: isUsable, "\(reason)"), arguments: tiers)
    func express(tier: Tier) throws {
        try compare(PacketPrograms.express, type: 6, packets: 4_000, tier: tier) { random in
            let size =
                Int.random(in: 0..<8, using: &random) == 0
                ? Int.random(in: 14...3_400, using: &random) : Int.random(in: 14...300, using: &random)
            var packet = Self.bytes(size, &random)
            // Small moves are the ones that succeed.
            for index in 0..<4 where Bool.random(using: &random) {
                packet[index] = UInt8(bitPattern: Int8.random(in: -12...12, using: &random))
            }
            return packet
        }
    }

    @Test("tc: loads, stores, checksums, marks, redirections", .enabled(if: isUsable, "\(reason)"), arguments: tiers)
    func classifier(tier: Tier) throws {
        try compare(PacketPrograms.classifier, type: 3, packets: 4_000, tier: tier) { random in
            var packet = Self.bytes(Int.random(in: 60...400, using: &random), &random)
            for index in 3..<8 where Bool.random(using: &random) { packet[index] &= 62 }
            if Bool.random(using: &random) { packet.replaceSubrange(12..<14, with: [8, 0]) }
            if Int.random(in: 0..<4, using: &random) == 0 { packet.replaceSubrange(0..<6, with: [0, 0, 0, 0, 0, 0]) }
            // Sums of nothing but zeros, and of nothing but ones.
            if Int.random(in: 0..<4, using: &random) == 0 {
                let fill: UInt8 = Bool.random(using: &random) ? 0 : 0xFF
                for index in 16..<packet.count { packet[index] = fill }
            }
            return packet
        }
    }

    @Test("tc: numbers in text", .enabled(if: isUsable, "\(reason)"), arguments: tiers)
    func text(tier: Tier) throws {
        let characters = Array("0123456789abcfxX -+\t789012345".utf8)
        try compare(PacketPrograms.text, type: 3, packets: 4_000, tier: tier) { random in
            var packet = Self.bytes(120, &random)
            let length = Int.random(in: 0...23, using: &random)
            for index in 18..<18 + length { packet[index] = characters.randomElement(using: &random) ?? 0 }
            if Bool.random(using: &random) { packet[18 + length] = 0 }
            if Int.random(in: 0..<8, using: &random) == 0 { packet.replaceSubrange(18..<26, with: "12345678".utf8) }
            return packet
        }
    }
}
