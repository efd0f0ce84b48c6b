internal import Linux
internal import PolicyTrust

/// What lies in the directories of policies, and a fingerprint of it that changes when any of it does.
struct DirectoryContents {
    var files = FoundFiles()
    var fingerprint: [String: FileFacts] = [:]
}

/// Reads the directories of policies. Only files called `*.dsse` (and `*.pub` among the keys) are looked at: what an editor, a copy in progress or a
/// package manager leaves beside them has other names until it is whole.
///
///     trust/root.N.dsse   trust/keys/*.pub
///     policy/base/*.dsse  policy/sup/*.dsse  policy/tombstone/*.dsse  policy/revoke.dsse  policy/host.dsse
struct DirectoryReader {
    static let maximumFiles = 256
    static let maximumRoots = Root.maximumChain + 1
    static let maximumNameBytes = 128 * 1024

    let path: String
    let careful = CarefulReader()
    /// Whether files are read, or only looked at.
    var isReading = true

    /// - Parameter firstRoot: older roots are history.
    func contents(firstRoot: UInt64) throws(StoreError) -> DirectoryContents {
        var contents = DirectoryContents()
        let top = try open()
        for name in names(in: "trust", of: top, ".dsse", limit: Int.max, &contents) {
            guard let version = Self.rootVersion(name), version >= firstRoot else { continue }
            guard contents.files.roots.count <= Self.maximumRoots else {
                contents.refuse("\(path)/trust", .tooMany(limit: Self.maximumRoots))
                break
            }
            contents.files.roots[version] = file("trust/\(name)", of: top, Envelope.maximumBytes, &contents)
        }
        func all(_ directory: String, _ suffix: String = ".dsse", _ limit: Int = Envelope.maximumBytes) -> [FoundFile] {
            names(in: directory, of: top, suffix, limit: Self.maximumFiles, &contents).compactMap {
                file("\(directory)/\($0)", of: top, limit, &contents)
            }
        }
        contents.files.keys = all("trust/keys", ".pub", KeyFiles.maximumBytes)
        contents.files.bases = all("policy/base")
        contents.files.supplementals = all("policy/sup")
        contents.files.tombstones = all("policy/tombstone")
        for name in names(in: "policy", of: top, ".dsse", limit: Self.maximumFiles, &contents) {
            switch name {
            case "revoke.dsse":
                contents.files.revoke = file("policy/\(name)", of: top, Envelope.maximumBytes, &contents)
            case "host.dsse": contents.files.host = file("policy/\(name)", of: top, Envelope.maximumBytes, &contents)
            case _: break
            }
        }
        return contents
    }

    private func open() throws(StoreError) -> StrictDirectory {
        do throws(FileProblem) { return try careful.directory(path) } catch { throw .file(path, error) }
    }

    /// `root.N.dsse`, N written in the one way.
    private static func rootVersion(_ name: String) -> UInt64? {
        guard name.hasPrefix("root."), name.hasSuffix(".dsse") else { return nil }
        let digits = name.dropFirst(5).dropLast(5)
        guard let version = UInt64(digits), "\(version)" == digits else { return nil }
        return version
    }

    /// The names that count, in order. A directory that is not there is empty; one that is not believed refuses everything.
    private func names(
        in directory: String, of top: borrowing StrictDirectory, _ suffix: String, limit: Int,
        _ contents: inout DirectoryContents
    ) -> [String] {
        do throws(FileProblem) {
            let opened = try careful.directory(directory, in: top)
            let listed: [[UInt8]]
            do throws(SystemError) {
                contents.fingerprint[directory] = try opened.facts()
                listed = try opened.names(limit: Self.maximumNameBytes)
            } catch {
                throw error.code == SystemError.overflow
                    ? .tooMany(limit: Self.maximumNameBytes / 16) : FileProblem(error)
            }
            let names = listed.filter { name in
                name.count > suffix.utf8.count && name.reversed().starts(with: suffix.utf8.reversed())
                    && name.first != UInt8(ascii: ".") && name.allSatisfy { (0x21...0x7E).contains($0) }
            }
            guard names.count <= limit else { throw .tooMany(limit: limit) }
            return names.map { String(decoding: $0, as: UTF8.self) }.sorted()
        } catch {
            if error != .missing { contents.refuse("\(path)/\(directory)", error) }
            return []
        }
    }

    private func file(
        _ name: String, of top: borrowing StrictDirectory, _ limit: Int, _ contents: inout DirectoryContents
    ) -> FoundFile? {
        do throws(FileProblem) {
            if isReading {
                let bytes = try careful.read(name, in: top, maximumBytes: limit)
                return FoundFile(path: "\(path)/\(name)", content: .bytes(bytes))
            }
            contents.fingerprint[name] = try careful.open(name, in: top, maximumBytes: limit).facts
            return nil
        } catch {
            // It was there when the directory was listed, and somebody took it away: as if it had not been there.
            guard error != .missing else { return nil }
            return FoundFile(path: "\(path)/\(name)", content: .refused(error.code, "\(error)"))
        }
    }
}

extension DirectoryContents {
    fileprivate mutating func refuse(_ path: String, _ problem: FileProblem) {
        files.refusals.append(FoundFile(path: path, content: .refused(problem.code, "\(problem)")))
    }
}
