internal import CLinux
internal import Linux

/// The socket that a call is about, taken from the caller: whatever the caller does to its descriptor, this is the same socket.
final class TakenSocket {
    private let descriptor: FileDescriptor
    let domain: Int32
    let type: Int32
    let transport: Int32
    let cookie: UInt64

    /// - Returns: nil where the thread, or the descriptor, is gone, with the error that the caller gets.
    init(of thread: UInt32, _ number: Int32) throws(SystemError) {
        descriptor = try Self.take(number, of: thread)
        var facts = clinux_socket_facts()
        // SAFETY: the shim writes one structure.
        _ = try checked("getsockopt", Int(unsafe clinux_socket_facts(descriptor.rawValue, &facts)))
        (domain, type, transport, cookie) = (facts.domain, facts.type, facts.protocol, facts.cookie)
    }

    /// What a thread means by a descriptor.
    static func take(_ number: Int32, of thread: UInt32) throws(SystemError) -> FileDescriptor {
        let handle = FileDescriptor(owning: Int32(try checked("pidfd_open", Int(clinux_pidfd_of_thread(thread)))))
        return FileDescriptor(
            owning: Int32(try checked("pidfd_getfd", Int(clinux_take_descriptor(handle.rawValue, number)))))
    }

    var speaksIP: Bool { domain == 2 || domain == 10 }

    /// AF_RDS, AF_TIPC, AF_RXRPC, AF_KCM, AF_SMC: made before the tree's filter refused to.
    var hidesIP: Bool { [21, 30, 33, 41, 43].contains(domain) }

    /// Whether a connection may be waited for.
    var connects: Bool { type == 1 || type == 5 }  // SOCK_STREAM, SOCK_SEQPACKET

    func connect(_ address: SocketAddress) -> Int64 {
        // SAFETY: the shim reads the array's bytes.
        unsafe address.bytes.withUnsafeBytes {
            unsafe clinux_connect(descriptor.rawValue, $0.baseAddress, UInt32($0.count))
        }
    }

    func bind(_ address: SocketAddress) -> Int64 {
        // SAFETY: the shim reads the array's bytes.
        unsafe address.bytes.withUnsafeBytes {
            unsafe clinux_bind(descriptor.rawValue, $0.baseAddress, UInt32($0.count))
        }
    }

    func send(_ message: OutgoingMessage, waits: Bool) -> Int64 {
        // SAFETY: the shim reads the arrays' bytes.
        unsafe message.bytes.withUnsafeBytes { bytes in
            unsafe message.address.bytes.withUnsafeBytes { address in
                unsafe message.control.withUnsafeBytes { control in
                    unsafe clinux_send_to(
                        descriptor.rawValue, bytes.baseAddress, UInt64(bytes.count), address.baseAddress,
                        UInt32(address.count), control.baseAddress, UInt64(control.count),
                        message.ownFlags(waits: waits))
                }
            }
        }
    }
}
