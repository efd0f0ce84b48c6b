/// Helpers that read packets and change what is in them (net/core/filter.c).
extension HelperPrototype {
    /// Contents, checksums and the metadata of a packet.
    static let packet: [HelperPrototype] = [
        helper(
            9, "bpf_skb_store_bytes", .integer, .context, .anything, .readableMemory, .size, .anything,
            traits: [.invalidatesPacket, .publishes]),
        helper(
            10, "bpf_l3_csum_replace", .integer, .context, .anything, .anything, .anything, .anything,
            traits: [.invalidatesPacket]),
        helper(
            11, "bpf_l4_csum_replace", .integer, .context, .anything, .anything, .anything, .anything,
            traits: [.invalidatesPacket]),
        helper(17, "bpf_get_cgroup_classid", .integer, .context),
        helper(20, "bpf_skb_get_tunnel_key", .integer, .context, .writableMemory, .size, .anything),
        helper(
            21, "bpf_skb_set_tunnel_key", .integer, .context, .readableMemory, .size, .anything, traits: [.publishes]),
        helper(24, "bpf_get_route_realm", .integer, .context),
        helper(26, "bpf_skb_load_bytes", .integer, .context, .anything, .writableMemory, .size),
        helper(
            28, "bpf_csum_diff", .integer, .readableMemoryOrNull, .sizeOrZero, .readableMemoryOrNull, .sizeOrZero,
            .anything, traits: [.publishes, .acceptsPacket]),
        helper(29, "bpf_skb_get_tunnel_opt", .integer, .context, .writableMemory, .size),
        helper(30, "bpf_skb_set_tunnel_opt", .integer, .context, .readableMemory, .size, traits: [.publishes]),
        helper(32, "bpf_skb_change_type", .integer, .context, .anything),
        helper(33, "bpf_skb_under_cgroup", .integer, .context, .map, .anything, maps: MapTypeSet(.cgroupArray)),
        helper(34, "bpf_get_hash_recalc", .integer, .context),
        helper(40, "bpf_csum_update", .integer, .context, .anything),
        helper(41, "bpf_set_hash_invalid", .integer, .context),
        helper(48, "bpf_set_hash", .integer, .context, .anything),
        helper(66, "bpf_skb_get_xfrm_state", .integer, .context, .anything, .writableMemory, .size, .anything),
        helper(68, "bpf_skb_load_bytes_relative", .integer, .context, .anything, .writableMemory, .size, .anything),
        helper(79, "bpf_skb_cgroup_id", .integer, .context),
        helper(83, "bpf_skb_ancestor_cgroup_id", .integer, .context, .anything),
        helper(97, "bpf_skb_ecn_set_ce", .integer, .context),
        helper(135, "bpf_csum_level", .integer, .context, .anything),
        helper(151, "bpf_skb_cgroup_classid", .integer, .context),
        helper(188, "bpf_xdp_get_buff_len", .integer, .context),
        helper(189, "bpf_xdp_load_bytes", .integer, .context, .anything, .writableMemory, .size),
        helper(190, "bpf_xdp_store_bytes", .integer, .context, .anything, .readableMemory, .size, traits: [.publishes]),
        helper(192, "bpf_skb_set_tstamp", .integer, .context, .anything, .anything),
    ]
}
