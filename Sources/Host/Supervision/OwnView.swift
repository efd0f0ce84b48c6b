internal import CLinux

/// What the supervisor is itself: by that it knows for whom it can act without giving more than the caller has.
struct OwnView {
    private let status: CallerStatus?
    private let root: [UInt8]?
    private let mounts: [UInt8]?
    private let users: [UInt8]?
    /// Whether it could bind to ports that need a privilege.
    let bindsLowPorts: Bool

    private static let bindService: UInt64 = 1 << 10  // CAP_NET_BIND_SERVICE
    private static let trace: UInt64 = 1 << 19  // CAP_SYS_PTRACE

    /// To be read before this process is confined.
    init() {
        status = CallerStatus(thread: UInt32(truncatingIfNeeded: clinux_process_id()))
        root = Self.link("/proc/self/root")
        mounts = Self.link("/proc/self/ns/mnt")
        users = Self.link("/proc/self/ns/user")
        bindsLowPorts = (status?.effectiveCapabilities ?? 0) & Self.bindService != 0
    }

    /// Whether a path means to the thread what it means here, and files are open to it that are open here.
    func seesTheSame(as thread: UInt32, _ other: CallerStatus) -> Bool {
        guard let status, let root, let mounts else { return false }
        return status.hasOwners(of: other) && Self.link("/proc/\(thread)/root") == root
            && Self.link("/proc/\(thread)/ns/mnt") == mounts
    }

    /// Whether the thread has the privilege by which low ports are bound to, in the world in which this process would use its own.
    func entitles(_ thread: UInt32, _ other: CallerStatus?) -> Bool {
        guard bindsLowPorts, let other, let users else { return false }
        return other.effectiveCapabilities & Self.bindService != 0 && Self.link("/proc/\(thread)/ns/user") == users
    }

    /// Does something with the privilege to bind to low ports, in this thread alone, and without it otherwise.
    func withLowPorts<Result>(_ isEntitled: Bool, _ body: () -> Result) -> Result {
        guard isEntitled, bindsLowPorts else { return body() }
        _ = clinux_keep_capabilities(Self.bindService | Self.trace, Self.bindService | Self.trace)
        defer { _ = clinux_keep_capabilities(Self.bindService | Self.trace, Self.trace) }
        return body()
    }

    private static func link(_ path: String) -> [UInt8]? {
        var text = [CChar](repeating: 0, count: 256)
        // SAFETY: the shim writes at most the array's bytes.
        let length = unsafe clinux_read_link(path, &text, UInt64(text.count))
        guard length > 0, length < text.count else { return nil }
        return text.prefix(Int(length)).map { UInt8(bitPattern: $0) }
    }
}
