internal import CommandSupport
internal import Linux

/// A file that is written piece by piece, and in its place as a whole: until it is finished it has `.new` behind its name, where whoever
/// wants to can look on.
final class StreamedFile {
    private let path: String
    private let directory: Directory
    private let name: String
    private let descriptor: FileDescriptor
    private var pending: [UInt8] = []
    private var size: UInt64 = 0

    /// What is kept back until there is more of it.
    private static let block = 1 << 16

    /// - Note: the directory has to be one that the process may write in.
    init(_ path: String) throws(Failure) {
        self.path = path
        let name = String(path.split(separator: "/", omittingEmptySubsequences: false).last ?? "")
        guard !name.isEmpty else { throw .file(path, "is no name of a file") }
        self.name = name
        do throws(SystemError) {
            directory = try Directory(Files.directory(of: path))
            try directory.remove(name + ".new")
            descriptor = try directory.open(name + ".new", .new)
        } catch { throw .file(path, error.description) }
        pending.reserveCapacity(Self.block)
    }

    func append(_ text: String) throws(Failure) {
        pending.append(contentsOf: text.utf8)
        if pending.count >= Self.block { try flush() }
    }

    func append(_ bytes: [UInt8]) throws(Failure) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.block { try flush() }
    }

    /// Writes what was kept back.
    func flush() throws(Failure) {
        guard !pending.isEmpty else { return }
        do throws(SystemError) { try write(pending, to: descriptor, at: size) } catch {
            throw .file(path, error.description)
        }
        size += UInt64(pending.count)
        pending.removeAll(keepingCapacity: true)
    }

    /// Gives the file its name, in the place of what had it.
    func finish() throws(Failure) {
        try flush()
        do throws(SystemError) { try directory.rename(name + ".new", to: name) } catch {
            throw .file(path, error.description)
        }
    }
}
