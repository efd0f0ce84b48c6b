/// The verdicts of the types that run, by the names that Linux's headers give them; where these have none, the hook and what it then does.
extension VerdictTable {
    /// `enum xdp_action` (include/uapi/linux/bpf.h); a value without a meaning is an abort.
    package static let express = VerdictTable(
        [
            Row(result: 0, name: "XDP_ABORTED", fate: .dropped), Row(result: 1, name: "XDP_DROP", fate: .dropped),
            Row(result: 2, name: "XDP_PASS", fate: .kept), Row(result: 3, name: "XDP_TX", fate: .sentBack),
            Row(result: 4, name: "XDP_REDIRECT", fate: .redirected),
        ], .listed(otherwise: 0), closed: 1, open: 2)

    /// TC_ACT_* (include/uapi/linux/pkt_cls.h) of a classifier that acts itself: what cls_bpf_exec_opcode does not know, and the verdicts
    /// that it leaves to actions, are TC_ACT_UNSPEC (net/sched/cls_bpf.c).
    static let classifier = VerdictTable(
        [
            Row(result: -1, name: "TC_ACT_UNSPEC", fate: .kept), Row(result: 0, name: "TC_ACT_OK", fate: .kept),
            Row(result: 2, name: "TC_ACT_SHOT", fate: .dropped), Row(result: 4, name: "TC_ACT_STOLEN", fate: .dropped),
            Row(result: 7, name: "TC_ACT_REDIRECT", fate: .redirected),
            Row(result: 8, name: "TC_ACT_TRAP", fate: .dropped),
        ], .listed(otherwise: 0), closed: 2, open: 0)

    /// `enum tcx_action_base`; everything else is TCX_NEXT (include/net/tcx.h).
    static let tcx = VerdictTable(
        [
            Row(result: -1, name: "TCX_NEXT", fate: .kept), Row(result: 0, name: "TCX_PASS", fate: .kept),
            Row(result: 2, name: "TCX_DROP", fate: .dropped),
            Row(result: 7, name: "TCX_REDIRECT", fate: .redirected),
        ], .listed(otherwise: 0), closed: 2, open: 0)

    /// What tcf_bpf_act lets through (net/sched/act_bpf.c).
    static let action = VerdictTable(
        [
            Row(result: -1, name: "TC_ACT_UNSPEC", fate: .kept), Row(result: 0, name: "TC_ACT_OK", fate: .kept),
            Row(result: 1, name: "TC_ACT_RECLASSIFY", fate: .kept),
            Row(result: 2, name: "TC_ACT_SHOT", fate: .dropped), Row(result: 3, name: "TC_ACT_PIPE", fate: .kept),
            Row(result: 7, name: "TC_ACT_REDIRECT", fate: .redirected),
        ], .listed(otherwise: 0), closed: 2, open: 0)

    /// How many bytes of the packet the socket gets (sk_filter_trim_cap in net/core/filter.c).
    static let socketFilter = VerdictTable(
        [
            Row(result: 0, name: "drop", fate: .dropped), Row(result: 1, name: "keep a part", fate: .cut),
            Row(result: -1, name: "keep", fate: .kept),
        ], .length, closed: 0, open: -1)

    /// What is let through where the result is 1.
    ///
    /// - Parameter otherwise: what a result is that is neither 0 nor 1, which only programs have of which nothing is proven.
    static func permission(_ allow: StaticString, _ deny: StaticString, otherwise: Int = 0) -> VerdictTable {
        VerdictTable(
            [Row(result: 0, name: deny, fate: .dropped), Row(result: 1, name: allow, fate: .kept)],
            .listed(otherwise: otherwise), closed: 0, open: 1)
    }

    /// Bit 0 lets the packet go, bit 1 says that there is congestion (BPF_PROG_CGROUP_INET_EGRESS_RUN_ARRAY).
    static let egress = VerdictTable(
        [
            Row(result: 0, name: "EGRESS deny", fate: .dropped), Row(result: 1, name: "EGRESS allow", fate: .kept),
            Row(result: 2, name: "EGRESS deny, congestion", fate: .dropped),
            Row(result: 3, name: "EGRESS allow, congestion", fate: .kept),
        ], .listed(otherwise: 0), closed: 0, open: 1)

    /// Bit 1 says that no capability is needed for a low port (BPF_RET_BIND_NO_CAP_NET_BIND_SERVICE).
    static let bind = VerdictTable(
        [
            Row(result: 0, name: "BIND deny", fate: .dropped), Row(result: 1, name: "BIND allow", fate: .kept),
            Row(result: 2, name: "BIND deny, any port", fate: .dropped),
            Row(result: 3, name: "BIND allow, any port", fate: .kept),
        ], .listed(otherwise: 0), closed: 0, open: 1)

    /// A hook at which nothing can be denied, so that a program which fails changes nothing.
    static func notice(_ name: StaticString) -> VerdictTable {
        VerdictTable([Row(result: 1, name: name, fate: .kept)], .ignored, closed: 1, open: 1)
    }

    /// What bpf_flow_dissect says of a packet (net/core/flow_dissector.c): whatever is neither BPF_OK nor left to the kernel's own dissector
    /// has no flow.
    static let flowDissector = VerdictTable(
        [
            Row(result: 0, name: "BPF_OK", fate: .kept), Row(result: 2, name: "BPF_DROP", fate: .dropped),
            Row(result: 129, name: "BPF_FLOW_DISSECTOR_CONTINUE", fate: .kept),
        ], .listed(otherwise: 1), closed: 2, open: 129)
}

/// The verdicts of eBPF for Windows, and what its extensions do with results that have no meaning.
extension VerdictTable {
    /// `bind_action_t`; what is none blocks (net_ebpf_ext_bind.c).
    static let windowsBind = VerdictTable(
        [
            Row(result: 0, name: "BIND_PERMIT", fate: .kept), Row(result: 1, name: "BIND_DENY", fate: .dropped),
            Row(result: 2, name: "BIND_REDIRECT", fate: .kept),
            Row(result: 3, name: "BIND_PERMIT_HARD", fate: .kept),
        ], .listed(otherwise: 1), closed: 1, open: 0)

    /// STATUS_SUCCESS lets a process be made; when one ends (PROCESS_OPERATION_DELETE), nobody asks.
    static let windowsProcess = VerdictTable(
        [
            Row(result: 0, name: "PROCESS permit", fate: .kept), Row(result: -1, name: "PROCESS deny", fate: .dropped),
            Row(result: 0, name: "PROCESS ended", fate: .kept),
        ], .listed(otherwise: 1), closed: -1, open: 0, exemption: Exemption(offset: 68, value: 1, row: 2))

    /// `ebpf_sock_addr_verdict_t`: what is none rejects.
    static func windowsSocketAddress(
        _ reject: StaticString, _ proceed: StaticString, _ proceedHard: StaticString
    ) -> VerdictTable {
        VerdictTable(
            [
                Row(result: 0, name: reject, fate: .dropped), Row(result: 1, name: proceed, fate: .kept),
                Row(result: 2, name: proceedHard, fate: .kept),
            ], .listed(otherwise: 0), closed: 0, open: 1)
    }
}
