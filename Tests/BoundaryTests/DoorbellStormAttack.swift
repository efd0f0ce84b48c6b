import CellTesting
import Enclosure
import Testing

extension BoundaryTests {
    @Test(
        "a cell that rings for nothing is ended at the first ring beyond what a sound one could have a reason for",
        arguments: EnclosureKind.testable)
    func doorbellStorm(in kind: EnclosureKind) throws {
        let storm = { (failure: CellFailure) in
            guard case .ended(.doorbellStorm(let count, let limit)) = failure else { return false }
            // The broker sleeps again after each ring that woke it, which is one more that it may be rung for; a cell that rings
            // faster than that is found out. Each ring costs the host an exit, so it must not come to a million.
            return count == limit + 1 && limit < 100_000
        }
        let million = "movl $1000000, %ecx"
        try expectContained(
            in: kind,
            [
                Attack(
                    code: "1: movl %eax, (%rdx)\nloop 1b", preparation: "movl $WAKE_HOST, %edx\n\(million)",
                    expected: storm),
                Attack(
                    code: "1: movl %eax, (%rdx)\nloop 1b",
                    preparation: "movl $0xdead, %eax\nmovl $PARK, %edx\n\(million)", expected: storm),
                Attack(
                    code: "1: movl $PARK, %edx\nmovl %eax, (%rdx)\nmovl $WAKE_HOST, %edx\nmovl %eax, (%rdx)\nloop 1b",
                    preparation: "movl $0xdead, %eax\n\(million)",
                    expected: storm),
            ])
    }
}
