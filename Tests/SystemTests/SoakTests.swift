import Foundation
import Linux
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// A link at full rate whose cells are killed at random: ten seconds here, an hour by `make soak`.
@Suite("A link under fire", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct SoakTests {
    static let seconds = Double(ProcessInfo.processInfo.environment["RINGFENCE_SOAK_SECONDS"] ?? "") ?? 10

    /// Passes three of four by their number; counts them, and remembers the last of each kind, before it says so.
    static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
            total SEC(".maps");
        struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 64); __type(key, __u32); __type(value, __u64); }
            last SEC(".maps");
        struct frame { __u8 head[14]; __u16 mark; __u64 number; } __attribute__((packed));
        SEC("xdp") int count(struct xdp_md *context) {
            struct frame *frame = (void *)(long)context->data;
            __u32 zero = 0, key;
            __u64 *sum = bpf_map_lookup_elem(&total, &zero), number;
            if ((void *)(frame + 1) > (void *)(long)context->data_end || frame->mark != 0x5043 || !sum) return XDP_PASS;
            number = frame->number;
            key = number & 63;
            __sync_fetch_and_add(sum, 1);
            bpf_map_update_elem(&last, &key, &number, BPF_ANY);
            return number % 4 == 3 ? XDP_DROP : XDP_PASS;
        }
        char LICENSE[] SEC("license") = "GPL";
        """

    /// What one process holds.
    private struct Holding {
        let descriptors: Int
        let residentBytes: Int

        init(_ process: Int32) throws {
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
            let text = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)
            residentBytes = (Int(text.split(separator: " ")[1]) ?? 0) * 4_096
        }
    }

    /// The traffic: numbered frames in at one end, and what is seen of them at the other.
    private struct Traffic: ~Copyable {
        var near: PacketSocket
        var far: PacketSocket
        var sent: UInt64 = 0
        var arrived: UInt64 = 0
        var highest: UInt64 = 0
        var lastOfKind = [UInt64](repeating: 0, count: 64)
        /// Out of order, twice, or not to be passed: the first such number.
        var wrong: UInt64?

        init(_ wires: Wires) throws {
            let first = try PacketSocket(interface: wires.far[0])
            let second = try PacketSocket(interface: wires.far[1])
            near = first
            far = second
        }

        mutating func send(_ count: Int) throws {
            for _ in 0..<count {
                guard let room = near.room() else { break }
                sent += 1
                let frame = Self.frame(sent)
                room.copyBytes(from: frame)
                near.put(size: frame.count)
            }
            try near.flush()
        }

        private static func frame(_ number: UInt64) -> [UInt8] {
            var frame: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xB5, 0x43, 0x50]
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                frame.append(UInt8(truncatingIfNeeded: number >> shift))
            }
            return frame + [UInt8](repeating: 0, count: 36)
        }

        mutating func receive() {
            while let arrival = far.next() {
                defer { far.giveBack() }
                guard case .frame(let bytes, _) = arrival, bytes.count >= 24, bytes[14] == 0x43, bytes[15] == 0x50
                else {
                    continue
                }
                let number = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[16 + $1]) << (8 * UInt64($1)) }
                if number <= highest || number > sent || number % 4 == 3 { wrong = wrong ?? number }
                arrived += 1
                highest = max(highest, number)
                lastOfKind[Int(number & 63)] = number
            }
        }
    }

    static func value(_ key: UInt32, of map: String, in report: [String: Any]) throws -> UInt64? {
        let maps = try #require(report["maps"] as? [[String: Any]])
        let found = try #require(maps.first { $0["name"] as? String == map })
        let entries = try #require(found["entries"] as? [[String: Any]])
        func number(_ any: Any?) -> UInt64? {
            ((any as? [String: Any])?["integers"] as? [NSNumber])?.first?.uint64Value
        }
        for entry in entries where number(entry["key"]) == UInt64(key) {
            return number((entry["values"] as? [Any])?.first)
        }
        return nil
    }

    @Test(
        "every packet gets its verdict and every update stays, whatever cells are killed; memory and descriptors do not grow",
        arguments: TieredRun.tiers.filter(\.isNative))
    func underFire(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write(
            "count.o",
            try BPFCompiler.object(Self.source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"]))
        let wires = try Wires()
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--tier", tier.name, "--map",
                "total",
                "--map", "last", "--live", workshop.path("live"),
            ])
        var traffic = try Traffic(wires)
        // The link is up once something comes through.
        let up = Date().addingTimeInterval(60)
        while traffic.arrived == 0, Date() < up {
            try traffic.send(1)
            usleep(20_000)
            traffic.receive()
        }
        try #require(traffic.arrived > 0, "\(running.errors)")

        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let share = Self.seconds / Double(TieredRun.tiers.filter(\.isNative).count)
        let (begin, end) = (Date(), Date().addingTimeInterval(share))
        var nextKill = begin
        var kills = 0
        var settled: Holding?
        while Date() < end {
            for _ in 0..<16 {
                try traffic.send(32)
                traffic.receive()
            }
            let now = Date()
            if now >= nextKill {
                // Cells, and those that wait to take over.
                let cells = JailHunt.grandchildren(of: running.processIdentifier)
                if let cell = cells.randomElement(using: &random), kill(cell, SIGKILL) == 0 { kills += 1 }
                nextKill = now.addingTimeInterval(.random(in: 0.02...0.2, using: &random))
            }
            if settled == nil, now.timeIntervalSince(begin) > share / 4 {
                settled = try Holding(running.processIdentifier)
            }
        }
        let held = try Holding(running.processIdentifier)
        // What is under way arrives.
        for _ in 0..<20 {
            usleep(20_000)
            traffic.receive()
        }
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any])
        let link = try #require(report["link"] as? [String: Any])
        let verdicts = try #require(report["verdicts"] as? [String: Int])
        let received = try #require(link["received"] as? Int)
        let failures = try #require(report["cellFailures"] as? Int)
        let total = Int(try #require(try Self.value(0, of: "total", in: report)))
        print(
            "\(tier): \(received) packets decided about in \(Int(share)) s, \(traffic.arrived) arrived, \(kills) kills, "
                + "\(failures) cells replaced, lost in the ring \(link["lost"] ?? "?"), seed \(seed)")
        #expect(traffic.wrong == nil, "seed \(seed): \(String(describing: traffic.wrong))")
        #expect(kills > 3 && failures > 0 && received > 200, "\(kills) \(failures) \(received)")
        // No event without a verdict, and no verdict without what it says.
        #expect(report["packets"] as? Int == received && verdicts.values.reduce(0, +) == received)
        let sent = link["sent"] as? Int ?? 0, dropped = link["dropped"] as? Int ?? 0
        #expect(sent + dropped + (link["congested"] as? Int ?? 0) == received)
        #expect(Int(traffic.arrived) <= sent)
        // What a verdict told of is in the maps. A cell that died may have counted the event with it too, which is then counted again, or which
        // policy answered.
        let answered = (verdicts["XDP_PASS"] ?? 0) + (verdicts["XDP_DROP"] ?? 0)
        #expect(total + failures >= answered - 64 && total <= answered + failures, "\(total), \(verdicts), \(failures)")
        for (key, number) in traffic.lastOfKind.enumerated() where number > 0 {
            let value = try Self.value(UInt32(key), of: "last", in: report)
            #expect(value ?? 0 >= number, "kind \(key): \(String(describing: value)), and \(number) arrived")
        }
        let before = try #require(settled)
        #expect(abs(held.descriptors - before.descriptors) <= 6, "\(before) \(held)")
        #expect(held.residentBytes - before.residentBytes < 12 << 20, "\(before) \(held)")
    }
}
