internal import PolicyCore

extension ResolutionPass {
    typealias SignedSupplemental = (supplemental: Supplemental, base: Int)

    /// What adds to the bases. A supplemental permits only as long as it lies there and its base admits it. One that was admitted and forbids
    /// something goes on forbidding it until a tombstone ends it, for whoever can make a file invalid must not get more permitted by it.
    mutating func takeSupplementals() throws(TrustError) {
        var candidates: [FloorName: [Candidate<SignedSupplemental>]] = [:]
        var unsigned: Set<FloorName> = []
        for file in found.supplementals {
            do throws(TrustError) {
                let (content, payload, bytes) = try admit(file)
                let policy = content.supplemental.file
                candidates[.supplemental(policy.id), default: []].append(
                    Candidate(
                        path: file.path, version: policy.version, sha256: payload.sha256, issued: policy.issued,
                        start: policy.notBefore, bytes: bytes, content: content))
            } catch {
                if let name = unsignedName(of: file, error, among: Array(state.floors.keys)) { unsigned.insert(name) }
                alarms.append(PolicyAlarm(file.path, file.problem(error), .fileIgnored))
            }
        }
        let trusted = root.trusted(for: .base, revoked: revocations.keys)
        for (name, stones) in takeTombstones(trusted, as: SignedSupplemental.self) where name.isSupplemental {
            candidates[name, default: []] += stones
        }
        for name in Set(candidates.keys).union(state.floors.keys.filter(\.isSupplemental)).sorted() {
            let before = (isRefused, alarms.count)
            if let chosen = choose(name, candidates[name] ?? []) {
                if let (supplemental, base) = chosen.content {
                    add(supplemental, to: base, .full)
                }
                continue
            }
            // A supplemental that is refused is left away; it keeps nothing else from being taken.
            isRefused = before.0
            for index in alarms.indices.dropFirst(before.1) where alarms[index].effect == .oldPolicyKept {
                alarms[index].effect = .fileIgnored
            }
            try keepSupplemental(name, isThere: unsigned.contains(name) || candidates[name] != nil)
        }
        guard bases.reduce(0, { $0 + $1.base.supplementals.count }) <= SnapshotResolver.maximumSupplementals else {
            refuse("sup", .file(.limit, "more than \(SnapshotResolver.maximumSupplementals) supplementals"))
            return
        }
    }

    private mutating func add(_ supplemental: Supplemental, to base: Int, _ standing: PolicySnapshot.Source.Standing) {
        bases[base].base.supplementals.append(supplemental)
        sources.append(
            .init(
                name: "sup/\(supplemental.file.id)", version: supplemental.file.version, sha256: supplemental.sha256,
                standing: standing))
    }

    /// A supplemental that one of the bases lets in: by a name that the base gives to enough of the keys that signed it.
    private func admit(
        _ file: FoundFile
    ) throws(TrustError) -> (content: SignedSupplemental, payload: VerifiedPayload, bytes: [UInt8]) {
        guard case .bytes(let bytes) = file.content else { throw .unreadable }
        let (content, payload) = try admit(bytes)
        return (content, payload, bytes)
    }

    private func admit(_ bytes: [UInt8]) throws(TrustError) -> (SignedSupplemental, VerifiedPayload) {
        // Who signed is found out before anything that was signed is read: among all whom any base invites.
        let invited = Set(bases.flatMap { $0.base.file.supplementalSigners.flatMap(\.keys) })
        let known = invited.subtracting(revocations.keys).sorted().compactMap { keys[$0] }
        let payload = try VerifiedPayload(verifying: bytes, as: .supplemental, trusted: TrustedKeys(anyOf: known))
        let file = try reading { () throws(PolicyTextError) in try PolicyFile(parsing: payload.bytes) }
        guard file.kind == .supplemental, let extended = file.extends else {
            throw .policy(
                PolicyTextError(
                    .unknownValue(key: "kind", value: file.kind.rawValue, expected: "\"sup\" in a supplemental's file"),
                    at: .start))
        }
        guard let index = bases.firstIndex(where: { $0.base.file.id == extended }) else {
            throw .supplemental(.extendsNothing(extended))
        }
        let signers = bases[index].base.file.supplementalSigners
        guard !signers.isEmpty else { throw .supplemental(.notInvited(base: extended)) }
        let signed = Set(payload.signers)
        let best = signers.map { signer in (signer.keys.count(where: signed.contains), signer.threshold) }
        guard best.contains(where: { $0.0 >= $0.1 }) else {
            throw .threshold(
                valid: best.map(\.0).max() ?? 0, needed: best.map(\.1).min() ?? 1, signatures: payload.signers.count)
        }
        if let targets = file.targets, !targets.contains(state.machine) {
            throw .otherHost("\(targets.count) other machines")
        }
        return ((Supplemental(file: file, sha256: payload.sha256), index), payload)
    }

    private mutating func keepSupplemental(_ name: FloorName, isThere: Bool) throws(TrustError) {
        guard let (envelope, bytes, floor) = try remembered(name) else { return }
        envelopes[floor.sha256] = bytes
        guard envelope.payloadType == PayloadType.supplemental.rawValue else { return }
        let file = try reading { () throws(PolicyTextError) in try PolicyFile(parsing: envelope.payload) }
        // What only permits is gone once its file is; without its base it has nothing to add to.
        let kept = Supplemental(file: file, sha256: floor.sha256).forbidding
        guard !kept.file.rules.isEmpty || isFallback,
            let index = bases.firstIndex(where: { $0.base.file.id == file.extends })
        else {
            envelopes[floor.sha256] = nil
            next.floors[name]?.isActive = false
            return
        }
        if !isThere, !isFallback { alarms.append(PolicyAlarm("\(name)", .deleted, .effectKept)) }
        do throws(TrustError) {
            let (content, _) = try admit(bytes)
            add(content.supplemental, to: content.base, .full)
        } catch {
            add(kept, to: index, .forbidsOnly)
            alarms.append(PolicyAlarm("\(name)", .trust(error), .forbidsKept))
        }
    }
}

extension PolicyFile {
    /// Whom the base lets supplement it.
    fileprivate var supplementalSigners: [Signer] {
        options.supplemental?.signers.compactMap { signers[$0] } ?? []
    }
}
