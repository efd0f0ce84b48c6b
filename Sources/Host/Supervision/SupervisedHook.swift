package import Confinement

/// A place in the life of a socket, or of a process, at which programs are asked about what a supervised process wants.
package enum SupervisedHook: UInt32, CaseIterable, Hashable, Sendable {
    case connectIPv4 = 0
    case connectIPv6
    case bindIPv4
    case bindIPv6
    case sendIPv4
    case sendIPv6
    case socketCreate
    case process
    case receiveIPv4
    case receiveIPv6
    case afterBindIPv4
    case afterBindIPv6
    /// Those of eBPF for Windows.
    case acceptIPv4
    case acceptIPv6
    case listenIPv4
    case listenIPv6
    case windowsBind
    /// Tracepoints of system calls: programs are told, and have no say.
    case callEntered
    case callReturned
    case rawCallEntered
    case rawCallReturned

    /// The section of its programs, as libbpf writes it.
    package var section: String {
        switch self {
        case .connectIPv4: "cgroup/connect4"
        case .connectIPv6: "cgroup/connect6"
        case .bindIPv4: "cgroup/bind4"
        case .bindIPv6: "cgroup/bind6"
        case .sendIPv4: "cgroup/sendmsg4"
        case .sendIPv6: "cgroup/sendmsg6"
        case .socketCreate: "cgroup/sock_create"
        case .process: "process"
        case .receiveIPv4: "cgroup/recvmsg4"
        case .receiveIPv6: "cgroup/recvmsg6"
        case .afterBindIPv4: "cgroup/post_bind4"
        case .afterBindIPv6: "cgroup/post_bind6"
        case .acceptIPv4: "cgroup/recv_accept4"
        case .acceptIPv6: "cgroup/recv_accept6"
        case .listenIPv4: "cgroup/listen4"
        case .listenIPv6: "cgroup/listen6"
        case .windowsBind: "bind"
        case .callEntered: "tracepoint/syscalls/sys_enter_*"
        case .callReturned: "tracepoint/syscalls/sys_exit_*"
        case .rawCallEntered: "raw_tracepoint/sys_enter"
        case .rawCallReturned: "raw_tracepoint/sys_exit"
        }
    }

    /// Whether its programs only hear of what happens.
    package var isObserving: Bool {
        switch self {
        case .callEntered, .callReturned, .rawCallEntered, .rawCallReturned: true
        case .connectIPv4, .connectIPv6, .bindIPv4, .bindIPv6, .sendIPv4, .sendIPv6, .socketCreate, .process,
            .receiveIPv4, .receiveIPv6, .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4,
            .listenIPv6, .windowsBind:
            false
        }
    }

    /// The hook whose programs have that section; of those that observe, none: theirs name a call (``HookSection``).
    package init?(section: String) {
        guard let hook = Self.allCases.first(where: { $0.section == section && !$0.isObserving }) else { return nil }
        self = hook
    }

    /// The calls that lead to it.
    var rows: [SystemCallRule] {
        switch self {
        case .connectIPv4, .connectIPv6:
            [.notify(.connect, reason: "asks whether the address may be connected to")]
        case .bindIPv4, .bindIPv6, .afterBindIPv4, .afterBindIPv6, .windowsBind: [Self.bindRow]
        case .sendIPv4, .sendIPv6:
            [
                .notify(
                    .sendto, .argument(4, differsFrom: 0), reason: "asks whether the address may be sent to"),
                .notify(.sendmsg, reason: "whether there is an address is in memory"),
                .notify(.sendmmsg, reason: "whether there are addresses is in memory"),
            ]
        case .socketCreate:
            [
                .notify(.socket, .argument(0, low32: 2), reason: "asks whether a socket of IPv4 may be made"),
                .notify(.socket, .argument(0, low32: 10), reason: "asks whether a socket of IPv6 may be made"),
            ]
        case .process:
            [
                .notify(.execve, reason: "asks whether the process may become that program"),
                .notify(.execveat, reason: "the same"),
            ]
        case .receiveIPv4, .receiveIPv6:
            [
                .notify(
                    .recvfrom, .argument(4, differsFrom: 0), reason: "asks whom a message is said to come from"),
                .notify(.recvmsg, reason: "whether an address is asked for is in memory"),
                .notify(.recvmmsg, reason: "whether addresses are asked for is in memory"),
            ]
        case .acceptIPv4, .acceptIPv6:
            [
                .notify(.accept, reason: "asks whether a connection may be had"),
                .notify(.accept4, reason: "asks whether a connection may be had"),
            ]
        // What a socket is bound to stays so while it is decided about.
        case .listenIPv4, .listenIPv6:
            [.notify(.listen, reason: "asks whether connections may be waited for"), Self.bindRow]
        // Which calls that are, their sections say (``ObservedCalls``).
        case .callEntered, .callReturned, .rawCallEntered, .rawCallReturned: []
        }
    }

    private static let bindRow: SystemCallRule =
        .notify(.bind, reason: "asks whether the socket may have the address")

    /// A message that connects (TCP Fast Open) is answered as by a kernel that has this switched off, and the process connects.
    fileprivate static let fastOpen: [SystemCallRule] = {
        let flag: UInt64 = 0x2000_0000  // MSG_FASTOPEN
        let reason = "connects by sending; programs then connect"
        let notSupported: Int32 = 95  // EOPNOTSUPP
        return [
            .refuse(.sendto, .argument(3, has: flag), errno: notSupported, reason: reason),
            .refuse(.sendmsg, .argument(2, has: flag), errno: notSupported, reason: reason),
            .refuse(.sendmmsg, .argument(3, has: flag), errno: notSupported, reason: reason),
        ]
    }()
}

extension Filter {
    /// What the tree's processes are under where these hooks have programs.
    package static func tree(hooks: Set<SupervisedHook>, isTraced: Bool = false) -> Filter {
        var asked: [SystemCallRule] = []
        for hook in SupervisedHook.allCases where hooks.contains(hook) {
            for row in hook.rows where !asked.contains(row) { asked.append(row) }
        }
        // Where messages are asked about, the supervisor refuses those that connect.
        let connects = !hooks.isDisjoint(with: [.connectIPv4, .connectIPv6])
        let sends = !hooks.isDisjoint(with: [.sendIPv4, .sendIPv6])
        return .tree(
            asking: asked + (connects && !sends ? SupervisedHook.fastOpen : []),
            isTraced: isTraced || hooks.contains(.process))
    }
}
