/// Helpers that send a packet elsewhere, or ask where it would go (net/core/filter.c).
extension HelperPrototype {
    /// Devices, maps of devices, routes.
    static let redirection: [HelperPrototype] = [
        helper(13, "bpf_clone_redirect", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(23, "bpf_redirect", .integer, .anything, .anything),
        helper(51, "bpf_redirect_map", .integer, .map, .anything, .anything, maps: .redirectTargets),
        helper(52, "bpf_sk_redirect_map", .integer, .context, .map, .anything, .anything, maps: MapTypeSet(.sockmap)),
        helper(72, "bpf_sk_redirect_hash", .integer, .context, .map, .mapKey, .anything, maps: MapTypeSet(.sockhash)),
        helper(69, "bpf_fib_lookup", .integer, .context, .updatedMemory, .size, .anything, traits: [.gplOnly]),
        helper(82, "bpf_sk_select_reuseport", .integer, .context, .map, .mapKey, .anything, maps: .reuseportTargets),
        helper(
            152, "bpf_redirect_neigh", .integer, .anything, .readableMemoryOrNull, .sizeOrZero, .anything,
            traits: [.publishes]),
        helper(155, "bpf_redirect_peer", .integer, .anything, .anything),
        helper(
            163, "bpf_check_mtu", .integer, .context, .anything, .int32Updated, .anything, .anything, traits: [.gplOnly]
        ),
    ]
}
