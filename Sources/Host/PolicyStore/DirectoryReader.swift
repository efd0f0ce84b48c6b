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

    /// What is not believed refuses the set, and is in it: what was in force stays so then.
    ///
    /// - Parameter firstRoot: older roots are history.
    func contents(firstRoot: UInt64) -> DirectoryContents {
        var contents = DirectoryContents()
        do throws(FileProblem) {
            read(try careful.directory(path), firstRoot, &contents)
        } catch {
            contents.refuse(path, error)
        }
        return contents
    }

    private func read(_ top: borrowing StrictDirectory, _ firstRoot: UInt64, _ contents: inout DirectoryContents) {
        for name in names(in: "trust", of: top, ".dsse", limit: Int.max, &contents) {
            guard let version = Self.rootVersion(name), version >= firstRoot else { continue }
            guard contents.files.roots.count <= Self.maximumRoots else {
                contents.refuse("\(path)/trust", .tooMany(limit: Self.maximumRoots))
                break
            }
            contents.files.roots[version] = file("trust/\(name)", of: top, Envelope.maximumBytes, &contents)
        }
        contents.files.keys = files(in: "trust/keys", of: top, ".pub", KeyFiles.maximumBytes, &contents)
        contents.files.bases = files(in: "policy/base", of: top, ".dsse", Envelope.maximumBytes, &contents)
        contents.files.supplementals = files(in: "policy/sup", of: top, ".dsse", Envelope.maximumBytes, &contents)
        contents.files.tombstones = files(in: "policy/tombstone", of: top, ".dsse", Envelope.maximumBytes, &contents)
        for name in names(in: "policy", of: top, ".dsse", limit: Self.maximumFiles, &contents) {
            switch name {
            case "revoke.dsse":
                contents.files.revoke = file("policy/\(name)", of: top, Envelope.maximumBytes, &contents)
            case "host.dsse": contents.files.host = file("policy/\(name)", of: top, Envelope.maximumBytes, &contents)
            case _: break
            }
        }
    }

    private func files(
        in directory: String, of top: borrowing StrictDirectory, _ suffix: String, _ limit: Int,
        _ contents: inout DirectoryContents
    ) -> [FoundFile] {
        var files: [FoundFile] = []
        for name in names(in: directory, of: top, suffix, limit: Self.maximumFiles, &contents) {
            if let found = file("\(directory)/\(name)", of: top, limit, &contents) { files.append(found) }
        }
        return files
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
