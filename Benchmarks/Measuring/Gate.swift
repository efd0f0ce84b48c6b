internal import CBenchmark
internal import Linux

/// Tells samples that somebody else's work has lengthened from those that it has not.
///
/// A spin of fixed length is timed before and after a sample. Where it takes longer than it can, or the scheduler took the
/// processor away in between, the sample is dropped, and counted as dropped.
package struct Gate: ~Copyable {
    private static let rounds: UInt64 = 10_000
    /// A spin may take this much longer than the shortest one seen.
    private static let tolerance = 1.1

    private var shortest = UInt64.max
    private var switches: Int64 = 0
    private var wasQuiet = false
    package private(set) var kept = 0
    package private(set) var dropped = 0

    /// Processes whose first threads the sample depends on as well.
    private let companions: [Int32]

    package init(companions: [Int32] = []) {
        self.companions = companions
        for _ in 0..<200 { shortest = min(shortest, Self.spin()) }
    }

    /// Nanoseconds of one multiplication that waits for the one before, in the shortest spin seen so far. A neighbour that
    /// slows the machine throughout shows here only.
    package var multiplicationNanoseconds: Double { Double(shortest) / Double(Self.rounds) }

    private static func spin() -> UInt64 {
        let start = monotonicNanoseconds()
        _ = cbenchmark_spin(rounds)
        return monotonicNanoseconds() - start
    }

    private mutating func isQuiet() -> Bool {
        let took = Self.spin()
        shortest = min(shortest, took)
        return Double(took) <= Double(shortest) * Self.tolerance
    }

    private func countSwitches() -> Int64 {
        companions.reduce(cbenchmark_involuntary_switches()) { $0 + cbenchmark_switches_of($1) }
    }

    /// Waits a while for a quiet moment; then a sample may begin.
    package mutating func begin() {
        wasQuiet = false
        for _ in 0..<20 where !wasQuiet {
            wasQuiet = isQuiet()
            if !wasQuiet { cbenchmark_sleep(500_000) }
        }
        switches = countSwitches()
    }

    /// Whether nothing disturbed the sample that began last.
    package mutating func end() -> Bool {
        let isGood = wasQuiet && countSwitches() == switches && isQuiet()
        if isGood { kept += 1 } else { dropped += 1 }
        return isGood
    }
}
