/// What kind of event a program is for, by the kernel's names (Linux UAPI, `enum bpf_prog_type`, in lower case).
///
/// A policy may speak of every type the kernel knows, so that a file does not have to change when the engine learns
/// to run one more of them.
package enum ProgramType: String, CaseIterable, Hashable, Sendable {
    case socketFilter = "socket_filter"
    case kprobe
    case schedCls = "sched_cls"
    case schedAct = "sched_act"
    case tracepoint
    case xdp
    case perfEvent = "perf_event"
    case cgroupSkb = "cgroup_skb"
    case cgroupSock = "cgroup_sock"
    case lwtIn = "lwt_in"
    case lwtOut = "lwt_out"
    case lwtXmit = "lwt_xmit"
    case sockOps = "sock_ops"
    case skSkb = "sk_skb"
    case cgroupDevice = "cgroup_device"
    case skMsg = "sk_msg"
    case rawTracepoint = "raw_tracepoint"
    case cgroupSockAddr = "cgroup_sock_addr"
    case lwtSeg6local = "lwt_seg6local"
    case lircMode2 = "lirc_mode2"
    case skReuseport = "sk_reuseport"
    case flowDissector = "flow_dissector"
    case cgroupSysctl = "cgroup_sysctl"
    case rawTracepointWritable = "raw_tracepoint_writable"
    case cgroupSockopt = "cgroup_sockopt"
    case tracing
    case structOps = "struct_ops"
    case ext
    case lsm
    case skLookup = "sk_lookup"
    case syscall
    case netfilter
    // Of eBPF for Windows.
    case bind
    case process
    case sample
}

extension ProgramType: CustomStringConvertible {
    package var description: String { rawValue }
}
