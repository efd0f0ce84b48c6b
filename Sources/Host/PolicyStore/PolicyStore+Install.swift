internal import Linux
package import PolicyCore
internal import PolicyTrust

extension PolicyStore {
    /// Begins a host's memory, with the root that the token names. A host that has one already keeps it.
    package func initialise(_ token: InstallToken, now: UTCTime? = nil) throws(StoreError) -> ActivePolicy {
        let found = DirectoryReader(path: configuration.policyDirectory).contents(firstRoot: 1).files
        if let refusal = found.refusals.first, case .refused(let code, let text) = refusal.content {
            throw .refused(PolicyAlarm(refusal.path, .file(code, text), .none))
        }
        let root = try root(of: token, in: found)
        let machine = try machine()
        if let minimum = try minimumFloors()[.root], root.version < minimum {
            throw .trust("root", .floor(.root, .rollback(version: root.version, floor: minimum)))
        }
        try makeDirectory()
        let directory = try StateDirectory(configuration.stateDirectory)
        let key = try directory.makeKey()
        var clock = configuration.clock()
        if let now { clock.wall = now }
        var state = HostState(
            install: try Self.newInstallation(), machine: machine,
            root: HostState.Floor(version: root.version, sha256: token.root, root: root.version),
            now: max(clock.wall, root.issued))
        state.boot = clock.boot
        try keep(&state, key, [token.root: root.envelope], in: directory)
        // The lock goes with the directory, and the load takes it again.
        _ = consume directory
        return try load(now: now)
    }

    private static func newInstallation() throws(StoreError) -> Nonce {
        do throws(SystemError) {
            guard let nonce = Nonce(try randomBytes(16)) else { preconditionFailure("16 bytes are a nonce") }
            return nonce
        } catch {
            throw .notKept(SystemFailure(error))
        }
    }

    private func root(
        of token: InstallToken, in found: FoundFiles
    ) throws(StoreError) -> (version: UInt64, issued: UTCTime, envelope: [UInt8]) {
        var problem: StoreError?
        for (_, file) in found.roots.sorted(by: { $0.key < $1.key }) {
            guard case .bytes(let envelope) = file.content else { continue }
            do throws(TrustError) {
                let root = try Root(anchor: token.root, envelope: envelope)
                return (root.file.version, root.file.issued, envelope)
            } catch {
                if case .rootChain(.otherAnchor) = error { continue }
                problem = .trust(file.path, error)
            }
        }
        throw problem ?? .noSuchRoot(token.root)
    }

    private func makeDirectory() throws(StoreError) {
        do throws(SystemError) { try Directory.make(configuration.stateDirectory) } catch {
            throw .file(configuration.stateDirectory, FileProblem(error))
        }
    }

    /// Puts a signed file where it counts, once it is known that it would be taken there, and loads. What would be refused is not put anywhere, and
    /// what would lower a floor is refused.
    package func install(_ bytes: [UInt8], now: UTCTime? = nil) throws(StoreError) -> InstalledFile {
        let place: Place
        do throws(TrustError) { place = try Place(of: bytes) } catch { throw .trust("the file", error) }
        let path = "\(configuration.policyDirectory)/\(place.path)"
        let file = FoundFile(path: path, content: .bytes(bytes))
        _ = try load(
            now: now,
            check: { resolution, _, _ throws(StoreError) in
                // A file that only waits is taken: it says itself when it begins.
                let alarm = resolution.alarms.first { alarm in
                    switch alarm.effect {
                    case .oldPolicyKept: true
                    case .fileIgnored, .forbidsKept: alarm.subject == path
                    case .effectKept, .ceilingLowered, .none: false
                    }
                }
                guard let alarm else {
                    try self.put(bytes, place)
                    return
                }
                if alarm.subject == path, case .trust(let error) = alarm.problem { throw .trust(path, error) }
                throw .refused(alarm)
            },
            change: { found, _, _ throws(StoreError) in
                // In the place of what has that name.
                switch place.kind {
                case .root(let version): found.roots[version] = file
                case .base: found.bases = found.bases.filter { $0.path != path } + [file]
                case .supplemental: found.supplementals = found.supplementals.filter { $0.path != path } + [file]
                case .tombstone: found.tombstones = found.tombstones.filter { $0.path != path } + [file]
                case .revoke: found.revoke = file
                case .host: found.host = file
                }
            })
        // As any other load: from what lies there.
        return InstalledFile(path: path, name: place.name, policy: try load(now: now))
    }

    private func put(_ bytes: [UInt8], _ place: Place) throws(StoreError) {
        do throws(FileProblem) {
            let careful = CarefulReader()
            let top = try careful.directory(configuration.policyDirectory)
            do throws(SystemError) {
                var made = ""
                for part in place.directory.split(separator: "/") {
                    let parent = made.isEmpty ? nil : made
                    made += made.isEmpty ? "\(part)" : "/\(part)"
                    if let parent {
                        try top.directory(parent).make(String(part))
                    } else {
                        try top.make(String(part))
                    }
                }
                let directory = try top.directory(place.directory)
                let unfinished = ".\(place.file).new"
                try directory.remove(unfinished)
                let file = try directory.create(unfinished)
                try Linux.write(bytes, to: file)
                try setPermissions(file, 0o644)
                try synchronise(file)
                try directory.rename(unfinished, to: place.file)
                try directory.synchronise()
            } catch {
                throw FileProblem.failed(SystemFailure(error))
            }
        } catch {
            throw .file("\(configuration.policyDirectory)/\(place.path)", error)
        }
    }

    /// Uses a recovery: once, on the installation that it is for, until it ends.
    package func useRecovery(_ bytes: [UInt8], now: UTCTime? = nil) throws(StoreError) -> ActivePolicy {
        // With the root and the revocations that are in force, whatever else is wrong with the files.
        let policy = try load(now: now)
        guard let root = policy.snapshot.root else {
            throw .trust("the recovery", .threshold(valid: 0, needed: 1, signatures: 0))
        }
        let grant: RecoveryGrant
        let file: RecoveryFile
        do throws(TrustError) {
            (grant, file) = try root.recoveryFile(
                bytes, for: policy.state, revoked: policy.snapshot.policies.revocations.keys, now: policy.now)
        } catch {
            throw .trust("the recovery", error)
        }
        return try load(
            now: now,
            check: { resolution, _, _ throws(StoreError) in
                guard resolution.snapshot.policies.recovery == grant else {
                    throw .trust("the recovery", .lostRecovery(grant.sha256))
                }
            },
            change: { _, state, envelopes throws(StoreError) in
                guard !state.usedRecoveries.contains(file.nonce) else {
                    throw .trust("the recovery", .recoveryUsed(file.nonce))
                }
                guard state.usedRecoveries.count < HostState.maximumRecoveries else {
                    throw .file("the recovery", .tooMany(limit: HostState.maximumRecoveries))
                }
                state.usedRecoveries.append(file.nonce)
                state.recovery = grant.sha256
                envelopes[grant.sha256] = bytes
            })
    }
}

/// Where a file of its kind lies. It is found out from bytes that nobody has verified, and decides nothing but a name.
private struct Place {
    enum Kind {
        case root(UInt64)
        case base, supplemental, tombstone, revoke, host
    }

    let kind: Kind
    let directory: String
    let file: String
    /// As people call it.
    let name: String

    var path: String { "\(directory)/\(file)" }

    init(of bytes: [UInt8]) throws(TrustError) {
        let envelope = try Envelope(parsing: bytes)
        do throws(PolicyTextError) {
            switch PayloadType(rawValue: envelope.payloadType) {
            case .root:
                let version = try RootFile(parsing: envelope.payload).version
                (kind, directory, file) = (.root(version), "trust", "root.\(version).dsse")
                name = "root \(version)"
            case .base:
                let policy = try PolicyFile(parsing: envelope.payload)
                (kind, directory, file) = (.base, "policy/base", "\(try Self.visible(policy.id)).dsse")
                name = "base/\(policy.id) \(policy.version)"
            case .supplemental:
                let policy = try PolicyFile(parsing: envelope.payload)
                (kind, directory, file) = (.supplemental, "policy/sup", "\(try Self.visible(policy.id)).dsse")
                name = "sup/\(policy.id) \(policy.version)"
            case .tombstone:
                let stone = try TombstoneFile(parsing: envelope.payload)
                let target = "\(stone.target)".split(separator: "/").joined(separator: "-")
                (kind, directory, file) = (.tombstone, "policy/tombstone", "\(target).dsse")
                name = "the end of \(stone.target)"
            case .revoke: (kind, directory, file, name) = (.revoke, "policy", "revoke.dsse", "revoke")
            case .host: (kind, directory, file, name) = (.host, "policy", "host.dsse", "host")
            case .recovery, .checkpoint, .attestation, nil:
                throw PolicyTextError(
                    .unknownValue(
                        key: "payloadType", value: envelope.payloadType,
                        expected: "a root, a policy, a tombstone, a revocation list or a host file"), at: .start)
            }
        } catch {
            throw .policy(error)
        }
    }

    /// A file whose name begins with a dot is not looked at.
    private static func visible(_ id: String) throws(PolicyTextError) -> String {
        guard id.utf8.first != UInt8(ascii: ".") else {
            throw PolicyTextError(.invalid(key: "id", reason: "begins with a dot"), at: .start)
        }
        return id
    }
}
