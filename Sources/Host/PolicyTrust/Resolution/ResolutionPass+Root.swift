internal import PolicyCore

extension SnapshotResolver {
    /// The root that is in force, which its digest proves.
    func anchor(in found: FoundFiles) throws(TrustError) -> Root {
        guard let floor = state.floors[.root] else { throw .lost(.root) }
        if let envelope = kept[floor.sha256], let root = try? Root(anchor: floor.sha256, envelope: envelope) {
            return root
        }
        guard case .bytes(let envelope) = found.roots[floor.version]?.content else { throw .lost(.root) }
        return try Root(anchor: floor.sha256, envelope: envelope)
    }
}

extension ResolutionPass {
    /// Goes on to the roots that follow, each of them signed by the one before.
    mutating func followRoots() {
        let anchor = root
        envelopes[anchor.sha256] = resolver.kept[anchor.sha256] ?? found.roots[anchor.file.version]?.bytes
        if !isFallback, let bytes = found.roots[anchor.file.version]?.bytes,
            let envelope = try? Envelope(parsing: bytes),
            PolicyTrust.sha256(envelope.payload) != anchor.sha256
        {
            refuse(
                found.roots[anchor.file.version]?.path ?? "root",
                .trust(.floor(.root, .equivocation(version: anchor.file.version))))
        }
        let later = found.roots.filter { $0.key > anchor.file.version }.sorted { $0.key < $1.key }
        guard later.count < Root.maximumChain else {
            refuse("root", .trust(.rootChain(.tooLong(limit: Root.maximumChain))))
            return
        }
        for (version, file) in later {
            guard version == root.file.version + 1 else {
                refuse(file.path, .trust(.rootChain(.skipped(expected: root.file.version + 1, found: version))))
                return
            }
            guard case .bytes(let bytes) = file.content else {
                refuse(file)
                return
            }
            do throws(TrustError) {
                root = try Root(after: root, envelope: bytes)
            } catch {
                refuse(file.path, .trust(error))
                return
            }
            for name in root.file.resetFloors { next.resets[name] = root.file.version }
            envelopes[root.sha256] = bytes
            newestIssued = newestIssued.map { max($0, root.file.issued) } ?? root.file.issued
        }
        guard root.sha256 != anchor.sha256 else { return }
        envelopes[anchor.sha256] = nil
        next.floors[.root] = HostState.Floor(
            version: root.file.version, sha256: root.sha256, root: root.file.version)
    }
}

extension FoundFile {
    var bytes: [UInt8]? {
        switch content {
        case .bytes(let bytes): bytes
        case .refused: nil
        }
    }
}
