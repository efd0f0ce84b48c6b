import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// A program whose section says nothing, or something else, and of which somebody says what it is.
@Suite("The type of a program, given")
struct GivenTypeTests {
    private static let source = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        SEC("SECTION") int p(struct xdp_md *context) {
            __u8 *data = (void *)(long)context->data, *end = (void *)(long)context->data_end;
            return data + 1 <= end && *data == 7 ? XDP_DROP : XDP_PASS;
        }
        """

    private static func admitted(
        _ section: String, verifiedAs proven: String?, type: ProgramType?, in jail: Jail
    ) throws -> AdmittedProgram {
        let object = try BPFCompiler.object(
            source.replacing("SECTION", with: section),
            flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        var loaded = try ObjectLoader.load(object, in: jail)
        var options = VerifierOptions()
        options.programType = proven
        try ObjectLoader.verify(&loaded, programs: [0], options: options, in: jail)
        return try AdmittedProgram(from: loaded.package, verification: loaded.verification, type: type)
    }

    @Test("it is verified as that, runs as that, and policy decides about that", arguments: ["from-netdev", "tc"])
    func given(section: String) throws {
        let jail = try Jail(ready: .none)
        let cells = try Jail(for: .child)
        let program = try Self.admitted(section, verifiedAs: "xdp", type: .xdp, in: jail)
        #expect(program.execution == .verified && program.identity.type == .known(.xdp, .claimed))
        var sandbox = try Sandbox(try Programs.permit(program, for: .interpChild), in: cells)
        var buffer = [UInt8](repeating: 0, count: sandbox.options.maximumPayload)
        for (first, action) in [(7, XDPAction.drop), (8, .pass)] as [(UInt8, XDPAction)] {
            let packet = [first] + [UInt8](repeating: 0, count: 63)
            let result = try packet.withUnsafeBytes { packet in
                try buffer.withUnsafeMutableBytes { try sandbox.decide(xdp: packet, into: $0) }
            }
            #expect(result.action == action)
        }
    }

    @Test("what was proven of it as something else is not proven of it")
    func otherProof() throws {
        let jail = try Jail(ready: .none)
        #expect(try Self.admitted("xdp", verifiedAs: nil, type: .xdp, in: jail).execution == .checked)
        #expect(try Self.admitted("xdp", verifiedAs: "xdp", type: nil, in: jail).execution == .checked)
        #expect(try Self.admitted("xdp", verifiedAs: "sched_cls", type: .xdp, in: jail).execution == .checked)
    }
}
