internal import CLinux

/// A namespace that a single-threaded process may leave its host's for.
///
/// The process namespace is not among them: unshare(2) moves only the children, the first of which becomes its
/// init, and when that one dies nothing can be forked any more. It can only be given at clone time.
package enum Namespace: CaseIterable, Hashable, Sendable {
    /// First, for it gives an unprivileged process the right to make the others.
    case user
    case network
    case ipc
    case hostName
    case mount
    case cgroup

    var flag: UInt64 {
        switch self {
        case .user: CONFINEMENT_CLONE_NEWUSER
        case .network: CONFINEMENT_CLONE_NEWNET
        case .ipc: CONFINEMENT_CLONE_NEWIPC
        case .hostName: CONFINEMENT_CLONE_NEWUTS
        case .mount: CONFINEMENT_CLONE_NEWNS
        case .cgroup: CONFINEMENT_CLONE_NEWCGROUP
        }
    }

    package var step: ConfinementStep {
        switch self {
        case .user: .userNamespace
        case .network: .networkNamespace
        case .ipc: .ipcNamespace
        case .hostName: .hostNameNamespace
        case .mount: .mountNamespace
        case .cgroup: .cgroupNamespace
        }
    }

    func enter() throws(ConfinementError) {
        let status = confinement_unshare(flag)
        if status < 0 { throw .refused(step: step, errno: Int32(-status)) }
    }
}
