internal import CLinux

/// A file that is written at its end only, and of which no other process that asks for the lock is the writer.
package struct GrowingFile: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    private init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// The lock is given back, and not only closed: a process that was being started meanwhile may have the descriptor for a moment more.
    deinit { FileLock.giveBack(descriptor) }

    /// Opens it, or makes it.
    ///
    /// - Parameter waiting: for how long another writer is waited for.
    package static func open(
        _ name: String, in directory: borrowing Directory, waiting milliseconds: Int = 0
    ) throws(SystemError) -> GrowingFile {
        let file = GrowingFile(owning: try directory.open(name, .append))
        guard try FileLock.isTaken(file.descriptor, within: milliseconds) else {
            throw SystemError(call: "flock", code: SystemError.wouldBlock)
        }
        return file
    }

    package borrowing func size() throws(SystemError) -> UInt64 { UInt64(try fileSize(descriptor)) }

    /// One write(2) at the end, whatever comes of it: what was not written is the caller's to deal with, who must not write the rest as if
    /// nothing had happened.
    ///
    /// - Returns: how many of the bytes were written.
    package borrowing func append(_ bytes: [UInt8]) throws(SystemError) -> Int {
        // SAFETY: the pointer is valid for `bytes.count` bytes during the call.
        let written = unsafe bytes.withUnsafeBytes {
            unsafe clinux_write(descriptor.rawValue, $0.baseAddress, UInt64($0.count))
        }
        return try checked("write", Int(written))
    }

    /// What was written is there after a crash too.
    package borrowing func synchronise() throws(SystemError) {
        _ = try checked("fsync", Int(clinux_synchronise(descriptor.rawValue)))
    }
}

/// Waits, for want of a way in which a file says that it has grown.
package func pause(milliseconds: Int32) { _ = clinux_poll_readable(-1, milliseconds) }
