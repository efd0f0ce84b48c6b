internal import PolicyCore
package import PolicyTrust

/// Checks a log line by line: that each record follows the one before it, and that each checkpoint is signed by the host's key and sealed
/// with the key of its own epoch and no later one (what systemd's journal did not check: CVE-2023-31439).
///
/// Without the host's key, the chain alone is checked, which anyone can make; without the first seal, whoever has the host's key can have
/// written everything anew. What was checked is in the ``summary``.
package struct LogVerifier: Sendable {
    private let trusted: [VerificationKey]
    /// Of the next checkpoint; nil where no seal was given, or the first records are not there to count from.
    private var seal: EpochKey?
    /// Positions that were exported, by the number of the record that follows.
    private let exported: [LogPosition]

    private var lineNumber = 0
    private var epoch: UInt64?
    private var file: UInt64?
    private var rubble = Rubble()
    private var rubbleError: LogFault?
    /// A record that does not follow the one before: which of the two was changed, the next line tells.
    private var suspect: (line: Int, record: LogRecord, head: ContentDigest)?
    package private(set) var summary = LogSummary()

    /// - Parameters:
    ///   - trusted: of the hosts whose log it may be; none: signatures are not checked.
    ///   - firstSeal: what the log had in `log-seal` when it was begun; nil: seals are not checked.
    ///   - exported: heads that are known from elsewhere.
    package init(trusted: [VerificationKey] = [], firstSeal: EpochKey? = nil, exported: [LogPosition] = []) {
        self.trusted = trusted
        seal = firstSeal
        self.exported = exported.sorted { $0.sequence < $1.sequence }
    }

    /// Checks whole lines.
    package static func verify(
        _ lines: some Sequence<[UInt8]>, trusted: [VerificationKey] = [], firstSeal: EpochKey? = nil,
        exported: [LogPosition] = []
    ) throws(LogFault) -> LogSummary {
        var verifier = LogVerifier(trusted: trusted, firstSeal: firstSeal, exported: exported)
        for line in lines { try verifier.take(.whole(line)) }
        return try verifier.finish()
    }

    /// - Returns: the record, where the line is one.
    @discardableResult
    package mutating func take(_ line: LineReader.Line) throws(LogFault) -> LogRecord? {
        lineNumber += 1
        let text: [UInt8]
        switch line {
        case .whole(let bytes): text = bytes
        case .unfinished: throw fault(.unfinished)
        case .tooLong: throw fault(.lineTooLong)
        }
        let record: LogRecord
        do throws(LogLineError) {
            record = try LogRecord(line: text)
        } catch {
            try settleSuspect(before: nil)
            if rubbleError == nil { rubbleError = fault(.notARecord(error)) }
            rubble.add(text)
            return nil
        }
        try settleSuspect(before: record)
        if case .torn(let torn) = record.body, rubble.lines > 0 {
            rubble.clear(torn)
            guard rubble.lines == 0 else { throw fault(.unaccounted(lines: rubble.lines)) }
            rubbleError = nil
        }
        if let rubbleError { throw rubbleError }
        try checkPlace(of: record)
        let head = LogChain.head(after: record.previous, line: text)
        guard record.previous == summary.end.head else {
            suspect = (lineNumber, record, head)
            return record
        }
        try check(record)
        summary.end = LogPosition(sequence: record.sequence + 1, head: head)
        try checkExported()
        return record
    }

    /// Says that there are no more lines.
    package mutating func finish() throws(LogFault) -> LogSummary {
        lineNumber += 1
        try settleSuspect(before: nil)
        if let rubbleError { throw rubbleError }
        if let last = exported.last, last.sequence > summary.end.sequence { throw fault(.truncated) }
        return summary
    }

    /// A fault of the record that is due.
    private func fault(_ problem: LogFault.Problem) -> LogFault {
        LogFault(line: lineNumber, sequence: summary.end.sequence, problem: problem)
    }

    /// If the record that broke the chain is itself followed, or is a checkpoint whose signature holds, it is as it was, and the one before
    /// it was changed.
    private func settleSuspect(before next: LogRecord?) throws(LogFault) {
        guard let suspect else { return }
        let isAsItWas = next.map { $0.previous == suspect.head } ?? isSigned(suspect.record)
        if !isAsItWas {
            throw LogFault(line: suspect.line, sequence: suspect.record.sequence, problem: .doesNotFollow)
        }
        throw LogFault(line: suspect.line - 1, sequence: suspect.record.sequence - 1, problem: .notTheOneFollowed)
    }

    /// False for a checkpoint of whose signature it is known that it does not hold.
    private func isSigned(_ record: LogRecord) -> Bool {
        guard case .checkpoint(let checkpoint) = record.body, let message = record.sealedMessage, !trusted.isEmpty
        else {
            return true
        }
        return trusted.contains { $0.id == checkpoint.key && $0.verifies(checkpoint.signature, of: message) }
    }

    private mutating func checkPlace(of record: LogRecord) throws(LogFault) {
        guard summary.first != nil else {
            guard record.sequence > 0 || record.previous == LogChain.root else { throw fault(.doesNotFollow) }
            // Part of a log: what came before is taken from the first line, and said to be so.
            summary.first = LogPosition(sequence: record.sequence, head: record.previous)
            summary.end = LogPosition(sequence: record.sequence, head: record.previous)
            try checkExported()
            return
        }
        let expected = summary.end.sequence
        if record.sequence > expected { throw fault(.missing(found: record.sequence)) }
        if record.sequence < expected {
            throw LogFault(line: lineNumber, sequence: record.sequence, problem: .repeated(expected: expected))
        }
    }

    private mutating func checkExported() throws(LogFault) {
        for position in exported where position.sequence == summary.end.sequence {
            guard position.head == summary.end.head else {
                throw LogFault(line: lineNumber, sequence: max(position.sequence, 1) - 1, problem: .notAsExported)
            }
            summary.headsChecked += 1
        }
    }

    private mutating func check(_ record: LogRecord) throws(LogFault) {
        summary.unsealed += 1
        // A checkpoint that could not be written is made up for with the next record; so many are not left out by accident.
        if !trusted.isEmpty || seal != nil, summary.unsealed > 2 * DecisionLog.recordsPerCheckpoint {
            throw fault(.unsealed(summary.unsealed - 1))
        }
        switch record.body {
        case .start(let start):
            try check(start.log)
            if let epoch, start.epoch != epoch { throw fault(.epoch(start.epoch, expected: epoch)) }
            if let file, start.file != file + 1 { throw fault(.file(start.file, expected: file + 1)) }
            (epoch, file) = (start.epoch, start.file)
            summary.files += 1
        case .decision(let decision, _):
            summary.decisions += 1
            if decision.isDenial { summary.denials += 1 }
        case .reload: summary.reloads += 1
        case .recovery: summary.recoveries += 1
        case .lost(let lost): summary.lost = summary.lost.addingReportingOverflow(lost.count).partialValue
        case .torn: summary.torn += 1
        case .floor, .rotation: break
        case .checkpoint(let checkpoint): try check(checkpoint, of: record)
        }
    }

    private mutating func check(_ log: LogID) throws(LogFault) {
        if let known = summary.log, known != log { throw fault(.otherLog(log, expected: known)) }
        summary.log = log
    }

    private mutating func check(_ checkpoint: LogRecord.Checkpoint, of record: LogRecord) throws(LogFault) {
        try check(checkpoint.log)
        if let epoch, checkpoint.epoch != epoch { throw fault(.epoch(checkpoint.epoch, expected: epoch)) }
        guard let message = record.sealedMessage, checkpoint.epoch < .max else {
            throw fault(.epoch(checkpoint.epoch, expected: 0))
        }
        if !trusted.isEmpty {
            guard let key = trusted.first(where: { $0.id == checkpoint.key }) else {
                throw fault(.untrustedKey(checkpoint.key))
            }
            guard key.verifies(checkpoint.signature, of: message) else { throw fault(.signature) }
            summary.signaturesChecked += 1
        }
        try check(checkpoint, sealing: message)
        summary.key = checkpoint.key
        summary.checkpoints += 1
        summary.unsealed = 0
        epoch = checkpoint.epoch + 1
    }

    /// A seal is good with the key of its own epoch alone.
    private mutating func check(_ checkpoint: LogRecord.Checkpoint, sealing message: [UInt8]) throws(LogFault) {
        guard var key = seal else { return }
        // Where the log's beginning is not there, the keys of its epochs are passed over.
        guard key.epoch <= checkpoint.epoch, checkpoint.epoch - key.epoch <= Self.maximumEpochsAhead else {
            throw fault(.epoch(checkpoint.epoch, expected: key.epoch))
        }
        while key.epoch < checkpoint.epoch { key = key.next }
        guard key.seals(message, checkpoint.mac) else {
            var other = key
            for _ in 0..<Self.maximumEpochsTried {
                other = other.next
                if other.seals(message, checkpoint.mac) { throw fault(.seal(madeWith: other.epoch)) }
            }
            throw fault(.seal(madeWith: nil))
        }
        summary.sealsChecked += 1
        seal = key.next
    }

    /// Four months at one every ten seconds; a second of hashing.
    private static let maximumEpochsAhead: UInt64 = 1_000_000
    private static let maximumEpochsTried = 4096
}
