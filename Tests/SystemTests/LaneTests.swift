import Foundation
import PolicyCore
import Sandbox
import TestSupport
import Testing

/// Links on which several lanes decide at once, each for some of the flows.
@Suite("Lanes of a link", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct LaneTests {
    /// Counts flows by lane, and writes the lane and its own mark into each packet.
    private static func object(mark: Int) throws -> [UInt8] {
        let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __uint(max_entries, 256); __type(key, __u32); __type(value, __u64); }
                flows SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u64); }
                total SEC(".maps");
            struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 256); __type(key, __u32); __type(value, __u32); }
                last SEC(".maps");
            struct frame { __u8 head[34]; __u8 source[8]; __u32 number; __u8 lane; __u8 mark; } __attribute__((packed));
            SEC("xdp") int count(struct xdp_md *context) {
                struct frame *frame = (void *)(long)context->data;
                __u64 one = 1, *own, *sum;
                __u32 zero = 0, key, number;
                if ((void *)(frame + 1) > (void *)(long)context->data_end || frame->head[12] != 8) return XDP_PASS;
                key = frame->source[0] << 8 | frame->source[1];
                number = frame->number;
                own = bpf_map_lookup_elem(&flows, &key);
                if (own) *own += 1; else bpf_map_update_elem(&flows, &key, &one, BPF_ANY);
                sum = bpf_map_lookup_elem(&total, &zero);
                if (sum) *sum += 1;
                bpf_map_update_elem(&last, &key, &number, BPF_ANY);
                frame->lane = bpf_get_smp_processor_id();
                frame->mark = \(mark);
                return XDP_PASS;
            }
            char LICENSE[] SEC("license") = "GPL";
            """
        return try BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private static let flows = 32
    private static let firstPort = 5_000

    /// UDP from 10.0.0.1, whose port is the flow, to 10.0.0.2.
    private static func frame(_ flow: Int, _ number: Int) -> [UInt8] {
        var frame: [UInt8] =
            [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00]
            + [0x45, 0, 0, 50, 0, 0, 0x40, 0, 64, 17, 0x26, 0xB9, 10, 0, 0, 1, 10, 0, 0, 2]
        let port = UInt16(firstPort + flow)
        frame += [UInt8(port >> 8), UInt8(port & 0xFF), 0x13, 0x88, 0, 30, 0, 0]
        for shift in stride(from: 0, to: 32, by: 8) { frame.append(UInt8(truncatingIfNeeded: number >> shift)) }
        return frame + [UInt8](repeating: 0, count: 18)
    }

    private static func flow(_ frame: [UInt8]) -> Int { (Int(frame[34]) << 8 | Int(frame[35])) - firstPort }

    private static func number(_ frame: [UInt8]) -> Int {
        (0..<4).reduce(0) { $0 | Int(frame[42 + $1]) << (8 * $1) }
    }

    private static func start(
        _ object: String, _ wires: Wires, _ workshop: borrowing Workshop, lanes: Int, _ more: [String]
    ) throws -> BackgroundTool {
        try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--lanes", "\(lanes)", "--json",
                "--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--live",
                workshop.path("live"), "--map", "flows", "--map", "total", "--map", "last",
            ] + more)
    }

    private static func end(_ running: BackgroundTool) throws -> [String: Any] {
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any], "\(running.output)")
    }

    /// Of a map with numbers for keys and values, the values by lane.
    private static func values(_ map: String, in report: [String: Any]) throws -> [Int: [Int]] {
        let maps = try #require(report["maps"] as? [[String: Any]])
        let entries = try #require(maps.first { $0["name"] as? String == map }?["entries"] as? [[String: Any]])
        func number(_ any: Any?) -> Int? {
            ((any as? [String: Any])?["integers"] as? [NSNumber])?.first?.intValue
        }
        var found: [Int: [Int]] = [:]
        for entry in entries {
            let key = try #require(number(entry["key"]))
            found[key] = try (try #require(entry["values"] as? [Any])).map { try #require(number($0)) }
        }
        return found
    }

    /// Each flow's packets came on one lane, each once and in their order.
    private static func check(_ arrived: [[UInt8]], sent: Int, lanes: Int, isComplete: Bool = true) {
        var lane: [Int: UInt8] = [:]
        var next: [Int: Int] = [:]
        for frame in arrived {
            let flow = flow(frame)
            #expect(lane[flow] == nil || lane[flow] == frame[46], "flow \(flow) changed its lane")
            lane[flow] = frame[46]
            let number = number(frame)
            let inOrder = isComplete ? number == next[flow, default: 0] : number >= next[flow, default: 0]
            guard inOrder else {
                Issue.record("flow \(flow): \(number), and not \(next[flow, default: 0])")
                return
            }
            next[flow] = number + 1
        }
        #expect(Set(lane.values) == Set((0..<lanes).map(UInt8.init)), "\(lane)")
        if isComplete { #expect(arrived.count == sent) }
    }

    @Test(
        "each flow is one lane's, in its order, and per-CPU maps count it there; several programs decide on each lane",
        arguments: TieredRun.tiers.filter(\.isNative) + [.interpChild])
    func flows(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("count.o", try Self.object(mark: 1))
        let other = try workshop.write("pass.o", try Programs.example("pass"))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, lanes: 2, [other, "--tier", tier.name])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        let rounds = 40
        for number in 0..<rounds {
            for flow in 0..<Self.flows { try ends.send(Self.frame(flow, number), on: 0) }
            // No more under way than the rings hold.
            if number % 4 == 3 { _ = ends.collect((number + 1) * Self.flows, at: 1) }
        }
        let sent = rounds * Self.flows
        #expect(ends.collect(sent, at: 1) == sent)
        let shown = try Tool.run("ringfence", ["top", "--json", "--live", workshop.path("live")])
        let report = try Self.end(running)
        Self.check(ends.arrived(1), sent: sent, lanes: 2)
        var sums = [0, 0]
        let counted = try Self.values("flows", in: report)
        #expect(counted.count == Self.flows)
        for (flow, values) in counted {
            #expect(values.count == 2 && values.sorted() == [0, rounds], "flow \(flow): \(values)")
            for (lane, value) in values.enumerated() { sums[lane] += value }
        }
        #expect(try Self.values("total", in: report)[0] == sums && sums.allSatisfy { $0 > 0 }, "\(sums)")
        let link = try #require(report["link"] as? [String: Any])
        let shares = try #require(link["lanes"] as? [Int])
        #expect(shares.count == 2 && shares.reduce(0, +) == link["received"] as? Int && link["lost"] as? Int == 0)
        #expect(report["packets"] as? Int == link["received"] as? Int)
        let chained = try #require((report["chained"] as? [[String: Any]])?.first)
        #expect(chained["packets"] as? Int == report["packets"] as? Int)
        for name in ["xdp/0", "xdp/1"] { #expect(shown.output.contains(name), "\(shown)") }
    }

    @Test(
        "a program takes another's place on all lanes at once: no packet is lost, none sees neither or both, and its maps go on"
    )
    func replaced() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("count.o", try Self.object(mark: 1))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, lanes: 2, ["--tier", "jit-child", "--keep-maps"])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        var rounds = 0
        func send() throws {
            for flow in 0..<Self.flows { try ends.send(Self.frame(flow, rounds), on: 0) }
            rounds += 1
            ends.take()
        }
        for version in 2...4 {
            for _ in 0..<4 { try send() }
            _ = try workshop.write("count.o", try Self.object(mark: version))
            kill(running.processIdentifier, SIGHUP)
            let until = Date().addingTimeInterval(60)
            // The first lane's packets wait while the object is read: no more are sent than its rings hold.
            while running.errors.components(separatedBy: "replaced by").count < version, Date() < until {
                try send()
                // What waited comes all at once then, and has to find room here.
                _ = ends.collect(.max, at: 1, seconds: 0.4)
            }
            for _ in 0..<4 { try send() }
        }
        let sent = rounds * Self.flows
        #expect(ends.collect(sent, at: 1) == sent)
        let report = try Self.end(running)
        #expect(running.errors.components(separatedBy: "replaced by").count == 4, "\(running.errors)")
        let arrived = ends.arrived(1)
        Self.check(arrived, sent: sent, lanes: 2)
        // One after the other, on each lane; and across them, since it is one moment for all.
        for lane in 0..<2 {
            let marks = arrived.filter { Int($0[46]) == lane }.map { $0[47] }
            #expect(marks == marks.sorted() && Set(marks) == [1, 2, 3, 4], "lane \(lane): \(Set(marks))")
        }
        let counted = try Self.values("flows", in: report)
        #expect(counted.values.map { $0.reduce(0, +) } == [Int](repeating: rounds, count: Self.flows), "\(counted)")
        let link = try #require(report["link"] as? [String: Any])
        #expect(link["replacements"] as? Int == 3 && link["lost"] as? Int == 0 && link["congested"] as? Int == 0)
    }

    @Test(
        "cells of all lanes die at random, and every packet gets its verdict; what one lane's cell held keeps no other",
        .timeLimit(.minutes(3)))
    func underFire() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("count.o", try Self.object(mark: 1))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, lanes: 3, ["--tier", "jit-child"])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        var (rounds, kills) = (0, 0)
        let end = Date().addingTimeInterval(4)
        var nextKill = Date()
        while Date() < end {
            for flow in 0..<Self.flows { try ends.send(Self.frame(flow, rounds), on: 0) }
            rounds += 1
            ends.take()
            usleep(1_000)
            guard Date() >= nextKill else { continue }
            let cells = JailHunt.grandchildren(of: running.processIdentifier)
            if let cell = cells.randomElement(using: &random), kill(cell, SIGKILL) == 0 { kills += 1 }
            nextKill = Date().addingTimeInterval(.random(in: 0.02...0.1, using: &random))
        }
        _ = ends.collect(rounds * Self.flows, at: 1, seconds: 3)
        let report = try Self.end(running)
        let link = try #require(report["link"] as? [String: Any])
        let received = try #require(link["received"] as? Int)
        let failures = try #require(report["cellFailures"] as? Int)
        let verdicts = try #require(report["verdicts"] as? [String: Int])
        print(
            "3 lanes: \(received) packets decided about, \(kills) kills, \(failures) cells replaced, by lane "
                + "\(link["lanes"] ?? "?"), lost in the ring \(link["lost"] ?? "?"), seed \(seed)")
        #expect(kills > 10 && failures > 3, "\(kills) \(failures)")
        #expect(verdicts.values.reduce(0, +) == received && report["packets"] as? Int == received)
        // What waits for a lock that a dead cell has ends as a fault of the program; there is none.
        #expect(report["programFaults"] as? Int == 0)
        Self.check(ends.arrived(1), sent: rounds * Self.flows, lanes: 3, isComplete: false)
        let counted = try Self.values("flows", in: report).values.joined().reduce(0, +)
        // An event whose cell died may have been counted with it, and be counted again.
        let answered = ends.arrived(1).count
        #expect(counted + failures >= answered, "\(counted) \(answered) \(failures)")
        // What arrived was written down before.
        let last = try Self.values("last", in: report)
        for frame in ends.arrived(1) {
            let noted = last[Self.firstPort + Self.flow(frame)]?.first ?? -1
            #expect(noted >= Self.number(frame))
            if noted < Self.number(frame) { break }
        }
    }

    @Test("a new policy moves a program on every lane", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func tightened() throws {
        let host = try HostPolicies()
        try host.install(1, permits: "jit-child")
        let wires = try Wires()
        let ends = try Ends(wires)
        let object = try host.workshop.write("count.o", try Self.object(mark: 1))
        let live = host.workshop.path("live")
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--lanes", "2", "--live", live,
                "--json",
            ] + host.arguments)
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        try host.install(2, permits: "interp-guest", onTighten: "migrate")
        let until = Date().addingTimeInterval(60)
        while !running.errors.contains("moved from jit-child to interp-guest"), Date() < until { usleep(50_000) }
        #expect(running.errors.contains("moved from jit-child to interp-guest"), "\(running.errors)")
        usleep(500_000)
        let shown = try Tool.run("ringfence", ["top", "--json", "--live", live])
        #expect(shown.output.components(separatedBy: "\"interp-guest\"").count == 3, "\(shown.output)")
        #expect(!shown.output.contains("jit-child"))
        for flow in 0..<Self.flows { try ends.send(Self.frame(flow, 0), on: 0) }
        #expect(ends.collect(Self.flows, at: 1) == Self.flows)
        Self.check(ends.arrived(1), sent: Self.flows, lanes: 2)
        _ = try Self.end(running)
    }

    @Test("lanes that cannot be are refused by name")
    func refused() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("count.o", try Self.object(mark: 1))
        for (more, said) in [
            (["--lanes", "0"], "--lanes takes 1 or more"), (["--lanes", "65"], "no more than 64"),
            (["--lanes", "2", "--record", workshop.path("record")], "--record needs one lane"),
        ] {
            let ended = try Tool.run("ringfence", ["link", "xdp", object, "--in", "lo"] + more)
            #expect(ended.status != 0 && ended.errors.contains(said), "\(ended)")
        }
    }
}
