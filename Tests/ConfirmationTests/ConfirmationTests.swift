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
}
