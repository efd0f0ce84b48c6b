/// Helpers that hand records to readers outside: perf events and rings, and the dynamic pointers that rings are
/// filled with (kernel/bpf/ringbuf.c, kernel/bpf/helpers.c).
extension HelperPrototype {
    /// Events, ring buffers, dynamic pointers.
    static let rings: [HelperPrototype] = [
        helper(
            25, "bpf_perf_event_output", .integer, .context, .map, .anything, .readableMemory, .sizeOrZero,
            traits: [.gplOnly, .publishes], maps: MapTypeSet(.perfEventArray)),
        helper(
            111, "bpf_skb_output", .integer, .kernelObject, .map, .anything, .readableMemory, .sizeOrZero,
            traits: [.gplOnly, .publishes], maps: MapTypeSet(.perfEventArray)),
        helper(
            121, "bpf_xdp_output", .integer, .kernelObject, .map, .anything, .readableMemory, .sizeOrZero,
            traits: [.gplOnly, .publishes], maps: MapTypeSet(.perfEventArray)),
        helper(
            130, "bpf_ringbuf_output", .integer, .map, .readableMemory, .sizeOrZero, .anything, traits: [.publishes],
            maps: MapTypeSet(.ringbuf)),
        helper(
            131, "bpf_ringbuf_reserve", .memoryOrNull, .map, .allocationSize, .anything, traits: [.acquires],
            maps: MapTypeSet(.ringbuf)),
        helper(132, "bpf_ringbuf_submit", .void, .reservedMemory, .anything, traits: [.releases, .publishes]),
        helper(133, "bpf_ringbuf_discard", .void, .reservedMemory, .anything, traits: [.releases]),
        helper(134, "bpf_ringbuf_query", .integer, .map, .anything, maps: MapTypeSet(.ringbuf)),
        helper(197, "bpf_dynptr_from_mem", .integer, .keptMemory, .sizeOrZero, .anything, .dynamicPointerOut),
        helper(
            198, "bpf_ringbuf_reserve_dynptr", .integer, .map, .anything, .anything, .dynamicPointerOut,
            traits: [.acquires], maps: MapTypeSet(.ringbuf)),
        helper(
            199, "bpf_ringbuf_submit_dynptr", .void, .dynamicPointerReleased, .anything,
            traits: [.releases, .publishes]),
        helper(200, "bpf_ringbuf_discard_dynptr", .void, .dynamicPointerReleased, .anything, traits: [.releases]),
        helper(201, "bpf_dynptr_read", .integer, .writableMemory, .sizeOrZero, .dynamicPointer, .anything, .anything),
        helper(
            202, "bpf_dynptr_write", .integer, .dynamicPointer, .anything, .readableMemory, .sizeOrZero, .anything,
            traits: [.publishes]),
        helper(203, "bpf_dynptr_data", .memoryOrNull, .dynamicPointer, .anything, .allocationSize, traits: [.borrows]),
    ]
}
