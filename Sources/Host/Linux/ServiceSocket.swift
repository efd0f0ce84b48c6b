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

    /// Connects to who listens at a path, says all of `bytes`, and hears what comes back until `isWhole` says that it is all of it, or the
    /// other side ends; at most `limit` bytes, and `patience` seconds for each part.
    package static func exchange(
        at path: String, _ bytes: [UInt8], limit: Int, patience: UInt32, isWhole: ([UInt8]) -> Bool
    ) throws(SystemError) -> [UInt8] {
        // SAFETY: the path is a terminated text during the call.
        let result = unsafe clinux_connect_service(path, patience)
        let socket = FileDescriptor(owning: Int32(try checked("connect", Int(result))))
        var said = 0
        while said < bytes.count {
            // SAFETY: what is left of the bytes is read, and no more.
            let count = unsafe bytes.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[said...])
                return unsafe clinux_send_bytes(socket.rawValue, rest.baseAddress, UInt64(rest.count))
            }
            said += try checked("send", Int(count))
        }
        var heard: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while !isWhole(heard) {
            // SAFETY: the shim writes at most as many bytes as there are.
            let count = unsafe part.withUnsafeMutableBytes { part in
                unsafe clinux_read(socket.rawValue, part.baseAddress, UInt64(part.count))
            }
            let now = try checked("recv", Int(count))
            guard now > 0 else { break }
            guard heard.count + now <= limit else { throw SystemError(call: "recv", code: SystemError.overflow) }
            heard += part[..<now]
        }
        return heard
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
