import Crypto
import Enclosure
import Foundation
import Hooks
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// The example firewall over the capture, packet by packet, against what the Linux kernel said of the same.
@Suite("Agreement with the kernel", .serialized)
struct KernelAgreementTests {
    static let tiers = Tier.running.filter { KVM.isUsable || $0.enclosure != .guest }

    @Test("the tiers in guests are looked at too", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func guests() { #expect(Self.tiers == Tier.running) }

    /// Tests/Captures/firewall.expected, which says how it was obtained.
    static let expected: [String: String] = {
        let file = Tool.repository.appendingPathComponent("Tests/Captures/firewall.expected")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        var facts: [String: String] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            facts[String(words[0])] = String(words[1])
        }
        return facts
    }()

    @Test("the firewall decides and rewrites every packet as the kernel does", arguments: tiers)
    func everyPacket(tier: Tier) throws {
        let jail = try Jail(ready: .none)
        let cells = tier.enclosure == .child ? try Jail(for: .child) : jail
        let program = try Programs.admitted(Programs.example("firewall"), in: jail)
        let capture = Array(try Data(contentsOf: URL(fileURLWithPath: Tool.capture)))
        let permit = try Programs.permit(program, for: tier)
        let options = SandboxOptions()
        let native = try ObjectLoader.compile(permit, options: options, in: jail)
        #expect((native != nil) == tier.isNative)
        var sandbox = try Sandbox(permit, native: native, in: cells, options: options)
        var counts: [XDPAction: Int] = [:]
        var changed = 0
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        var reader = try CaptureReader(capture.span)
        while let record = try reader.next(in: capture.span) {
            let packet = Array(capture[record.bytes])
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.failure == nil)
            counts[result.action, default: 0] += 1
            let after = Array(buffer[..<result.size])
            if after != packet { changed += 1 }
            withUnsafeBytes(of: result.action.rawValue.littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: after)
        }
        #expect("\(counts[.aborted] ?? 0)" == Self.expected["aborted"])
        #expect("\(counts[.drop] ?? 0)" == Self.expected["drop"])
        #expect("\(counts[.pass] ?? 0)" == Self.expected["pass"])
        #expect("\(counts[.transmit] ?? 0)" == Self.expected["tx"])
        #expect("\(changed)" == Self.expected["changed"])
        #expect(hash.finalize().map { String(format: "%02x", $0) }.joined() == Self.expected["sha256"])
    }
}
