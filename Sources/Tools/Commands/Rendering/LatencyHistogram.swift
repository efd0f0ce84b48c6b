/// Counts durations so that percentiles can be read off, in memory that never grows.
///
/// Log-linear, as HdrHistogram is: values below 256 have a bucket each; above, every power of two is cut into 128, so that
/// a value read back is at most 1/128 above the one recorded. Minimum, maximum, sum and count are exact.
package struct LatencyHistogram: Sendable {
    /// Buckets in each power of two, as a power of two.
    private static let precision = 7
    /// The largest exponent with buckets of its own: 2⁴¹ ns are 36 minutes; what is longer shares the last bucket.
    private static let largestExponent = 40
    private static let bucketCount = ((largestExponent - precision) << precision) + (2 << precision)

    private var buckets = [UInt64](repeating: 0, count: bucketCount)
    package private(set) var count: UInt64 = 0
    package private(set) var sum: UInt64 = 0
    package private(set) var maximum: UInt64 = 0
    private var smallest = UInt64.max

    package init() {}

    package var minimum: UInt64 { count == 0 ? 0 : smallest }
    package var mean: UInt64 { count == 0 ? 0 : sum / count }

    /// Counts one duration. Allocates nothing: the buckets are this value's own from the start.
    package mutating func record(_ nanoseconds: UInt64) {
        buckets[Self.bucket(of: nanoseconds)] &+= 1
        count &+= 1
        sum &+= nanoseconds
        if nanoseconds > maximum { maximum = nanoseconds }
        if nanoseconds < smallest { smallest = nanoseconds }
    }

    /// Adds what another has counted, such as another lane.
    package mutating func merge(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        count &+= other.count
        sum &+= other.sum
        maximum = max(maximum, other.maximum)
        smallest = min(smallest, other.smallest)
    }

    /// The smallest duration that at least `perMille` thousandths of all recorded ones do not exceed; 0 if there are none.
    package func value(atPerMille perMille: UInt64) -> UInt64 {
        guard count > 0 else { return 0 }
        let (high, low) = count.multipliedFullWidth(by: min(perMille, 1_000))
        let (quotient, remainder) = UInt64(1_000).dividingFullWidth((high, low))
        let rank = max(1, remainder == 0 ? quotient : quotient + 1)
        var seen: UInt64 = 0
        for (index, counted) in buckets.enumerated() where counted > 0 {
            seen += counted
            if seen >= rank { return min(Self.upperBound(of: index), maximum) }
        }
        return maximum
    }

    package var summary: LatencySummary {
        LatencySummary(
            count: count, minimum: minimum, mean: mean, p50: value(atPerMille: 500), p90: value(atPerMille: 900),
            p99: value(atPerMille: 990), p999: value(atPerMille: 999), maximum: maximum)
    }

    static func bucket(of value: UInt64) -> Int {
        guard value >= 2 << precision else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        guard exponent <= largestExponent else { return bucketCount - 1 }
        let shift = exponent - precision
        return (shift << precision) + Int(value >> UInt64(shift))
    }

    /// The largest value that lies in a bucket.
    static func upperBound(of bucket: Int) -> UInt64 {
        guard bucket >= 2 << precision else { return UInt64(bucket) }
        guard bucket < bucketCount - 1 else { return .max }
        let shift = (bucket >> precision) - 1
        let mantissa = UInt64(bucket - (shift << precision))
        return ((mantissa + 1) << UInt64(shift)) - 1
    }
}

/// What is said of a set of durations, all in nanoseconds.
package struct LatencySummary: Sendable, Equatable, Encodable {
    package let count: UInt64
    package let minimum: UInt64
    package let mean: UInt64
    package let p50: UInt64
    package let p90: UInt64
    package let p99: UInt64
    package let p999: UInt64
    package let maximum: UInt64
}
