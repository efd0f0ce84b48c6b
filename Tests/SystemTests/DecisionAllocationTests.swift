import Foundation
import Testing

@Suite("What a decision costs")
struct DecisionAllocationTests {
    /// That it is nothing at all is what `make bench-policy` holds, which has optimised code.
    @Test("what a decision allocates does not grow with the rules: as much by 512 as by 16")
    func allocatesTheSame() throws {
        let ending = try Tool.run("policy-timing", ["200"])
        let lines = ending.output.split(separator: "\n")
        #expect(ending.status == 0 && lines.count == 3, "\(ending.output)\(ending.errors)")
        var allocations: Set<Int> = []
        for (line, rules) in zip(lines, [16, 128, 512]) {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(object["rules"] as? Int == rules)
            // What is timed is a decision that has looked at rules, and not a denial at the first of them.
            #expect(object["outcome"] as? String == "interp-guest")
            allocations.insert(try #require(object["allocations"] as? Int))
        }
        #expect(allocations.count == 1, "\(ending.output)")
    }
}
