internal import Linux
package import PolicyCore
package import PolicyTrust

/// A host's policies: read from its directories, held against what it remembers, and swapped as one thing.
///
/// Nothing of it is changed by the environment or by a flag. All errors leave what is in force as it is.
package final class PolicyStore: Sendable {
    /// However often files change, they are not looked at more often than this.
    package static let minimumReloadNanoseconds: UInt64 = 50_000_000

    private struct Current: Sendable {
        var policy: ActivePolicy?
        var fingerprint: [String: FileFacts] = [:]
        var lookedAt: UInt64?
    }

    let configuration: StoreConfiguration
    private let current = Guarded(Current())

    package init(_ configuration: StoreConfiguration) { self.configuration = configuration }

    /// What is in force, if anything has been loaded.
    package var active: ActivePolicy? { current.withLock { $0.policy } }

    /// Reads everything, and puts it in force. Where files are refused, what was in force stays so, and the alarms say why.
    ///
    /// - Parameter now: the wall clock's time, for all files alike; nil to ask the clock.
    package func load(now: UTCTime? = nil) throws(StoreError) -> ActivePolicy {
        try load(now: now) { _, _, _ throws(StoreError) in }
    }

    /// Loads again if anything in the directories, or the time for something that waits, makes a difference; nil if not.
    package func reloadIfChanged(now: UTCTime? = nil) throws(StoreError) -> ActivePolicy? {
        let instant = monotonicNanoseconds()
        let (before, policy) = current.withLock { current -> ([String: FileFacts]?, ActivePolicy?) in
            if let last = current.lookedAt, instant - last < Self.minimumReloadNanoseconds { return (nil, nil) }
            current.lookedAt = instant
            return (current.fingerprint, current.policy)
        }
        guard let before else { return nil }
        guard let policy else { return try load(now: now) }
        let wall = now ?? configuration.clock().wall
        if let start = policy.nextStart, wall >= start { return try load(now: now) }
        guard try fingerprint(from: policy.snapshot.root?.file.version ?? 1) != before else { return nil }
        return try load(now: now)
    }

    /// What a host remembers, checked.
    package func state() throws(StoreError) -> HostState {
        let directory = try StateDirectory(configuration.stateDirectory)
        return try directory.readState(try directory.readKey(), machine: try machine())
    }

    /// Remembers the head of the log of decisions.
    package func recordLogHead(_ head: HostState.LogHead) throws(StoreError) {
        let directory = try StateDirectory(configuration.stateDirectory)
        let key = try directory.readKey()
        var state = try directory.readState(key, machine: try machine())
        state.log = head
        try keep(&state, key, [:], in: directory)
        let facts = directory.stateFacts
        current.withLock { $0.fingerprint["state.json"] = facts }
    }

    // MARK: the one way in

    /// A load, into which `change` puts a file more, or a change of the state, before anything is judged.
    func load(
        now: UTCTime?,
        check: (Resolution, FoundFiles, HostState) throws(StoreError) -> Void,
        change: (inout FoundFiles, inout HostState, inout [ContentDigest: [UInt8]]) throws(StoreError) -> Void = {
            _, _, _ in
        }
    ) throws(StoreError) -> ActivePolicy {
        let directory = try StateDirectory(configuration.stateDirectory)
        let key = try directory.readKey()
        let state = try directory.readState(key, machine: try machine())
        var reader = DirectoryReader(path: configuration.policyDirectory)
        let first = state.floors[.root]?.version ?? 1
        // Looked at before it is read: what changes in between is seen at the next look.
        reader.isReading = false
        var fingerprint = reader.contents(firstRoot: first).fingerprint
        reader.isReading = true
        var found = reader.contents(firstRoot: first).files
        var clock = configuration.clock()
        if let now { clock.wall = now }
        let time = PolicyTime(clock, timeFloor: state.timeFloor)
        var wanted = state
        var envelopes = directory.readEnvelopes(of: state)
        let kept = envelopes
        try change(&found, &wanted, &envelopes)
        let minimum = try minimumFloors()
        let resolver = SnapshotResolver(
            state: wanted, kept: envelopes, time: time, eligible: configuration.eligible,
            minimumFloors: minimum)
        var resolution = try trusting { () throws(TrustError) in try resolver.resolve(found) }
        try check(resolution, found, state)
        var next = resolution.state
        next.advance(to: clock, newestIssued: resolution.newestIssued)
        let new = resolution.envelopes.filter { kept[$0.key] != $0.value }
        if next.isWorthWriting(after: state) || !new.isEmpty {
            do throws(StoreError) {
                try keep(&next, key, new, in: directory)
                directory.tidy(keeping: Set(resolution.envelopes.keys))
            } catch {
                // What could not be kept is not put in force: after a restart it would be gone, and its floor with it.
                let old = SnapshotResolver(
                    state: state, kept: kept, time: time, eligible: configuration.eligible, minimumFloors: minimum)
                resolution = try trusting { () throws(TrustError) in try old.remembered(found) }
                resolution.alarms.append(PolicyAlarm("state", .notKept("\(error)"), .oldPolicyKept))
                next = state
            }
        }
        let policy = ActivePolicy(
            snapshot: resolution.snapshot, alarms: resolution.alarms, now: time.now, nextStart: resolution.nextStart,
            state: next)
        // Somebody else may use a recovery, which changes the state alone.
        fingerprint["state.json"] = directory.stateFacts
        current.withLock { current in
            current.policy = policy
            current.fingerprint = fingerprint
        }
        return policy
    }

    private func trusting(_ resolve: () throws(TrustError) -> Resolution) throws(StoreError) -> Resolution {
        do throws(TrustError) {
            return try resolve()
        } catch {
            throw .trust(configuration.stateDirectory, error)
        }
    }

    /// Makes a state last, and swaps.
    func keep(
        _ state: inout HostState, _ key: StateKey, _ envelopes: [ContentDigest: [UInt8]],
        in directory: borrowing StateDirectory
    ) throws(StoreError) {
        state.generation &+= 1
        do throws(SystemFailure) {
            try directory.write(state, key, new: envelopes, configuration.afterStep)
            try configuration.afterStep(.swapped)
        } catch {
            throw .notKept(error)
        }
    }

    private func fingerprint(from root: UInt64) throws(StoreError) -> [String: FileFacts] {
        var reader = DirectoryReader(path: configuration.policyDirectory)
        reader.isReading = false
        var fingerprint = reader.contents(firstRoot: root).fingerprint
        fingerprint["state.json"] = try StateDirectory(configuration.stateDirectory).stateFacts
        return fingerprint
    }
}

extension HostState {
    /// Time alone is written once an hour: a state is not there to be worn out.
    fileprivate func isWorthWriting(after old: HostState) -> Bool {
        if timeFloor.secondsSince1970 - old.timeFloor.secondsSince1970 >= 3600 { return true }
        var same = self
        same.generation = old.generation
        same.timeFloor = old.timeFloor
        same.timeJump = old.timeJump
        same.boot = old.boot
        return same != old
    }
}
