import Enclosure
import Testing

extension BoundaryTests {
    @Test("a cell that rings for nothing is ended at the first ring beyond what a sound one could have a reason for")
    func doorbellStorm() throws {
        let storm = { (failure: CellFailure) in
            guard case .ended(.doorbellStorm(let count, let limit)) = failure else { return false }
            // The broker sleeps again after each ring that woke it, which is one more that it may be rung for; a cell that rings
            // faster than that is found out. Each ring costs the host an exit, so it must not come to a million.
            return count == limit + 1 && limit < 100_000
        }
        let million = "movl $1000000, %ecx"
        try expectContained([
            Attack(
                code: "1: movl $1, (%rax)\nloop 1b", preparation: "movl $WAKE_HOST, %eax\n\(million)", expected: storm),
            Attack(
                code: "1: movl $0xdead, (%rax)\nloop 1b", preparation: "movl $PARK, %eax\n\(million)", expected: storm),
            Attack(
                code: "1: movl $0xdead, (%rax)\nmovl $1, 8(%rax)\nloop 1b", preparation: "movl $PARK, %eax\n\(million)",
                expected: storm),
        ])
    }
}
