import Foundation
import TestSupport
import Testing

/// A policy that changes while a program decides about packets that cross a host.
@Suite("A new policy under a running link", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct LiveReloadTests {
    @Test(
        "T104 what may be less than before moves between two packets and loses none; what may be nothing ends, and says so",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func tightened() throws {
        let host = try HostPolicies()
        try host.install(1, permits: "jit-child")
        let wires = try Wires()
        let ends = try Ends(wires)
        let object = try host.workshop.write("counter.o", try Programs.example("counter"))
        let link = try BackgroundTool(
            "ringfence",
            ["link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json"] + host.arguments)
        #expect(try ends.settle(0, seconds: 60))
        try host.install(2, permits: "interp-guest", onTighten: "migrate")
        var sent = 0
        let deadline = Date().addingTimeInterval(60)
        // Packets all the while, until the move is in the log, and some more.
        var hasMoved = false
        while Date() < deadline, !hasMoved {
            hasMoved = try host.log().contains { $0.contains("\"outcome\":\"interp-guest\"") }
            try ends.send(Self.packet(sent), on: 0)
            sent += 1
            usleep(2000)
        }
        #expect(hasMoved)
        for _ in 0..<100 {
            try ends.send(Self.packet(sent), on: 0)
            sent += 1
        }
        #expect(try ends.settle(1, seconds: 60))
        #expect(ends.arrived(1) == (0..<sent).map(Self.packet))
        try host.install(3, permits: nil)
        let status = link.wait()
        let (text, complaints) = (link.output, link.errors)
        #expect(status == 1, "\(text)\(complaints)")
        #expect(complaints.contains("moved from jit-child to interp-guest"), "\(complaints)")
        #expect((text + complaints).contains("no longer allows this: E_NO_PERMIT"), "\(text)\(complaints)")
        // Each policy is in the log before what was decided by it.
        let log = try host.log()
        let order = log.compactMap { line -> String? in
            if line.contains("\"reload\"") { return "reload" }
            if line.contains("\"E_NO_PERMIT\"") { return "denied" }
            return line.contains("\"decision\"") ? "decided" : nil
        }
        #expect(order.last == "denied" && order.filter { $0 == "reload" }.count == 2, "\(order)")
        #expect(order.firstIndex(of: "denied") ?? 0 > order.lastIndex(of: "reload") ?? .max, "\(order)")
    }

    /// Told apart by their numbers; a protocol that the counter passes.
    private static func packet(_ number: Int) -> [UInt8] {
        [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xB6] + withUnsafeBytes(of: UInt32(number).bigEndian) { Array($0) }
            + [UInt8](repeating: 0x5A, count: 46)
    }
}
