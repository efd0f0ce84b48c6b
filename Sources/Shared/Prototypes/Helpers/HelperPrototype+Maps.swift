/// Helpers that look into maps and change them (kernel/bpf/helpers.c).
extension HelperPrototype {
    /// The elements of a map.
    static let maps: [HelperPrototype] = [
        helper(1, "bpf_map_lookup_elem", .mapValueOrNull, .map, .mapKey, traits: [.acceptsPacket], maps: .readable),
        helper(
            2, "bpf_map_update_elem", .integer, .map, .mapKey, .mapValue, .anything,
            traits: [.publishes, .acceptsPacket], maps: .updatable),
        helper(3, "bpf_map_delete_elem", .integer, .map, .mapKey, traits: [.acceptsPacket], maps: .updatable),
        helper(
            87, "bpf_map_push_elem", .integer, .map, .mapValue, .anything, traits: [.publishes, .acceptsPacket],
            maps: .pushable),
        helper(88, "bpf_map_pop_elem", .integer, .map, .mapValueOut, maps: .queues),
        helper(89, "bpf_map_peek_elem", .integer, .map, .mapValueOut, maps: .pushable),
        helper(93, "bpf_spin_lock", .void, .spinLock, traits: [.locks]),
        helper(94, "bpf_spin_unlock", .void, .spinLock, traits: [.unlocks]),
        helper(
            195, "bpf_map_lookup_percpu_elem", .mapValueOrNull, .map, .mapKey, .anything, traits: [.acceptsPacket],
            maps: .perCPU),
        helper(
            12, "bpf_tail_call", .tailCall, .context, .map, .anything, traits: [.invalidatesPacket],
            maps: MapTypeSet(.programArray)),
        helper(
            194, "bpf_kptr_xchg", .kernelObjectOrNull, .objectField, .kernelObjectOrNull,
            traits: [.acquires, .releases, .publishes]),
    ]

    /// Values that hang on a socket, an inode, a task or a cgroup. A value to start from is published.
    static let storage: [HelperPrototype] = [
        helper(81, "bpf_get_local_storage", .mapValue, .map, .anything, maps: .cgroupStorages),
        helper(
            107, "bpf_sk_storage_get", .mapValueOrNull, .map, .contextOrSocket, .mapValueOrNull, .anything,
            traits: [.publishes], maps: MapTypeSet(.skStorage)),
        helper(108, "bpf_sk_storage_delete", .integer, .map, .socket, maps: MapTypeSet(.skStorage)),
        helper(
            145, "bpf_inode_storage_get", .mapValueOrNull, .map, .kernelObjectOrNull, .mapValueOrNull, .anything,
            traits: [.publishes], maps: MapTypeSet(.inodeStorage)),
        helper(146, "bpf_inode_storage_delete", .integer, .map, .kernelObjectOrNull, maps: MapTypeSet(.inodeStorage)),
        helper(
            156, "bpf_task_storage_get", .mapValueOrNull, .map, .kernelObjectOrNull, .mapValueOrNull, .anything,
            traits: [.publishes], maps: MapTypeSet(.taskStorage)),
        helper(157, "bpf_task_storage_delete", .integer, .map, .kernelObjectOrNull, maps: MapTypeSet(.taskStorage)),
        helper(
            210, "bpf_cgrp_storage_get", .mapValueOrNull, .map, .kernelObjectOrNull, .mapValueOrNull, .anything,
            traits: [.publishes], maps: MapTypeSet(.cgrpStorage)),
        helper(211, "bpf_cgrp_storage_delete", .integer, .map, .kernelObjectOrNull, maps: MapTypeSet(.cgrpStorage)),
    ]
}
