internal import CLinux

/// A file that lives in memory only (memfd), can never be executed (MFD_NOEXEC_SEAL) and can be sealed.
package struct MemoryFile: ~Copyable, Sendable {
    package let descriptor: FileDescriptor
    package let size: UInt64

    /// - Parameters:
    ///   - name: what `/proc/*/maps` shows.
    ///   - size: rounded up to whole pages by the caller where it is to be mapped.
    package init(name: StaticString, size: UInt64) throws(SystemError) {
        precondition(name.hasPointerRepresentation, "a memory file's name is a literal")
        // SAFETY: a static string ends with a zero byte and lives for ever.
        let raw = unsafe clinux_memfd(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), size)
        descriptor = FileDescriptor(owning: Int32(try checked("memfd_create", Int(raw))))
        self.size = size
    }

    /// A regular file in the part of one, whose bytes are to outlive the process. It keeps its size only as long as nobody who may write in its
    /// directory changes it.
    package init(owning descriptor: consuming FileDescriptor, size: UInt64) {
        self.descriptor = descriptor
        self.size = size
    }

    /// The same file, for one who has it as long as they like.
    package borrowing func duplicate() throws(SystemError) -> MemoryFile {
        MemoryFile(owning: try FileDescriptor(duplicating: descriptor), size: size)
    }

    /// A file holding `bytes`, rounded up to whole pages, that nobody can change any more.
    package static func sealed(name: StaticString, _ bytes: [UInt8]) throws(SystemError) -> MemoryFile {
        let file = try MemoryFile(name: name, size: (UInt64(bytes.count) + 4095) & ~4095)
        try file.write(bytes)
        try file.seal()
        return file
    }

    package borrowing func write(_ bytes: [UInt8], at offset: UInt64 = 0) throws(SystemError) {
        try Linux.write(bytes, to: descriptor, at: offset)
    }

    /// No write by anyone, no change of size, for ever.
    ///
    /// The kernel refuses while anything maps the file writable. This process does not any more, but a fork that another thread made of it
    /// may for the moment until it executes something else; so a refusal is final only after a second.
    package borrowing func seal() throws(SystemError) {
        let started = monotonicNanoseconds()
        while true {
            let result = clinux_seal(descriptor.rawValue)
            if result == -Self.busy, monotonicNanoseconds() - started < 1_000_000_000 {
                _ = clinux_yield()
                continue
            }
            _ = try checked("fcntl(F_ADD_SEALS)", Int(result))
            return
        }
    }

    private static let busy: Int64 = 16  // EBUSY

    /// The size is fixed for ever, so that no mapping of it can fault; the bytes stay writable.
    package borrowing func sealSize() throws(SystemError) {
        _ = try checked("fcntl(F_ADD_SEALS)", Int(clinux_seal_size(descriptor.rawValue)))
    }
}

/// Writes all bytes from `offset` on.
package func write(
    _ bytes: [UInt8], to descriptor: borrowing FileDescriptor, at offset: UInt64 = 0
) throws(SystemError) {
    var done = 0
    while done < bytes.count {
        // SAFETY: the pointer is valid for `bytes.count - done` bytes during the call.
        let written = unsafe bytes.withUnsafeBytes {
            unsafe clinux_write_at(
                descriptor.rawValue, $0.baseAddress.unsafelyUnwrapped + done, UInt64(bytes.count - done),
                offset + UInt64(done))
        }
        done += try checked("pwrite", Int(written))
    }
}

/// Reads a whole file of at most `limit` bytes, which another process may still be changing.
package func read(_ descriptor: borrowing FileDescriptor, limit: Int) throws(SystemError) -> [UInt8] {
    let size = try fileSize(descriptor)
    guard size <= limit else {
        throw SystemError(call: "read (a file of \(size) bytes, the limit is \(limit))", code: SystemError.fileTooLarge)
    }
    return try read(descriptor, count: size, at: 0)
}

/// Bytes of a file.
package func fileSize(_ descriptor: borrowing FileDescriptor) throws(SystemError) -> Int {
    try checked("fstat", Int(clinux_file_size(descriptor.rawValue)))
}

/// Reads `count` bytes from `offset`, or as many as there are.
package func read(
    _ descriptor: borrowing FileDescriptor, count: Int, at offset: UInt64
) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
        // SAFETY: the pointer is valid for `count - done` bytes during the call.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe clinux_read_at(
                descriptor.rawValue, $0.baseAddress.unsafelyUnwrapped + done, UInt64(count - done),
                offset + UInt64(done))
        }
        let now = try checked("pread", Int(count))
        if now == 0 { break }
        done += now
    }
    return Array(bytes.prefix(done))
}

/// Reads a regular file, opened once, of at most `limit` bytes.
package func readFile(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
    // SAFETY: the string is a terminated C string during the call.
    let raw = unsafe path.withCString { unsafe clinux_open_regular($0) }
    return try read(FileDescriptor(owning: Int32(try checked("open", Int(raw)))), limit: limit)
}
