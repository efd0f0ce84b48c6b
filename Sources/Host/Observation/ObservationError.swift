package import Linux

/// Why a host cannot be observed, or cannot any longer.
package enum ObservationError: Error, Equatable, Sendable {
    /// The kernel does not take the shim; what libbpf says of it.
    case shim(errno: Int32, String)
    /// There is no tracefs, or not for us.
    case tracepoints(SystemError)
    case unknownTracepoint(String)
    /// What tracefs says of a tracepoint is not of the form that it always had.
    case unreadableFormat(String)
    /// A record's fixed part is longer than what is forwarded.
    case longRecord(String, size: Int, limit: Int)
    case cgroup(String, SystemError)
    /// No cgroup was named, and no hierarchy of version 2 is mounted.
    case noHierarchy
    case attach(hook: String, SystemError)
    case ring(SystemError)
    /// A length that only a broken kernel leaves.
    case brokenRing
    /// Whoever decides cannot any more.
    case undecided(String)
    /// It was taken back that a program may look on.
    case forbidden(String)
}

extension ObservationError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .shim(let errno, let problem):
            "the kernel does not take the shim: \(SystemError.text(of: errno)) (errno \(errno))"
                + (problem.isEmpty ? "" : ": \(problem)")
        case .tracepoints(let error): "the kernel's tracepoints cannot be read: \(error)"
        case .unknownTracepoint(let name): "this kernel has no tracepoint \(name)"
        case .unreadableFormat(let name): "the format of tracepoint \(name) is not as tracefs writes it"
        case .longRecord(let name, let size, let limit):
            "the records of tracepoint \(name) have \(size) bytes; \(limit) are forwarded at most"
        case .cgroup(let path, let error): "\(path): \(error)"
        case .noHierarchy: "no hierarchy of cgroup v2 is mounted"
        case .attach(let hook, let error): "\(hook): \(error)"
        case .ring(let error): "the kernel's ring cannot be read: \(error)"
        case .brokenRing: "the kernel's ring holds an event of an impossible length"
        case .undecided(let reason), .forbidden(let reason): reason
        }
    }
}
