import Foundation
import TestSupport
import Testing

/// What becomes of a packet about which a link's program decides nothing: what the signed policy says, for each cause.
@Suite("Failures of programs on a link", .serialized, .enabled(if: Wires.isPossible, "\(Wires.reason)"))
struct LinkFailureTests {
    /// Passes what it is given, and is long about packets whose type begins with 0x12.
    private static let source = """
        #include "packet.h"
        char LICENSE[] SEC("license") = "GPL";
        static long nothing(__u32 index, void *context) { return 0; }
        static long much(__u32 index, void *context) { bpf_loop(1 << 20, nothing, 0, 0); return 0; }
        SEC("xdp") int decide(struct xdp_md *context)
        {
            __u8 *data = (void *)(long)context->data;
            if (data + 14 > (__u8 *)(long)context->data_end || data[12] != 0x12) return XDP_PASS;
            bpf_loop(1 << 20, much, 0, 0);
            return XDP_PASS;
        }
        """

    enum Cause: String, CaseIterable, Sendable {
        case fault, slowness, death
    }

    private static func frame(_ type: UInt8, _ number: UInt8) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, type, 0x34, number] + [UInt8](repeating: 0, count: 45)
    }

    @Test(
        "open lets a packet pass that nobody decided about, closed drops it, and those behind it are decided about",
        arguments: Cause.allCases, ["open", "closed"])
    func packets(cause: Cause, onFailure: String) throws {
        let workshop = try Workshop(ceiling: "jit-child")
        let text = try Workshop.policy(ceiling: "jit-child").replacing("\"closed\"", with: "\"\(onFailure)\"")
        _ = try workshop.write("policy.toml", Array(text.utf8))
        let signed = try Tool.run(
            "ringfence",
            [
                "policy", "sign", workshop.path("policy.toml"), "--key", workshop.path("dev.key"), "--out",
                workshop.path("own.dsse"),
            ])
        try #require(signed.status == 0, "\(signed)")
        let folder = Tool.repository.appendingPathComponent("Images/programs").path
        let object = try workshop.write(
            "object.bpf.o",
            BPFCompiler.object(
                Self.source, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu", "-I\(folder)"]))
        let wires = try Wires()
        let ends = try Ends(wires)
        let running = try BackgroundTool(
            "ringfence",
            [
                "link", "xdp", object, "--in", wires.near[0], "--out", wires.near[1], "--json", "--policy",
                workshop.path("own.dsse"), "--trust", workshop.path("dev.pub"), "--tier", SuperviseBench.tier, "--fuel",
                cause == .fault ? "10000" : "1000000000000",
            ])
        #expect(try ends.settle(0, seconds: 60), "\(running.errors)")
        let undecided: [[UInt8]]
        switch cause {
        case .fault: undecided = (0..<20).map { Self.frame(0x12, $0) }
        case .slowness: undecided = [Self.frame(0x12, 0)]
        case .death:
            for cell in SuperviseDeathTests.cells(of: running.processIdentifier) { kill(cell, SIGKILL) }
            undecided = [Self.frame(0x56, 0)]
        }
        for frame in undecided { try ends.send(frame, on: 0) }
        let decided = (100..<120).map { Self.frame(0x56, $0) }
        for frame in decided { try ends.send(frame, on: 0) }
        #expect(try ends.settle(1, seconds: 60), "\(running.errors)")
        running.terminate()
        #expect(running.wait() == 0, "\(running.errors)")
        let arrived = ends.arrived(1)
        if case .death = cause {
            // The spare cell may have been killed with the first, and then costs a packet too.
            let lost = decided.count + undecided.count - arrived.count
            #expect(onFailure == "open" ? lost == 0 : (1...2).contains(lost), "\(lost)")
            #expect(arrived.suffix(18) == decided.suffix(18))
        } else {
            #expect(arrived == (onFailure == "open" ? undecided : []) + decided)
        }
    }
}
