import BytecodeText
import ProgramPackage
import Testing
import Verifier

@testable import Confirmation

@Suite("Confirmation")
struct ConfirmationTests {
    @Test("a program that is wrong is broken by an input, which breaks it again", arguments: Probe.unsafe)
    func confirmed(probe: Probe) throws {
        let bench = Bench()
        var search = try probe.search(bench)
        guard let witness = search.find() else {
            Issue.record("\(probe.name): \(search.reason)")
            return
        }
        let lines = search.lines(witness)
        #expect(lines.last?.hasPrefix("instruction \(probe.instruction) ") == true)
        // What no fault shows, only the shadow can.
        guard witness.isFault else { return }
        var machine = Machine(try bench.subject(probe.text), in: Arena())
        let halt = machine.begin(witness.input, fuel: 20_000) ?? machine.run()
        guard case .fault(let fault) = halt else {
            Issue.record("\(probe.name): \(halt) where \(lines) was said")
            return
        }
        #expect(machine.index == probe.instruction)
        #expect(probe.kind.isShown(by: fault))
    }

    @Test("a program that is right is not broken", arguments: Probe.safe)
    func notConfirmed(probe: Probe) throws {
        let bench = Bench()
        let subject = try bench.subject(probe.text)
        let outcome = Confirmation.confirm(
            finding: Finding(probe.kind, at: probe.instruction, ""), trace: probe.trace(subject), subject: subject,
            budget: Confirmation.Budget(), arena: bench.arena)
        guard case .notConfirmed(lostAt: 7, let reason) = outcome else {
            Issue.record("\(probe.name): \(outcome)")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("the same program is broken by the same input every time")
    func deterministic() throws {
        for probe in Probe.unsafe {
            let bench = Bench()
            var first = try probe.search(bench)
            var second = try probe.search(bench)
            #expect(first.find() == second.find(), "\(probe.name)")
        }
    }

    @Test("what the verifier refuses is broken along the way that it gives")
    func fromTheVerifier() throws {
        let arena = Arena()
        var confirmed = 0
        var missed: [String] = []
        for probe in Probe.unsafe {
            let package = ObjectPackage(
                licence: "GPL", maps: Bench.maps,
                programs: [Program(name: "p", section: "xdp", code: try Bench.assembler.assemble(probe.text))])
            let (verification, traces) = Verifier.analyse(program: 0, of: package)
            let outcomes = traces.map { trace in
                Confirmation.confirm(
                    finding: verification.findings[trace.finding], trace: trace, program: package.programs[0],
                    package: package, descriptor: Bench.xdp, arena: arena)
            }
            let isConfirmed = outcomes.contains { if case .confirmed = $0 { true } else { false } }
            if isConfirmed {
                confirmed += 1
            } else {
                missed.append("\(probe.name): \(verification.verdict) \(outcomes)")
            }
        }
        // The others it accepts by its own rules (a division by 0 has a result), or refuses for a reason that is no fault of
        // the probe's: what it may call is another table's.
        #expect(confirmed >= 32, "\(missed)")
    }
}
