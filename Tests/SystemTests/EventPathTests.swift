import Enclosure
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// What an event costs while both sides are busy: cache lines, and nothing else.
@Suite("Event path", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
struct EventPathTests {
    @Test("a thousand events in a row can be decided without one exit from the guest")
    func noExits() throws {
        let jail = try Jail()
        let program = try AdmittedProgram(from: ObjectPackage(parsing: jail.admit(Programs.example("pass"))))
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
}
