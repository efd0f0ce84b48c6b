import Bytecode
import Enclosure
import PolicyCore
import ProgramPackage
import Sandbox
import TestSupport
import Testing

/// The broker's side of verification, against a verifier that was taken over. It needs no KVM.
@Suite("A verifier that is not to be believed", .serialized)
struct VerificationJailTests {
    private let room = MachineRoom()

    /// An object whose verifier behaves as `behaviour` says.
    private func object(
        _ behaviour: String, _ names: [String] = ["p"], in jail: Jail
    ) throws -> LoadedObject {
        let code = [
            Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: 2),
            Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
        ]
        let package = ObjectPackage(
            licence: behaviour,
            programs: names.map { Program(name: $0, section: "xdp", code: code) })
        return try ObjectLoader.load(package.serialized(), in: jail)
    }

    private func jail() throws -> Jail { try Jail(ready: .none, helper: "hostile-jail") }

    private var brief: VerifierOptions {
        var options = VerifierOptions()
        options.milliseconds = 1
        return options
    }

    @Test(
        "what it says of a program is what the program carries, and what policy hears",
        arguments: [
            ("sound", ProgramVerdict.accepted, AdmittedProgram.Execution.verified),
            ("needs fuel", .needsFuel, .metered), ("rejecting", .rejected, .checked),
        ])
    func verdicts(behaviour: String, verdict: ProgramVerdict, execution: AdmittedProgram.Execution) throws {
        let jail = try jail()
        var loaded = try object(behaviour, ["p", "q"], in: jail)
        try ObjectLoader.verify(&loaded, programs: [1], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification, name: "q")
        #expect(program.identity.verdict == .known(verdict, .proven))
        #expect(
            program.identity.verifier
                == .known(VerifierIdentity(version: Verification.currentVersion, options: .strict), .proven))
        #expect(program.execution == execution)
        // Of the other program nothing was said.
        let other = try AdmittedProgram(from: loaded.package, verification: loaded.verification, name: "p")
        #expect(other.identity.verdict == .unknown(.absent) && other.execution == .checked)
    }

    @Test("what was proven for a type that somebody said by hand is not proven of the program that runs")
    func typeByHand() throws {
        let jail = try jail()
        var loaded = try object("sound", in: jail)
        var options = VerifierOptions()
        options.programType = "kprobe"
        try ObjectLoader.verify(&loaded, programs: [0], options: options, in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        #expect(program.identity.verdict == .unknown(.absent) && program.execution == .checked)
    }

    @Test(
        "its death while it verifies is an error with the status, and the spawner lives on",
        arguments: [("exits", 7 << 8), ("traps", nil), ("opens a file", 31), ("allocates", nil)] as [(String, Int32?)])
    func death(behaviour: String, status: Int32?) throws {
        let jail = try jail()
        var loaded = try object(behaviour, in: jail)
        let error = #expect(throws: SandboxError.self) {
            try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        }
        guard case .enclosure(.verificationDied(let got))? = error else {
            Issue.record("\(error as Any)")
            return
        }
        if let status { #expect(got == status) } else { #expect(got & 0x7F != 0) }
        #expect(loaded.verification == nil)
        var next = try object("sound", in: jail)
        try ObjectLoader.verify(&next, programs: [0], in: jail)
        #expect(next.verification?.programs.map(\.verdict) == [.accepted])
    }

    @Test("one that does not end is ended, and only the program that it did not end over is too complex")
    func endless() throws {
        let jail = try jail()
        var loaded = try object("sound", ["first", "slow", "last"], in: jail)
        try ObjectLoader.verify(&loaded, programs: [0, 1, 2], options: brief, in: jail)
        let programs = try #require(loaded.verification?.programs)
        #expect(programs.map(\.verdict) == [.accepted, .tooComplex, .accepted])
        #expect(programs[1].findings.map(\.kind) == [.tooComplex])
        #expect(programs[1].findings[0].requirement.contains("1 ms"))
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification, name: "slow")
        #expect(program.identity.verdict == .known(.tooComplex, .proven))
    }

    @Test(
        "an answer that is none, or too large, is refused by name",
        arguments: ["empty", "floods", "refuses"])
    func noAnswer(behaviour: String) throws {
        let jail = try jail()
        var loaded = try object(behaviour, in: jail)
        let error = #expect(throws: SandboxError.self) {
            try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        }
        switch (behaviour, error) {
        case ("empty", .enclosure(.verificationAnswer(status: 1, length: 0, limit: 16_777_216))): break
        case ("floods", .enclosure(.verificationAnswer(status: 1, length: 16_777_217, limit: 16_777_216))): break
        case ("refuses", .enclosure(.verificationRefused("no\u{1B}[31m"))): break
        case _: Issue.record("\(behaviour): \(error as Any)")
        }
    }

    static let forgeries: [(String, VerificationError)] = [
        ("garbage", .wrongMagic(0xAAAA_AAAA_AAAA_AAAA)),
        ("other programs", .otherPrograms(asked: [0, 1], answered: [200])),
        ("fewer programs", .otherPrograms(asked: [0, 1], answered: [0])),
        ("other options", .otherOptions), ("leaks allowed", .otherOptions), ("other type", .otherOptions),
        ("old verifier", .wrongVerifier(0, expected: Verification.currentVersion)),
        ("outside", .instructionOutOfRange(program: 0, instruction: 60_000, count: 2)),
        ("contradicts itself", .contradiction(program: 0, verdict: .accepted, findings: 1)),
        (
            "meaningless facts",
            .facts(program: 0, InstructionFactsError(slot: 0, problem: .meaningless(bits: 8, opcode: 0xB7)))
        ),
        ("too few facts", .facts(program: 0, InstructionFactsError(slot: 1, problem: .count(slots: 2)))),
        ("unknown facts", .facts(program: 0, InstructionFactsError(slot: 0, problem: .unknown(bits: 0x80)))),
    ]

    @Test("an answer to another question, or one that contradicts itself, is refused by name", arguments: forgeries)
    func forged(behaviour: String, refusal: VerificationError) throws {
        let jail = try jail()
        var loaded = try object(behaviour, ["p", "q"], in: jail)
        let error = #expect(throws: SandboxError.self) {
            try ObjectLoader.verify(&loaded, programs: [0, 1], in: jail)
        }
        guard case .verification(let got)? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(got == refusal)
        #expect(loaded.verification == nil)
    }

    @Test("a decision about other facts than the program's is no permit for it")
    func foreignDecision() throws {
        let jail = try jail()
        var loaded = try object("rejecting", in: jail)
        try ObjectLoader.verify(&loaded, programs: [0], in: jail)
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        var facts = Facts(program: program.identity, hostKVM: .known(.usable, .observed))
        #expect(throws: SandboxError.self) { try Permit(Fixture.decision(facts), for: program) }
        facts[.verdict] = .known(.accepted, .proven)
        let decision = try Fixture.decision(facts)
        #expect(decision.allows)
        guard
            case .foreignDecision? = #expect(
                throws: SandboxError.self, performing: { try Permit(decision, for: program) })
        else {
            Issue.record("not refused by name")
            return
        }
    }

    @Test("the real verifier answers through its jail, with the options and programs that it was asked for")
    func real() throws {
        let jail = try Jail(ready: .none)
        let object = try BPFCompiler.object(
            "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" + Source.counter,
            flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
        var loaded = try ObjectLoader.load(object, in: jail)
        var options = VerifierOptions()
        options.visits = 12_345
        try ObjectLoader.verify(&loaded, programs: [0], options: options, in: jail)
        #expect(loaded.verification?.options == options)
        #expect(loaded.verification?.programs.map(\.program) == [0])
        // The packet is read unchecked: whatever else may be said of it, it is not safe.
        let program = try AdmittedProgram(from: loaded.package, verification: loaded.verification)
        #expect(program.execution == .checked)
    }
}
