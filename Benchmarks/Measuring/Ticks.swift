internal import CBenchmark
internal import Linux

/// The time-stamp counter as a clock: a round trip is too short for a call.
package struct Ticks {
    /// Nanoseconds of one tick.
    private let scale: Double
    /// What two readings cost that have nothing between them.
    private let overhead: Double

    package init() {
        let startTicks = cbenchmark_ticks()
        let start = monotonicNanoseconds()
        while monotonicNanoseconds() - start < 20_000_000 {}
        let ticks = cbenchmark_ticks() - startTicks
        scale = Double(monotonicNanoseconds() - start) / Double(ticks)
        var least = UInt64.max
        for _ in 0..<1000 {
            let before = cbenchmark_ticks()
            least = min(least, cbenchmark_ticks() - before)
        }
        overhead = Double(least)
    }

    /// Nanoseconds between two readings.
    package func nanoseconds(_ before: UInt64, _ after: UInt64) -> Double {
        (Double(after - before) - overhead) * scale
    }
}

/// Times one call in nanoseconds.
package func timed(_ work: () throws -> Void) rethrows -> Double {
    let start = monotonicNanoseconds()
    try work()
    return Double(monotonicNanoseconds() - start)
}
