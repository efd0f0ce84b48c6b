internal import Linux
package import ProgramPackage

/// A directory in which maps outlive the sandbox that has them: for another run, and for whoever wants to look at them or change them,
/// meanwhile too.
///
/// | file | what | lock |
/// |---|---|---|
/// | `lock` | nothing | whoever changes the manifest, or looks at maps, for as long as that takes |
/// | `manifest` | ``MapManifest``; replaced as a whole | |
/// | `storage.N` | the maps that one sandbox had, and no others: its cells can write the whole file | the sandbox, and its cells, until the last has gone |
///
/// A cell that has died keeps nothing, since the lock of a file belongs to all that have it mapped: who gets it knows that no cell is left
/// which could still be writing.
package final class MapDirectory: Sendable {
    package let path: String
    private let directory: Directory
    private let lock: FileDescriptor

    /// How long others may take: commands take milliseconds.
    private static let patience = 5_000
    private static let manifestName = "manifest"

    /// Makes what a directory of maps needs, where it is not there yet. Called while files may still be made anywhere.
    package static func prepare(_ path: String) throws(SandboxError) {
        try systemCalls { () throws(SystemError) in
            try Directory.make(path)
            let directory = try Directory(path)
            do throws(SystemError) { _ = try directory.open("lock", .new) } catch {
                guard error.code == SystemError.fileExists else { throw error }
            }
        }
    }

    package init(_ path: String) throws(SandboxError) {
        self.path = path
        do throws(SystemError) {
            directory = try Directory(path)
            lock = try directory.open("lock", .write)
        } catch { throw .file(path: path, error) }
    }

    /// Works in the directory while nobody else does.
    package func alone<Result: ~Copyable>(
        _ work: () throws(SandboxError) -> Result
    ) throws(SandboxError) -> Result {
        let isTaken = try systemCalls { () throws(SystemError) in
            try FileLock.isTaken(lock, within: Self.patience)
        }
        guard isTaken else { throw .mapDirectory(.busy(milliseconds: Self.patience)) }
        defer { FileLock.giveBack(lock) }
        return try work()
    }

    /// The same where nobody else works in it at this moment; nil where somebody does.
    package func aloneNow(_ work: () -> Void) {
        guard let isTaken = try? FileLock.isTaken(lock), isTaken else { return }
        defer { FileLock.giveBack(lock) }
        work()
    }

    /// The maps that there are; none where no sandbox has been here.
    package func manifest() throws(SandboxError) -> MapManifest {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try read(directory.open(Self.manifestName, .read), limit: MapManifest.bytes)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw .file(path: path, error) }
            return MapManifest()
        }
        do throws(PackageError) { return try MapManifest(parsing: bytes) } catch {
            throw .mapDirectory(.manifest(error))
        }
    }

    /// Replaces the manifest, and removes the files that no map is in any more.
    func replace(_ old: MapManifest, by new: MapManifest) throws(SandboxError) {
        guard old != new else { return }
        let bytes: [UInt8]
        do throws(PackageError) { bytes = try new.serialized() } catch { throw .mapDirectory(.manifest(error)) }
        let left = Set(new.entries.map(\.file))
        try systemCalls { () throws(SystemError) in
            try directory.replace(Self.manifestName, with: bytes)
            for file in Set(old.entries.map(\.file)).subtracting(left) { try directory.remove(Self.name(of: file)) }
        }
    }

    private static func name(of file: UInt64) -> String { "storage.\(file)" }

    func openStorage(_ file: UInt64) throws(SandboxError) -> MemoryFile {
        do throws(SystemError) {
            let descriptor = try directory.open(Self.name(of: file), .write)
            let size = UInt64(try fileSize(descriptor))
            return MemoryFile(owning: descriptor, size: size)
        } catch { throw .file(path: "\(path)/\(Self.name(of: file))", error) }
    }

    /// A new file of zeros. One of that number that is there is what a run left that died before it could say so.
    func makeStorage(_ file: UInt64, size: UInt64) throws(SandboxError) -> MemoryFile {
        do throws(SystemError) {
            try directory.remove(Self.name(of: file))
            let descriptor = try directory.open(Self.name(of: file), .new)
            try allocate(descriptor, size: size)
            return MemoryFile(owning: descriptor, size: size)
        } catch { throw .file(path: "\(path)/\(Self.name(of: file))", error) }
    }
}
