internal import Linux
package import PolicyCore
package import PolicyTrust

/// A log of decisions that is being written: lines of JSON, chained, with signed checkpoints.
///
/// * A record is one write(2) of one whole line at the end of the file. It is written before what it allows is done.
/// * It survives the end of this process at once, and that of the host from the next checkpoint on, which is synchronised; or at once too,
///   where ``Durability/record`` is asked for.
/// * What a failed write, or the end of the process or of the host, left of a line stays where it is, and a record says so. Records that
///   could not be written are counted, and the count is a record.
/// * A checkpoint is made with every 256th record, or where the last one is ten seconds old when a record is written or
///   ``checkpointIfDue(_:snapshot:)`` is called.
///
/// One at a time writes: the file is locked. It is not for several threads at once.
package struct DecisionLog: ~Copyable, Sendable {
    package static let recordsPerCheckpoint: UInt64 = 256
    package static let nanosecondsPerCheckpoint: UInt64 = 10_000_000_000

    package enum Durability: Sendable {
        /// Every record is synchronised: a host that goes down takes no record with it.
        case record
        /// Every checkpoint is.
        case checkpoint
    }

    package struct Settings: Sendable {
        package var durability = Durability.checkpoint
        /// After so many bytes the file is set aside, as `<name>.<number>`, and another begun.
        package var maximumFileBytes: UInt64 = 64 << 20
        /// Where each checkpoint's line goes beside the file: what was exported cannot be taken back by cutting the file.
        package var export: (@Sendable ([UInt8]) -> Void)?

        package init() {}
    }

    /// With which redacted values can be told again. It stays on the host.
    package let salt: Salt
    /// The last thing that went wrong with a checkpoint or with a change of files. It is tried again with the next record.
    package private(set) var trouble: LogError?

    private let settings: Settings
    private let key: SigningKey
    let directory: Directory
    private let states: Directory
    let name: String
    var file: GrowingFile
    /// Of the last checkpoint.
    var state: LogState
    /// Of the next record.
    var sequence: UInt64
    var head: ContentDigest
    /// Up to here the file holds whole lines, all of which are in the chain or accounted for.
    var end: UInt64
    /// A write failed, and how much of it is there is to be looked at.
    var isUncertain = false
    private var lost: LogRecord.Lost?
    var unsealed: UInt64 = 0
    /// The policies that the last record was made under.
    var noted: ContentDigest?
    private var lastCheckpoint: UInt64

    package var id: LogID { state.log }
    package var position: LogPosition { LogPosition(sequence: sequence, head: head) }

    /// Begins a log, or goes on with one.
    ///
    /// - Parameters:
    ///   - path: the file, in a directory that is there.
    ///   - states: a directory for its owner alone. `log-seal` in it is the first seal, with which the seals of all checkpoints can be
    ///     checked: it is to be moved off the host. `log-salt` is ``salt``. `log-key.pub` is the public half of the log's own key.
    ///   - key: what checkpoints are signed with; nil for the log's own, which is made with the log.
    ///   - waiting: for how many milliseconds another writer is waited for.
    package static func open(
        path: String, states: String, key: SigningKey? = nil, time: LogTime, snapshot: ContentDigest?,
        settings: Settings = Settings(), waiting: Int = 0
    ) throws(LogError) -> DecisionLog {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = String(parts.last ?? "")
        let folder = parts.count > 1 ? parts.dropLast().joined(separator: "/") : "."
        let directory = try system { () throws(SystemError) in try Directory(folder.isEmpty ? "/" : folder) }
        let stateDirectory = try system { () throws(SystemError) in
            try Directory.make(states)
            return try Directory(states)
        }
        let file = try openFile(name, in: directory, waiting: waiting)
        let size = try system { () throws(SystemError) in try file.size() }
        let state: LogState
        let salt: Salt
        let known = try LogState.read(from: stateDirectory)
        let signing: SigningKey
        if let key {
            signing = key
        } else {
            signing = try LogKey.read(from: stateDirectory, orMake: known == nil && size == 0, path: states)
        }
        if let known {
            state = known
            salt = try Salt.read(from: stateDirectory)
        } else {
            guard size == 0 else { throw .stateMissing(path: "\(states)/\(LogState.name)") }
            (state, salt) = try makeState(in: stateDirectory)
        }
        var log = DecisionLog(
            name: name, directory: directory, states: stateDirectory, file: file, state: state, salt: salt,
            key: signing,
            settings: settings, time: time)
        if state.offset == 0, state.file > 1, try log.fileNumber == state.file - 1 {
            // The change of files was begun, and did not get to giving the old one its new name.
            try log.setAside(state.file - 1)
        }
        try log.begin(time, snapshot)
        return log
    }

    /// Where a log stood when it was last sealed, without opening it; nil where there is none.
    package static func lastCheckpoint(states: String) throws(LogError) -> LogPosition? {
        let directory = try system { () throws(SystemError) in try Directory(states) }
        return try LogState.read(from: directory).map { LogPosition(sequence: $0.sequence, head: $0.head) }
    }

    private init(
        name: String, directory: consuming Directory, states: consuming Directory, file: consuming GrowingFile,
        state: LogState, salt: Salt, key: SigningKey, settings: Settings, time: LogTime
    ) {
        self.name = name
        self.directory = directory
        self.states = states
        self.file = file
        self.state = state
        self.salt = salt
        self.key = key
        self.settings = settings
        (sequence, head, end) = (state.sequence, state.head, state.offset)
        noted = state.snapshot
        lastCheckpoint = time.bootNanoseconds
    }

    private static func openFile(
        _ name: String, in directory: borrowing Directory, waiting: Int = 0
    ) throws(LogError) -> GrowingFile {
        do throws(SystemError) {
            return try GrowingFile.open(name, in: directory, waiting: waiting)
        } catch {
            throw .system(error)
        }
    }

    /// For a log that has not begun: what its first checkpoint is sealed with, and the salt.
    private static func makeState(in states: borrowing Directory) throws(LogError) -> (LogState, Salt) {
        let (state, salt) = (LogState(log: LogID(), seal: EpochKey()), Salt())
        do throws(SystemError) {
            try states.replace(LogState.firstSealName, with: state.seal.text)
            try states.replace(LogState.saltName, with: salt.text)
        } catch {
            throw .system(error)
        }
        try state.save(in: states)
        return (state, salt)
    }

    /// The number that the file gives itself at its beginning; nil where it does not.
    private var fileNumber: UInt64? {
        get throws(LogError) {
            let descriptor = try system { () throws(SystemError) in try directory.open(name, .read) }
            var reader = LineReader(descriptor)
            // A start that was torn comes before the one that was not.
            for _ in 0..<4 {
                guard case .whole(let line) = try system({ () throws(SystemError) in try reader.next() }) else {
                    return nil
                }
                if case .start(let start) = (try? LogRecord(line: line))?.body, start.log == id { return start.file }
            }
            return nil
        }
    }

    /// Gives the file the name of one that is full, and begins another.
    private mutating func setAside(_ number: UInt64) throws(LogError) {
        try system { () throws(SystemError) in try directory.rename(name, to: "\(name).\(number)") }
        file = try Self.openFile(name, in: directory)
        end = 0
    }

    private mutating func begin(_ time: LogTime, _ snapshot: ContentDigest?) throws(LogError) {
        let hasBegun = try catchUp(time, snapshot)
        guard state.offset == 0, !hasBegun else { return }
        _ = try put(
            .start(LogRecord.Start(log: id, key: key.verificationKey.id, file: state.file, epoch: state.seal.epoch)),
            time, snapshot)
    }
}

// MARK: Writing

extension DecisionLog {
    /// Writes a record.
    ///
    /// - Returns: its number.
    /// - Throws: where it is not there for certain. It counts as lost then, and the next record that can be written comes after one that
    ///   says so.
    @discardableResult
    package mutating func append(
        _ body: LogRecord.Body, time: LogTime, snapshot: ContentDigest?
    ) throws(LogError) -> UInt64 {
        let number: UInt64
        do throws(LogError) {
            if isUncertain {
                _ = try catchUp(time, snapshot)
                isUncertain = false
            }
            if let lost {
                _ = try put(.lost(lost), time, snapshot)
                self.lost = nil
            }
            number = try put(body, time, snapshot)
        } catch {
            let before = lost
            lost = LogRecord.Lost(
                count: (before?.count ?? 0) + 1, since: before?.since ?? time.wall, why: before?.why ?? "\(error)")
            throw error
        }
        checkpointIfDue(time, snapshot: snapshot)
        return number
    }

    /// Records that other policies are in force than those that the last record was made under; nothing where they are the same.
    package mutating func note(
        _ snapshot: ContentDigest?, alarms: [String] = [], time: LogTime
    ) throws(LogError) {
        if isUncertain {
            _ = try catchUp(time, noted)
            isUncertain = false
        }
        guard noted != snapshot else { return }
        try append(.reload(LogRecord.Reload(from: noted, alarms: alarms)), time: time, snapshot: snapshot)
    }

    /// Makes a checkpoint where it is time for one: to be called at leisure, so that the last records of a quiet hour are not without.
    package mutating func checkpointIfDue(_ time: LogTime, snapshot: ContentDigest?) {
        guard !isUncertain, unsealed > 0 else { return }
        let (age, isBehind) = time.bootNanoseconds.subtractingReportingOverflow(lastCheckpoint)
        guard unsealed >= Self.recordsPerCheckpoint || isBehind || age >= Self.nanosecondsPerCheckpoint else { return }
        do throws(LogError) {
            if end >= settings.maximumFileBytes {
                try rotate(time, snapshot)
            } else {
                try checkpoint(time, snapshot)
            }
            trouble = nil
        } catch {
            trouble = error
        }
    }

    /// Makes the last checkpoint.
    package consuming func close(time: LogTime, snapshot: ContentDigest?) throws(LogError) {
        if isUncertain { _ = try catchUp(time, snapshot) }
        if let lost { _ = try put(.lost(lost), time, snapshot) }
        if unsealed > 0 { try checkpoint(time, snapshot) }
    }

    mutating func put(
        _ body: LogRecord.Body, _ time: LogTime, _ snapshot: ContentDigest?, after prefix: [UInt8] = []
    ) throws(LogError) -> UInt64 {
        let record = LogRecord(sequence: sequence, previous: head, time: time, snapshot: snapshot, body: body)
        let line = record.line
        guard line.count <= LogRecord.maximumLineBytes else {
            throw .lineTooLong(line.count, limit: LogRecord.maximumLineBytes)
        }
        let bytes = prefix + line + [0x0A]
        // Until it is known to be there as a whole, what the file ends in is not known.
        isUncertain = true
        let written = try system { () throws(SystemError) in try file.append(bytes) }
        guard written == bytes.count else { throw .shortWrite(written, of: bytes.count) }
        switch settings.durability {
        case .record: try system { () throws(SystemError) in try file.synchronise() }
        case .checkpoint: break
        }
        isUncertain = false
        end += UInt64(bytes.count)
        advance(record, line)
        return record.sequence
    }

    mutating func advance(_ record: LogRecord, _ line: [UInt8]) {
        noted = record.snapshot
        head = LogChain.head(after: head, line: line)
        sequence = record.sequence + 1
        unsealed += 1
    }

    /// Seals what was written, and forgets the seal.
    private mutating func checkpoint(
        _ time: LogTime, _ snapshot: ContentDigest?, goingOnIn file: UInt64? = nil
    ) throws(LogError) {
        let seal = state.seal
        let message = LogRecord.sealedMessage(
            id, epoch: seal.epoch, key: key.verificationKey.id, sequence: sequence, previous: head, time: time,
            snapshot: snapshot)
        let signature: [UInt8]
        do throws(TrustError) {
            signature = try key.sign(message)
        } catch {
            throw .signing("\(error)")
        }
        let body = LogRecord.Body.checkpoint(
            LogRecord.Checkpoint(
                log: id, epoch: seal.epoch, key: key.verificationKey.id, mac: seal.mac(message), signature: signature))
        let line = LogRecord(sequence: sequence, previous: head, time: time, snapshot: snapshot, body: body).line
        _ = try put(body, time, snapshot)
        lastCheckpoint = time.bootNanoseconds
        passed(seal)
        if let file { (state.file, state.offset) = (file, 0) }
        try system { () throws(SystemError) in try self.file.synchronise() }
        try state.save(in: states)
        settings.export?(line)
    }

    /// The last record is the checkpoint that `seal` seals.
    mutating func passed(_ seal: EpochKey) {
        state.seal = seal.next
        (state.sequence, state.head, state.offset) = (sequence, head, end)
        state.snapshot = noted
        unsealed = 0
    }

    /// Sets the file aside and begins the next, which goes on with the chain.
    private mutating func rotate(_ time: LogTime, _ snapshot: ContentDigest?) throws(LogError) {
        let old = state.file
        _ = try put(.rotation(to: old + 1), time, snapshot)
        try checkpoint(time, snapshot, goingOnIn: old + 1)
        try setAside(old)
        try begin(time, snapshot)
    }
}

/// Where a chain stands: the number of the next record, and the head before it.
package struct LogPosition: Equatable, Sendable {
    package var sequence: UInt64
    package var head: ContentDigest

    package init(sequence: UInt64, head: ContentDigest) {
        self.sequence = sequence
        self.head = head
    }
}

/// A failure of the kernel's, as the log's.
func system<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(LogError) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(error)
    }
}
