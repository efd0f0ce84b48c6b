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
    /// Of the spin that a thread on the same core lengthens; nil where that does not matter.
    private var shortestWide: UInt64?
    private var switches: Int64 = 0
    private var wasQuiet = false
    package private(set) var kept = 0
    package private(set) var dropped = 0

    /// Processes whose first threads the sample depends on as well.
    private let companions: [Int32]

    /// - Parameter isAlone: whether samples are the work of one thread, so that whatever else the core does disturbs them. The first spin
    ///   does not show that: multiplications that wait for each other leave room for another thread's instructions.
    package init(companions: [Int32] = [], isAlone: Bool = false) {
        self.companions = companions
        if isAlone { shortestWide = .max }
        for _ in 0..<200 { _ = isQuiet() }
    }

    /// Nanoseconds of one multiplication that waits for the one before, in the shortest spin seen so far. A neighbour that
    /// slows the machine throughout shows here only.
    package var multiplicationNanoseconds: Double { Double(shortest) / Double(Self.rounds) }

    private static func spin(_ work: (UInt64) -> UInt64) -> UInt64 {
        let start = monotonicNanoseconds()
        _ = work(rounds)
        return monotonicNanoseconds() - start
    }

    private mutating func isQuiet() -> Bool {
        let took = Self.spin(cbenchmark_spin)
        shortest = min(shortest, took)
        guard Double(took) <= Double(shortest) * Self.tolerance else { return false }
        guard let shortestWide else { return true }
        let tookWide = Self.spin(cbenchmark_wide_spin)
        let least = min(shortestWide, tookWide)
        self.shortestWide = least
        return Double(tookWide) <= Double(least) * Self.tolerance
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
