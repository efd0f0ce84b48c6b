internal import CommandSupport
internal import Linux
package import PolicyCore
package import PolicyLog
package import PolicyStore
internal import PolicyTrust

/// The log that decisions go to, and what a host does with it beside writing.
///
/// It is opened for as long as one thing is decided and recorded: commands that run at the same time take turns.
package struct HostLog: Sendable {
    package let path: String
    /// Where its key, its seals and its position are.
    package let states: String

    /// How long a command waits for another that is writing.
    private static let patience = 5_000

    package init(path: String, states: String? = nil) {
        self.path = path
        self.states = states ?? "\(path).state"
    }

    /// The log of a host that keeps its policies with `state`.
    package init(ofHostWith state: String) {
        let isUsual = state == StoreOptions.defaultState
        self.init(
            path: isUsual ? "/var/log/ringfence/decisions.jsonl" : "\(state)/log/decisions.jsonl",
            states: "\(state)/log")
    }

    /// What has to be writable for it.
    package var directories: [String] { [Files.directory(of: path), states] }

    /// Makes the directories that are not there.
    package func prepare() throws(LogError) {
        do throws(SystemError) {
            try Directory.make(states)
            let folder = Files.directory(of: path)
            if !Files.exists(folder) { try Directory.make(folder) }
        } catch { throw .system(error) }
    }

    package func open(snapshot: ContentDigest?, floor: UTCTime? = nil) throws(LogError) -> DecisionLog {
        try DecisionLog.open(
            path: path, states: states, time: Self.time(floor: floor), snapshot: snapshot, waiting: Self.patience)
    }

    package static func time(floor: UTCTime? = nil) -> LogTime {
        let now = PolicyFiles.now
        return LogTime(wall: now, floor: floor ?? now, bootNanoseconds: bootNanoseconds())
    }

    /// Records what happened to a host's policies. Whether it can be is no reason to refuse a file that tightens them: what could not be written is
    /// said, and what is in force next is recorded with the next decision.
    func record(_ bodies: [LogRecord.Body], _ policy: ActivePolicy) {
        do throws(LogError) {
            try prepare()
            let floor = policy.state.timeFloor
            var log = try open(snapshot: policy.snapshot.sha256, floor: floor)
            try log.note(
                policy.snapshot.sha256, alarms: policy.alarms.map { "\($0)" }, time: Self.time(floor: floor))
            for body in bodies {
                try log.append(body, time: Self.time(floor: floor), snapshot: policy.snapshot.sha256)
            }
            try log.close(time: Self.time(floor: floor), snapshot: policy.snapshot.sha256)
        } catch {
            StandardError.write("warning: \(path): this is not in the log: \(printable("\(error)"))\n")
        }
    }

    /// Holds the log against what the host remembers of it, and has it remember how far it is now: a log that was cut off together with what lies
    /// beside it is found out by the host's state.
    ///
    /// - Parameter store: whose state is written; nothing else of it is.
    package func checkContinuity(with store: PolicyStore) throws(LogError) {
        let remembered: HostState.LogHead?
        do throws(StoreError) { remembered = try store.state().log } catch { throw .stateMalformed }
        guard let remembered else {
            guard let position = try position() else { return }
            remember(position, in: store)
            return
        }
        guard let position = try position(), position.sequence >= remembered.sequence,
            position.sequence > remembered.sequence || position.head == remembered.sha256
        else { throw .truncated(sequence: remembered.sequence - 1) }
        // A state is not there to be worn out.
        guard position.sequence - remembered.sequence >= DecisionLog.recordsPerCheckpoint else { return }
        remember(position, in: store)
    }

    /// Where the last checkpoint stood; nil where there is no log yet.
    private func position() throws(LogError) -> LogPosition? {
        guard Files.exists(states) else { return nil }
        return try DecisionLog.lastCheckpoint(states: states)
    }

    private func remember(_ position: LogPosition, in store: PolicyStore) {
        do throws(StoreError) {
            try store.recordLogHead(HostState.LogHead(sequence: position.sequence, sha256: position.head))
        } catch {
            StandardError.write("warning: the host's state cannot be written: \(printable("\(error)"))\n")
        }
    }
}
