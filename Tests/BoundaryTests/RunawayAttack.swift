import CellTesting
import Enclosure
import Testing
import Virtualization

extension BoundaryTests {
    @Test(
        "a loop without end is stopped at its deadline, and the report says where it was",
        arguments: EnclosureKind.testable,
        [
            "1: jmp 1b", "1: pause\njmp 1b", "1: lock incl PRIVATE\njmp 1b",
            "1: rep stosb\nmovl $PRIVATE, %edi\nmovl $0x8000, %ecx\njmp 1b",
        ])
    func runaway(in kind: EnclosureKind, code: String) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 100_000_000
        limits.stopNanoseconds = 10_000_000_000
        let image = try HostileImage.attacking(code, preparation: "movl $PRIVATE, %edi\nmovl $0x8000, %ecx")
        let failure = try arena.failure(of: image, limits: limits)
        guard case .deadlineExceeded(100_000_000, .stopped(let place?)?)? = failure else {
            Issue.record("\(failure.map { "\($0)" } ?? "no failure")")
            return
        }
        #expect((HostileImage.attackAddress..<HostileImage.attackAddress + 64).contains(place.instruction))
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }

    @Test("a cell that goes to sleep for ever is stopped at its deadline", arguments: EnclosureKind.testable)
    func sleeper(in kind: EnclosureKind) throws {
        var arena = try Arena(kind)
        var limits = arena.limits
        limits.deadlineNanoseconds = 100_000_000
        limits.stopNanoseconds = 10_000_000_000
        // Parked on the present generation, without having said that it parks: nobody wakes it.
        let image = try HostileImage.attacking(
            "movl %eax, (%rdx)\n1: jmp 1b", preparation: "movl $PARK, %edx\nmovl WAKE_GENERATION, %eax")
        let failure = try arena.failure(of: image, limits: limits)
        guard case .deadlineExceeded(100_000_000, .stopped(let place?)?)? = failure else {
            Issue.record("\(failure.map { "\($0)" } ?? "no failure")")
            return
        }
        #expect((HostileImage.attackAddress..<HostileImage.attackAddress + 64).contains(place.instruction))
        #expect(try arena.witnessSeenByFreshCell() == Arena.witness)
    }
}
