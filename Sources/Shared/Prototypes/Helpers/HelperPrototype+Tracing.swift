/// Helpers of programs that observe the kernel (kernel/trace/bpf_trace.c, kernel/bpf/stackmap.c).
extension HelperPrototype {
    /// Memory of kernel and user, stacks, events, the traced function.
    static let tracing: [HelperPrototype] = [
        helper(4, "bpf_probe_read", .integer, .writableMemory, .sizeOrZero, .anything, traits: [.gplOnly]),
        helper(
            22, "bpf_perf_event_read", .integer, .map, .anything, traits: [.gplOnly], maps: MapTypeSet(.perfEventArray)),
        helper(
            27, "bpf_get_stackid", .integer, .context, .map, .anything, traits: [.gplOnly],
            maps: MapTypeSet(.stackTrace)),
        helper(
            36, "bpf_probe_write_user", .integer, .anything, .readableMemory, .size, traits: [.gplOnly, .publishes]),
        helper(
            45, "bpf_probe_read_str", .integer, .writableMemory, .sizeOrZero, .anything,
            traits: [.gplOnly, .boundedBySize]),
        helper(
            55, "bpf_perf_event_read_value", .integer, .map, .anything, .writableMemory, .size, traits: [.gplOnly],
            maps: MapTypeSet(.perfEventArray)),
        helper(56, "bpf_perf_prog_read_value", .integer, .context, .writableMemory, .size, traits: [.gplOnly]),
        helper(58, "bpf_override_return", .integer, .context, .anything, traits: [.gplOnly]),
        helper(
            67, "bpf_get_stack", .integer, .context, .writableMemory, .sizeOrZero, .anything,
            traits: [.gplOnly, .boundedBySize]),
        helper(112, "bpf_probe_read_user", .integer, .writableMemory, .sizeOrZero, .anything, traits: [.gplOnly]),
        helper(113, "bpf_probe_read_kernel", .integer, .writableMemory, .sizeOrZero, .anything, traits: [.gplOnly]),
        helper(
            114, "bpf_probe_read_user_str", .integer, .writableMemory, .sizeOrZero, .anything,
            traits: [.gplOnly, .boundedBySize]),
        helper(
            115, "bpf_probe_read_kernel_str", .integer, .writableMemory, .sizeOrZero, .anything,
            traits: [.gplOnly, .boundedBySize]),
        helper(
            119, "bpf_read_branch_records", .integer, .context, .writableMemoryOrNull, .sizeOrZero, .anything,
            traits: [.gplOnly]),
        helper(
            141, "bpf_get_task_stack", .integer, .kernelObject, .writableMemory, .sizeOrZero, .anything,
            traits: [.boundedBySize]),
        helper(147, "bpf_d_path", .integer, .kernelObject, .writableMemory, .sizeOrZero),
        helper(148, "bpf_copy_from_user", .integer, .writableMemory, .sizeOrZero, .anything, traits: [.sleeps]),
        helper(161, "bpf_ima_inode_hash", .integer, .kernelObject, .writableMemory, .size, traits: [.sleeps]),
        helper(173, "bpf_get_func_ip", .integer, .context, traits: [.gplOnly]),
        helper(174, "bpf_get_attach_cookie", .integer, .context),
        helper(175, "bpf_task_pt_regs", .kernelObject, .kernelObject, traits: [.gplOnly]),
        helper(176, "bpf_get_branch_snapshot", .integer, .writableMemory, .sizeOrZero, .anything, traits: [.gplOnly]),
        helper(179, "bpf_kallsyms_lookup_name", .integer, .readableMemory, .sizeOrZero, .anything, .int64Out),
        helper(183, "bpf_get_func_arg", .integer, .context, .anything, .int64Out),
        helper(184, "bpf_get_func_ret", .integer, .context, .int64Out),
        helper(185, "bpf_get_func_arg_cnt", .integer, .context),
        helper(
            191, "bpf_copy_from_user_task", .integer, .writableMemory, .sizeOrZero, .anything, .kernelObject, .anything,
            traits: [.gplOnly, .sleeps]),
        helper(193, "bpf_ima_file_hash", .integer, .kernelObject, .writableMemory, .size, traits: [.sleeps]),
    ]
}
