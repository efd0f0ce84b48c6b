/// The helper functions that programs may call, under Linux's ids (`include/uapi/linux/bpf.h`, `___BPF_FUNC_MAPPER`).
package enum Helper: UInt32, CaseIterable, Sendable {
    case mapLookupElement = 1
    case mapUpdateElement = 2
    case mapDeleteElement = 3
    case ktimeGetNanoseconds = 5
    case tracePrintk = 6
    case getPrandomUInt32 = 7
    case getSMPProcessorID = 8
    case skbStoreBytes = 9
    case l3ChecksumReplace = 10
    case l4ChecksumReplace = 11
    case tailCall = 12
    case getCurrentProcess = 14
    case getCurrentUser = 15
    case getCurrentCommand = 16
    case redirect = 23
    case skbLoadBytes = 26
    case checksumDifference = 28
    case getHashRecalculated = 34
    case skbPullData = 39
    case getNUMANodeID = 42
    case xdpAdjustHead = 44
    case getSocketCookie = 46
    case xdpAdjustMeta = 54
    case xdpAdjustTail = 65
    case skbLoadBytesRelative = 68
    case getCurrentCgroupID = 80
    case mapPushElement = 87
    case mapPopElement = 88
    case mapPeekElement = 89
    case stringToSigned = 105
    case stringToUnsigned = 106
    case ktimeGetBootNanoseconds = 125
    case ktimeGetCoarseNanoseconds = 160
    case snprintf = 165
    case traceVprintk = 177
    case stringCompare = 182
    case xdpGetBufferLength = 188
    case xdpLoadBytes = 189
    case xdpStoreBytes = 190
    case mapLookupPerCPUElement = 195
    case ktimeGetAtomicNanoseconds = 208
}

extension Helper {
    /// Tail calls that one event may make: MAX_TAIL_CALL_CNT (include/linux/bpf.h).
    package static var mostTailCalls: UInt32 { 33 }
}
