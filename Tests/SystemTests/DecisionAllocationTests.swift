import Foundation
import Testing

@Suite("What a decision costs")
struct DecisionAllocationTests {
    @Test("a decision allocates nothing, by 16, 128 and 512 rules")
    func allocatesNothing() throws {
        let ending = try Tool.run("policy-timing", ["200"])
        let lines = ending.output.split(separator: "\n")
        #expect(ending.status == 0 && lines.count == 3, "\(ending.output)\(ending.errors)")
        for (line, rules) in zip(lines, [16, 128, 512]) {
            #expect(line.contains("\"rules\": \(rules),") && line.contains("\"allocations\": 0,"), "\(line)")
            // What is timed is a decision that has looked at rules, and not a denial at the first of them.
            #expect(line.contains("\"outcome\": \"jit-guest\""), "\(line)")
        }
    }
}
