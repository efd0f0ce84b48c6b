import Enclosure
import Sandbox
import TestSupport
import Testing

/// What an event costs while both sides are busy: cache lines, and nothing else.
@Suite("Event path", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct EventPathTests {
    @Test("a thousand events in a row can be decided without one exit from the guest")
    func noExits() throws {
        let jail = try Jail()
        let program = try Programs.admitted(Programs.example("pass"), in: jail)
        var sandbox = try Sandbox(try Programs.permit(program), in: jail)
        let packet = [UInt8](repeating: 0, count: 64)
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        // Where others want the processors, either side may have slept in some stretches; it must not have to in all.
        var fewest = UInt64.max
        for _ in 0..<400 {
            let before = sandbox.claimedExits
            for _ in 0..<1000 {
                let result = try packet.withUnsafeBytes { packet in
                    try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
                }
                #expect(result.action == .pass)
            }
            fewest = min(fewest, sandbox.claimedExits - before)
            if fewest == 0 { break }
        }
        #expect(fewest == 0)
        #expect(sandbox.statistics.cellFailures == 0)
    }

    @Test("a program of a type to which no events are delivered is refused although policy permits it")
    func otherType() throws {
        let policy = """
            schema = "ringfence-policy/v1"
            kind = "base"
            id = "probes"
            version = 1
            issued = 2026-11-01T00:00:00Z
            expires = 2027-11-01T00:00:00Z
            mode = "enforce"

            [[permit]]
            id = "probes"
            tier = "interp-guest"
            when = { type = ["kprobe"] }

            """
        let jail = try Jail(ready: .none)
        let object = try BPFCompiler.object(
            "__attribute__((section(\"kprobe\"), used)) int probe(void *context) { return 0; }\n")
        let program = try Programs.admitted(object, in: jail)
        let permit = try Programs.permit(program, under: policy)
        do {
            _ = try Sandbox(permit, in: jail)
            Issue.record("it runs")
        } catch SandboxError.unsupportedSection(let name, let section) {
            #expect(name == "probe")
            #expect(section == "kprobe")
        }
    }
}
