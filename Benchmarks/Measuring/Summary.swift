/// Samples of one quantity, in nanoseconds unless its figure says otherwise, as the table shows them.
package struct Summary: Codable, Sendable {
    package let median: Double
    package let p90: Double
    package let p99: Double
    package let maximum: Double
    package let minimum: Double
    /// Samples that count.
    package let count: Int

    /// - Parameter samples: at least one.
    package init?(_ samples: [Double]) {
        guard !samples.isEmpty else { return nil }
        let sorted = samples.sorted()
        func quantile(_ part: Double) -> Double { sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))] }
        median = quantile(0.5)
        p90 = quantile(0.9)
        p99 = quantile(0.99)
        maximum = sorted[sorted.count - 1]
        minimum = sorted[0]
        count = sorted.count
    }
}
