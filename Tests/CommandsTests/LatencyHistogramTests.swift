import Testing

@testable import Commands

@Suite("Latencies are counted in little memory and read back closely")
struct LatencyHistogramTests {
    @Test("every value lies in its bucket, at most 1/128 below the bucket's end")
    func buckets() {
        var values: [UInt64] = Array(0...70_000)
        for exponent in 16..<UInt64(41) {
            for delta in UInt64(0)...300 {
                values += [1 << exponent + delta, 1 << exponent - delta, 3 << (exponent - 1) + delta]
            }
        }
        for value in values where value < 1 << 41 {
            let bucket = LatencyHistogram.bucket(of: value)
            let bound = LatencyHistogram.upperBound(of: bucket)
            #expect(bound >= value && bound - value <= value / 128)
            #expect(bucket == 0 || LatencyHistogram.upperBound(of: bucket - 1) < value)
        }
    }

    @Test("buckets follow each other without a gap")
    func order() {
        var previous: UInt64 = 0
        for bucket in 1..<4_480 {
            let bound = LatencyHistogram.upperBound(of: bucket)
            #expect(bound > previous)
            #expect(LatencyHistogram.bucket(of: previous + 1) == bucket)
            if bucket < 4_479 { #expect(LatencyHistogram.bucket(of: bound) == bucket) }
            previous = bound
        }
        #expect(previous == .max)
    }

    @Test("percentiles are those of the sorted values, within 1/128", arguments: UInt64(1)...6)
    func percentiles(seed: UInt64) {
        var state = seed
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<5_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = (state >> 33) >> (state >> 59)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for perMille in [1, 10, 500, 900, 990, 999, 1_000] as [UInt64] {
            let exact = values[Int((perMille * 5_000 + 999) / 1_000) - 1]
            let read = histogram.value(atPerMille: perMille)
            #expect(read >= exact && read - exact <= exact / 128)
        }
        let summary = histogram.summary
        #expect(summary.count == 5_000)
        #expect(summary.minimum == values.first && summary.maximum == values.last)
        #expect(summary.mean == values.reduce(0, +) / 5_000)
        #expect(histogram.value(atPerMille: 1_000) == values.last)
        #expect(histogram.value(atPerMille: 5_000) == values.last)
    }

    @Test("nothing recorded reads as zeros")
    func empty() {
        #expect(
            LatencyHistogram().summary
                == LatencySummary(count: 0, minimum: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, maximum: 0))
    }

    @Test("the longest durations are counted, not lost")
    func extremes() {
        var histogram = LatencyHistogram()
        histogram.record(.max)
        histogram.record(1 << 41)
        histogram.record(0)
        #expect(histogram.value(atPerMille: 1_000) == .max)
        #expect(histogram.value(atPerMille: 1) == 0)
        #expect(histogram.count == 3)
    }

    @Test("one that was merged is as if all had been recorded in one")
    func merging() {
        var all = LatencyHistogram(), first = LatencyHistogram(), second = LatencyHistogram()
        for value in UInt64(1)...1_000 {
            all.record(value * value)
            if value.isMultiple(of: 3) { first.record(value * value) } else { second.record(value * value) }
        }
        first.merge(second)
        first.merge(LatencyHistogram())
        #expect(first.summary == all.summary)
    }
}
