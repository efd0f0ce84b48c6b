import Bytecode
import CKernelRun
import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// Flow dissectors: keys and verdicts, by name, and beside those of the kernel that runs here.
@Suite("Flow dissectors", .serialized)
struct FlowDissectorTests {
    /// Follows VLAN tags, IPv4 and IPv6 to the ports; of other packets it sets keys as their bytes say, offsets out of the packet among them.
    static let source =
        PacketPrograms.head + """
            #include <linux/if_ether.h>
            #include <linux/ip.h>
            #include <linux/ipv6.h>

            static __always_inline int ports(struct __sk_buff *skb, struct bpf_flow_keys *keys, __u32 offset) {
                __be16 *data = (void *)(long)skb->data + offset;
                if ((void *)(data + 2) > (void *)(long)skb->data_end) return BPF_DROP;
                keys->thoff = offset;
                keys->sport = data[0];
                keys->dport = data[1];
                return BPF_OK;
            }
            SEC("flow_dissector") int dissect(struct __sk_buff *skb) {
                struct bpf_flow_keys *keys = skb->flow_keys;
                void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
                __be16 type = keys->n_proto;
                __u32 offset = keys->nhoff;
                if (offset != 14 || keys->thoff != 14 || keys->is_encap || keys->flags) return 5;
                if (type == __builtin_bswap16(ETH_P_8021Q)) {
                    __be16 *tag = data + 14;
                    if ((void *)(tag + 2) > end) return BPF_DROP;
                    type = keys->n_proto = tag[1];
                    keys->nhoff = offset = 18;
                }
                if (type == __builtin_bswap16(ETH_P_IP)) {
                    struct iphdr *ip = data + (offset & 31);
                    if ((void *)(ip + 1) > end || ip->ihl != 5) return BPF_DROP;
                    keys->addr_proto = ETH_P_IP;
                    keys->ipv4_src = ip->saddr;
                    keys->ipv4_dst = ip->daddr;
                    keys->ip_proto = ip->protocol;
                    keys->is_frag = (ip->frag_off & __builtin_bswap16(0x3fff)) != 0;
                    keys->is_first_frag = !(ip->frag_off & __builtin_bswap16(0x1fff));
                    if (!keys->is_first_frag) return BPF_OK;
                    return ports(skb, keys, (offset & 31) + 20);
                }
                if (type == __builtin_bswap16(ETH_P_IPV6)) {
                    struct ipv6hdr *ip = data + (offset & 31);
                    if ((void *)(ip + 1) > end) return BPF_DROP;
                    keys->addr_proto = ETH_P_IPV6;
                    __builtin_memcpy(keys->ipv6_src, &ip->saddr, 32);
                    keys->ip_proto = ip->nexthdr;
                    keys->flow_label = *(__be32 *)ip & __builtin_bswap32(0x000fffff);
                    return ports(skb, keys, (offset & 31) + 40);
                }
                __u16 *words = data;
                if ((void *)(words + 12) > end) return BPF_FLOW_DISSECTOR_CONTINUE;
                keys->nhoff = words[0];
                keys->thoff = words[1] & 0x7f;
                keys->flags = words[2];
                keys->is_encap = words[3];
                return words[4] % 140;
            }
            """

    private static func packet(_ random: inout SeededGenerator) -> [UInt8] {
        var packet = (0..<Int.random(in: 14...90, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
        }
        func set(_ bytes: [UInt8], at offset: Int) {
            if offset + bytes.count <= packet.count {
                packet.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
        }
        var header = 14
        if Int.random(in: 0..<4, using: &random) == 0 {
            set([0x81, 0x00], at: 12)
            header = 18
        }
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1:
            set([8, 0], at: header - 2)
            set([Int.random(in: 0..<5, using: &random) == 0 ? 0x46 : 0x45], at: header)
            if Bool.random(using: &random) { set([0, 0], at: header + 6) }
        case 2:
            set([0x86, 0xDD], at: header - 2)
            set([0x60], at: header)
        default: break
        }
        return packet
    }

    @Test(
        "10,000 random packets: verdicts and all keys as the kernel has them",
        .enabled(if: PacketDifferentialTests.isUsable, "\(PacketDifferentialTests.reason)"), arguments: TieredRun.tiers)
    func differential(tier: Tier) throws {
        var run = try TieredRun.start(Self.source, in: tier)
        #expect(run.execution == .verified)
        let code = try Instruction.encode(run.sandbox.permit.program.code).map(\.bits)
        // BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_FLOW_DISSECTOR.
        let program = kernelrun_load_attached(22, 17, code, code.count)
        try #require(program >= 0, "the kernel refuses the program: errno \(-program)")
        defer { kernelrun_close(program) }
        let keys = 152..<208
        var random = SeededGenerator(seed: 0x5EED_0011)
        var results: [UInt32: Int] = [:]
        var clamped = 0
        for number in 0..<10_000 {
            let packet = Self.packet(&random)
            var expected = [UInt8](repeating: 0, count: 256)
            var size = UInt32(expected.count)
            var result: UInt32 = 0
            let status = kernelrun_test(
                program, packet, UInt32(packet.count), &expected, &size, nil, 0, nil, &result)
            try #require(status == 0 && size == 56)
            var event = Event(context: run.sandbox.layout.emptyContext)
            event.packet = packet
            run.sandbox.layout.prepare(&event, isTest: true)
            let own = try run.decide(event)
            #expect(own.result.failure == nil)
            let ownResult = UInt32(truncatingIfNeeded: own.result.result)
            guard ownResult == result, Array(own.context[keys]) == Array(expected[..<56]) else {
                Issue.record(
                    "packet \(number) \(packet): kernel \(result) \(expected[..<56]), here \(ownResult) \(own.context[keys])"
                )
                return
            }
            results[result, default: 0] += 1
            if expected[0] == UInt8(packet.count), expected[1] == 0 { clamped += 1 }
        }
        print("flows compared in \(tier): 10000, results \(results.count), offsets held to the packet \(clamped)")
        for result: UInt32 in [0, 2, 129] { #expect(results[result] ?? 0 > 20, "result \(result)") }
        #expect(results.count > 20 && clamped > 50)
    }

    @Test("events from lines: verdicts by name, keys by field", arguments: TieredRun.tiers)
    func lines(tier: Tier) throws {
        var run = try TieredRun.start(Self.source, in: tier)
        let ethernet = "020000000001020000000002"
        let ip = "45000028000000004006000001020304050607080050ABCD"
        let outcomes = try run.run(
            """
            {"packet": "\(ethernet)0800\(ip)"}
            {"packet": "\(ethernet)0800\(ip.replacing("4500", with: "4600"))"}
            {"packet": "\(ethernet)0806"}
            {"packet": "\(ethernet)0800\(ip)", "flags": 1}
            """)
        // A result that is neither BPF_OK nor BPF_FLOW_DISSECTOR_CONTINUE has no flow.
        #expect(outcomes.map(\.verdict) == ["BPF_OK", "BPF_DROP", "BPF_FLOW_DISSECTOR_CONTINUE", "BPF_DROP"])
        #expect(try run.field("thoff", of: outcomes[0]) == 34)
        #expect(try run.field("ip_proto", of: outcomes[0]) == 6)
        #expect(try run.field("ipv4_src", of: outcomes[0]) == 0x0403_0201)
        #expect(try run.field("dport", of: outcomes[0]) == 0xCDAB)
        #expect(outcomes[3].result.result == 5)
    }
}
