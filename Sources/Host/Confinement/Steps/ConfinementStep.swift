/// A step of confinement, in the order in which the steps happen.
///
/// The order matters. Descriptors go first, so that nothing after leaks by them. Namespaces come before Landlock,
/// which forbids changing mounts, and before the capabilities that make them possible are dropped. `no_new_privs`
/// precedes Landlock, which asks for it of an unprivileged process. Limits follow the last step that opens a
/// descriptor, since a role may be left with none to open. The filter comes last, for it refuses what the other
/// steps do.
package enum ConfinementStep: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case singleThread
    case closeDescriptors
    case clearEnvironment
    case userNamespace
    case networkNamespace
    case ipcNamespace
    case hostNameNamespace
    case mountNamespace
    case cgroupNamespace
    case noNewPrivileges
    case landlock
    case boundingSet
    case capabilities
    case storeBypassDisabled
    case indirectBranchDisabled
    case notDumpable
    case denyWriteExecute
    case dieWithParent
    case mappingAudit
    case reserveHeap
    case limitResources
    case filter

    package var description: String {
        switch self {
        case .singleThread: "single thread"
        case .closeDescriptors: "close descriptors"
        case .clearEnvironment: "clear environment"
        case .userNamespace: "user namespace"
        case .networkNamespace: "network namespace"
        case .ipcNamespace: "IPC namespace"
        case .hostNameNamespace: "host name namespace"
        case .mountNamespace: "mount namespace"
        case .cgroupNamespace: "cgroup namespace"
        case .noNewPrivileges: "no new privileges"
        case .landlock: "Landlock"
        case .boundingSet: "capability bounding set"
        case .capabilities: "capabilities"
        case .storeBypassDisabled: "speculative store bypass off"
        case .indirectBranchDisabled: "indirect branch speculation off"
        case .notDumpable: "not dumpable"
        case .denyWriteExecute: "memory-deny-write-execute"
        case .dieWithParent: "die with parent"
        case .mappingAudit: "mapping audit"
        case .reserveHeap: "heap reserve"
        case .limitResources: "resource limits"
        case .filter: "seccomp filter"
        }
    }
}

/// What came of a step.
package enum StepOutcome: Equatable, Sendable, CustomStringConvertible {
    /// Done. The detail's meaning is the step's own: Landlock's ABI, the filter's length, the kernel's answer to a
    /// request.
    case obtained(detail: UInt32)
    /// The kernel refused it with this errno, and the role carries on without.
    case refused(errno: Int32)
    /// The role does not ask for it.
    case notRequested

    package var description: String {
        switch self {
        case .obtained(let detail): "obtained (\(detail))"
        case .refused(let errno): "refused (errno \(errno))"
        case .notRequested: "not requested"
        }
    }
}
