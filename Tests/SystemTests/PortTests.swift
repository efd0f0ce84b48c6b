import Foundation
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// Links between more than two interfaces, each with a namespace behind it.
@Suite("A link between several interfaces", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct PortTests {
    /// Byte 20 says by which way the packet goes, the word at 24 where to; byte 21 gets a mark.
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct { __uint(type, BPF_MAP_TYPE_DEVMAP); __uint(max_entries, 8); __type(key, __u32); __type(value, __u32); }
            tx_port SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_DEVMAP_HASH); __uint(max_entries, 8); __type(key, __u32);
            __type(value, struct bpf_devmap_val); } hashed SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); }
            plain SEC(".maps");
        SEC("xdp") int route(struct xdp_md *context) {
            __u8 *data = (void *)(long)context->data;
            __u32 where, zero = 0;
            if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return XDP_PASS;
            if (!bpf_map_lookup_elem(&plain, &zero)) return XDP_DROP;
            data[21] = 7;
            where = *(__u32 *)(data + 24);
            switch (data[20]) {
            case 1: return bpf_redirect(where, 0);
            case 2: return bpf_redirect_map(&tx_port, where, 0);
            case 3: return bpf_redirect_map(&hashed, where, XDP_DROP);
            case 4: return XDP_TX;
            case 5: return bpf_redirect_map(&tx_port, where, BPF_F_BROADCAST);
            }
            return XDP_PASS;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    private static func object() throws -> [UInt8] {
        try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private static func packet(_ number: Int, _ way: UInt8, _ place: UInt32 = 0) -> [UInt8] {
        var packet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x12, 0x34] + [UInt8](repeating: 0, count: 46)
        packet[16] = UInt8(number)
        packet[20] = way
        for index in 0..<4 { packet[24 + index] = UInt8(truncatingIfNeeded: place >> (8 * UInt32(index))) }
        return packet
    }

    @Test(
        "a packet goes to the interface of the link that its program names, by number or by a map of devices, and to no other",
        arguments: TieredRun.tiers.filter(\.isNative))
    func redirected(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("route.o", try Self.object())
        let wires = try Wires(3, apart: true)
        let ends = try Ends(wires)
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--port", wires.near[2],
                "--device", "tx_port:1=\(wires.near[1])", "--device", "tx_port:2=\(wires.near[2])",
                "--device", "hashed:65536=\(wires.near[2])", "--device", "hashed:7=\(wires.near[0])",
                "--tier", tier.name, "--json", "--policy", workshop.path("policy.dsse"), "--trust",
                workshop.path("dev.pub"), "--live", workshop.path("live"),
            ])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")

        // Where each goes that is sent at the first end, or at the third; nil: nowhere.
        let numbers = (0..<3).map(wires.number)
        let ways: [(from: Int, way: UInt8, place: UInt32, to: Int?)] = [
            (0, 0, 0, 1), (0, 1, numbers[0], 0), (0, 1, numbers[1], 1), (0, 1, numbers[2], 2),
            (0, 1, 1, nil), (0, 1, 1 << 20, nil),
            (0, 2, 1, 1), (0, 2, 2, 2), (0, 2, 5, nil), (0, 2, 100, nil),
            (0, 3, 65_536, 2), (0, 3, 7, 0), (0, 3, 2, nil), (0, 4, 0, 0), (0, 5, 0, nil),
            (2, 0, 0, 1), (2, 1, numbers[0], 0), (2, 2, 2, 2), (2, 3, 7, 0), (2, 4, 0, 2), (2, 1, 1, nil),
        ]
        var wanted: [[[UInt8]]] = [[], [], []]
        for (index, way) in ways.enumerated() {
            let packet = Self.packet(index, way.way, way.place)
            try ends.send(packet, on: way.from)
            var left = packet
            left[21] = 7
            if let to = way.to { wanted[to].append(left) }
        }
        #expect(try ends.settle(1))
        #expect(try ends.settle(2, from: 2, to: 1))
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        // Those of one end come in their order; those of two may come in any.
        for end in 0..<3 {
            #expect(
                ends.arrived(end).sorted { $0[16] < $1[16] } == wanted[end].sorted { $0[16] < $1[16] }, "at end \(end)")
        }
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any])
        let link = try #require(report["link"] as? [String: Any])
        func count(_ name: String) -> Int { link[name] as? Int ?? -1 }
        // By number to what is none of the link's, and to all of a map.
        #expect(count("misdirected") == 4)
        let verdicts = try #require(report["verdicts"] as? [String: Int])
        #expect(verdicts["XDP_ABORTED"] == 2 && verdicts["XDP_DROP"] == 1, "\(verdicts)")
        #expect(count("dropped") == 3)
        #expect(count("received") == count("sent") + count("dropped") + count("misdirected"))
        let ports = try #require(link["ports"] as? [[String: Any]])
        #expect(ports.map { $0["name"] as? String } == wires.near.map { $0 })
        #expect(ports[2]["received"] as? Int ?? 0 >= 7 && ports[2]["sent"] as? Int == wanted[2].count, "\(ports)")
        #expect(ports.reduce(0) { $0 + ($1["sent"] as? Int ?? 0) } == count("sent") + count("returned"))
    }

    @Test(
        "an interface that is none of the link's, a map that no program has, or that is of another kind, is refused by name"
    )
    func refused() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("route.o", try Self.object())
        let wires = try Wires(3)
        func link(_ more: String...) throws -> Tool.Ending {
            try Tool.run(
                "ringfence",
                [
                    "link", "xdp", object, "--in", wires.near[0], "--duration", "1", "--tier", "interp-child",
                    "--policy",
                    workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--live", workshop.path("live"),
                ] + more)
        }
        let out = wires.near[1]
        let attached = try link("--out", out, "--device", "tx_port:1=\(wires.near[2])")
        #expect(attached.status == 2 && attached.errors.contains("no interface of the link"), "\(attached)")
        let unknown = try link("--out", out, "--device", "absent:1=\(out)")
        #expect(unknown.status == 2 && unknown.errors.contains("no program of it has a map absent"), "\(unknown)")
        let plain = try link("--out", out, "--device", "plain:0=\(out)")
        #expect(plain.status == 2 && plain.errors.contains("no map of devices"), "\(plain)")
        let far = try link("--out", out, "--device", "tx_port:8=\(out)")
        #expect(far.status == 2 && far.errors.contains("it has room for 8"), "\(far)")
        let twice = try link("--out", out, "--port", out)
        #expect(twice.status == 2 && twice.errors.contains("named twice"), "\(twice)")
        let alone = try link("--port", out)
        #expect(alone.status != 0 && alone.errors.contains("--port needs --out"), "\(alone)")
    }
}
