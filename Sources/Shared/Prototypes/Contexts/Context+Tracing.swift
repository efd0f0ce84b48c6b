/// Contexts of programs that observe the kernel: plain words (kernel/trace/bpf_trace.c, `*_is_valid_access`).
extension ContextDescriptor {
    /// x86-64's `struct pt_regs`: 21 registers.
    static let registers = ContextDescriptor(
        name: "pt_regs", size: 168, fields: [ContextField("registers", at: 0, size: 168, .words)])

    static let perfEvent = ContextDescriptor(
        name: "bpf_perf_event_data", size: 184,
        fields: [
            ContextField("regs", at: 0, size: 168, .words),
            ContextField("sample_period", at: 168, size: 8),
            ContextField("addr", at: 176, size: 8),
        ])

    /// The record of a tracepoint. How long it is depends on the tracepoint; Linux lets programs read 8 KiB and looks
    /// when the program is attached. The first eight bytes, whatever the tracepoint, are not for programs.
    static let tracepoint = ContextDescriptor(
        name: "tracepoint", size: 2048, fields: [ContextField("record", at: 8, size: 2040, .words)])

    /// The arguments of a tracepoint, or of a function, with its result behind: at most twelve (MAX_BPF_FUNC_ARGS).
    static let arguments = ContextDescriptor(
        name: "bpf_raw_tracepoint_args", size: 96, fields: [ContextField("args", at: 0, size: 96, .words)])

    /// The same, the first argument a buffer of the kernel that the program may write to.
    static let writableArguments = ContextDescriptor(
        name: "bpf_raw_tracepoint_args", size: 96,
        fields: [
            ContextField("buffer", at: 0, size: 8, .kernelObject, isNarrowable: false),
            ContextField("args", at: 8, size: 88, .words),
        ])

    /// What a system call passed in (`ctx_in` of BPF_PROG_TEST_RUN), at most 64 KiB on Linux; this much is always
    /// there.
    static let systemCall = ContextDescriptor(
        name: "syscall", size: 4096, fields: [ContextField("bytes", at: 0, size: 4096, .words, isWritable: true)])

    /// What a remote control sent.
    static let remoteControl = ContextDescriptor(
        name: "lirc_mode2", size: 4, fields: [ContextField("sample", at: 0, size: 4)])

    static let netfilter = ContextDescriptor(
        name: "bpf_nf_ctx", size: 16,
        fields: [
            ContextField("state", at: 0, size: 8, .kernelObject, isNarrowable: false),
            ContextField("skb", at: 8, size: 8, .kernelObject, isNarrowable: false),
        ])
}

extension PublishedLayout {
    /// The records of tracepoints of system calls, by the names that `vmlinux.h` has for them (kernel/trace/trace.h,
    /// include/trace/events/syscalls.h).
    static let traceRecords: [String: PublishedLayout] = {
        let entry = ("ent", Field(offset: 0, size: 8))
        let arguments = ("args", Field(offset: 16, size: 48))
        let result = ("ret", Field(offset: 16, size: 8))
        func record(_ size: UInt32, _ fields: (String, Field)...) -> PublishedLayout {
            PublishedLayout(
                size: size, fields: Dictionary(uniqueKeysWithValues: [entry] + fields), isWireFormat: true)
        }
        let number = ("nr", Field(offset: 8, size: 4))
        let id = ("id", Field(offset: 8, size: 8))
        return [
            "syscall_trace_enter": record(16, number, arguments), "syscall_trace_exit": record(24, number, result),
            "trace_event_raw_sys_enter": record(64, id, arguments), "trace_event_raw_sys_exit": record(24, id, result),
        ]
    }()
}
