import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

@Suite("Constants in generated code", .serialized)
struct BlindedConstantsTests {
    private static let source = """
        SEC("xdp") int planted(struct xdp_md *context) {
            volatile __u32 kept = 0x12345678;
            return kept == 0x12345678 ? XDP_PASS : XDP_DROP;
        }
        """

    private func permit(blinded: Bool, in jail: Jail) throws -> Permit {
        let object = try Fixture.object(Self.source)
        var loaded = try ObjectLoader.load(object, in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        let facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
        return try Permit(Fixture.decision(facts, blindConstants: blinded, ceiling: .jitChild), for: program)
    }

    private func holds(_ needle: [UInt8], _ bytes: [UInt8]) -> Bool {
        (0...bytes.count - needle.count).contains { bytes[$0..<$0 + needle.count].elementsEqual(needle) }
    }

    @Test("a policy with blind_constants leaves none of a program's constants in its code, and the same verdicts")
    func policy() throws {
        let room = MachineRoom()
        defer { withExtendedLifetime(room) {} }
        let (jail, cells) = (try Jail(ready: .none), try Jail(for: .child))
        let planted: [UInt8] = [0x78, 0x56, 0x34, 0x12]
        var codes: [[UInt8]] = []
        for blinded in [false, true, true] {
            let permit = try permit(blinded: blinded, in: jail)
            let native = try #require(try ObjectLoader.compile(permit, options: SandboxOptions(), in: jail))
            #expect(holds(planted, native.compiled.bytes) == !blinded)
            codes.append(native.compiled.bytes)
            var sandbox = try Sandbox(permit, native: native, in: cells)
            #expect(try sandbox.decide([1, 2, 3, 4]).result.action == .pass)
        }
        #expect(codes[1] != codes[2], "what hides the constants is new each time")
    }
}
