internal import FoundationEssentials
internal import Linux

/// The few ways in which commands touch files.
package enum Files {
    /// Who else may do what with a file that is read.
    package enum Privacy {
        /// The contents prove themselves, by a signature.
        case any
        /// Not everybody may write it: what it says is believed.
        case trusted
        /// Nobody else may even read it.
        case secret
    }

    /// The bytes of a regular file of bounded size, read once. A link, a pipe and a device are refused before they
    /// are opened.
    package static func read(_ path: String, maximumBytes: Int, privacy: Privacy = .any) throws(Failure) -> [UInt8] {
        // Not FileManager's attributes: they have the owner's name, which a host may look up over a network.
        let facts: FileFacts
        do throws(SystemError) { facts = try FileFacts(path: path) } catch {
            throw error.code == SystemError.noSuchFile ? .missing(path) : .file(path, SystemError.text(of: error.code))
        }
        guard facts.isRegular else { throw .notRegular(path) }
        guard facts.size <= UInt64(maximumBytes) else { throw .tooLarge(path, limit: maximumBytes) }
        switch privacy {
        case .any: break
        case .trusted:
            guard facts.permissions & 0o002 == 0 else { throw .writableByOthers(path) }
        case .secret:
            guard facts.permissions & 0o077 == 0 else { throw .readableByOthers(path) }
        }
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .file(path, reason(error))
        }
        // The file may have grown since it was looked at.
        guard data.count <= maximumBytes else { throw .tooLarge(path, limit: maximumBytes) }
        return Array(data)
    }

    /// Puts a file in place as a whole, by a synchronised file beside it and a rename: whoever looks sees the old one
    /// or the new one.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(Failure) {
        do {
            try Data(bytes).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw .file(path, reason(error))
        }
    }

    /// Makes a new file that must not exist yet. It is written in a directory that only its owner can enter, and
    /// linked to its name when it is whole and has its permissions: at no time can others read a secret, and no file
    /// is overwritten.
    package static func create(_ path: String, with bytes: [UInt8], permissions: UInt) throws(Failure) {
        guard !exists(path) else { throw .alreadyThere(path) }
        let workshop = "\(path).\(UInt64.random(in: 0 ... .max)).new"
        let unfinished = "\(workshop)/file"
        let manager = FileManager.default
        do {
            try manager.createDirectory(
                atPath: workshop, withIntermediateDirectories: false, attributes: [.posixPermissions: UInt(0o700)])
            defer { try? manager.removeItem(atPath: workshop) }
            try Data(bytes).write(to: URL(filePath: unfinished), options: .atomic)
            try manager.setAttributes([.posixPermissions: permissions], ofItemAtPath: unfinished)
            try manager.linkItem(atPath: unfinished, toPath: path)
        } catch {
            throw exists(path) ? .alreadyThere(path) : .file(path, reason(error))
        }
    }

    /// The directory that a path lies in.
    package static func directory(of path: String) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return "." }
        let directory = parts.dropLast().joined(separator: "/")
        return directory.isEmpty ? "/" : directory
    }

    /// True for a dangling link too.
    package static func exists(_ path: String) -> Bool {
        (try? FileFacts(path: path)) != nil
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? CocoaError else { return "\(error)" }
        return switch error.code {
        case .fileReadNoPermission, .fileWriteNoPermission: "permission denied"
        case .fileNoSuchFile, .fileReadNoSuchFile: "no such file or directory"
        case .fileWriteOutOfSpace: "no space left"
        case .fileWriteVolumeReadOnly: "the file system is read-only"
        case _: "\(error)"
        }
    }
}

/// The environment, which only the look of the output may depend on.
package func environment() -> [String: String] { ProcessInfo.processInfo.environment }

extension Failure {
    package static func file(_ path: String, _ problem: String) -> Failure { Failure(.badInput, path, problem) }

    package static func missing(_ path: String) -> Failure { Failure(.badInput, path, "no such file") }

    package static func notRegular(_ path: String) -> Failure {
        Failure(
            .badInput, path, "not a regular file", remedy: "name the file itself, not a link, pipe, device or directory"
        )
    }

    package static func tooLarge(_ path: String, limit: Int) -> Failure {
        Failure(.badInput, path, "larger than the \(limit) bytes that such a file may have")
    }

    package static func alreadyThere(_ path: String) -> Failure {
        Failure(.badInput, path, "already there, and not overwritten", remedy: "choose another name, or move it away")
    }

    package static func readableByOthers(_ path: String) -> Failure {
        Failure(
            .badInput, path, "others can read this file, and a private key is for its owner alone",
            remedy: "if it is one: chmod 600 \(path)")
    }

    package static func writableByOthers(_ path: String) -> Failure {
        Failure(.trustFailure, path, "everyone can write this file, so it proves nothing", remedy: "chmod go-w \(path)")
    }
}

/// The host's clock, in whole seconds of UTC.
package func secondsSince1970() -> Int64 { Int64(Date().timeIntervalSince1970) }

/// A value as JSON text, keys in order, so that two runs can be compared.
package func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
