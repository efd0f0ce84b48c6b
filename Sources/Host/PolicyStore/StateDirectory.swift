internal import Linux
internal import PolicyCore
internal import PolicyTrust

/// The directory of a host's memory, locked: the state, the key of its authentication code, and the envelopes of what is in force.
///
///     state.json  state.key  lock  envelopes/<digest of the text>.dsse
struct StateDirectory: ~Copyable {
    static let lockMilliseconds = 5000

    private let directory: StrictDirectory
    private let lock: FileDescriptor
    private let careful = CarefulReader()

    init(_ path: String) throws(StoreError) {
        let opened = try Self.open(path)
        lock = try Self.lock(opened, path)
        directory = opened
    }

    private static func open(_ path: String) throws(StoreError) -> StrictDirectory {
        do throws(FileProblem) {
            return try CarefulReader().directory(path)
        } catch {
            guard error == .missing else { throw .file(path, error) }
            throw .state(.missing)
        }
    }

    private static func lock(_ directory: borrowing StrictDirectory, _ path: String) throws(StoreError)
        -> FileDescriptor
    {
        do throws(SystemError) {
            let lock = try directory.lockFile("lock")
            guard try FileLock.isTaken(lock, within: lockMilliseconds) else {
                throw SystemError(call: "flock", code: SystemError.wouldBlock)
            }
            return lock
        } catch {
            guard error.code == SystemError.wouldBlock else { throw .file("\(path)/lock", FileProblem(error)) }
            throw .busy
        }
    }

    // MARK: reading

    borrowing func readKey() throws(StoreError) -> StateKey {
        let bytes = try read("state.key", maximumBytes: StateKey.bytes)
        do throws(StateProblem) { return try StateKey(bytes) } catch { throw .state(error) }
    }

    borrowing func readState(_ key: StateKey, machine: MachineID) throws(StoreError) -> HostState {
        let bytes = try read("state.json", maximumBytes: HostState.maximumBytes)
        do throws(StateProblem) {
            return try HostState(file: bytes, key: key, machine: machine)
        } catch {
            throw .state(error)
        }
    }

    private borrowing func read(_ name: String, maximumBytes: Int) throws(StoreError) -> [UInt8] {
        do throws(FileProblem) {
            return try careful.read(name, in: directory, maximumBytes: maximumBytes, isSecret: true)
        } catch {
            guard error != .missing else { throw .state(.missing) }
            throw .file(name, error)
        }
    }

    /// What changes when the state does; nil where there is none.
    var stateFacts: FileFacts? {
        try? careful.open("state.json", in: directory, maximumBytes: HostState.maximumBytes, isSecret: true).facts
    }

    /// The envelopes of what a state says was in force. One that is not there, or not whole, is missing; what that means is for others to say.
    borrowing func readEnvelopes(of state: HostState) -> [ContentDigest: [UInt8]] {
        guard let envelopes = try? careful.directory("envelopes", in: directory) else { return [:] }
        var found: [ContentDigest: [UInt8]] = [:]
        for digest in state.floors.values.map(\.sha256) + (state.recovery.map { [$0] } ?? []) {
            found[digest] = try? careful.read(
                Self.name(digest), in: envelopes, maximumBytes: Envelope.maximumBytes, isSecret: true)
        }
        return found
    }

    private static func name(_ digest: ContentDigest) -> String { "\(digest).dsse" }

    // MARK: writing

    /// Makes what was accepted last: first the envelopes, then the state that names them. Whatever it is that fails, or ends the process, the
    /// state that is found afterwards is the old one with its envelopes or the new one with its own.
    borrowing func write(
        _ state: HostState, _ key: StateKey, new envelopes: [ContentDigest: [UInt8]],
        _ afterStep: (PersistStep) throws(SystemFailure) -> Void
    ) throws(SystemFailure) {
        let store = try system { () throws(SystemError) in
            try directory.make("envelopes")
            return try directory.directory("envelopes")
        }
        let names = envelopes.sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        for (digest, bytes) in names {
            try write(bytes, to: "\(Self.name(digest)).new", in: store, isSynchronised: true)
        }
        try afterStep(.envelopesWritten)
        try system { () throws(SystemError) in
            for (digest, _) in names { try store.rename("\(Self.name(digest)).new", to: Self.name(digest)) }
            if !names.isEmpty { try store.synchronise() }
        }
        try afterStep(.envelopesNamed)
        try write(state.file(key), to: "state.json.new", in: directory, isSynchronised: false)
        try afterStep(.stateWritten)
        try system { () throws(SystemError) in try Linux.synchronise(try directory.file("state.json.new")) }
        try afterStep(.stateSynchronised)
        try system { () throws(SystemError) in try directory.rename("state.json.new", to: "state.json") }
        try afterStep(.stateNamed)
        try system { () throws(SystemError) in try directory.synchronise() }
        try afterStep(.directorySynchronised)
    }

    private borrowing func write(
        _ bytes: [UInt8], to name: String, in directory: borrowing StrictDirectory, isSynchronised: Bool
    ) throws(SystemFailure) {
        do throws(SystemError) {
            try directory.remove(name)
            let file = try directory.create(name)
            try Linux.write(bytes, to: file)
            if isSynchronised { try Linux.synchronise(file) }
        } catch {
            throw SystemFailure(error)
        }
    }

    /// Removes the envelopes of what is not in force any more, and what an earlier process left unfinished. That they are still there harms nobody.
    borrowing func tidy(keeping digests: Set<ContentDigest>) {
        guard let store = try? directory.directory("envelopes"), let names = try? store.names(limit: 1 << 17) else {
            return
        }
        let wanted = Set(digests.map { Array(Self.name($0).utf8) })
        for name in names where !wanted.contains(name) {
            try? store.remove(String(decoding: name, as: UTF8.self))
        }
    }

    /// A new key, for a host without a state.
    borrowing func makeKey() throws(StoreError) -> StateKey {
        do throws(SystemError) {
            // Whose state there is, its key stays.
            if (try? directory.file("state.json")) != nil {
                throw SystemError(call: "state.json", code: SystemError.fileExists)
            }
            let bytes = try randomBytes(StateKey.bytes)
            try directory.remove("state.key.new")
            let file = try directory.create("state.key.new")
            try Linux.write(bytes, to: file)
            try Linux.synchronise(file)
            try directory.rename("state.key.new", to: "state.key")
            try directory.synchronise()
        } catch {
            guard error.code != SystemError.fileExists else { throw .state(.alreadyThere) }
            throw .notKept(SystemFailure(error))
        }
        return try readKey()
    }

    private borrowing func system<Value: ~Copyable>(
        _ body: () throws(SystemError) -> Value
    ) throws(SystemFailure) -> Value {
        do throws(SystemError) { return try body() } catch { throw SystemFailure(error) }
    }
}
