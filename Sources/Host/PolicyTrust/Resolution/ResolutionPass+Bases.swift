internal import PolicyCore

/// A file that is signed well enough to have a say about one base or one supplemental.
struct Candidate<Content> {
    var path: String
    var version: UInt64
    var sha256: ContentDigest
    var issued: UTCTime
    /// When it begins to count.
    var start: UTCTime?
    var bytes: [UInt8]
    /// Nil for a tombstone.
    var content: Content?
}

extension ResolutionPass {
    typealias SignedBase = (base: PolicyBase, signers: [KeyID])

    /// The bases that are in force: of each the newest version that may be taken.
    mutating func takeBases() throws(TrustError) {
        let trusted = root.trusted(for: .base, revoked: revocations.keys)
        var candidates: [FloorName: [Candidate<SignedBase>]] = [:]
        var unsigned: Set<FloorName> = []
        for file in found.bases {
            do throws(TrustError) {
                let (payload, bytes) = try verified(file, as: .base, trusted)
                let base = try PolicyBase(payload, eligible: resolver.eligible)
                let name = FloorName.base(base.file.id)
                if let targets = base.file.targets, !targets.contains(state.machine) {
                    alarms.append(
                        PolicyAlarm(file.path, .trust(.otherHost("\(targets.count) other machines")), .fileIgnored))
                    continue
                }
                candidates[name, default: []].append(
                    Candidate(
                        path: file.path, version: base.file.version, sha256: payload.sha256, issued: base.file.issued,
                        start: base.file.notBefore, bytes: bytes, content: (base, payload.signers)))
            } catch {
                if let name = unsignedName(of: file, error, among: Array(state.floors.keys)) {
                    unsigned.insert(name)
                } else {
                    refuse(file.path, file.problem(error))
                }
            }
        }
        for (name, stones) in takeTombstones(trusted, as: SignedBase.self) where name.isBase {
            candidates[name, default: []] += stones
        }
        for name in Set(candidates.keys).union(state.floors.keys.filter(\.isBase)).sorted() {
            if let chosen = choose(name, candidates[name] ?? []) {
                if let content = chosen.content {
                    bases.append(content)
                    sources.append(.init(name: "\(name)", version: chosen.version, sha256: chosen.sha256))
                }
            } else {
                try keepBase(name, trusted, isThere: unsigned.contains(name) || candidates[name] != nil)
            }
        }
        guard bases.count <= SnapshotResolver.maximumBases else {
            refuse("base", .file(.limit, "\(bases.count) bases; the limit is \(SnapshotResolver.maximumBases)"))
            return
        }
    }

    /// Signed ends of bases and supplementals. What ends is for those to say who can say what is in force: the base role.
    mutating func takeTombstones<Content>(
        _ trusted: TrustedKeys?, as: Content.Type
    ) -> [FloorName: [Candidate<Content>]] {
        var stones: [FloorName: [Candidate<Content>]] = [:]
        for file in found.tombstones {
            do throws(TrustError) {
                let (payload, bytes) = try verified(file, as: .tombstone, trusted)
                let stone = try reading { () throws(PolicyTextError) in try TombstoneFile(parsing: payload.bytes) }
                stones[stone.target, default: []].append(
                    Candidate(
                        path: file.path, version: stone.version, sha256: payload.sha256, issued: stone.issued,
                        bytes: bytes))
            } catch {
                let alarm = PolicyAlarm(file.path, file.problem(error), .oldPolicyKept)
                // It is read once for bases and once for supplementals.
                if unsignedName(of: file, error, among: Array(state.floors.keys)) == nil, !alarms.contains(alarm) {
                    refuse(file.path, file.problem(error))
                }
            }
        }
        return stones
    }

    /// The newest of the candidates, if it may be taken; nil where what was in force stays so.
    ///
    /// An older file that still lies beside a newer one is no rollback: nobody asks for it to be in force.
    mutating func choose<Content>(_ name: FloorName, _ candidates: [Candidate<Content>]) -> Candidate<Content>? {
        guard let newest = candidates.max(by: { $0.version < $1.version }) else { return nil }
        if candidates.contains(where: { $0.version == newest.version && $0.sha256 != newest.sha256 }) {
            refuse(newest.path, .trust(.floor(name, .equivocation(version: newest.version))))
            return nil
        }
        do throws(TrustError) {
            let isNew = try judge(name, version: newest.version, sha256: newest.sha256)
            if isNew, let start = newest.start, now < start {
                alarms.append(PolicyAlarm(newest.path, .staged(from: start), .none))
                nextStart = nextStart.map { min($0, start) } ?? start
                return nil
            }
            guard !isNew || next.floors[name] != nil || next.floors.count < HostState.maximumFloors else {
                refuse(newest.path, .file(.limit, "more than \(HostState.maximumFloors) names have been in force here"))
                return nil
            }
            accept(
                name, version: newest.version, sha256: newest.sha256, issued: newest.issued, envelope: newest.bytes,
                isNew: isNew)
            return newest
        } catch {
            refuse(newest.path, .trust(error))
            return nil
        }
    }

    /// What was in force, and has not been signed away. Where its signatures do not suffice any more, because keys were withdrawn or revoked, it
    /// still decides, and nothing is as exposed as it says.
    private mutating func keepBase(_ name: FloorName, _ trusted: TrustedKeys?, isThere: Bool) throws(TrustError) {
        guard let (envelope, bytes, floor) = try remembered(name) else { return }
        envelopes[floor.sha256] = bytes
        guard envelope.payloadType == PayloadType.base.rawValue else { return }
        if !isThere, !isFallback { alarms.append(PolicyAlarm("\(name)", .deleted, .effectKept)) }
        let signers = trusted?.signers(of: envelope) ?? []
        let isSigned = trusted.map { signers.count >= $0.threshold } ?? false
        let base = try reading { () throws(PolicyTextError) in
            try PolicyBase(parsing: envelope.payload, sha256: floor.sha256, eligible: resolver.eligible)
        }
        bases.append((base, signers))
        sources.append(
            .init(
                name: "\(name)", version: floor.version, sha256: floor.sha256,
                standing: isSigned ? .full : .unsigned))
        if let minimum = resolver.minimumFloors[name], floor.version < minimum {
            cap = .baseOutdated
            let violation = FloorViolation.rollback(version: floor.version, floor: minimum)
            alarms.append(PolicyAlarm("\(name)", .trust(.floor(name, violation)), .ceilingLowered))
        }
        guard !isSigned else { return }
        cap = .baseUnsigned
        alarms.append(PolicyAlarm("\(name)", .unsigned, .ceilingLowered))
    }
}

extension FloorName {
    var isBase: Bool {
        switch self {
        case .base: true
        case .root, .supplemental, .revoke, .host: false
        }
    }

    var isSupplemental: Bool {
        switch self {
        case .supplemental: true
        case .root, .base, .revoke, .host: false
        }
    }
}
