import Foundation
import Hooks
import PolicyCore
import TestSupport
import Testing

/// Programs between two interfaces, with packets that really cross them.
@Suite("A link between interfaces", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct LinkTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    /// What a link says at its end.
    private static func end(_ running: BackgroundTool) throws -> [String: Any] {
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any], "\(running.output)")
    }

    private static func start(
        _ object: String, as kind: String = "xdp", _ wires: Wires, _ workshop: borrowing Workshop,
        _ more: [String] = []
    ) throws -> BackgroundTool {
        try BackgroundTool(
            "ringfence",
            [
                "link", kind, object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"),
            ] + more)
    }

    private static func packets(_ path: String) throws -> [[UInt8]] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        var reader = try CaptureReader(bytes.span)
        var packets: [[UInt8]] = []
        while let record = try reader.next(in: bytes.span) { packets.append(Array(bytes[record.bytes])) }
        return packets
    }

    /// Says the first packet that differs, and not thousands of bytes.
    private static func compare(_ found: [[UInt8]], _ wanted: [[UInt8]]) {
        #expect(found.count == wanted.count)
        for (index, (found, wanted)) in zip(found, wanted).enumerated() where found != wanted {
            Issue.record("packet \(index): \(found), and not \(wanted)")
            return
        }
    }

    @Test("the firewall does to packets that cross it what it does to those of the capture", arguments: tiers)
    func firewall(tier: Tier) throws {
        let workshop = try Workshop(ceiling: tier.name)
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let kept = workshop.path("kept.pcap")
        let asked = ["--tier", tier.name]
        let ran = try Tool.run("ringfence", ["run", object, "--pcap-out", kept, "--json"] + workshop.trusted + asked)
        #expect(ran.status == 0, "\(ran.errors)")
        let report = try #require(try JSONSerialization.jsonObject(with: Data(ran.output.utf8)) as? [String: Any])
        let places = Set(try #require(report["transmitted"] as? [Int]))
        let wanted = try Self.packets(kept).enumerated()

        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, asked)
        #expect(try ends.settle(0, seconds: 60), "the link did not come up")
        for (index, packet) in try Self.packets(Tool.capture).enumerated() {
            try ends.send(packet, on: 0)
            // No more at once than the rings hold, however slow the machine is.
            if index % 100 == 99 { #expect(try ends.settle(UInt16(index / 100 + 1))) }
        }
        #expect(try ends.settle(1000))
        let result = try Self.end(running)
        let passed = wanted.filter { !places.contains($0.offset + 1) }.map(\.element)
        let returned = wanted.filter { places.contains($0.offset + 1) }.map(\.element)
        Self.compare(ends.arrived(1), passed)
        Self.compare(ends.arrived(0), returned)
        let verdicts = try #require(result["verdicts"] as? [String: Int])
        for (name, count) in [("XDP_DROP", "drop"), ("XDP_TX", "tx"), ("XDP_ABORTED", "aborted")] {
            #expect("\(verdicts[name] ?? -1)" == KernelAgreementTests.expected[count], "\(name)")
        }
        let link = try #require(result["link"] as? [String: Any])
        for name in ["lost", "congested", "misdirected", "unpartable", "unusable"] { #expect(link[name] as? Int == 0) }
        #expect(link["received"] as? Int == (link["sent"] as? Int ?? 0) + (link["dropped"] as? Int ?? 0))
        #expect(try !wires.isPromiscuous(0) && !wires.isPromiscuous(1))
    }

    @Test("what comes in on the other side goes back as it is; a tag that the kernel took out is there again")
    func backAndTagged() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, ["--tier", "interp-child"])
        #expect(try ends.settle(0, seconds: 60))
        let packets = try Self.packets(Tool.capture).prefix(50)
        for packet in packets { try ends.send(packet, on: 1) }
        var tagged = Ends.marker(7)
        tagged.replaceSubrange(12..<12, with: [0x81, 0x00, 0x20, 0x2A])
        try ends.send(tagged, on: 0)
        #expect(try ends.settle(1))
        #expect(try ends.settle(2, from: 1))
        #expect(ends.arrived(0) == Array(packets))
        #expect(ends.arrived(1) == [tagged])
        let link = try #require(try Self.end(running)["link"] as? [String: Any])
        #expect((link["returned"] as? Int ?? 0) >= 51)
    }

    @Test("a program that fails gets the verdict that the policy names", arguments: ["open", "closed"])
    func failing(answer: String) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let text = try Workshop.policy(ceiling: "jit-child").replacing("\"closed\"", with: "\"\(answer)\"")
        let policy = try workshop.write("answer.toml", Array(text.utf8))
        _ = try Tool.run(
            "ringfence",
            ["policy", "sign", policy, "--key", workshop.path("dev.key"), "--out", workshop.path("policy.dsse")])
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let wires = try Wires()
        let ends = try Ends(wires)
        // Nothing comes of one instruction, so every packet is one that the program did not decide about.
        let running = try Self.start(object, wires, workshop, ["--tier", "interp-child", "--fuel", "1"])
        #expect(try ends.settle(0, seconds: answer == "open" ? 60 : 3) == (answer == "open"))
        // What comes back is not decided about.
        #expect(try ends.settle(1, from: 1, seconds: 60))
        for packet in try Self.packets(Tool.capture).prefix(50) { try ends.send(packet, on: 0) }
        _ = try ends.settle(2, seconds: answer == "open" ? 20 : 1)
        let result = try Self.end(running)
        let verdicts = try #require(result["verdicts"] as? [String: Int])
        let packets = try #require(result["packets"] as? Int)
        #expect(packets > 50 && result["programFaults"] as? Int == packets)
        #expect(verdicts[answer == "open" ? "XDP_PASS" : "XDP_DROP"] == packets, "\(verdicts)")
        #expect(ends.arrived(1) == (answer == "open" ? Array(try Self.packets(Tool.capture).prefix(50)) : []))
    }

    @Test("a cell that is killed is replaced, and packets go on", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func killed() throws {
        let workshop = try Workshop(ceiling: "jit-guest")
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, ["--tier", "jit-guest"])
        #expect(try ends.settle(0, seconds: 60))
        var killed = 0
        for round in 1...10 {
            // The cells are children of the spawners; spares are killed too.
            for process in JailHunt.grandchildren(of: running.processIdentifier)
            where kill(process, SIGKILL) == 0 { killed += 1 }
            #expect(try ends.settle(UInt16(round)), "round \(round)")
        }
        let result = try Self.end(running)
        #expect(killed >= 10 && (result["cellFailures"] as? Int ?? 0) > 0, "\(killed)")
    }

    @Test("an interface that goes away ends the link with an error that says so")
    func removed() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try Self.start(object, wires, workshop, ["--tier", "interp-child"])
        #expect(try ends.settle(0, seconds: 60))
        try wires.remove(0)
        #expect(running.wait() == 2 && running.output.contains("went down or away"), "\(running.output)")
    }

    @Test("what is no interface, one twice, and a program of another kind are refused by name")
    func refused() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("pass.o", try Programs.example("pass"))
        let trust = ["--policy", workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub")]
        let absent = try Tool.run("ringfence", ["link", "xdp", object, "--in", "rfabsent0"] + trust)
        #expect(absent.status == 2 && absent.errors.contains("rfabsent0") && absent.errors.contains("ip link"))
        let twice = try Tool.run("ringfence", ["link", "xdp", object, "--in", "lo", "--out", "lo"] + trust)
        #expect(twice.status == 2 && twice.errors.contains("named twice"), "\(twice.errors)")
        let other = try Tool.run("ringfence", ["link", "tc", object, "--in", "lo"] + trust)
        #expect(other.status == 2 && other.errors.contains("attached as tc"), "\(other.errors)")
    }
}
