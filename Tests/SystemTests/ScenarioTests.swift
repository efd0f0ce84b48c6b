import Foundation
import Linux
import PolicyCore
import Sandbox
import Synchronization
import TestSupport
import Testing

/// The examples at work: real connections between two namespaces, through a link, while one of them floods the other.
@Suite("Examples on live traffic", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct ScenarioTests {
    static let tiers = TieredRun.tiers.filter(\.isNative)

    private static func start(
        _ example: String, _ wires: Wires, _ workshop: borrowing Workshop, _ tier: Tier, _ more: [String]
    ) throws -> BackgroundTool {
        let object = try workshop.write("\(example).o", try Programs.example(example))
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("policy.dsse"), "--trust", workshop.path("dev.pub"), "--live", workshop.path("live"),
                "--tier", tier.name,
            ] + more)
        let until = Date().addingTimeInterval(60)
        // Nothing is said where JSON is asked for, and the board is there once it serves.
        while Date() < until {
            let shown = try Tool.run("ringfence", ["top", "--json", "--live", workshop.path("live")])
            if shown.output.contains(tier.name) { return running }
            usleep(100_000)
        }
        Issue.record("the link did not come up: \(running.errors)")
        return running
    }

    private static func end(_ running: BackgroundTool) throws -> [String: Any] {
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        return try #require(
            try JSONSerialization.jsonObject(with: Data(running.output.utf8)) as? [String: Any], "\(running.output)")
    }

    /// Sends datagrams to two ports, in bursts, until it is told to stop; how many it sent to each.
    private final class Load: Sendable {
        private let isOver = Atomic<Bool>(false)
        private let ended = DispatchSemaphore(value: 0)
        let sent = Atomic<Int>(0)

        init(_ sockets: [Int32]) {
            let ended = ended
            let load = self
            Thread {
                let bytes = [UInt8](repeating: 0xA5, count: 200)
                while !load.isOver.load(ordering: .relaxed) {
                    for _ in 0..<8 {
                        for socket in sockets { _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
                        load.sent.add(1, ordering: .relaxed)
                    }
                    usleep(500)
                }
                ended.signal()
            }.start()
        }

        func end() {
            isOver.store(true, ordering: .relaxed)
            ended.wait()
        }
    }

    @Test(
        "the firewall under load: what it blocks does not arrive, and streams that it passes arrive whole",
        .timeLimit(.minutes(3)), arguments: tiers)
    func firewall(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let wires = try Wires(apart: true, addressed: true)
        let there = Wires.address(1)
        let server = try wires.inside(1) { try StreamServer(there, 8_080) }
        defer { server.end() }
        let blocked = try wires.inside(1) { try StreamServer(there, 4_242) }
        defer { blocked.end() }
        let receivers = try wires.inside(1) {
            try [5_000, 4_242].map { try Conversation.bound(SOCK_DGRAM, to: there, $0) }
        }
        defer { for socket in receivers { close(socket) } }
        let running = try Self.start("firewall", wires, workshop, tier, ["--lanes", "2"])

        let senders = try wires.inside(0) {
            try [5_000, 4_242].map { try #require(try Conversation.connected(SOCK_DGRAM, to: there, $0)) }
        }
        let load = Load(senders)
        var random = SeededGenerator(seed: 7)
        for _ in 0..<4 {
            let stream = try wires.inside(0) { try Conversation.connected(SOCK_STREAM, to: there, 8_080, seconds: 20) }
            let socket = try #require(stream, "no connection")
            let (own, said) = try Conversation.exchange(socket, bytes: 1 << 20) {
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(said == own.bytes && own.count == 1 << 20)
            close(socket)
        }
        let refused = try wires.inside(0) { try Conversation.connected(SOCK_STREAM, to: there, 4_242, seconds: 2) }
        #expect(refused == nil, "a blocked port was connected to")
        load.end()
        usleep(200_000)
        let report = try Self.end(running)
        for socket in senders { close(socket) }

        func datagrams(_ socket: Int32) -> Int {
            var (count, byte) = (0, [UInt8](repeating: 0, count: 256))
            while recv(socket, &byte, byte.count, Int32(MSG_DONTWAIT)) > 0 { count += 1 }
            return count
        }
        // The first's buffer holds no more than some hundred.
        #expect(datagrams(receivers[0]) > 20 && datagrams(receivers[1]) == 0)
        let link = try #require(report["link"] as? [String: Any])
        func count(_ name: String) -> Int { link[name] as? Int ?? -1 }
        let sent = load.sent.load(ordering: .relaxed)
        print("firewall in \(tier): \(count("received")) packets, \(count("dropped")) dropped, \(count("lost")) lost")
        #expect(sent > 500 && count("dropped") + count("lost") >= sent && count("received") > sent)
        #expect(
            count("received") == count("sent") + count("dropped") + count("congested") + count("unpartable"), "\(link)")
        #expect(try #require(link["lanes"] as? [Int]).allSatisfy { $0 > 0 }, "\(link)")
    }

    /// A SYN from an address of the first namespace's net to the second's port 8080, with its checksums.
    private static func syn(to hardware: [UInt8], from last: UInt8, port: UInt16, sequence: UInt32) -> [UInt8] {
        func sum(_ bytes: [UInt8]) -> [UInt8] {
            var sum = 0
            for index in stride(from: 0, to: bytes.count, by: 2) {
                sum += Int(bytes[index]) << 8 | Int(bytes[index + 1])
            }
            while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
            return [UInt8(~sum >> 8 & 0xFF), UInt8(~sum & 0xFF)]
        }
        let (source, target): ([UInt8], [UInt8]) = ([10, 77, 0, last], [10, 77, 0, 2])
        var ip: [UInt8] = [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0] + source + target
        ip.replaceSubrange(10..<12, with: sum(ip))
        var tcp: [UInt8] = [UInt8(port >> 8), UInt8(port & 0xFF), 0x1F, 0x90]
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            tcp.append(UInt8(truncatingIfNeeded: sequence >> shift))
        }
        tcp += [0, 0, 0, 0, 0x50, 0x02, 0xFF, 0xFF, 0, 0, 0, 0]
        tcp.replaceSubrange(16..<18, with: sum(source + target + [0, 6, 0, 20] + tcp))
        return hardware + [2, 0, 0, 0, 0, 0x66, 0x08, 0x00] + ip + tcp + [UInt8](repeating: 0, count: 6)
    }

    @Test(
        "the SYN guard under a flood: a source gets what its bucket gives, and another's connections go on meanwhile",
        .timeLimit(.minutes(3)), arguments: tiers)
    func flood(tier: Tier) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let wires = try Wires(apart: true, addressed: true)
        let there = Wires.address(1)
        let server = try wires.inside(1) { try StreamServer(there, 8_080) }
        defer { server.end() }
        let running = try Self.start("syn-guard", wires, workshop, tier, ["--map", "outcomes"])
        let ends = try Ends(wires)
        let text = try Wires.ip("-n", wires.namespaces[1].name, "link", "show", wires.far[1])
        let hardware = (text.components(separatedBy: "link/ether ").last ?? "").prefix(17).split(separator: ":")
            .compactMap { UInt8($0, radix: 16) }
        try #require(hardware.count == 6, "\(text)")

        let began = Date()
        var (flooded, connections) = (0, 0)
        var random = SeededGenerator(seed: 11)
        func attack(_ packets: Int) throws {
            for _ in 0..<packets {
                flooded += 1
                try ends.send(
                    Self.syn(
                        to: hardware, from: 66, port: .random(in: 1_024...65_000, using: &random),
                        sequence: .random(in: 0 ... .max, using: &random)), on: 0)
                if flooded % 16 == 0 {
                    ends.take()
                    usleep(1_000)
                }
            }
        }
        while Date().timeIntervalSince(began) < 3 {
            try attack(200)
            let stream = try wires.inside(0) { try Conversation.connected(SOCK_STREAM, to: there, 8_080) }
            let socket = try #require(stream, "the flood kept another from connecting")
            try attack(200)
            let (own, said) = try Conversation.exchange(socket, bytes: 65_536) {
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(said == own.bytes)
            close(socket)
            connections += 1
        }
        try attack(100)
        usleep(200_000)
        let seconds = Date().timeIntervalSince(began)
        ends.take()
        let arrived = ends.arrived(1).count { $0.count >= 54 && $0[12] == 8 && $0[29] == 66 && $0[47] == 2 }
        let report = try Self.end(running)
        let link = try #require(report["link"] as? [String: Any])
        let dropped = try #require(link["dropped"] as? Int), lost = try #require(link["lost"] as? Int)
        print("SYN guard in \(tier): \(flooded) SYN, \(arrived) passed, \(dropped) dropped, \(connections) connections")
        // 20 to begin with, and 10 a second.
        #expect(arrived >= 20 && arrived <= 20 + Int(10 * seconds) + 2, "\(arrived) in \(seconds) s")
        #expect(flooded > 10 * arrived && dropped + arrived + lost >= flooded, "\(flooded) \(dropped) \(lost)")
        #expect(connections >= 3 && dropped + arrived <= flooded)
        #expect((report["verdicts"] as? [String: Int])?["XDP_DROP"] == dropped)
    }
}
