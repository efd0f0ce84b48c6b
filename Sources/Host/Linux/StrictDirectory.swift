internal import CLinux

/// What the file system knows of a file.
package struct FileFacts: Equatable, Sendable {
    package var size: UInt64
    package var device: UInt64
    package var inode: UInt64
    /// Of the contents or of the rest, whichever is later.
    package var changedNanoseconds: Int64
    package var permissions: UInt32
    package var owner: UInt32
    package var links: UInt64
    package var isRegular: Bool

    package init(_ descriptor: borrowing FileDescriptor) throws(SystemError) {
        var facts = clinux_file_facts()
        // SAFETY: the pointer is valid for one structure during the call.
        let raw = unsafe withUnsafeMutablePointer(to: &facts) { unsafe clinux_file_facts(descriptor.rawValue, $0) }
        _ = try checked("fstat", Int(raw))
        self.init(facts)
    }

    /// Of what is at a path; of a link itself, where it is one.
    package init(path: String) throws(SystemError) {
        var facts = clinux_file_facts()
        // SAFETY: the string is a terminated C string, and the pointer is valid for one structure, during the call.
        let raw = unsafe withUnsafeMutablePointer(to: &facts) { pointer in
            unsafe path.withCString { unsafe clinux_path_facts($0, pointer) }
        }
        _ = try checked("lstat", Int(raw))
        self.init(facts)
    }

    private init(_ facts: clinux_file_facts) {
        size = facts.size
        device = facts.device
        inode = facts.inode
        changedNanoseconds = facts.changed_nanoseconds
        permissions = facts.mode & 0o7777
        owner = facts.owner
        links = facts.links
        isRegular = facts.mode & CLINUX_MODE_TYPE == CLINUX_MODE_REGULAR
    }
}

/// An open directory that somebody may have tampered with: no path in it follows a link, leaves its mount, or leads above it.
package struct StrictDirectory: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    /// Opens a directory by its whole path, none of whose parts may be a link.
    package init(_ path: String) throws(SystemError) {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe path.withCString { unsafe clinux_open_directory_strictly($0) }
        descriptor = FileDescriptor(owning: Int32(try checked("openat2", Int(raw))))
    }

    private init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    package borrowing func directory(_ path: String) throws(SystemError) -> StrictDirectory {
        StrictDirectory(try open(path, isDirectory: true))
    }

    /// Opens a regular file to read it. What is something else is EINVAL, and nothing waits.
    package borrowing func file(_ path: String) throws(SystemError) -> FileDescriptor {
        try open(path, isDirectory: false)
    }

    private borrowing func open(_ path: String, isDirectory: Bool) throws(SystemError) -> FileDescriptor {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe path.withCString { unsafe clinux_open_beneath(descriptor.rawValue, $0, isDirectory ? 1 : 0) }
        return FileDescriptor(owning: Int32(try checked("openat2", Int(raw))))
    }

    package borrowing func facts() throws(SystemError) -> FileFacts { try FileFacts(descriptor) }

    /// The names in it, in no order; EOVERFLOW where they take more than `limit` bytes.
    package borrowing func names(limit: Int) throws(SystemError) -> [[UInt8]] {
        var buffer = [CChar](repeating: 0, count: limit)
        // SAFETY: the pointer is valid for `limit` bytes during the call.
        let raw = unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe clinux_list(descriptor.rawValue, $0.baseAddress, UInt64($0.count))
        }
        let used = try checked("readdir", Int(raw))
        return buffer.prefix(used).split(separator: 0).map { $0.map { UInt8(bitPattern: $0) } }
    }

    /// Makes a directory in it for its owner alone; one that is there already stays as it is.
    package borrowing func make(_ name: String) throws(SystemError) {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe name.withCString { unsafe clinux_make_directory_in(descriptor.rawValue, $0) }
        _ = try checked("mkdirat", Int(raw))
    }

    /// A file that is not there yet.
    package borrowing func create(_ name: String) throws(SystemError) -> FileDescriptor {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe name.withCString { unsafe clinux_open_in(descriptor.rawValue, $0, CLINUX_FILE_NEW) }
        return FileDescriptor(owning: Int32(try checked("openat", Int(raw))))
    }

    /// A file to lock, made where it is not there.
    package borrowing func lockFile(_ name: String) throws(SystemError) -> FileDescriptor {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe name.withCString { unsafe clinux_open_in(descriptor.rawValue, $0, CLINUX_FILE_READ) }
        guard raw == -Int64(SystemError.noSuchFile) else {
            return FileDescriptor(owning: Int32(try checked("openat", Int(raw))))
        }
        return try create(name)
    }

    package borrowing func rename(_ name: String, to other: String) throws(SystemError) {
        // SAFETY: the strings are terminated C strings during the call.
        let raw = unsafe name.withCString { from in
            unsafe other.withCString { unsafe clinux_rename_in(descriptor.rawValue, from, $0) }
        }
        _ = try checked("renameat", Int(raw))
    }

    /// Removes a file; one that is not there is as good.
    package borrowing func remove(_ name: String) throws(SystemError) {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe name.withCString { unsafe clinux_unlink_in(descriptor.rawValue, $0) }
        guard raw != -Int64(SystemError.noSuchFile) else { return }
        _ = try checked("unlinkat", Int(raw))
    }

    /// What is named in it is so after a crash too.
    package borrowing func synchronise() throws(SystemError) {
        _ = try checked("fsync", Int(clinux_synchronise(descriptor.rawValue)))
    }
}

/// What was written is there after a crash too.
package func synchronise(_ file: borrowing FileDescriptor) throws(SystemError) {
    _ = try checked("fsync", Int(clinux_synchronise(file.rawValue)))
}

package func setPermissions(_ file: borrowing FileDescriptor, _ permissions: UInt32) throws(SystemError) {
    _ = try checked("fchmod", Int(clinux_set_permissions(file.rawValue, permissions)))
}

/// Bytes that nobody can guess.
package func randomBytes(_ count: Int) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: the pointer is valid for `count` bytes during the call.
    let raw = unsafe bytes.withUnsafeMutableBytes { unsafe clinux_random($0.baseAddress, UInt64($0.count)) }
    guard try checked("getrandom", Int(raw)) == count else { throw SystemError(call: "getrandom", code: 5) }
    return bytes
}

/// The user whose files this process' own are.
package var effectiveUser: UInt32 { clinux_effective_user() }

/// The wall clock, in seconds since 1970.
package func wallClockSeconds() -> Int64 { clinux_wall_seconds() }

/// Since the kernel started, asleep or awake.
package func bootSeconds() -> Int64 { Int64(bootNanoseconds() / 1_000_000_000) }
package func bootNanoseconds() -> UInt64 { clinux_boot_nanoseconds() }

/// At most `limit` bytes of a file of the kernel's, such as one in /proc.
package func readKernelFile(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: limit)
    // SAFETY: the strings and the pointer are valid, the latter for `limit` bytes, during the call.
    let raw = unsafe path.withCString { path in
        unsafe buffer.withUnsafeMutableBufferPointer {
            unsafe clinux_read_kernel_file(path, $0.baseAddress, UInt64($0.count))
        }
    }
    return buffer.prefix(try checked("read", Int(raw))).map { UInt8(bitPattern: $0) }
}
