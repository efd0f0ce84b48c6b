/// Helpers that print, format and parse (kernel/bpf/helpers.c, kernel/trace/bpf_trace.c). What is formatted is
/// published: a pointer becomes digits.
extension HelperPrototype {
    /// Strings, numbers in strings, strings to files.
    static let text: [HelperPrototype] = [
        helper(
            6, "bpf_trace_printk", .integer, .readableMemory, .size, .optional, .optional, .optional,
            traits: [.gplOnly, .publishes]),
        helper(105, "bpf_strtol", .integer, .readableMemory, .size, .anything, .int64Out),
        helper(106, "bpf_strtoul", .integer, .readableMemory, .size, .anything, .int64Out),
        helper(
            126, "bpf_seq_printf", .integer, .kernelObject, .readableMemory, .size, .readableMemoryOrNull, .sizeOrZero,
            traits: [.gplOnly, .publishes]),
        helper(
            127, "bpf_seq_write", .integer, .kernelObject, .readableMemory, .sizeOrZero, traits: [.gplOnly, .publishes]),
        helper(
            149, "bpf_snprintf_btf", .integer, .writableMemory, .size, .readableMemory, .size, .anything,
            traits: [.publishes]),
        helper(
            150, "bpf_seq_printf_btf", .integer, .kernelObject, .readableMemory, .sizeOrZero, .anything,
            traits: [.gplOnly, .publishes]),
        helper(
            165, "bpf_snprintf", .integer, .writableMemoryOrNull, .sizeOrZero, .constantString, .readableMemoryOrNull,
            .sizeOrZero, traits: [.gplOnly, .publishes]),
        helper(
            177, "bpf_trace_vprintk", .integer, .readableMemory, .size, .readableMemoryOrNull, .sizeOrZero,
            traits: [.gplOnly, .publishes]),
        helper(182, "bpf_strncmp", .integer, .readableMemory, .size, .constantString),
    ]
}
