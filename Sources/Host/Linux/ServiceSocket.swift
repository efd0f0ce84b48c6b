internal import CLinux

/// Where a service is spoken to, on this host alone.
package enum ServiceSocket {
    /// Listens at a path, unless somebody else does.
    ///
    /// - Parameters:
    ///   - permissions: of the socket: who may write it may connect.
    ///   - group: the number of its group; nil: this process's.
    package static func listen(
        at path: String, permissions: UInt32, group: UInt32?
    ) throws(SystemError) -> FileDescriptor {
        // SAFETY: the path is a terminated text during the call.
        let result = unsafe clinux_serve_at(path, permissions, group.map(Int64.init) ?? -1)
        return FileDescriptor(owning: Int32(try checked("bind", Int(result))))
    }

    /// The socket that a service manager has opened for this process (sd_listen_fds(3)); nil where it has not.
    package static func inherited() throws(SystemError) -> FileDescriptor? {
        let number = try checked("LISTEN_FDS", Int(clinux_inherited_socket()))
        return number == 0 ? nil : FileDescriptor(owning: Int32(number))
    }
}

/// The service manager, which is told how this process is (sd_notify(3)).
package struct ServiceManager: ~Copyable, Sendable {
    private let socket: FileDescriptor

    package var rawDescriptor: Int32 { socket.rawValue }

    /// - Parameter path: what the manager has put into NOTIFY_SOCKET.
    package init(path: String) throws(SystemError) {
        // SAFETY: the path is a terminated text during the call.
        let result = unsafe clinux_connect_manager(path)
        socket = FileDescriptor(owning: Int32(try checked("connect(NOTIFY_SOCKET)", Int(result))))
    }

    /// Says something, such as `READY=1`. A manager that does not listen is not waited for.
    package borrowing func tell(_ text: String) {
        // SAFETY: the text is terminated during the call.
        _ = unsafe clinux_tell_manager(socket.rawValue, text)
    }
}
