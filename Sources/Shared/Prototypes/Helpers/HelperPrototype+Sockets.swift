/// Helpers that find sockets, give them back, read and change them (net/core/filter.c).
extension HelperPrototype {
    /// Look-ups acquire; what only views a socket differently borrows.
    static let sockets: [HelperPrototype] = [
        helper(46, "bpf_get_socket_cookie", .integer, .contextOrSocket),
        helper(47, "bpf_get_socket_uid", .integer, .context),
        helper(
            49, "bpf_setsockopt", .integer, .contextOrSocket, .anything, .anything, .readableMemory, .size,
            traits: [.publishes]),
        helper(57, "bpf_getsockopt", .integer, .contextOrSocket, .anything, .anything, .writableMemory, .size),
        helper(64, "bpf_bind", .integer, .context, .readableMemory, .size, traits: [.publishes]),
        helper(
            84, "bpf_sk_lookup_tcp", .socketOrNull, .context, .readableMemory, .sizeOrZero, .anything, .anything,
            traits: [.acquires, .acceptsPacket]),
        helper(
            85, "bpf_sk_lookup_udp", .socketOrNull, .context, .readableMemory, .sizeOrZero, .anything, .anything,
            traits: [.acquires, .acceptsPacket]),
        helper(86, "bpf_sk_release", .integer, .socket, traits: [.releases]),
        helper(95, "bpf_sk_fullsock", .socketOrNull, .socket, traits: [.borrows]),
        helper(96, "bpf_tcp_sock", .tcpSocketOrNull, .socket, traits: [.borrows]),
        helper(98, "bpf_get_listener_sock", .socketOrNull, .socket),
        helper(
            99, "bpf_skc_lookup_tcp", .sockCommonOrNull, .context, .readableMemory, .sizeOrZero, .anything, .anything,
            traits: [.acquires, .acceptsPacket]),
        helper(
            100, "bpf_tcp_check_syncookie", .integer, .socket, .readableMemory, .size, .readableMemory, .size,
            traits: [.gplOnly, .acceptsPacket]),
        helper(
            110, "bpf_tcp_gen_syncookie", .integer, .socket, .readableMemory, .size, .readableMemory, .size,
            traits: [.gplOnly, .acceptsPacket]),
        helper(116, "bpf_tcp_send_ack", .integer, .kernelObject, .anything),
        helper(122, "bpf_get_netns_cookie", .integer, .contextOrNull),
        helper(124, "bpf_sk_assign", .integer, .context, .socketOrNull, .anything),
        helper(128, "bpf_sk_cgroup_id", .integer, .socket),
        helper(129, "bpf_sk_ancestor_cgroup_id", .integer, .socket, .anything),
        helper(136, "bpf_skc_to_tcp6_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(137, "bpf_skc_to_tcp_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(138, "bpf_skc_to_tcp_timewait_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(139, "bpf_skc_to_tcp_request_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(140, "bpf_skc_to_udp6_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(162, "bpf_sock_from_file", .kernelObjectOrNull, .kernelObject),
        helper(178, "bpf_skc_to_unix_sock", .kernelObjectOrNull, .socket),
        helper(196, "bpf_skc_to_mptcp_sock", .kernelObjectOrNull, .socket, traits: [.borrows]),
        helper(
            204, "bpf_tcp_raw_gen_syncookie_ipv4", .integer, .readable20, .readableMemory, .sizeOrZero,
            traits: [.gplOnly, .acceptsPacket]),
        helper(
            205, "bpf_tcp_raw_gen_syncookie_ipv6", .integer, .readable40, .readableMemory, .sizeOrZero,
            traits: [.gplOnly, .acceptsPacket]),
        helper(
            206, "bpf_tcp_raw_check_syncookie_ipv4", .integer, .readable20, .readable20,
            traits: [.gplOnly, .acceptsPacket]),
        helper(
            207, "bpf_tcp_raw_check_syncookie_ipv6", .integer, .readable40, .readable20,
            traits: [.gplOnly, .acceptsPacket]),
    ]
}
