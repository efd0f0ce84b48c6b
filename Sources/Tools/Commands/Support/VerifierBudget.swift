internal import ArgumentParser
package import ProgramPackage

/// What `--budget` says: `visits=4000000,states=100000,memory=80M,time=5s`, any part of it.
package enum VerifierBudget {
    /// The parts, and what each may be. Beyond that a jail would not get the memory, or a person not wait.
    static let ranges: [(name: String, range: ClosedRange<UInt64>, meaning: String)] = [
        ("visits", 1...1_000_000_000, "instructions visited, over all states"),
        ("states", 1...100_000_000, "states kept at once"),
        ("memory", 1 << 20...16 << 30, "bytes for states; k, M, G are units"),
        ("time", 1...3_600_000, "milliseconds; ms, s are units"),
    ]

    package static func parse(_ text: String, into options: inout VerifierOptions) throws {
        var seen: Set<String> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2, let row = ranges.first(where: { $0.name == sides[0] }) else {
                throw ValidationError(
                    "--budget takes \(ranges.map { "\($0.name)=…" }.joined(separator: ",")), any of them; not \"\(part)\""
                )
            }
            guard seen.insert(row.name).inserted else { throw ValidationError("--budget says \(row.name) twice") }
            guard let value = number(sides[1], of: row.name), row.range.contains(value) else {
                throw ValidationError(
                    "--budget \(row.name) is a number from \(row.range.lowerBound) to \(row.range.upperBound) "
                        + "(\(row.meaning)); not \"\(sides[1])\"")
            }
            switch row.name {
            case "visits": options.visits = value
            case "states": options.states = value
            case "memory": options.memory = value
            case _: options.milliseconds = value
            }
        }
    }

    private static func number(_ text: String, of name: String) -> UInt64? {
        let units: [(suffix: String, factor: UInt64)] =
            switch name {
            case "memory": [("k", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)]
            case "time": [("ms", 1), ("s", 1_000), ("", 1)]
            case _: [("", 1)]
            }
        for unit in units where text.hasSuffix(unit.suffix) {
            let digits = text.utf8.dropLast(unit.suffix.utf8.count)
            guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let value = UInt64(String(decoding: digits, as: UTF8.self))
            else { return nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: unit.factor)
            return overflows ? nil : product
        }
        return nil
    }
}
