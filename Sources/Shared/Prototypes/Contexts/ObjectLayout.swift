/// What programs see behind pointers to sockets and to the keys of a flow: fields as in a context.
package enum ObjectLayout {
    /// `struct bpf_sock`, whole (bpf_sock_is_valid_access in net/core/filter.c). Programs read it.
    package static let socket = ContextDescriptor(
        name: "bpf_sock", size: 80,
        fields: [
            ContextField("bound_dev_if", at: 0, size: 4, isNarrowable: false),
            ContextField("family", at: 4, size: 4),
            ContextField("type", at: 8, size: 4),
            ContextField("protocol", at: 12, size: 4),
            ContextField("mark", at: 16, size: 4, isNarrowable: false),
            ContextField("priority", at: 20, size: 4, isNarrowable: false),
            ContextField("src_ip4", at: 24, size: 4),
            ContextField("src_ip6", at: 28, size: 16, .words),
            ContextField("src_port", at: 44, size: 4),
            // Two bytes and two of padding: reads of four are older than the padding.
            ContextField("dst_port", at: 48, size: 4),
            ContextField("dst_ip4", at: 52, size: 4),
            ContextField("dst_ip6", at: 56, size: 16, .words),
            ContextField("state", at: 72, size: 4),
            ContextField("rx_queue_mapping", at: 76, size: 4),
        ])

    /// What a socket that may be less than a full one has (bpf_sock_common_is_valid_access): `struct bpf_sock`
    /// without what only full sockets keep.
    package static let sockCommon = ContextDescriptor(
        name: "bpf_sock", size: 80,
        fields: socket.fields.filter { !["type", "protocol", "mark", "priority"].contains("\($0.name)") })

    /// `struct bpf_tcp_sock` (bpf_tcp_sock_is_valid_access). Programs read it.
    package static let tcpSocket = ContextDescriptor(
        name: "bpf_tcp_sock", size: 112,
        fields: [
            ContextField("snd_cwnd", at: 0, size: 4, isNarrowable: false),
            ContextField("srtt_us", at: 4, size: 4, isNarrowable: false),
            ContextField("rtt_min", at: 8, size: 4, isNarrowable: false),
            ContextField("snd_ssthresh", at: 12, size: 4, isNarrowable: false),
            ContextField("rcv_nxt", at: 16, size: 4, isNarrowable: false),
            ContextField("snd_nxt", at: 20, size: 4, isNarrowable: false),
            ContextField("snd_una", at: 24, size: 4, isNarrowable: false),
            ContextField("mss_cache", at: 28, size: 4, isNarrowable: false),
            ContextField("ecn_flags", at: 32, size: 4, isNarrowable: false),
            ContextField("rate_delivered", at: 36, size: 4, isNarrowable: false),
            ContextField("rate_interval_us", at: 40, size: 4, isNarrowable: false),
            ContextField("packets_out", at: 44, size: 4, isNarrowable: false),
            ContextField("retrans_out", at: 48, size: 4, isNarrowable: false),
            ContextField("total_retrans", at: 52, size: 4, isNarrowable: false),
            ContextField("segs_in", at: 56, size: 4, isNarrowable: false),
            ContextField("data_segs_in", at: 60, size: 4, isNarrowable: false),
            ContextField("segs_out", at: 64, size: 4, isNarrowable: false),
            ContextField("data_segs_out", at: 68, size: 4, isNarrowable: false),
            ContextField("lost_out", at: 72, size: 4, isNarrowable: false),
            ContextField("sacked_out", at: 76, size: 4, isNarrowable: false),
            ContextField("bytes_received", at: 80, size: 8, isNarrowable: false),
            ContextField("bytes_acked", at: 88, size: 8, isNarrowable: false),
            ContextField("dsack_dups", at: 96, size: 4, isNarrowable: false),
            ContextField("delivered", at: 100, size: 4, isNarrowable: false),
            ContextField("delivered_ce", at: 104, size: 4, isNarrowable: false),
            ContextField("icsk_retransmits", at: 108, size: 4, isNarrowable: false),
        ])

    /// `struct bpf_flow_keys`: programs read and write any of its bytes (check_flow_keys_access).
    package static let flowKeys = ContextDescriptor(
        name: "bpf_flow_keys", size: 56, fields: [ContextField("keys", at: 0, size: 56, .words, isWritable: true)])

    /// The same with its fields, for people and for relocations. Addresses of IPv4 are the first two words of those of IPv6.
    package static let flowKeyFields = ContextDescriptor(
        name: "bpf_flow_keys", size: 56,
        fields: [
            ContextField("nhoff", at: 0, size: 2, isWritable: true),
            ContextField("thoff", at: 2, size: 2, isWritable: true),
            ContextField("addr_proto", at: 4, size: 2, isWritable: true),
            ContextField("is_frag", at: 6, size: 1, isWritable: true),
            ContextField("is_first_frag", at: 7, size: 1, isWritable: true),
            ContextField("is_encap", at: 8, size: 1, isWritable: true),
            ContextField("ip_proto", at: 9, size: 1, isWritable: true),
            ContextField("n_proto", at: 10, size: 2, isWritable: true),
            ContextField("sport", at: 12, size: 2, isWritable: true),
            ContextField("dport", at: 14, size: 2, isWritable: true),
            ContextField("ipv6_src", at: 16, size: 16, .words, isWritable: true),
            ContextField("ipv6_dst", at: 32, size: 16, .words, isWritable: true),
            ContextField("flags", at: 48, size: 4, isWritable: true),
            ContextField("flow_label", at: 52, size: 4, isWritable: true),
        ])
}
