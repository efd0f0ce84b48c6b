internal import CLinux
internal import Linux

/// Where a local socket of another process is, as this process can name it.
///
/// A path in the caller's words means something in the caller's directory, and a directory that was opened means the same for ever: the
/// address becomes a name in that directory.
struct LocalPlace {
    let address: SocketAddress
    /// Keeps the directory, and with it the address's meaning.
    private let directory: HeldDirectory?

    private final class HeldDirectory {
        let descriptor: FileDescriptor
        init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    }

    /// - Parameter status: of the caller, who must be a process that sees the files which this one sees, with the same rights.
    init(_ copy: SocketAddress, of thread: UInt32, _ status: CallerStatus, _ own: OwnView) throws(Refusal) {
        // Other families, addresses without a name, and abstract ones, which are of a network and not of a file system.
        guard copy.family == SocketAddress.Family.local.rawValue, copy.bytes.count > 2, copy.bytes[2] != 0 else {
            address = copy
            directory = nil
            return
        }
        guard own.seesTheSame(as: thread, status) else { throw .accessDenied }
        let path = Array(copy.bytes[2...].prefix { $0 != 0 })
        let split = path.lastIndex(of: 0x2F)
        let name = split.map { Array(path[($0 + 1)...]) } ?? path
        let parent = split.map { Array(path[...$0]) } ?? []
        let base = parent.first == 0x2F ? [] : Array("/proc/\(thread)/cwd/".utf8)
        let whole = (base + parent).map { CChar(bitPattern: $0) } + [0]
        // SAFETY: the array ends with a zero and lives through the call.
        let raw = unsafe clinux_open_place(whole)
        guard raw >= 0 else { throw Refusal(rawValue: Int32(-raw)) ?? .accessDenied }
        let opened = FileDescriptor(owning: Int32(raw))
        let named = Array("/proc/self/fd/\(opened.rawValue)/".utf8) + name
        guard named.count < 108 else { throw .nameTooLong }
        address = SocketAddress([1, 0] + named + [0])
        directory = HeldDirectory(opened)
    }
}
