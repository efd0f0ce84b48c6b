import Enclosure
import Foundation
import Hooks
import Maps
import NativeTesting
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// The XDP programs of Images/programs over the capture: in every tier, and in the kernel that runs here, with the same maps.
@Suite("Example programs", .serialized)
struct ExampleProgramsTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    /// One program with what an operator would set.
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        /// Other constants than the source has.
        var constants: [(from: String, to: String)] = []
        /// Elements of maps, by the map's name.
        var elements: [(map: String, key: [UInt8], value: [UInt8])] = []
        /// Verdicts that the capture must bring about, or the test says nothing.
        var verdicts: Set<UInt32>

        var testDescription: String { name }
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    private static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// FNV-1a of a name on the wire, from its end.
    private static func nameHash(_ name: String) -> UInt64 {
        let labels = name.split(separator: ".")
        var wire: [UInt8] = []
        for label in labels { wire += [UInt8(label.utf8.count)] + Array(label.utf8) }
        wire.append(0)
        return wire.reversed().reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    static let examples: [Example] = [
        // In the capture the client asks a name server and a web server before it tries telnet.
        Example(
            name: "knock",
            constants: [
                ("{7001, 8002, 9003}", "{53, 80, 80}"), ("door = 22", "door = 23"),
                ("patience = 5000000000", "patience = -1ull"), ("open_time = 600000000000", "open_time = -1ull"),
            ], verdicts: [1, 2]),
        // No token comes back, so that the clock does not matter.
        Example(
            name: "syn-guard", constants: [("rate = 10", "rate = 0"), ("burst = 20", "burst = 3")],
            verdicts: [1, 2]),
        Example(
            name: "dns-filter",
            elements: (0..<100).map { ("blocked", little(nameHash("www\($0).example.com")), little(UInt64(0))) },
            verdicts: [2, 3]),
        Example(
            name: "balancer",
            elements: [("services", [192, 0, 2, 2] + big(UInt16(80)) + [6, 0], little(UInt32(0)))]
                + (0..<251).map { ("ring", little(UInt32($0)), little(UInt32($0 % 3))) }
                + (0..<3).map {
                    ("servers", little(UInt32($0)), [10, 0, 0, UInt8($0 + 1), 2, 0, 0, 0, 0, UInt8($0), 0, 0])
                },
            verdicts: [2, 3]),
    ]

    private struct Seen: Equatable {
        var action: UInt32
        var packet: [UInt8]
    }

    private static func packets() throws -> [[UInt8]] {
        let capture = Array(try Data(contentsOf: URL(fileURLWithPath: Tool.capture)))
        var packets: [[UInt8]] = []
        var reader = try CaptureReader(capture.span)
        while let record = try reader.next(in: capture.span) { packets.append(Array(capture[record.bytes])) }
        // The kernel wants a whole Ethernet header.
        return packets.filter { $0.count >= 14 }
    }

    private static func load(_ example: Example, in jail: Jail) throws -> LoadedObject {
        try ObjectLoader.load(Programs.example(example.name, replacing: example.constants), in: jail)
    }

    private static func run(_ example: Example, _ packets: [[UInt8]], in tier: Tier) throws -> [Seen] {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        var loaded = try load(example, in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        #expect(program.execution == .verified)
        let permit = try Programs.permit(program, for: tier)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        for element in example.elements {
            let map = try sandbox.maps.map(named: element.map)
            let status = try map.setValue(element.value.span.bytes, forKey: element.key.span.bytes)
            #expect(status == 0)
        }
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        return try packets.map { packet in
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.failure == nil)
            return Seen(action: result.action.rawValue, packet: Array(buffer[..<result.size]))
        }
    }

    @Test("every tier decides alike, and the capture shows what the program is for", arguments: examples)
    func everyTier(example: Example) throws {
        let packets = try Self.packets()
        var first: [Seen]?
        for tier in Self.tiers {
            let seen = try Self.run(example, packets, in: tier)
            #expect(example.verdicts.isSubset(of: seen.map(\.action)), "\(tier)")
            if let first { #expect(seen == first, "\(tier)") }
            first = first ?? seen
        }
    }

    @Test(
        "the kernel decides and rewrites every packet alike",
        .enabled(if: KernelMachine.isUsable, "\(KernelMachine.reason)"), arguments: examples)
    func kernel(example: Example) throws {
        let packets = try Self.packets()
        let jail = try Jail(ready: .none)
        let package = try Self.load(example, in: jail).package
        let kernel = try KernelSet(
            [package.programs[0].code], names: [package.programs[0].name], maps: package.maps, as: .xdp)
        for element in example.elements {
            let map = try #require(package.maps.firstIndex { $0.name == element.map })
            try kernel.update(map: map, key: element.key, value: element.value)
        }
        let expected = try packets.map { packet in
            let (result, after) = try kernel.run(packet)
            return Seen(action: result, packet: after)
        }
        let seen = try Self.run(example, packets, in: Self.tiers[Self.tiers.count - 1])
        for (index, (own, kernels)) in zip(seen, expected).enumerated() where own != kernels {
            Issue.record("packet \(index): \(own), and the kernel \(kernels)")
            break
        }
    }
}
