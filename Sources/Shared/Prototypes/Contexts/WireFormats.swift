/// Headers of packets, whose layout is the protocol's and not a kernel's (include/uapi/linux: if_ether.h, if_vlan.h, if_arp.h, ip.h, ipv6.h,
/// tcp.h, udp.h, icmp.h, icmpv6.h, in6.h): what programs compiled against a kernel's types may ask of them has one answer everywhere.
extension PublishedLayout {
    static let wireFormats: [String: PublishedLayout] = [
        "ethhdr": wire(14, ["h_dest": (0, 6), "h_source": (6, 6), "h_proto": (12, 2)]),
        "vlan_hdr": wire(4, ["h_vlan_TCI": (0, 2), "h_vlan_encapsulated_proto": (2, 2)]),
        "vlan_ethhdr": wire(
            18,
            [
                "addrs": (0, 12), "h_dest": (0, 6), "h_source": (6, 6), "h_vlan_proto": (12, 2), "h_vlan_TCI": (14, 2),
                "h_vlan_encapsulated_proto": (16, 2),
            ]),
        "arphdr": wire(8, ["ar_hrd": (0, 2), "ar_pro": (2, 2), "ar_hln": (4, 1), "ar_pln": (5, 1), "ar_op": (6, 2)]),
        "iphdr": wire(
            20,
            [
                "tos": (1, 1), "tot_len": (2, 2), "id": (4, 2), "frag_off": (6, 2), "ttl": (8, 1), "protocol": (9, 1),
                "check": (10, 2), "saddr": (12, 4), "daddr": (16, 4), "addrs": (12, 8),
            ], bits: ["ihl": 0..<4, "version": 4..<8]),
        "ipv6hdr": wire(
            40,
            [
                "flow_lbl": (1, 3), "payload_len": (4, 2), "nexthdr": (6, 1), "hop_limit": (7, 1), "saddr": (8, 16),
                "daddr": (24, 16), "addrs": (8, 32),
            ], bits: ["priority": 0..<4, "version": 4..<8]),
        "in6_addr": wire(16, ["in6_u": (0, 16)]),
        "tcphdr": wire(
            20,
            [
                "source": (0, 2), "dest": (2, 2), "seq": (4, 4), "ack_seq": (8, 4), "window": (14, 2), "check": (16, 2),
                "urg_ptr": (18, 2),
            ],
            bits: [
                "res1": 96..<100, "doff": 100..<104, "fin": 104..<105, "syn": 105..<106, "rst": 106..<107,
                "psh": 107..<108, "ack": 108..<109, "urg": 109..<110, "ece": 110..<111, "cwr": 111..<112,
            ]),
        "udphdr": wire(8, ["source": (0, 2), "dest": (2, 2), "len": (4, 2), "check": (6, 2)]),
        "icmphdr": wire(8, ["type": (0, 1), "code": (1, 1), "checksum": (2, 2), "un": (4, 4)]),
        "icmp6hdr": wire(
            8, ["icmp6_type": (0, 1), "icmp6_code": (1, 1), "icmp6_cksum": (2, 2), "icmp6_dataun": (4, 4)]),
    ]

    private static func wire(
        _ size: UInt32, _ fields: [String: (offset: UInt32, size: UInt32)], bits: [String: Range<UInt32>] = [:]
    ) -> PublishedLayout {
        PublishedLayout(
            size: size, fields: fields.mapValues { Field(offset: $0.offset, size: $0.size) }, bits: bits,
            isWireFormat: true)
    }
}
