import Bytecode
import PolicyCore
import ProgramPackage
import Sandbox
import Testing

/// What policy is told of a program, and what it makes of it: programs that are made by hand, so that no cell and no jail is needed.
@Suite("Facts of programs")
struct ProgramFactTests {
    /// `r0 = 2; exit`, in a section.
    private static func package(_ section: String) -> ObjectPackage {
        ObjectPackage(
            licence: "GPL", sections: [], maps: [],
            programs: [
                Program(
                    name: "pass", section: section,
                    code: [
                        Slot(opcode: 0xB7, registers: 0, offset: 0, immediate: 2),
                        Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
                    ], functions: [FunctionRange(name: "pass", start: 0)], lines: [])
            ], hasBTF: true, hasLineInfo: false)
    }

    /// What the verifier would have said, asked for something.
    private static func verification(
        _ version: UInt32 = Verification.currentVersion, _ change: (inout VerifierOptions) -> Void = { _ in }
    ) -> Verification {
        var options = VerifierOptions()
        change(&options)
        return Verification(
            version: version, options: options, programs: [ProgramVerification(program: 0, verdict: .accepted)])
    }

    private static func identity(
        _ section: String = "xdp", _ verification: Verification = verification(), type: ProgramType? = nil
    ) throws -> ProgramIdentity {
        try AdmittedProgram(from: package(section), verification: verification, type: type).identity
    }

    private static func decide(_ identity: ProgramIdentity, when: String) throws -> PolicyCode {
        let text = """
            schema = "ringfence-policy/v1"
            kind = "base"
            id = "test"
            version = 1
            issued = 2026-01-01T00:00:00Z
            expires = 2027-01-01T00:00:00Z
            mode = "enforce"
            [[permit]]
            id = "p"
            tier = "interp-guest"
            when = { type = ["xdp", "sched_cls"], \(when) }
            """
        let bytes = Array(text.utf8)
        let base = try PolicyBase(parsing: bytes, sha256: ContentDigest(sha256Of: bytes), eligible: .offered)
        return PolicyCore.decide(
            [base], facts: Facts(program: identity, hostKVM: .known(.usable, .observed)),
            availability: Availability(guest: .usable, child: .usable, eligible: .offered),
            now: try UTCTime(text: "2026-06-01T00:00:00Z".utf8)
        ).code
    }

    /// What the verifier is asked beside the usual, and what comes of a permit that wants the usual.
    private static let knobs: [(name: String, change: @Sendable (inout VerifierOptions) -> Void, code: PolicyCode)] = [
        ("the same", { _ in }, .ok), ("visits", { $0.visits = 1 }, .ok), ("states", { $0.states = 1 }, .ok),
        ("memory", { $0.memory = 1 }, .ok), ("milliseconds", { $0.milliseconds = 1 }, .ok),
        ("confirms", { $0.confirms = false }, .ok),
        // Asks for more, so what passes has passed the other question too.
        ("division by zero", { $0.refusesDivisionByZero = true }, .ok),
        ("address leaks", { $0.allowsAddressLeaks = true }, .noPermit),
        // Proven as a program of another type is not proven at all.
        ("type", { $0.programType = "sched_cls" }, .verdict),
    ]

    @Test(
        "T95: a proof of another meaning, or by another verifier, is E_NO_PERMIT; a budget changes nothing of what a pass means",
        arguments: knobs.indices)
    func proof(index: Int) throws {
        let (name, change, code) = Self.knobs[index]
        let identity = try Self.identity("xdp", Self.verification(Verification.currentVersion, change))
        let when =
            "\"verifier.options\" = [\"strict\"], \"verifier.id\" = [\"ringfence/\(Verification.currentVersion)\"]"
        #expect(try Self.decide(identity, when: when) == code, "\(name)")
        let older = try Self.identity("xdp", Self.verification(Verification.currentVersion - 1, change))
        #expect(try Self.decide(older, when: when) == (code == .verdict ? .verdict : .noPermit), "\(name)")
    }

    @Test("T95: every option of the verifier is one of those")
    func everyKnob() {
        #expect(
            Mirror(reflecting: VerifierOptions()).children.compactMap(\.label) == [
                "visits", "states", "memory", "milliseconds", "allowsAddressLeaks", "refusesDivisionByZero", "confirms",
                "programType",
            ])
    }

    @Test("T96: policy can name the platform; what means something else is E_NO_PERMIT, and unknown it permits nothing")
    func platform() throws {
        let xdp = try Self.identity()
        guard case .known(let digest, .proven) = xdp[.platform] else {
            Issue.record("the platform is \(xdp[.platform])")
            return
        }
        let named = "platform = [\"sha256:\(digest)\"]"
        #expect(try Self.decide(xdp, when: named) == .ok)
        #expect(try Self.identity()[.platform].value == digest)
        // The same instructions as a program of another type mean something else.
        let tc = try Self.identity("tc")
        #expect(tc[.platform].value != nil && tc[.platform].value != digest)
        #expect(try Self.decide(tc, when: named) == .noPermit)
        let given = try Self.identity("tc", Self.verification { $0.programType = "xdp" }, type: .xdp)
        #expect(given[.platform].value == digest)
        let odd = try Self.identity("odd", Self.verification())
        #expect(odd[.platform] == .unknown(.extractionFailed("section odd")))
        var other = xdp
        other[.platform] = .known(ContentDigest(sha256Of: [1]), .proven)
        #expect(try Self.decide(other, when: named) == .noPermit)
        other[.platform] = .unknown(.absent)
        #expect(try Self.decide(other, when: named) == .noPermit)
    }
}
