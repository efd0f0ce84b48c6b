internal import CLinux

/// An open directory, whose files are named without a path and never reached through a link.
package struct Directory: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    package init(_ path: String) throws(SystemError) {
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe path.withCString { unsafe clinux_open_directory($0) }
        descriptor = FileDescriptor(owning: Int32(try checked("open", Int(raw))))
    }

    /// Makes a directory that only its owner can enter; one that is there already stays as it is.
    package static func make(_ path: String) throws(SystemError) {
        // SAFETY: the string is a terminated C string during the call.
        _ = try checked("mkdir", Int(unsafe path.withCString { unsafe clinux_make_directory($0) }))
    }

    package enum Access: Sendable {
        case read
        case write
        /// A file that is not there yet.
        case new
        /// A file that may be there already, and only grows.
        case append
    }

    package borrowing func open(_ name: String, _ access: Access) throws(SystemError) -> FileDescriptor {
        let how =
            switch access {
            case .read: CLINUX_FILE_READ
            case .write: CLINUX_FILE_WRITE
            case .new: CLINUX_FILE_NEW
            case .append: CLINUX_FILE_APPEND
            }
        // SAFETY: the string is a terminated C string during the call.
        let raw = unsafe name.withCString { unsafe clinux_open_in(descriptor.rawValue, $0, how) }
        return FileDescriptor(owning: Int32(try checked("openat", Int(raw))))
    }

    /// Gives a file another name, in the place of what had it.
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

    /// Puts a file in place as a whole: whoever looks sees the old one or the new one.
    package borrowing func replace(_ name: String, with bytes: [UInt8]) throws(SystemError) {
        let unfinished = name + ".new"
        try remove(unfinished)
        let file = try open(unfinished, .new)
        try write(bytes, to: file)
        _ = try checked("fsync", Int(clinux_synchronise(file.rawValue)))
        try rename(unfinished, to: name)
        _ = try checked("fsync", Int(clinux_synchronise(descriptor.rawValue)))
    }
}

/// The lock of a file (flock(2)), which belongs to the open file: whoever was given the descriptor, or has the file mapped by it, has the lock
/// too, and it is free when the last of them is gone.
package enum FileLock {
    /// - Returns: false where another has it.
    package static func isTaken(_ file: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let raw = clinux_try_lock(file.rawValue)
        guard raw != -Int64(SystemError.wouldBlock) else { return false }
        _ = try checked("flock", Int(raw))
        return true
    }

    /// Waits for it, looking every two milliseconds.
    package static func isTaken(
        _ file: borrowing FileDescriptor, within milliseconds: Int
    ) throws(SystemError) -> Bool {
        var left = milliseconds / 2
        while true {
            if try isTaken(file) { return true }
            guard left > 0 else { return false }
            left -= 1
            _ = clinux_poll_readable(-1, 2)
        }
    }

    package static func giveBack(_ file: borrowing FileDescriptor) { _ = clinux_unlock(file.rawValue) }
}

/// Gives a file its size, and its bytes room: writing to it through a mapping cannot fail later for want of room.
package func allocate(_ file: borrowing FileDescriptor, size: UInt64) throws(SystemError) {
    _ = try checked("posix_fallocate", Int(clinux_allocate(file.rawValue, size)))
}
