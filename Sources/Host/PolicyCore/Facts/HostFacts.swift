/// What `/dev/kvm` turned out to be. Everything but ``usable`` means that no guest can run.
package enum HostKVM: String, CaseIterable, Sendable {
    case usable, absent, denied, error
}

/// Whether the kernel has something and lets us use it.
package enum HostFeature: String, CaseIterable, Sendable {
    case usable, absent, denied, error
}

/// The kernel's lockdown (Documentation: `man 7 kernel_lockdown`).
package enum HostLockdown: String, CaseIterable, Sendable {
    case none, integrity, confidentiality
}

package enum HostSwitch: String, CaseIterable, Sendable {
    case on, off
}

/// Where a program is attached, by libbpf's names (`libbpf_bpf_attach_type_str`) and those of eBPF for Windows.
package enum AttachType: String, CaseIterable, Hashable, Sendable {
    case xdp
    case xdpDevmap = "xdp_devmap"
    case xdpCpumap = "xdp_cpumap"
    case tcIngress = "tc_ingress"
    case tcEgress = "tc_egress"
    case tcxIngress = "tcx_ingress"
    case tcxEgress = "tcx_egress"
    case socket
    case cgroupInetIngress = "cgroup_inet_ingress"
    case cgroupInetEgress = "cgroup_inet_egress"
    case cgroupInetSockCreate = "cgroup_inet_sock_create"
    case cgroupInetSockRelease = "cgroup_inet_sock_release"
    case cgroupInet4PostBind = "cgroup_inet4_post_bind"
    case cgroupInet6PostBind = "cgroup_inet6_post_bind"
    case cgroupSockOps = "cgroup_sock_ops"
    case cgroupInet4Bind = "cgroup_inet4_bind"
    case cgroupInet6Bind = "cgroup_inet6_bind"
    case cgroupInet4Connect = "cgroup_inet4_connect"
    case cgroupInet6Connect = "cgroup_inet6_connect"
    case cgroupUdp4Sendmsg = "cgroup_udp4_sendmsg"
    case cgroupUdp6Sendmsg = "cgroup_udp6_sendmsg"
    case cgroupUdp4Recvmsg = "cgroup_udp4_recvmsg"
    case cgroupUdp6Recvmsg = "cgroup_udp6_recvmsg"
    case cgroupListen = "cgroup_listen"
    case cgroupInet4RecvAccept = "cgroup_inet4_recv_accept"
    case cgroupInet6RecvAccept = "cgroup_inet6_recv_accept"
    case cgroupInet4ConnectAuthorization = "cgroup_inet4_connect_authorization"
    case cgroupInet6ConnectAuthorization = "cgroup_inet6_connect_authorization"
    case flowDissector = "flow_dissector"
    case tracepoint
    case rawTracepoint = "raw_tracepoint"
    case bind
    case process
    case sample
    /// Events of a file, which no program is attached to.
    case file
}
