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

    var isUDP: Bool { speaksIP && type == 2 && (transport == 17 || transport == 136) }  // IPPROTO_UDP, IPPROTO_UDPLITE

    /// What it is bound to.
    var name: SocketAddress { SocketAddress(nameOf: descriptor.rawValue) }

    func listen(_ backlog: Int32) -> Int64 { clinux_listen(descriptor.rawValue, backlog) }

    /// - Parameter flags: of accept4(2).
    func accept(flags: Int32) -> Result<HeldDescriptor, CallError> {
        let accepted = clinux_accept(descriptor.rawValue, flags)
        guard accepted >= 0 else { return .failure(CallError(value: accepted)) }
        return .success(HeldDescriptor(FileDescriptor(owning: Int32(accepted))))
    }

    /// A name with a port, where one without says that the kernel is to choose: free a moment ago.
    func choosePort(for address: SocketAddress) -> SocketAddress? {
        let raw = clinux_socket(domain, type, transport)
        guard raw >= 0 else { return nil }
        let probe = FileDescriptor(owning: Int32(raw))
        // SAFETY: the shim reads the array's bytes.
        let bound = unsafe address.bytes.withUnsafeBytes {
            unsafe clinux_bind(probe.rawValue, $0.baseAddress, UInt32($0.count))
        }
        guard bound == 0 else { return nil }
        let port = SocketAddress(nameOf: probe.rawValue).port
        var chosen = address
        chosen.setPort(port)
        return chosen
    }

    func receive(_ size: Int, control controlSize: Int, flags: Int32) -> Result<ReceivedMessage, CallError> {
        var bytes = [UInt8](repeating: 0, count: size)
        var address = [UInt8](repeating: 0, count: SocketAddress.capacity)
        var control = [UInt8](repeating: 0, count: controlSize)
        var received = clinux_received(
            address_size: UInt32(address.count), flags: 0, control_size: UInt64(controlSize))
        // SAFETY: the shim writes at most the arrays' bytes, and one structure.
        let count = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe address.withUnsafeMutableBytes { address in
                unsafe control.withUnsafeMutableBytes { control in
                    unsafe clinux_receive_message(
                        descriptor.rawValue, bytes.baseAddress, UInt64(bytes.count), address.baseAddress,
                        control.baseAddress, &received, flags)
                }
            }
        }
        guard count >= 0 else { return .failure(CallError(value: count)) }
        return .success(
            ReceivedMessage(
                size: count, bytes: Array(bytes.prefix(Int(min(count, Int64(size))))),
                address: SocketAddress(Array(address.prefix(Int(received.address_size)))),
                control: Array(control.prefix(Int(received.control_size))), flags: received.flags))
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

/// A descriptor that is closed when nobody has it any more.
final class HeldDescriptor {
    private let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
    var rawValue: Int32 { descriptor.rawValue }
}
