package import PolicyCore

/// Where a log does not hold, and why.
package struct LogFault: Error, Equatable, Sendable {
    /// The line of the file, from 1; over all files where several are verified.
    package var line: Int
    /// The first record that is not what it was, or is not there.
    package var sequence: UInt64
    package var problem: Problem

    package init(line: Int, sequence: UInt64, problem: Problem) {
        self.line = line
        self.sequence = sequence
        self.problem = problem
    }

    package enum Problem: Equatable, Sendable {
        case notARecord(LogLineError)
        case lineTooLong
        /// Lines that are no records, and no record accounts for them.
        case unaccounted(lines: UInt64)
        /// The file ends within a line: a write that was cut short, or the file was.
        case unfinished
        case missing(found: UInt64)
        case repeated(expected: UInt64)
        /// What follows the record follows another one: it was changed, or what follows is of another chain.
        case notTheOneFollowed
        /// The record follows neither the one before it nor anything that the next one follows.
        case doesNotFollow
        /// The log ends before it, and had it when it was exported.
        case truncated
        /// What was exported has another head there.
        case notAsExported
        case otherLog(LogID, expected: LogID)
        case untrustedKey(KeyID)
        case signature
        case epoch(UInt64, expected: UInt64)
        /// The seal is not of the epoch's key; and of which it is, where that can be told.
        case seal(madeWith: UInt64?)
        case file(UInt64, expected: UInt64)
        /// Far more records than there ever are without a checkpoint: nothing but the chain vouches for them, which anyone can make.
        case unsealed(UInt64)
    }
}

extension LogFault: CustomStringConvertible {
    package var description: String { "line \(line), record \(sequence): \(problem)" }
}

extension LogFault.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notARecord(let error): "not a record (\(error))"
        case .lineTooLong: "longer than the \(LogRecord.maximumLineBytes) bytes of the longest record"
        case .unaccounted(let lines): "\(lines) lines before it are no records, and it does not account for them"
        case .unfinished:
            "the file ends within a line: a write was cut short, which the log's next opening will record, or the file was"
        case .missing(let found): "missing: record \(found) stands in its place"
        case .repeated(let expected): "there twice, or out of its place: record \(expected) should stand here"
        case .notTheOneFollowed:
            "not the one that was written: what comes after it follows another, so it was changed, or another chain begins there"
        case .doesNotFollow:
            "does not follow the record before it, and what comes after does not follow it: it was changed"
        case .truncated: "missing: the log ends before it, and had it when its checkpoint was exported"
        case .notAsExported: "not the one before which the checkpoint was exported"
        case .otherLog(let log, let expected): "a record of the log \(log), among those of \(expected)"
        case .untrustedKey(let key): "sealed by a key that is not trusted, \(key)"
        case .signature: "the checkpoint's signature does not hold"
        case .epoch(let epoch, let expected): "the checkpoint is of epoch \(epoch), and \(expected) is due"
        case .seal(let other?): "sealed with the key of epoch \(other) and not with its own: sealed anew, later"
        case .seal(nil): "the seal is not of the key of its epoch"
        case .unsealed(let count): "not sealed, and neither are the \(count) before it: checkpoints are missing"
        case .file(let file, let expected): "begins file \(file), and \(expected) is due"
        }
    }
}

/// What a log that holds says of itself.
package struct LogSummary: Equatable, Sendable {
    /// The first record that is there, and the head before it, which is to be what an earlier file ended with; nil for an empty log.
    package var first: LogPosition?
    /// The number after the last record, and the head.
    package var end = LogPosition(sequence: 0, head: LogChain.root)
    package var log: LogID?
    package var key: KeyID?
    package var decisions: UInt64 = 0
    package var denials: UInt64 = 0
    package var reloads: UInt64 = 0
    package var recoveries: UInt64 = 0
    package var lost: UInt64 = 0
    package var torn: UInt64 = 0
    package var files: UInt64 = 0
    package var checkpoints: UInt64 = 0
    /// Records after the last checkpoint: nothing but the chain vouches for them.
    package var unsealed: UInt64 = 0
    /// Of the checkpoints, those whose signature was checked, and those whose seal was.
    package var signaturesChecked: UInt64 = 0
    package var sealsChecked: UInt64 = 0
    /// Of the heads that were known from elsewhere, those that the log has.
    package var headsChecked: UInt64 = 0
}
