/// Helpers that call a function of the program (kernel/bpf/bpf_iter.c, kernel/bpf/helpers.c, kernel/bpf/ringbuf.c), and
/// timers, which call one when the program has long ended.
extension HelperPrototype {
    /// Loops, elements, timers.
    static let callbacks: [HelperPrototype] = [
        helper(
            164, "bpf_for_each_map_elem", .integer, .map, .callback, .stackOrNull, .anything,
            traits: [.callsRepeatedly], maps: .iterable, callback: .mapElement),
        helper(169, "bpf_timer_init", .integer, .timer, .map, .anything, traits: [.gplOnly], maps: .withTimers),
        helper(
            170, "bpf_timer_set_callback", .integer, .timer, .callback, traits: [.gplOnly, .callsLater],
            callback: .timer),
        helper(171, "bpf_timer_start", .integer, .timer, .anything, .anything, traits: [.gplOnly]),
        helper(172, "bpf_timer_cancel", .integer, .timer, traits: [.gplOnly]),
        helper(
            180, "bpf_find_vma", .integer, .kernelObject, .anything, .callback, .stackOrNull, .anything,
            traits: [.callsOnce], callback: .memoryArea),
        helper(
            181, "bpf_loop", .integer, .anything, .callback, .stackOrNull, .anything, traits: [.callsRepeatedly],
            callback: .indexAndContext),
        helper(
            209, "bpf_user_ringbuf_drain", .integer, .map, .callback, .stackOrNull, .anything,
            traits: [.callsRepeatedly], maps: MapTypeSet(.userRingbuf), callback: .dynamicPointerAndContext),
    ]
}
