import Enclosure
import Foundation
import Hooks
import NativeTesting
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// Images/programs/dispatch.bpf.c: an object whose program goes on in others by protocol, over the capture.
@Suite("Tail calls, end to end", .serialized)
struct TailCallTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    private struct Seen: Equatable {
        var action: UInt32
        var packet: [UInt8]
    }

    private static func packets() throws -> [[UInt8]] {
        let capture = Array(try Data(contentsOf: URL(fileURLWithPath: Tool.capture)))
        var packets: [[UInt8]] = []
        var reader = try CaptureReader(capture.span)
        while let record = try reader.next(in: capture.span) { packets.append(Array(capture[record.bytes])) }
        return packets
    }

    private static func run(_ packets: [[UInt8]], in tier: Tier) throws -> (seen: [Seen], counts: [UInt64]) {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let program = try Programs.admitted(Programs.example("dispatch"), in: jail)
        #expect(program.members.map(\.program.name) == ["dispatch", "arp", "ipv4", "ipv6", "icmp", "tcp", "udp"])
        #expect(program.execution == .verified)
        let permit = try Programs.permit(program, for: tier)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        #expect("\(sandbox.executionMode)" == "verified")
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        var seen: [Seen] = []
        for packet in packets {
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.failure == nil)
            seen.append(Seen(action: result.action.rawValue, packet: Array(buffer[..<result.size])))
        }
        let counts = try sandbox.maps.contents(of: "seen").elements.map { element in
            element.values[0].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
        return (seen, counts)
    }

    @Test("every packet goes where its protocol says, in every tier alike", arguments: tiers)
    func everyTier(tier: Tier) throws {
        let packets = try Self.packets()
        let (seen, counts) = try Self.run(packets, in: tier)
        // Of each packet, by its bytes alone, which programs it comes to.
        var expected = [UInt64](repeating: 0, count: 7)
        for packet in packets {
            expected[0] += 1
            guard packet.count >= 14 else { continue }
            let kind = UInt16(packet[12]) << 8 | UInt16(packet[13])
            var protocols: UInt8?
            switch kind {
            case 0x0806: expected[1] += 1
            case 0x0800:
                expected[2] += 1
                if packet.count >= 34, packet[14] == 0x45 { protocols = packet[23] }
            case 0x86DD:
                expected[3] += 1
                if packet.count >= 54, packet[14] >> 4 == 6 { protocols = packet[20] }
            case _: break
            }
            switch protocols {
            case 1: expected[4] += 1
            case 6: expected[5] += 1
            case 17: expected[6] += 1
            case _: break
            }
        }
        #expect(counts == expected)
        // The capture has some of each.
        #expect(expected.allSatisfy { $0 > 10 }, "\(expected)")
        #expect(Set(seen.map(\.action)) == [1, 2, 3])
    }

    @Test(
        "the kernel decides and rewrites every packet as each tier does",
        .enabled(if: KernelMachine.isUsable, "\(KernelMachine.reason)"))
    func kernel() throws {
        let packets = try Self.packets().filter { $0.count >= 14 }
        let jail = try Jail(ready: .none)
        let package = try ObjectLoader.load(Programs.example("dispatch"), in: jail).package
        let set = try package.programSet(of: try AdmittedProgram.index(in: package))
        let kernel = try KernelSet(
            set.programs.map { package.programs[$0].code }, names: set.programs.map { package.programs[$0].name },
            maps: package.maps, as: .xdp)
        let expected = try packets.map { packet in
            let (result, after) = try kernel.run(packet)
            return Seen(action: result, packet: after)
        }
        #expect(zip(packets, expected).contains { $0 != $1.packet })
        for tier in Self.tiers {
            let (seen, _) = try Self.run(packets, in: tier)
            #expect(seen == expected, "\(tier)")
        }
    }

    private struct Report: Decodable {
        struct Member: Decodable {
            let program: String
            let programDigest: String
        }
        struct Map: Decodable {
            struct Entry: Decodable { let program: String? }
            let name: String
            let entries: [Entry]
        }
        let program: String
        let members: [Member]
        let maps: [Map]
        let verdicts: [String: Int]
    }

    @Test("ringfence run names every program of a set, and what an array of programs holds")
    func report() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let object = try workshop.write("dispatch.o", try Programs.example("dispatch"))
        let arguments = ["run", object, "--tier", "interp-child", "--map", "stages"] + workshop.trusted
        let ending = try Tool.run("ringfence", arguments + ["--json"])
        #expect(ending.status == 0, "\(ending.errors)")
        let report = try JSONDecoder().decode(Report.self, from: Data(ending.output.utf8))
        let others = ["arp", "ipv4", "ipv6", "icmp", "tcp", "udp"]
        #expect(report.program == "dispatch" && report.members.map(\.program) == others)
        #expect(Set(report.members.map(\.programDigest)).count == others.count)
        #expect(report.maps.first?.entries.map(\.program) == [nil] + others)
        let text = try Tool.run("ringfence", arguments)
        for name in others { #expect(text.output.contains("\(name) (section xdp)"), "\(text.output)") }
        let inspected = try Tool.run("ringfence", ["inspect", object])
        #expect(inspected.output.contains("goes on in  arp, ipv4, ipv6, icmp, tcp, udp"), "\(inspected.output)")
    }

    @Test("a set with a program that is not proven safe does not run, and the denial names it")
    func denied() throws {
        let workshop = try Workshop(ceiling: "jit-child")
        var source = try String(
            contentsOf: Tool.repository.appendingPathComponent("Images/programs/dispatch.bpf.c"), encoding: .utf8)
        // `tcp` reads its header without a look at where the packet ends.
        source = source.replacingOccurrences(
            of:
                "if (!header || (void *)(header + 1) > end(context))\n        return XDP_DROP;\n    return header->dest ==",
            with: "if (!header)\n        return XDP_DROP;\n    return header->dest ==")
        let object = try workshop.write(
            "broken.o",
            BPFCompiler.object(source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"]))
        for tier in ["interp-child", "jit-child"] {
            let ending = try Tool.run("ringfence", ["run", object, "--tier", tier] + workshop.trusted)
            #expect(ending.status == 1, "\(ending.errors)")
            #expect(ending.output.contains("of      tcp, in which the program goes on"), "\(ending.output)")
        }
    }
}
