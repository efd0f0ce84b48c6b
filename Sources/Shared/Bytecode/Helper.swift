/// The helper functions that programs may call, under Linux's ids (`include/uapi/linux/bpf.h`, `___BPF_FUNC_MAPPER`).
package enum Helper: UInt32, CaseIterable, Sendable {
    case mapLookupElement = 1
    case mapUpdateElement = 2
    case mapDeleteElement = 3
    case ktimeGetNanoseconds = 5
    case tracePrintk = 6
    case getPrandomUInt32 = 7
    case getSMPProcessorID = 8

    /// Linux's name, as programs and policies write it.
    package var linuxName: StaticString {
        switch self {
        case .mapLookupElement: "bpf_map_lookup_elem"
        case .mapUpdateElement: "bpf_map_update_elem"
        case .mapDeleteElement: "bpf_map_delete_elem"
        case .ktimeGetNanoseconds: "bpf_ktime_get_ns"
        case .tracePrintk: "bpf_trace_printk"
        case .getPrandomUInt32: "bpf_get_prandom_u32"
        case .getSMPProcessorID: "bpf_get_smp_processor_id"
        }
    }
}
