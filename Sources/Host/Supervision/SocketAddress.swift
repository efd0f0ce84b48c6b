internal import CLinux

/// A copy of a socket address (struct sockaddr) out of another process: at most 128 bytes, believed in nothing.
struct SocketAddress {
    /// As many bytes as the caller said there are.
    private(set) var bytes: [UInt8]

    /// sizeof(struct sockaddr_storage), the most that the kernel copies (move_addr_to_kernel in net/socket.c).
    static let capacity = 128

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// What a socket is bound to; empty where nobody can say.
    init(nameOf socket: Int32) { self.init(of: socket, isPeer: false) }

    /// Whom a socket is connected to.
    init(peerOf socket: Int32) { self.init(of: socket, isPeer: true) }

    private init(of socket: Int32, isPeer: Bool) {
        var bytes = [UInt8](repeating: 0, count: Self.capacity)
        // SAFETY: the shim writes at most the array's bytes.
        let size = unsafe bytes.withUnsafeMutableBytes { bytes in
            isPeer
                ? unsafe clinux_socket_peer(socket, bytes.baseAddress, UInt32(bytes.count))
                : unsafe clinux_socket_name(socket, bytes.baseAddress, UInt32(bytes.count))
        }
        self.bytes = Array(bytes.prefix(Int(max(0, min(size, Int64(Self.capacity))))))
    }

    mutating func setPort(_ port: UInt32) {
        (bytes[2], bytes[3]) = (UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8))
    }

    var family: UInt16? { bytes.count >= 2 ? UInt16(bytes[0]) | UInt16(bytes[1]) << 8 : nil }

    enum Family: UInt16 {
        case unspecified = 0
        case local = 1
        case ipv4 = 2
        case ipv6 = 10
        /// What the kernel makes of an address of IPv4 within one of IPv6, where it does; no number of its own.
        case mappedIPv4 = 0xFFFF
    }

    /// An address of IPv4 within one of IPv6 (::ffff:0:0/96).
    var isMappedIPv4: Bool {
        bytes.count >= 24 && bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18] == 0xFF && bytes[19] == 0xFF
    }

    /// The least that the kernel takes for an address of that family: struct sockaddr_in, SIN6_LEN_RFC2133.
    static func leastSize(of family: Family) -> Int {
        switch family {
        case .unspecified, .local: 2
        case .ipv4: 16
        case .ipv6, .mappedIPv4: 24
        }
    }

    /// Network order, as the word of a context has it.
    var port: UInt32 { bytes.count < 4 ? 0 : UInt32(bytes[2]) | UInt32(bytes[3]) << 8 }

    /// Words of the address as they lie in memory.
    func words(_ family: Family) -> (UInt32, UInt32, UInt32, UInt32) {
        switch family {
        case .ipv4: (word(4), 0, 0, 0)
        case .ipv6: (word(8), word(12), word(16), word(20))
        case .mappedIPv4: (word(20), 0, 0, 0)
        case .unspecified, .local: (0, 0, 0, 0)
        }
    }

    mutating func replace(_ family: Family, _ words: (UInt32, UInt32, UInt32, UInt32), port: UInt32) {
        (bytes[2], bytes[3]) = (UInt8(truncatingIfNeeded: port), UInt8(truncatingIfNeeded: port >> 8))
        switch family {
        case .ipv4: set(4, words.0)
        case .ipv6:
            set(8, words.0)
            set(12, words.1)
            set(16, words.2)
            set(20, words.3)
        case .mappedIPv4: set(20, words.0)
        case .unspecified, .local: break
        }
    }

    private func word(_ offset: Int) -> UInt32 {
        guard offset + 4 <= bytes.count else { return 0 }
        return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * UInt32($1)) }
    }

    private mutating func set(_ offset: Int, _ word: UInt32) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(index))) }
    }
}
