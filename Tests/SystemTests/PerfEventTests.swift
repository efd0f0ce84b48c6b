import CKernelRun
import Enclosure
import Maps
import NativeTesting
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// `bpf_perf_event_output` with every kind of flags, in every tier: what it answers and what it hands out, by the book and beside the kernel
/// that runs here.
@Suite("Records of perf event arrays", .serialized)
struct PerfEventTests {
    /// Flags, a size and bytes come from the packet; the answer goes back into it.
    static let source =
        PacketPrograms.head + """
            struct {
                __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(max_entries, 4); __type(key, __u32);
                __type(value, __u32);
            } told SEC(".maps");
            SEC("xdp") int tell(struct xdp_md *context) {
                __u64 flags, answer;
                __u8 bytes[64];
                if (bpf_xdp_load_bytes(context, 0, &flags, 8) || bpf_xdp_load_bytes(context, 0, bytes, 64)) return XDP_ABORTED;
                __u32 size = bytes[8] & 63;
                answer = bpf_perf_event_output(context, &told, flags, bytes, size + 1);
                bpf_xdp_store_bytes(context, 16, &answer, 8);
                return XDP_PASS;
            }
            """

    private static let current: UInt64 = 0xFFFF_FFFF

    private static func packet(_ flags: UInt64, size: UInt8, count: Int = 80) -> [UInt8] {
        var packet = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
        for index in 0..<8 { packet[index] = UInt8(truncatingIfNeeded: flags >> (8 * UInt64(index))) }
        packet[8] = size - 1
        return packet
    }

    private static func answer(_ packet: [UInt8]) -> Int64 {
        Int64(bitPattern: packet[16..<24].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    @Test(
        "flags: index, the current processor, bytes of the packet, and what is none of these",
        arguments: TieredRun.tiers)
    func flags(tier: Tier) throws {
        var run = try TieredRun.start(Self.source, in: tier)
        #expect(run.execution == .verified)
        // EINVAL, EFAULT, E2BIG, ENOENT in the order in which Linux looks; the one processor is 0.
        let cases: [(flags: UInt64, size: UInt8, answer: Int64, tail: Int?)] = [
            (Self.current, 8, 0, 0), (0, 8, 0, 0), (Self.current | 1 << 32, 1, 0, 1), (0 | 80 << 32, 64, 0, 80),
            (Self.current | 81 << 32, 8, -14, nil), (Self.current | 0xF_FFFF << 32, 8, -14, nil),
            (1 | 81 << 32, 8, -14, nil), (9 | 81 << 32, 8, -14, nil),
            (1, 8, -2, nil), (3 | 4 << 32, 8, -2, nil), (4, 8, -7, nil), (0xFFFF_FFFE, 8, -7, nil),
            (1 << 52, 8, -22, nil), (1 << 63 | 4, 8, -22, nil), (1 << 52 | 81 << 32, 8, -22, nil),
        ]
        for test in cases {
            let packet = Self.packet(test.flags, size: test.size)
            var event = Event(context: run.sandbox.layout.emptyContext)
            event.packet = packet
            run.sandbox.layout.prepare(&event, isTest: true)
            run.records = []
            let outcome = try run.decide(event)
            #expect(outcome.result.failure == nil)
            #expect(Self.answer(outcome.packet) == test.answer, "flags \(String(test.flags, radix: 16))")
            let expected = test.tail.map { [Array(packet[..<Int(test.size)]) + packet[..<$0]] } ?? []
            #expect(run.records.map(\.bytes) == expected, "flags \(String(test.flags, radix: 16))")
            #expect(run.records.allSatisfy { $0.map == "told" && $0.lane == 0 })
        }
    }

    @Test("types without a packet take no bytes of one", arguments: TieredRun.tiers)
    func noPacket(tier: Tier) throws {
        var run = try TieredRun.start(
            PacketPrograms.head + """
                struct {
                    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, __u32); __type(value, __u32);
                } told SEC(".maps");
                SEC("cgroup/connect4") int tell(struct bpf_sock_addr *context) {
                    __u32 address = context->user_ip4;
                    __u64 flags = context->protocol ? BPF_F_CURRENT_CPU | 1ull << 32 : BPF_F_CURRENT_CPU;
                    return bpf_perf_event_output(context, &told, flags, &address, 4) == -22;
                }
                """, in: tier)
        let outcomes = try run.run(#"{"user_ip4": "1.2.3.4", "protocol": 6}"# + "\n" + #"{"user_ip4": "1.2.3.4"}"#)
        #expect(outcomes.map(\.verdict) == ["CONNECT allow", "CONNECT deny"])
        #expect(run.records.map(\.bytes) == [[1, 2, 3, 4]])
    }

    /// Whether this kernel hands records of programs out to us.
    static let isUsable: Bool = {
        var events = kernelrun_events()
        guard KernelMachine.isUsable, kernelrun_open_events(0, &events) == 0 else { return false }
        kernelrun_close_events(&events)
        return true
    }()

    @Test(
        "answers and records are the kernel's, over 4,000 packets",
        .enabled(if: isUsable, "needs leave to load programs and to read their events, which root has"),
        arguments: TieredRun.tiers)
    func kernel(tier: Tier) throws {
        let jail = try Jail(ready: .none)
        let object = try BPFCompiler.object(
            Self.source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        var run = try TieredRun.start(object, in: tier)
        let package = try ObjectLoader.load(object, in: jail).package
        let kernel = try KernelSet(
            [package.programs[0].code], names: [package.programs[0].name], maps: package.maps, as: .xdp)
        var events = kernelrun_events()
        try #require(kernelrun_open_events(0, &events) == 0)
        defer { kernelrun_close_events(&events) }
        try kernel.update(
            map: 0, key: [0, 0, 0, 0], value: withUnsafeBytes(of: events.descriptor.littleEndian) { Array($0) })
        // The one processor of a cell is 0, and the kernel's program is to run there too.
        try #require(kernelrun_stay(0) == 0)
        defer { _ = kernelrun_roam() }
        var random = SeededGenerator(seed: 0x5EED_0012)
        var answers: [Int64: Int] = [:]
        for number in 0..<4_000 {
            let indices: [UInt64] = [Self.current, Self.current, 0, 0, 1, 3, 4, 0x1_0000]
            let tails: [UInt64] = [0, 0, 1, 40, 79, 80, 81, 0xF_FFFF]
            var flags = indices.randomElement(using: &random) ?? 0
            flags |= (tails.randomElement(using: &random) ?? 0) << 32
            if Int.random(in: 0..<8, using: &random) == 0 { flags |= 1 << UInt64.random(in: 52...63, using: &random) }
            let packet = Self.packet(flags, size: UInt8.random(in: 1...64, using: &random))
            let expected = try kernel.run(packet)
            var event = Event(context: run.sandbox.layout.emptyContext)
            event.packet = packet
            run.sandbox.layout.prepare(&event, isTest: true)
            run.records = []
            let own = try run.decide(event)
            guard own.packet == expected.packet else {
                Issue.record(
                    "packet \(number), flags \(String(flags, radix: 16)): kernel \(Self.answer(expected.packet)), here \(Self.answer(own.packet))"
                )
                return
            }
            var theirs = [UInt8](repeating: 0, count: 4096)
            let size = Int(kernelrun_next_event(&events, &theirs))
            // The kernel's record is as long as a multiple of 8, its own length counted.
            if let record = run.records.first {
                #expect(size == (record.bytes.count + 4 + 7) / 8 * 8 - 4 && run.records.count == 1)
                #expect(Array(theirs[..<record.bytes.count]) == record.bytes)
            } else {
                #expect(size == -1, "packet \(number)")
            }
            answers[Self.answer(own.packet), default: 0] += 1
        }
        print("perf events compared in \(tier): \(answers.sorted { $0.key > $1.key })")
        for answer: Int64 in [0, -2, -7, -14, -22] { #expect(answers[answer] ?? 0 > 100, "answer \(answer)") }
    }
}
