package import Virtualization

/// Why a cell can serve no more events. It is destroyed; its maps are not its own, and stay.
package enum CellFailure: Error, Equatable, Sendable {
    /// It came off its processor, with a report.
    case ended(CellEnd)
    /// It wrote what no sound image writes.
    case channel(ChannelError)
    /// No verdict in time; where it was, if that could still be said.
    case deadlineExceeded(nanoseconds: UInt64, CellEnd?)
    /// Its process is gone without a report: killed by a signal or by its own filter.
    case processDied(ProcessEnd)
    /// The image and this broker were not built from the same declarations.
    case refusedBootRecord
}

extension CellFailure {
    /// Where the cell was, if that could be said.
    package var fault: Fault? {
        switch self {
        case .ended(let end), .deadlineExceeded(_, let end?): end.fault
        case .channel, .deadlineExceeded(_, nil), .processDied, .refusedBootRecord: nil
        }
    }
}

/// How long the broker waits, and how.
package struct WaitLimits: Equatable, Sendable {
    /// Polling before the broker sleeps; about as long as a wake takes.
    package var spinNanoseconds: UInt64 = 50_000
    /// From submission to verdict.
    package var deadlineNanoseconds: UInt64 = 1_000_000_000
    /// What a stopped cell has to report in, before its process is killed.
    package var stopNanoseconds: UInt64 = 100_000_000

    package init() {}
}
