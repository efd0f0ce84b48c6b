/// Contexts of programs that are given a packet (`__sk_buff`, `xdp_md`, `sk_msg_md`, `sk_reuseport_md`; the rules are
/// in net/core/filter.c, `*_is_valid_access`).
extension ContextDescriptor {
    /// Which of the fields of `struct __sk_buff` a type of programs has beyond those that all have.
    struct PacketBufferFields: OptionSet {
        let rawValue: UInt32

        /// `data`, `data_end`.
        static let data = Self(rawValue: 1 << 0)
        static let meta = Self(rawValue: 1 << 1)
        /// `family`, addresses and ports of the socket.
        static let endpoints = Self(rawValue: 1 << 2)
        static let classID = Self(rawValue: 1 << 3)
        static let timestamp = Self(rawValue: 1 << 4)
        static let timestampType = Self(rawValue: 1 << 5)
        static let hardwareTimestamp = Self(rawValue: 1 << 6)
        static let wireLength = Self(rawValue: 1 << 7)
        static let mark = Self(rawValue: 1 << 8)
        static let writesMark = Self(rawValue: 1 << 9)
        static let writesPriority = Self(rawValue: 1 << 10)
        static let writesControlBuffer = Self(rawValue: 1 << 11)
        static let writesTrafficIndex = Self(rawValue: 1 << 12)
        static let writesQueue = Self(rawValue: 1 << 13)
    }

    static func packetBuffer(_ extra: PacketBufferFields) -> ContextDescriptor {
        var fields = [
            ContextField("len", at: 0, size: 4),
            ContextField("pkt_type", at: 4, size: 4),
        ]
        if extra.contains(.mark) {
            fields.append(ContextField("mark", at: 8, size: 4, isWritable: extra.contains(.writesMark)))
        }
        fields += [
            ContextField("queue_mapping", at: 12, size: 4, isWritable: extra.contains(.writesQueue)),
            ContextField("protocol", at: 16, size: 4),
            ContextField("vlan_present", at: 20, size: 4),
            ContextField("vlan_tci", at: 24, size: 4),
            ContextField("vlan_proto", at: 28, size: 4),
            ContextField("priority", at: 32, size: 4, isWritable: extra.contains(.writesPriority)),
            ContextField("ingress_ifindex", at: 36, size: 4),
            ContextField("ifindex", at: 40, size: 4),
            ContextField("tc_index", at: 44, size: 4, isWritable: extra.contains(.writesTrafficIndex)),
            ContextField("cb", at: 48, size: 20, .words, isWritable: extra.contains(.writesControlBuffer)),
            ContextField("hash", at: 68, size: 4),
        ]
        if extra.contains(.classID) { fields.append(ContextField("tc_classid", at: 72, size: 4, isWritable: true)) }
        if extra.contains(.data) {
            fields += [
                ContextField("data", at: 76, size: 4, .packet, isNarrowable: false),
                ContextField("data_end", at: 80, size: 4, .packetEnd, isNarrowable: false),
            ]
        }
        fields.append(ContextField("napi_id", at: 84, size: 4))
        if extra.contains(.endpoints) {
            fields += [
                ContextField("family", at: 88, size: 4),
                ContextField("remote_ip4", at: 92, size: 4, isNarrowable: false),
                ContextField("local_ip4", at: 96, size: 4, isNarrowable: false),
                ContextField("remote_ip6", at: 100, size: 16, .words),
                ContextField("local_ip6", at: 116, size: 16, .words),
                ContextField("remote_port", at: 132, size: 4),
                ContextField("local_port", at: 136, size: 4),
            ]
        }
        if extra.contains(.meta) {
            fields.append(ContextField("data_meta", at: 140, size: 4, .packetMeta, isNarrowable: false))
        }
        if extra.contains(.timestamp) {
            fields.append(ContextField("tstamp", at: 152, size: 8, isWritable: true, isNarrowable: false))
        }
        if extra.contains(.wireLength) { fields.append(ContextField("wire_len", at: 160, size: 4)) }
        fields += [
            ContextField("gso_segs", at: 164, size: 4),
            ContextField("sk", at: 168, size: 8, .sockCommonOrNull, isNarrowable: false),
            ContextField("gso_size", at: 176, size: 4),
        ]
        if extra.contains(.timestampType) { fields.append(ContextField("tstamp_type", at: 180, size: 1)) }
        if extra.contains(.hardwareTimestamp) {
            fields.append(ContextField("hwtstamp", at: 184, size: 8, isNarrowable: false))
        }
        return ContextDescriptor(name: "__sk_buff", size: 192, fields: fields)
    }

    static let flowDissector = ContextDescriptor(
        name: "__sk_buff", size: 192,
        fields: [
            ContextField("data", at: 76, size: 4, .packet, isNarrowable: false),
            ContextField("data_end", at: 80, size: 4, .packetEnd, isNarrowable: false),
            ContextField("flow_keys", at: 144, size: 8, .flowKeys, isNarrowable: false),
        ])

    /// - Parameter leaves: whether the program runs where the packet leaves through a device of a map.
    static func expressPacket(leaves: Bool) -> ContextDescriptor {
        var fields = [
            ContextField("data", at: 0, size: 4, .packet, isNarrowable: false),
            ContextField("data_end", at: 4, size: 4, .packetEnd, isNarrowable: false),
            ContextField("data_meta", at: 8, size: 4, .packetMeta, isNarrowable: false),
            ContextField("ingress_ifindex", at: 12, size: 4, isNarrowable: false),
            ContextField("rx_queue_index", at: 16, size: 4, isNarrowable: false),
        ]
        if leaves { fields.append(ContextField("egress_ifindex", at: 20, size: 4, isNarrowable: false)) }
        return ContextDescriptor(name: "xdp_md", size: 24, fields: fields)
    }

    static let message = ContextDescriptor(
        name: "sk_msg_md", size: 80,
        fields: [
            ContextField("data", at: 0, size: 8, .packet, isNarrowable: false),
            ContextField("data_end", at: 8, size: 8, .packetEnd, isNarrowable: false),
            ContextField("family", at: 16, size: 4, isNarrowable: false),
            ContextField("remote_ip4", at: 20, size: 4, isNarrowable: false),
            ContextField("local_ip4", at: 24, size: 4, isNarrowable: false),
            ContextField("remote_ip6", at: 28, size: 16, .words),
            ContextField("local_ip6", at: 44, size: 16, .words),
            ContextField("remote_port", at: 60, size: 4, isNarrowable: false),
            ContextField("local_port", at: 64, size: 4, isNarrowable: false),
            ContextField("size", at: 68, size: 4, isNarrowable: false),
            ContextField("sk", at: 72, size: 8, .socket, isNarrowable: false),
        ])

    static let reuseport = ContextDescriptor(
        name: "sk_reuseport_md", size: 56,
        fields: [
            ContextField("data", at: 0, size: 8, .packet, isNarrowable: false),
            ContextField("data_end", at: 8, size: 8, .packetEnd, isNarrowable: false),
            ContextField("len", at: 16, size: 4),
            ContextField("eth_protocol", at: 20, size: 4),
            ContextField("ip_protocol", at: 24, size: 4),
            ContextField("bind_inany", at: 28, size: 4),
            ContextField("hash", at: 32, size: 4, isNarrowable: false),
            ContextField("sk", at: 40, size: 8, .socket, isNarrowable: false),
            ContextField("migrating_sk", at: 48, size: 8, .sockCommonOrNull, isNarrowable: false),
        ])
}
