internal import Linux
internal import PolicyCore

extension DecisionLog {
    /// Looks at what the file has beyond what is known of it, and accounts for what is no record.
    ///
    /// - Returns: whether the beginning of the file was among it.
    mutating func catchUp(_ time: LogTime, _ snapshot: ContentDigest?) throws(LogError) -> Bool {
        // Should the account fail to be written too, the same is looked at again.
        let before = (sequence, head, end, state, unsealed, noted)
        do throws(LogError) {
            return try takeStock(time, snapshot)
        } catch {
            (sequence, head, end, state, unsealed, noted) = before
            throw error
        }
    }

    private mutating func takeStock(_ time: LogTime, _ snapshot: ContentDigest?) throws(LogError) -> Bool {
        let size = try system { () throws(SystemError) in try file.size() }
        guard size >= end else { throw .truncated(sequence: sequence) }
        let descriptor = try system { () throws(SystemError) in try directory.open(name, .read) }
        var reader = LineReader(descriptor, from: end)
        let isRepair = isUncertain
        var rubble = Rubble()
        var hasBegun = false
        var isUnfinished = false
        var wholeRecord: UInt64?
        while !isUnfinished, let found = try system({ () throws(SystemError) in try reader.next() }) {
            let line: [UInt8]
            switch found {
            case .whole(let text): line = text
            case .unfinished(let text): (line, isUnfinished) = (text, true)
            case .tooLong: throw .altered(sequence: sequence)
            }
            guard let record = try? LogRecord(line: line), record.sequence == sequence, record.previous == head else {
                rubble.add(line)
                continue
            }
            if case .torn(let torn) = record.body { rubble.clear(torn) }
            guard rubble.lines == 0 else { throw .altered(sequence: sequence) }
            advance(record, line)
            end = isUnfinished ? size + 1 : reader.offset
            wholeRecord = record.sequence
            if case .start = record.body { hasBegun = true }
            if case .checkpoint(let checkpoint) = record.body {
                guard checkpoint.epoch == state.seal.epoch, let message = record.sealedMessage,
                    state.seal.seals(message, checkpoint.mac)
                else { throw .altered(sequence: record.sequence) }
                passed(state.seal)
            }
        }
        guard isUnfinished || rubble.lines > 0 || isRepair && wholeRecord != nil else { return hasBegun }
        let unacknowledged = rubble.lines == 0 ? wholeRecord : nil
        end = size
        _ = try put(
            .torn(LogRecord.Torn(lines: rubble.lines, sha256: rubble.sha256, unacknowledged: unacknowledged)), time,
            snapshot, after: isUnfinished ? [0x0A] : [])
        return hasBegun
    }
}
