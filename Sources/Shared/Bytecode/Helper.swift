/// The helper functions that programs may call, under Linux's ids (`include/uapi/linux/bpf.h`, `___BPF_FUNC_MAPPER`).
package enum Helper: UInt32, CaseIterable, Sendable {
    case mapLookupElement = 1
    case mapUpdateElement = 2
    case mapDeleteElement = 3
    case ktimeGetNanoseconds = 5
    case tracePrintk = 6
    case getPrandomUInt32 = 7
    case getSMPProcessorID = 8
    case tailCall = 12
    case mapPushElement = 87
    case mapPopElement = 88
    case mapPeekElement = 89
    case mapLookupPerCPUElement = 195
}

extension Helper {
    /// Tail calls that one event may make: MAX_TAIL_CALL_CNT (include/linux/bpf.h).
    package static var mostTailCalls: UInt32 { 33 }
}
