internal import CBenchmark
internal import Linux

/// Samples of several things taken in turn, so that what changes over time changes all of them alike.
package struct Alternation {
    /// One list per thing; the same index is the same turn.
    package private(set) var samples: [[Double]]
    package private(set) var disturbedTurns = 0
    /// Too few quiet turns, so the samples are those of all turns.
    package private(set) var isDisturbed = false

    /// Nanoseconds of one multiplication that waits for the one before, at the processor's best.
    package private(set) var multiplicationNanoseconds = 0.0

    private static let enough = 8

    /// Takes turns until `turns` of them were quiet or the time is over.
    ///
    /// - Parameters:
    ///   - companions: processes that take part in samples, so that one in which any of them was interrupted is disturbed.
    ///   - isAlone: as ``Gate`` has it.
    ///   - things: each gives one sample, or several that stand for themselves.
    package init(
        turns: Int, atMostSeconds seconds: Double, idleNanoseconds: UInt64 = 0, with companions: [Int32] = [],
        isAlone: Bool = false, _ things: [() throws -> [Double]]
    ) throws {
        var gate = Gate(companions: companions, isAlone: isAlone)
        var quiet: [[Double]] = things.map { _ in [] }
        var all = quiet
        var quietTurns = 0
        let deadline = monotonicNanoseconds() + UInt64(seconds * 1e9)
        var turn = 0
        while quietTurns < turns, monotonicNanoseconds() < deadline {
            // Who goes first changes, so that nobody always inherits the other's caches.
            let order = turn.isMultiple(of: 2) ? Array(things.indices) : things.indices.reversed()
            var taken: [[Double]] = things.map { _ in [] }
            var isGood = true
            for index in order {
                if idleNanoseconds > 0 { cbenchmark_sleep(idleNanoseconds) }
                gate.begin()
                taken[index] = try things[index]()
                if !gate.end() { isGood = false }
            }
            for index in things.indices {
                all[index] += taken[index]
                if isGood { quiet[index] += taken[index] }
            }
            if isGood { quietTurns += 1 } else { disturbedTurns += 1 }
            turn += 1
        }
        multiplicationNanoseconds = gate.multiplicationNanoseconds
        isDisturbed = quietTurns < Self.enough
        samples = isDisturbed ? all : quiet
    }
}
