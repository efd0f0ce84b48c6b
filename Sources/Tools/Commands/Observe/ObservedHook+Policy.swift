internal import CommandSupport
internal import Linux
internal import Observation
internal import PolicyCore

extension ObservedHook {
    /// What a program is attached as there, to policy.
    ///
    /// - Parameter section: the program's own, which may have another word for the same hook.
    func kind(section: String) -> HookKind {
        switch self {
        case .tracepoint:
            HookKind(
                rawValue: section, attachType: .tracepoint, takes: { $0 == .tracepoint }, section: section)
        case .socket(let point):
            HookKind(rawValue: section, attachType: point.attachType, takes: point.takes, section: section)
        }
    }
}

extension SocketPoint {
    fileprivate var attachType: AttachType {
        switch self {
        case .create: .cgroupInetSockCreate
        case .bindIPv4: .cgroupInet4Bind
        case .bindIPv6: .cgroupInet6Bind
        case .connectIPv4: .cgroupInet4Connect
        case .connectIPv6: .cgroupInet6Connect
        case .boundIPv4: .cgroupInet4PostBind
        case .boundIPv6: .cgroupInet6PostBind
        case .sendIPv4: .cgroupUdp4Sendmsg
        case .sendIPv6: .cgroupUdp6Sendmsg
        case .receiveIPv4: .cgroupUdp4Recvmsg
        case .receiveIPv6: .cgroupUdp6Recvmsg
        case .release: .cgroupInetSockRelease
        }
    }

    fileprivate func takes(_ type: ProgramType) -> Bool {
        switch self {
        case .create, .boundIPv4, .boundIPv6, .release: type == .cgroupSock
        case .bindIPv4, .bindIPv6, .connectIPv4, .connectIPv6, .sendIPv4, .sendIPv6, .receiveIPv4, .receiveIPv6:
            type == .cgroupSockAddr
        }
    }
}

extension Failure {
    init(_ error: ObservationError) {
        let remedy: String?
        switch error {
        case .shim, .tracepoints:
            remedy =
                "it needs root, a kernel with CONFIG_BPF_EVENTS, and no lockdown=confidentiality; ringfence doctor says more"
        case .unknownTracepoint, .longRecord: remedy = "ls /sys/kernel/tracing/events shows those that there are"
        case .cgroup: remedy = "--cgroup takes a directory of the hierarchy of version 2"
        case .noHierarchy: remedy = "mount -t cgroup2 none /sys/fs/cgroup/unified"
        case .attach, .unreadableFormat, .ring, .brokenRing, .undecided, .forbidden: remedy = nil
        }
        switch error {
        case .forbidden(let sentence): self.init(.denied, "the host", sentence)
        case .undecided, .ring, .brokenRing: self.init(.internalError, "the host", "\(error)", remedy: remedy)
        case .shim, .tracepoints, .unknownTracepoint, .unreadableFormat, .longRecord, .cgroup, .noHierarchy, .attach:
            self.init(.badInput, "the host", "cannot be observed: \(error)", remedy: remedy)
        }
    }
}
