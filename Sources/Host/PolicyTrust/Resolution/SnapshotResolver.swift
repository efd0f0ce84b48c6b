package import PolicyCore

/// Makes a snapshot of what lies in a host's directories and of what the host remembers. It reads no file and no clock.
///
/// The files are judged as a set: a base or a revocation list that is refused keeps everything as it was, and alarms. Deleting a file does
/// not end what it says. Each choice is for the more restrictive side, or for what was in force before.
package struct SnapshotResolver: Sendable {
    package static let maximumBases = 16
    package static let maximumSupplementals = 64

    let state: HostState
    let kept: [ContentDigest: [UInt8]]
    let time: PolicyTime
    let eligible: TierSet
    let minimumFloors: [FloorName: UInt64]

    /// - Parameters:
    ///   - kept: the envelopes of what was in force, by the digests of their texts; what is not of its digest counts as missing.
    ///   - minimumFloors: versions below which nothing is taken, as the installation's package says.
    package init(
        state: HostState, kept: [ContentDigest: [UInt8]], time: PolicyTime, eligible: TierSet,
        minimumFloors: [FloorName: UInt64] = [:]
    ) {
        self.state = state
        self.kept = kept
        self.time = time
        self.eligible = eligible
        self.minimumFloors = minimumFloors
    }

    package func resolve(_ found: FoundFiles) throws(TrustError) -> Resolution {
        var pass = try ResolutionPass(self, found)
        try pass.run()
        guard pass.isRefused else { return pass.resolution }
        var resolution = try remembered(found)
        // What else was noticed of the set does not count: the set does not.
        let why = pass.alarms.filter { $0.effect == .oldPolicyKept || $0.effect == .fileIgnored }
        resolution.alarms = why.filter { !resolution.alarms.contains($0) } + resolution.alarms
        resolution.nextStart = pass.nextStart
        return resolution
    }

    /// What was in force, and none of the files. The keys are no part of it: to be known is not to be trusted. The root that is in force may lie
    /// in its directory alone.
    package func remembered(_ found: FoundFiles) throws(TrustError) -> Resolution {
        var remembered = FoundFiles()
        remembered.keys = found.keys
        remembered.roots = found.roots.filter { $0.key == state.floors[.root]?.version }
        var old = try ResolutionPass(self, remembered, isFallback: true)
        try old.run()
        return old.resolution
    }
}

/// A verified text's reader, its error as this module's.
func reading<Document>(_ read: () throws(PolicyTextError) -> Document) throws(TrustError) -> Document {
    do throws(PolicyTextError) {
        return try read()
    } catch {
        throw .policy(error)
    }
}

extension FoundFile {
    /// What is wrong with it: what the file system said, or what its contents say.
    func problem(_ error: TrustError) -> PolicyAlarm.Problem {
        switch content {
        case .bytes: .trust(error)
        case .refused(let code, let text): .file(code, text)
        }
    }
}

/// One way through the files. Everything it finds out is in here; nothing outside changes.
struct ResolutionPass {
    let resolver: SnapshotResolver
    let found: FoundFiles
    /// Whether nothing is asked of the files: then it is no news that they are not there.
    let isFallback: Bool

    var root: Root
    var next: HostState
    var envelopes: [ContentDigest: [UInt8]] = [:]
    var alarms: [PolicyAlarm] = []
    var isRefused = false
    var newestIssued: UTCTime?
    var nextStart: UTCTime?

    var revocations = Revocations.none
    var revocationsIssued: UTCTime?
    var host: HostFile?
    var keys = KeyRing()
    var bases: [(base: PolicyBase, signers: [KeyID])] = []
    var sources: [PolicySnapshot.Source] = []
    var cap: PolicySet.Cap?
    var recovery: RecoveryGrant?

    var state: HostState { resolver.state }
    var now: UTCTime { resolver.time.now }

    init(_ resolver: SnapshotResolver, _ found: FoundFiles, isFallback: Bool = false) throws(TrustError) {
        self.resolver = resolver
        self.found = found
        self.isFallback = isFallback
        next = resolver.state
        root = try resolver.anchor(in: found)
    }

    mutating func run() throws(TrustError) {
        for refusal in found.refusals { refuse(refusal) }
        followRoots()
        try takeRevocations()
        takeKeys()
        takeHost()
        try takeBases()
        try takeSupplementals()
        takeRecovery()
        if let seconds = resolver.time.secondsBehind {
            alarms.append(PolicyAlarm("clock", .clockBehind(seconds: seconds), .ceilingLowered))
            cap = cap ?? .clockBehind
        }
        if now >= root.file.expires {
            alarms.append(PolicyAlarm("root", .expired(at: root.file.expires), .ceilingLowered))
        }
    }

    var resolution: Resolution {
        var sources = sources
        sources.append(.init(name: "root", version: root.file.version, sha256: root.sha256))
        if let host, let floor = next.floors[.host] {
            sources.append(.init(name: "host", version: host.version, sha256: floor.sha256))
        }
        if let recovery { sources.append(.init(name: "recovery", version: 1, sha256: recovery.sha256)) }
        let set = PolicySet(
            bases: bases.map(\.base), revocations: revocations, revocationsIssued: revocationsIssued, cap: cap,
            recovery: recovery)
        return Resolution(
            snapshot: PolicySnapshot(
                policies: set, signers: bases.map(\.signers), root: root, keys: keys, host: host,
                sources: sources.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }),
            state: next, envelopes: envelopes, alarms: alarms, newestIssued: newestIssued, nextStart: nextStart)
    }

    /// A file without which the set is not what its authors meant.
    mutating func refuse(_ subject: String, _ problem: PolicyAlarm.Problem) {
        isRefused = true
        alarms.append(PolicyAlarm(subject, problem, .oldPolicyKept))
    }

    mutating func refuse(_ file: FoundFile) {
        switch file.content {
        case .bytes: break
        case .refused(let code, let text): refuse(file.path, .file(code, text))
        }
    }

    /// Whether a version is new; an error where it may not be taken.
    func judge(_ name: FloorName, version: UInt64, sha256: ContentDigest) throws(TrustError) -> Bool {
        if let minimum = resolver.minimumFloors[name], version < minimum {
            throw .floor(name, .rollback(version: version, floor: minimum))
        }
        guard let floor = floor(name) else { return true }
        guard version >= floor.version else {
            throw .floor(name, .rollback(version: version, floor: floor.version))
        }
        if version == floor.version {
            guard sha256 == floor.sha256 else { throw .floor(name, .equivocation(version: version)) }
            return false
        }
        guard version - floor.version <= FloorViolation.maximumStep else {
            throw .floor(name, .fastForward(version: version, floor: floor.version))
        }
        return true
    }

    /// The floor that was remembered, unless a root that is in force now let it start again.
    func floor(_ name: FloorName) -> HostState.Floor? {
        guard let floor = state.floors[name], floor.root >= next.resets[name] ?? 0 else { return nil }
        return floor
    }

    /// Remembers what is in force from now on.
    mutating func accept(
        _ name: FloorName, version: UInt64, sha256: ContentDigest, issued: UTCTime, envelope: [UInt8], isNew: Bool
    ) {
        envelopes[sha256] = envelope
        guard isNew || state.floors[name]?.isActive == false else { return }
        next.floors[name] = HostState.Floor(version: version, sha256: sha256, root: root.file.version)
        newestIssued = newestIssued.map { max($0, issued) } ?? issued
    }

    /// The envelope that is remembered under a name, if its text is the one.
    func remembered(_ name: FloorName) throws(TrustError) -> (
        envelope: Envelope, file: [UInt8], floor: HostState.Floor
    )? {
        guard let floor = state.floors[name], floor.isActive else { return nil }
        guard let file = resolver.kept[floor.sha256], let envelope = try? Envelope(parsing: file),
            PolicyTrust.sha256(envelope.payload) == floor.sha256
        else { throw .lost(name) }
        return (envelope, file, floor)
    }

    /// Whether a file that misses its signatures is the one that is in force: then it is not the file that changed, but who is trusted.
    func isStill(_ file: FoundFile, _ name: FloorName, _ error: TrustError) -> Bool {
        unsignedName(of: file, error, among: [name]) != nil
    }

    func unsignedName(of file: FoundFile, _ error: TrustError, among names: [FloorName]) -> FloorName? {
        guard case .threshold = error, let bytes = file.bytes, let envelope = try? Envelope(parsing: bytes) else {
            return nil
        }
        let digest = PolicyTrust.sha256(envelope.payload)
        return names.first { state.floors[$0]?.sha256 == digest }
    }

    /// A file's payload, once enough keys are known to have signed it as what it is wanted for.
    func verified(
        _ file: FoundFile, as type: PayloadType, _ trusted: TrustedKeys?
    ) throws(TrustError) -> (payload: VerifiedPayload, bytes: [UInt8]) {
        guard case .bytes(let bytes) = file.content else { throw .unreadable }
        guard let trusted else { throw .threshold(valid: 0, needed: 1, signatures: 0) }
        return (try VerifiedPayload(verifying: bytes, as: type, trusted: trusted), bytes)
    }
}
