/// Helpers of programs at sockets themselves: socket operations and messages (net/core/filter.c).
extension HelperPrototype {
    /// `sock_ops` and `sk_msg`.
    static let messages: [HelperPrototype] = [
        helper(
            53, "bpf_sock_map_update", .integer, .context, .map, .mapKey, .anything, traits: [.acceptsPacket],
            maps: MapTypeSet(.sockmap)),
        helper(59, "bpf_sock_ops_cb_flags_set", .integer, .context, .anything),
        helper(60, "bpf_msg_redirect_map", .integer, .context, .map, .anything, .anything, maps: MapTypeSet(.sockmap)),
        helper(61, "bpf_msg_apply_bytes", .integer, .context, .anything),
        helper(62, "bpf_msg_cork_bytes", .integer, .context, .anything),
        helper(
            63, "bpf_msg_pull_data", .integer, .context, .anything, .anything, .anything, traits: [.invalidatesPacket]),
        helper(
            70, "bpf_sock_hash_update", .integer, .context, .map, .mapKey, .anything, traits: [.acceptsPacket],
            maps: MapTypeSet(.sockhash)),
        helper(71, "bpf_msg_redirect_hash", .integer, .context, .map, .mapKey, .anything, maps: MapTypeSet(.sockhash)),
        helper(
            90, "bpf_msg_push_data", .integer, .context, .anything, .anything, .anything, traits: [.invalidatesPacket]),
        helper(
            91, "bpf_msg_pop_data", .integer, .context, .anything, .anything, .anything, traits: [.invalidatesPacket]),
        helper(142, "bpf_load_hdr_opt", .integer, .context, .updatedMemory, .size, .anything),
        helper(
            143, "bpf_store_hdr_opt", .integer, .context, .readableMemory, .size, .anything,
            traits: [.invalidatesPacket, .publishes]),
        helper(144, "bpf_reserve_hdr_opt", .integer, .context, .anything, .anything),
    ]
}
