package import PolicyCore

extension ResolutionPass {
    /// What is revoked: never less than before, but by a root that says so.
    mutating func takeRevocations() throws(TrustError) {
        let previous = try rememberedRevocations()
        let known = previous?.file.revocations ?? .none
        if let file = found.revoke {
            do throws(TrustError) {
                let trusted = root.trusted(for: .revoke, revoked: known.keys)
                let (payload, bytes) = try verified(file, as: .revoke, trusted)
                let list = try reading { () throws(PolicyTextError) in try RevokeFile(parsing: payload.bytes) }
                let isNew = try judge(.revoke, version: list.version, sha256: payload.sha256)
                let lost = known.entries(notIn: list.revocations)
                if lost > 0, floor(.revoke) != nil {
                    throw .floor(.revoke, .givesBack(version: list.version, entries: lost))
                }
                use(list, payload.sha256)
                accept(
                    .revoke, version: list.version, sha256: payload.sha256, issued: list.issued, envelope: bytes,
                    isNew: isNew)
                return
            } catch {
                if !isStill(file, .revoke, error) { refuse(file.path, file.problem(error)) }
            }
        } else if previous != nil, !isFallback {
            alarms.append(PolicyAlarm("revoke", .deleted, .effectKept))
        }
        guard let previous else { return }
        // Whoever signed it may have lost that right since: what is revoked stays so.
        use(previous.file, previous.floor.sha256)
        envelopes[previous.floor.sha256] = previous.bytes
    }

    private mutating func use(_ list: RevokeFile, _ sha256: ContentDigest) {
        revocations = list.revocations
        revocationsIssued = list.issued
        sources.append(.init(name: "revoke", version: list.version, sha256: sha256))
        if now >= list.expires { alarms.append(PolicyAlarm("revoke", .expired(at: list.expires), .effectKept)) }
    }

    private func rememberedRevocations() throws(TrustError) -> (
        file: RevokeFile, bytes: [UInt8], floor: HostState.Floor
    )? {
        guard let (envelope, bytes, floor) = try remembered(.revoke) else { return nil }
        return (
            try reading { () throws(PolicyTextError) in try RevokeFile(parsing: envelope.payload) }, bytes, floor
        )
    }

    /// The labels of this host. Labels permit, so a file that is refused gives none; the one that was in force stays.
    mutating func takeHost() {
        let trusted = root.trusted(for: .host, revoked: revocations.keys)
        if let file = found.host {
            do throws(TrustError) {
                let (payload, bytes) = try verified(file, as: .host, trusted)
                let labels = try reading { () throws(PolicyTextError) in try HostFile(parsing: payload.bytes) }
                guard labels.machines.contains(state.machine) else {
                    throw .otherHost("\(labels.machines.count) other machines")
                }
                let isNew = try judge(.host, version: labels.version, sha256: payload.sha256)
                host = labels
                accept(
                    .host, version: labels.version, sha256: payload.sha256, issued: labels.issued, envelope: bytes,
                    isNew: isNew)
                return
            } catch {
                if !isStill(file, .host, error) {
                    alarms.append(PolicyAlarm(file.path, file.problem(error), .fileIgnored))
                }
            }
        } else if state.floors[.host] != nil, !isFallback {
            alarms.append(PolicyAlarm("host", .deleted, .effectKept))
        }
        do throws(TrustError) {
            guard let (_, bytes, floor) = try remembered(.host), let trusted else { return }
            envelopes[floor.sha256] = bytes
            let payload = try VerifiedPayload(verifying: bytes, as: .host, trusted: trusted)
            let labels = try reading { () throws(PolicyTextError) in try HostFile(parsing: payload.bytes) }
            guard labels.machines.contains(state.machine) else { return }
            host = labels
        } catch {
            alarms.append(PolicyAlarm("host", .trust(error), .none))
        }
    }

    /// The keys that policies can name: those of the root, and those that lie beside it.
    mutating func takeKeys() {
        keys = root.keys
        for file in found.keys {
            do throws(TrustError) {
                guard case .bytes(let bytes) = file.content else { throw .keyFile("a file that can be read", line: 1) }
                try keys.insert(try KeyFiles.readPublicKey(bytes).key)
            } catch {
                alarms.append(PolicyAlarm(file.path, file.problem(error), .fileIgnored))
            }
        }
    }

    /// A recovery that was used and has not ended.
    mutating func takeRecovery() {
        guard let sha256 = state.recovery else { return }
        do throws(TrustError) {
            guard let bytes = resolver.kept[sha256] else { throw .lostRecovery(sha256) }
            recovery = try root.recovery(bytes, for: state, revoked: revocations.keys, now: now)
            envelopes[sha256] = bytes
        } catch {
            next.recovery = nil
            alarms.append(PolicyAlarm("recovery", .trust(error), .none))
        }
    }
}

extension Root {
    /// A recovery for this installation of this host, whose day is not over.
    package func recovery(
        _ envelope: [UInt8], for state: HostState, revoked: Set<KeyID>, now: UTCTime
    ) throws(TrustError) -> RecoveryGrant {
        let (grant, _) = try recoveryFile(envelope, for: state, revoked: revoked, now: now)
        return grant
    }

    package func recoveryFile(
        _ envelope: [UInt8], for state: HostState, revoked: Set<KeyID>, now: UTCTime
    ) throws(TrustError) -> (grant: RecoveryGrant, file: RecoveryFile) {
        guard let trusted = trusted(for: .recovery, revoked: revoked) else {
            throw .threshold(valid: 0, needed: 1, signatures: 0)
        }
        let payload = try VerifiedPayload(verifying: envelope, as: .recovery, trusted: trusted)
        let file = try reading { () throws(PolicyTextError) in try RecoveryFile(parsing: payload.bytes) }
        guard file.machine == state.machine else { throw .otherHost("machine \(file.machine.text)") }
        guard file.install == state.install else { throw .otherHost("installation \(file.install)") }
        guard now >= file.issued else { throw .notYetValid(from: file.issued, now: now) }
        guard now < file.expires else { throw .expired(at: file.expires, now: now) }
        let conditions = file.programs.map { [Condition(.program, .atoms($0.map { .digest($0.digest) }))] } ?? []
        let rule = Rule(.permit, id: "recovery", tier: RecoveryFile.ceiling, when: conditions)
        return (
            RecoveryGrant(id: "\(file.nonce)", rules: [rule], expires: file.expires, sha256: payload.sha256), file
        )
    }
}

extension Revocations {
    /// How many of these the other does not have.
    fileprivate func entries(notIn other: Revocations) -> Int {
        programs.subtracting(other.programs).count + keys.subtracting(other.keys).count
            + attestations.subtracting(other.attestations).count + verifiers.subtracting(other.verifiers).count
    }
}
