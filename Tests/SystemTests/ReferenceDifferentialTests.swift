import Enclosure
import Maps
import NativeTesting
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// Ring buffers, maps of maps and maps of targets: the same program over the same packets in the kernel that runs here and in every tier.
@Suite("Rings and references as the kernel has them", .serialized)
struct ReferenceDifferentialTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    private static func packet(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<80).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// What an operator would set: interface 1 is there wherever a kernel is.
    private static let elements: [(map: String, key: [UInt8], value: [UInt8])] = [
        ("devices", [1, 0, 0, 0], [1, 0, 0, 0]), ("routes", [2, 0, 0, 0], [1, 0, 0, 0]),
        ("processors", [0, 0, 0, 0], [192, 0, 0, 0]),
    ]

    @Test(
        "verdicts, packets and records are the kernel's",
        .enabled(if: KernelMachine.isUsable, "\(KernelMachine.reason)"), arguments: tiers)
    func alike(tier: Tier) throws {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let object = try BPFCompiler.object(
            PacketPrograms.references, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        var loaded = try ObjectLoader.load(object, in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let package = loaded.package
        let kernel = try KernelSet(
            [package.programs[0].code], names: [package.programs[0].name], maps: package.maps, as: .xdp)
        let admitted = try AdmittedProgram(from: package, verification: loaded.verification)
        #expect(admitted.execution == .verified)
        let permit = try Programs.permit(admitted, for: tier)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        for element in Self.elements {
            let status = try sandbox.maps.map(named: element.map).setValue(
                element.value.span.bytes, forKey: element.key.span.bytes)
            #expect(status == 0)
            let map = try #require(package.maps.firstIndex { $0.name == element.map })
            try kernel.update(map: map, key: element.key, value: element.value)
        }
        var ring = try kernel.ring(try #require(package.maps.firstIndex { $0.name == "told" }), bytes: 4096)

        var buffer = [UInt8](repeating: 0, count: options.maximumPayload)
        var random = SeededGenerator(seed: 0x5EED_0501)
        var records = 0
        var full = 0
        var actions: [UInt32: Int] = [:]
        for number in 0..<6_000 {
            let packet = Self.packet(&random)
            let expected = try kernel.run(packet)
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.failure == nil)
            let own = Array(buffer[..<result.size])
            guard result.action.rawValue == expected.result, own == expected.packet else {
                Issue.record("packet \(number) \(packet): kernel \(expected), here \(result.action) \(own)")
                return
            }
            actions[expected.result, default: 0] += 1
            if own[32] == 1 { full += 1 }
            // Seldom enough for the ring to fill up now and then.
            guard number % 400 < 100 || number % 400 == 399 else { continue }
            let (theirs, ours) = (ring.records(), sandbox.takeRecords(limit: .max).map(\.bytes))
            guard theirs == ours else {
                Issue.record("after packet \(number): kernel \(theirs), here \(ours)")
                return
            }
            records += ours.count
        }
        print("records compared in \(tier): \(records), no room \(full), actions \(actions.sorted { $0.key < $1.key })")
        #expect(records > 1_000 && full > 100 && actions.count >= 4)
        #expect(sandbox.statistics.corruptRings == 0)
    }
}
