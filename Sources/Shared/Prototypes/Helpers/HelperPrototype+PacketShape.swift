/// Helpers after which a packet lies elsewhere or is longer or shorter (bpf_helper_changes_pkt_data in
/// net/core/filter.c).
extension HelperPrototype {
    /// Head, tail, room and encapsulation.
    static let packetShape: [HelperPrototype] = [
        helper(18, "bpf_skb_vlan_push", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(19, "bpf_skb_vlan_pop", .integer, .context, traits: [.invalidatesPacket]),
        helper(31, "bpf_skb_change_proto", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(38, "bpf_skb_change_tail", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(39, "bpf_skb_pull_data", .integer, .context, .anything, traits: [.invalidatesPacket]),
        helper(43, "bpf_skb_change_head", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(44, "bpf_xdp_adjust_head", .integer, .context, .anything, traits: [.invalidatesPacket]),
        helper(
            50, "bpf_skb_adjust_room", .integer, .context, .anything, .anything, .anything, traits: [.invalidatesPacket]
        ),
        helper(54, "bpf_xdp_adjust_meta", .integer, .context, .anything, traits: [.invalidatesPacket]),
        helper(65, "bpf_xdp_adjust_tail", .integer, .context, .anything, traits: [.invalidatesPacket]),
        helper(
            73, "bpf_lwt_push_encap", .integer, .context, .anything, .readableMemory, .size,
            traits: [.invalidatesPacket, .publishes]),
        helper(
            74, "bpf_lwt_seg6_store_bytes", .integer, .context, .anything, .readableMemory, .size,
            traits: [.invalidatesPacket, .publishes]),
        helper(75, "bpf_lwt_seg6_adjust_srh", .integer, .context, .anything, .anything, traits: [.invalidatesPacket]),
        helper(
            76, "bpf_lwt_seg6_action", .integer, .context, .anything, .readableMemory, .size,
            traits: [.invalidatesPacket, .publishes]),
    ]
}
