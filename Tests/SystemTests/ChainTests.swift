import Foundation
import Linux
import PolicyCore
import TestSupport
import Testing

/// Several programs on one link, and programs that take each other's place.
@Suite("Programs behind each other on a link", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct ChainTests {
    private static func object(_ body: String, section: String = "xdp") throws -> [UInt8] {
        let source = """
            #include <linux/bpf.h>
            #include <linux/pkt_cls.h>
            #include <bpf/bpf_helpers.h>
            struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); }
                seen SEC(".maps");
            static __always_inline void count(__u32 key) {
                __u64 *value = bpf_map_lookup_elem(&seen, &key);
                if (value) __sync_fetch_and_add(value, 1);
            }
            \(body)
            char LICENSE[] SEC("license") = "GPL";
            """
        return try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    /// Byte 20 says what the first does; it leaves its mark in byte 21, and the second adds to it and decides by byte 22.
    private static let first = """
        SEC("xdp") int one(struct xdp_md *context) {
            __u8 *data = (void *)(long)context->data;
            if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return XDP_PASS;
            count(0);
            data[21] = 7;
            return data[20];
        }
        """
    private static let second = """
        SEC("xdp") int two(struct xdp_md *context) {
            __u8 *data = (void *)(long)context->data;
            if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return XDP_PASS;
            count(1);
            data[21] += 1;
            return data[22];
        }
        """

    private static func packet(_ number: Int, _ first: UInt8, _ second: UInt8) -> [UInt8] {
        var packet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x12, 0x34] + [UInt8](repeating: 0, count: 46)
        packet[16] = UInt8(number & 0xFF)
        packet[20] = first
        packet[22] = second
        return packet
    }

    private static func start(
        _ kind: String, _ objects: [String], _ wires: Wires, _ workshop: borrowing Workshop, _ more: [String] = [],
        policy: String = "policy.dsse"
    ) throws -> BackgroundTool {
        try BackgroundTool(
            "ringfence",
            ["link", kind] + objects + [
                "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy", workshop.path(policy), "--trust",
                workshop.path("dev.pub"), "--live", workshop.path("live"),
            ] + more)
    }

    private static func end(_ running: BackgroundTool) throws -> [String: Any] {
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any], "\(running.output)")
    }

    /// Verdicts of markers left out.
    private static func verdicts(_ report: [String: Any]) throws -> [String: Int] {
        try #require(report["verdicts"] as? [String: Int])
    }

    @Test("the next program is asked behind XDP_PASS alone, of the packet as it was left, each in a tier of its own")
    func express() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let objects = [
            try workshop.write("one.o", try Self.object(Self.first)),
            try workshop.write("two.o", try Self.object(Self.second)),
        ]
        let tiers = KVM.isUsable ? ["interp-guest", "jit-child"] : ["interp-child", "jit-child"]
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start("xdp", objects, wires, workshop, tiers.flatMap { ["--tier", $0] })
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        var passed: [[UInt8]] = []
        var returned: [[UInt8]] = []
        var asked = 0
        for number in 0..<200 {
            let (first, second) = (UInt8(number % 4), UInt8(number / 4 % 4))
            let packet = Self.packet(number, first, second)
            try ends.send(packet, on: 0)
            var left = packet
            left[21] = first == 2 ? 8 : 7
            if first == 2 { asked += 1 }
            switch (first, second) {
            case (2, 2): passed.append(left)
            case (3, _), (2, 3): returned.append(left)
            default: break
            }
        }
        #expect(try ends.settle(1))
        let report = try Self.end(running)
        #expect(ends.arrived(1) == passed)
        #expect(ends.arrived(0) == returned)
        let chained = try #require((report["chained"] as? [[String: Any]])?.first)
        #expect((report["decision"] as? [String: Any])?["outcome"] as? String == tiers[0])
        #expect((chained["decision"] as? [String: Any])?["outcome"] as? String == tiers[1])
        let (one, two) = (try Self.verdicts(report), try Self.verdicts(chained))
        // Whatever the first lets go on the second is asked about, and nothing else.
        #expect(two.values.reduce(0, +) == one["XDP_PASS"])
        #expect(two["XDP_DROP"] == asked / 4 + (asked % 4 > 1 ? 1 : 0), "\(asked) \(two)")
    }

    @Test("a program that fails open does not keep the next from being asked")
    func failing() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let text = try Workshop.policy(ceiling: "jit-child").replacing("\"closed\"", with: "\"open\"")
        _ = try workshop.write("policy.toml", Array(text.utf8))
        _ = try Tool.run(
            "ringfence",
            [
                "policy", "sign", workshop.path("policy.toml"), "--key", workshop.path("dev.key"), "--out",
                workshop.path("open.dsse"),
            ])
        // It never comes to its end, where the packet is not a marker.
        let endless = """
            SEC("xdp") int endless(struct xdp_md *context) {
                __u8 *data = (void *)(long)context->data;
                if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return XDP_PASS;
                data[21] = 9;
                for (__u32 i = 0; i < 1 << 24; i++) if (bpf_get_prandom_u32() == i && bpf_ktime_get_ns() == 1) break;
                return XDP_DROP;
            }
            """
        let objects = [
            try workshop.write("endless.o", try Self.object(endless)),
            try workshop.write("two.o", try Self.object(Self.second)),
        ]
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(
            "xdp", objects, wires, workshop, ["--tier", "interp-child", "--fuel", "10000"], policy: "open.dsse")
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        for number in 0..<20 { try ends.send(Self.packet(number, 0, number % 2 == 0 ? 2 : 1), on: 0) }
        #expect(try ends.settle(1))
        let report = try Self.end(running)
        #expect(report["programFaults"] as? Int == 20)
        // As they were before the first began, with what the second did.
        let wanted = (0..<20).filter { $0 % 2 == 0 }.map { number in
            var packet = Self.packet(number, 0, 2)
            packet[21] = 1
            return packet
        }
        #expect(ends.arrived(1) == wanted)
    }

    @Test("classifiers go on behind TC_ACT_UNSPEC and nothing else, with what the one before wrote into the context")
    func classifiers() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let text = try Workshop.policy(ceiling: "jit-child").replacing("[\"xdp\"]", with: "[\"sched_cls\"]")
        _ = try workshop.write("policy.toml", Array(text.utf8))
        _ = try Tool.run(
            "ringfence",
            [
                "policy", "sign", workshop.path("policy.toml"), "--key", workshop.path("dev.key"), "--out",
                workshop.path("tc.dsse"),
            ])
        let marking = """
            SEC("classifier") int mark(struct __sk_buff *context) {
                __u8 *data = (void *)(long)context->data;
                if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return TC_ACT_OK;
                context->mark = 40 + data[20];
                return data[20] == 1 ? TC_ACT_OK : data[20] == 2 ? TC_ACT_SHOT : TC_ACT_UNSPEC;
            }
            """
        let deciding = """
            SEC("classifier") int judge(struct __sk_buff *context) {
                count(context->mark == 43 ? 1 : 2);
                return context->mark == 43 ? TC_ACT_SHOT : TC_ACT_OK;
            }
            """
        let objects = [
            try workshop.write("mark.o", try Self.object(marking)),
            try workshop.write("judge.o", try Self.object(deciding)),
        ]
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start("tc", objects, wires, workshop, ["--tier", "jit-child"], policy: "tc.dsse")
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        for number in 0..<40 { try ends.send(Self.packet(number, UInt8(number % 4), 0), on: 0) }
        #expect(try ends.settle(1))
        let report = try Self.end(running)
        #expect(
            ends.arrived(1) == (0..<40).filter { [0, 1].contains($0 % 4) }.map { Self.packet($0, UInt8($0 % 4), 0) })
        let two = try Self.verdicts(try #require((report["chained"] as? [[String: Any]])?.first))
        #expect(two.values.reduce(0, +) == 20 && two["TC_ACT_SHOT"] == 10, "\(two)")
    }

    @Test("a program takes another's place between two packets: none sees neither or both, and its maps go on")
    func replacement() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        func version(_ mark: Int) throws -> [UInt8] {
            try Self.object(
                """
                SEC("xdp") int marking(struct xdp_md *context) {
                    __u8 *data = (void *)(long)context->data;
                    if (data + 60 > (__u8 *)(long)context->data_end || data[12] == 0x88) return XDP_PASS;
                    count(0);
                    data[21] += \(mark);
                    return XDP_PASS;
                }
                """)
        }
        let object = try workshop.write("marking.o", try version(1))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(
            "xdp", [object], wires, workshop, ["--tier", "jit-child", "--keep-maps", "--map", "seen"])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        var sent = 0
        /// Sends until something is said on standard error.
        func send(until said: String) throws {
            let until = Date().addingTimeInterval(60)
            while !running.errors.contains(said), Date() < until {
                // No more than the rings hold, however long a slow machine takes.
                try ends.send(Self.packet(sent, 0, 0), on: 0)
                sent += 1
                usleep(20_000)
            }
            #expect(running.errors.contains(said), "\(running.errors)")
            for _ in 0..<20 {
                try ends.send(Self.packet(sent, 0, 0), on: 0)
                sent += 1
            }
            #expect(try ends.settle(UInt16(sent & 0xFFFF)))
        }
        for _ in 0..<20 {
            try ends.send(Self.packet(sent, 0, 0), on: 0)
            sent += 1
        }
        kill(running.processIdentifier, SIGHUP)
        try send(until: "is what it was")
        _ = try workshop.write("marking.o", try version(2))
        kill(running.processIdentifier, SIGHUP)
        try send(until: "replaced by")
        // What is no program, or none that policy allows, takes nobody's place.
        _ = try workshop.write("marking.o", [1, 2, 3])
        kill(running.processIdentifier, SIGHUP)
        try send(until: "not replaced")
        let report = try Self.end(running)
        let marks = ends.arrived(1).map { $0[21] }
        #expect(marks.count == sent && marks == marks.sorted() && Set(marks) == [1, 2], "\(Set(marks)) \(marks.count)")
        #expect((report["link"] as? [String: Any])?["replacements"] as? Int == 1)
        #expect((report["link"] as? [String: Any])?["lost"] as? Int == 0)
        #expect(running.output.contains("\"packets\""))
        // The map counted all of them, over both.
        #expect(try SoakTests.value(0, of: "seen", in: report) == UInt64(sent))
    }

    @Test(
        "a new policy moves every program of a link, and not the first that hears of it alone",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func tightened() throws {
        let host = try HostPolicies()
        try host.install(1, permits: "jit-child")
        let wires = try Wires()
        let ends = try Ends(wires)
        let objects = try ["counter", "pass"].map { try host.workshop.write("\($0).o", try Programs.example($0)) }
        let running = try BackgroundTool(
            "ringfence",
            ["link", "xdp"] + objects + ["--in", wires.near[0], "--out", wires.near[1], "--json"] + host.arguments)
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        try host.install(2, permits: "interp-guest", onTighten: "migrate")
        let until = Date().addingTimeInterval(60)
        func moves() -> Int { running.errors.components(separatedBy: "moved from jit-child to interp-guest").count - 1 }
        while moves() < 2, Date() < until { usleep(50_000) }
        #expect(moves() == 2, "\(running.errors)")
        #expect(try ends.settle(1, seconds: 60))
        _ = try Self.end(running)
    }
}
