/// Contexts of programs at sockets and cgroups (`bpf_sock`, `bpf_sock_addr`, `bpf_sock_ops`, `bpf_sk_lookup`,
/// `bpf_sockopt`, `bpf_sysctl`, `bpf_cgroup_dev_ctx`; the rules are in net/core/filter.c and kernel/bpf/cgroup.c,
/// `*_is_valid_access`).
extension ContextDescriptor {
    /// What a program on the life of a socket may see: at its making and end, or when it was bound to an address.
    enum SocketMoment {
        case created, boundIPv4, boundIPv6
    }

    static func socket(_ moment: SocketMoment) -> ContextDescriptor {
        var fields: [ContextField] = []
        if moment == .created {
            fields.append(ContextField("bound_dev_if", at: 0, size: 4, isWritable: true, isNarrowable: false))
        }
        fields += [
            ContextField("family", at: 4, size: 4),
            ContextField("type", at: 8, size: 4),
            ContextField("protocol", at: 12, size: 4),
        ]
        switch moment {
        case .created:
            fields += [
                ContextField("mark", at: 16, size: 4, isWritable: true, isNarrowable: false),
                ContextField("priority", at: 20, size: 4, isWritable: true, isNarrowable: false),
            ]
        case .boundIPv4:
            fields += [ContextField("src_ip4", at: 24, size: 4), ContextField("src_port", at: 44, size: 4)]
        case .boundIPv6:
            fields += [ContextField("src_ip6", at: 28, size: 16, .words), ContextField("src_port", at: 44, size: 4)]
        }
        fields += [
            // Two bytes and two of padding: reads of four are older than the padding.
            ContextField("dst_port", at: 48, size: 4),
            ContextField("dst_ip4", at: 52, size: 4),
            ContextField("dst_ip6", at: 56, size: 16, .words),
            ContextField("state", at: 72, size: 4),
            ContextField("rx_queue_mapping", at: 76, size: 4),
        ]
        return ContextDescriptor(name: "bpf_sock", size: 80, fields: fields)
    }

    enum AddressFamily {
        case ipv4, ipv6, unix
    }

    /// - Parameter sends: whether the source address of a message is there too.
    static func socketAddress(_ family: AddressFamily, sends: Bool = false) -> ContextDescriptor {
        var fields = [ContextField("user_family", at: 0, size: 4, isNarrowable: false)]
        switch family {
        case .ipv4: fields.append(ContextField("user_ip4", at: 4, size: 4, isWritable: true))
        case .ipv6: fields.append(ContextField("user_ip6", at: 8, size: 16, .words, isWritable: true))
        case .unix: break
        }
        fields += [
            ContextField("user_port", at: 24, size: 4, isWritable: true),
            ContextField("family", at: 28, size: 4, isNarrowable: false),
            ContextField("type", at: 32, size: 4, isNarrowable: false),
            ContextField("protocol", at: 36, size: 4, isNarrowable: false),
        ]
        if sends {
            switch family {
            case .ipv4: fields.append(ContextField("msg_src_ip4", at: 40, size: 4, isWritable: true))
            case .ipv6: fields.append(ContextField("msg_src_ip6", at: 44, size: 16, .words, isWritable: true))
            case .unix: break
            }
        }
        fields.append(ContextField("sk", at: 64, size: 8, .socket, isNarrowable: false))
        return ContextDescriptor(name: "bpf_sock_addr", size: 72, fields: fields)
    }

    static let socketOperation = ContextDescriptor(
        name: "bpf_sock_ops", size: 224,
        fields: [
            ContextField("op", at: 0, size: 4, isNarrowable: false),
            ContextField("reply", at: 4, size: 4, isWritable: true, isNarrowable: false),
            ContextField("args", at: 8, size: 12, .words),
            ContextField("family", at: 20, size: 4, isNarrowable: false),
            ContextField("remote_ip4", at: 24, size: 4, isNarrowable: false),
            ContextField("local_ip4", at: 28, size: 4, isNarrowable: false),
            ContextField("remote_ip6", at: 32, size: 16, .words),
            ContextField("local_ip6", at: 48, size: 16, .words),
            ContextField("remote_port", at: 64, size: 4, isNarrowable: false),
            ContextField("local_port", at: 68, size: 4, isNarrowable: false),
            ContextField("is_fullsock", at: 72, size: 4, isNarrowable: false),
            ContextField("snd_cwnd", at: 76, size: 4, isNarrowable: false),
            ContextField("srtt_us", at: 80, size: 4, isNarrowable: false),
            ContextField("bpf_sock_ops_cb_flags", at: 84, size: 4, isNarrowable: false),
            ContextField("state", at: 88, size: 4, isNarrowable: false),
            ContextField("rtt_min", at: 92, size: 4, isNarrowable: false),
            ContextField("snd_ssthresh", at: 96, size: 4, isNarrowable: false),
            ContextField("rcv_nxt", at: 100, size: 4, isNarrowable: false),
            ContextField("snd_nxt", at: 104, size: 4, isNarrowable: false),
            ContextField("snd_una", at: 108, size: 4, isNarrowable: false),
            ContextField("mss_cache", at: 112, size: 4, isNarrowable: false),
            ContextField("ecn_flags", at: 116, size: 4, isNarrowable: false),
            ContextField("rate_delivered", at: 120, size: 4, isNarrowable: false),
            ContextField("rate_interval_us", at: 124, size: 4, isNarrowable: false),
            ContextField("packets_out", at: 128, size: 4, isNarrowable: false),
            ContextField("retrans_out", at: 132, size: 4, isNarrowable: false),
            ContextField("total_retrans", at: 136, size: 4, isNarrowable: false),
            ContextField("segs_in", at: 140, size: 4, isNarrowable: false),
            ContextField("data_segs_in", at: 144, size: 4, isNarrowable: false),
            ContextField("segs_out", at: 148, size: 4, isNarrowable: false),
            ContextField("data_segs_out", at: 152, size: 4, isNarrowable: false),
            ContextField("lost_out", at: 156, size: 4, isNarrowable: false),
            ContextField("sacked_out", at: 160, size: 4, isNarrowable: false),
            ContextField("sk_txhash", at: 164, size: 4, isWritable: true, isNarrowable: false),
            ContextField("bytes_received", at: 168, size: 8, isNarrowable: false),
            ContextField("bytes_acked", at: 176, size: 8, isNarrowable: false),
            ContextField("sk", at: 184, size: 8, .socketOrNull, isNarrowable: false),
            ContextField("skb_data", at: 192, size: 8, .packet, isNarrowable: false),
            ContextField("skb_data_end", at: 200, size: 8, .packetEnd, isNarrowable: false),
            ContextField("skb_len", at: 208, size: 4, isNarrowable: false),
            ContextField("skb_tcp_flags", at: 212, size: 4),
            ContextField("skb_hwtstamp", at: 216, size: 8, isNarrowable: false),
        ])

    static let socketLookup = ContextDescriptor(
        name: "bpf_sk_lookup", size: 72,
        fields: [
            ContextField("sk", at: 0, size: 8, .socketOrNull, isNarrowable: false),
            ContextField("family", at: 8, size: 4),
            ContextField("protocol", at: 12, size: 4),
            ContextField("remote_ip4", at: 16, size: 4),
            ContextField("remote_ip6", at: 20, size: 16, .words),
            // Two bytes and two of padding, as in `bpf_sock`.
            ContextField("remote_port", at: 36, size: 4),
            ContextField("local_ip4", at: 40, size: 4),
            ContextField("local_ip6", at: 44, size: 16, .words),
            ContextField("local_port", at: 60, size: 4),
            ContextField("ingress_ifindex", at: 64, size: 4),
        ])

    /// - Parameter sets: whether the program runs before an option is set, rather than after it was read.
    static func socketOption(sets: Bool) -> ContextDescriptor {
        var fields = [
            ContextField("sk", at: 0, size: 8, .socket, isNarrowable: false),
            ContextField("optval", at: 8, size: 8, .packet, isNarrowable: false),
            ContextField("optval_end", at: 16, size: 8, .packetEnd, isNarrowable: false),
            ContextField("level", at: 24, size: 4, isWritable: sets, isNarrowable: false),
            ContextField("optname", at: 28, size: 4, isWritable: sets, isNarrowable: false),
            ContextField("optlen", at: 32, size: 4, isWritable: true, isNarrowable: false),
        ]
        if !sets { fields.append(ContextField("retval", at: 36, size: 4, isWritable: true, isNarrowable: false)) }
        return ContextDescriptor(name: "bpf_sockopt", size: 40, fields: fields)
    }

    static let systemControl = ContextDescriptor(
        name: "bpf_sysctl", size: 8,
        fields: [
            ContextField("write", at: 0, size: 4),
            ContextField("file_pos", at: 4, size: 4, isWritable: true),
        ])

    static let device = ContextDescriptor(
        name: "bpf_cgroup_dev_ctx", size: 12,
        fields: [
            ContextField("access_type", at: 0, size: 4),
            ContextField("major", at: 4, size: 4, isNarrowable: false),
            ContextField("minor", at: 8, size: 4, isNarrowable: false),
        ])
}
