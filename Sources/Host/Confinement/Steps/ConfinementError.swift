internal import Linux

/// Why a process could not be confined. It must then do nothing but end: some steps may have been taken already.
package enum ConfinementError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A step that the role requires was refused.
    case refused(step: ConfinementStep, errno: Int32)
    /// Landlock could not take this path into its rules.
    case path(String, errno: Int32)
    /// The parent was gone, or was another process, when the death signal had been asked for.
    case parentGone(expected: Int32, found: Int32)
    /// The filter could not be put on this thread, so it is on none.
    case threadNotFiltered(thread: Int32)
    /// The process already holds memory that is writable and executable, in one mapping or by way of two.
    case writableExecutable(mappings: Int, aliases: Int)
    /// /proc/self/maps could not be understood.
    case mappings(MappingError)
    /// The role's table could not be compiled.
    case filter(FilterError)

    package var description: String {
        switch self {
        case .refused(let step, let errno):
            "\(step): \(SystemError.text(of: errno)) (errno \(errno))"
        case .path(let path, let errno):
            "Landlock, \(path): \(SystemError.text(of: errno)) (errno \(errno))"
        case .parentGone(let expected, let found):
            "die with parent: expected parent \(expected), found \(found)"
        case .threadNotFiltered(let thread):
            "seccomp filter: thread \(thread) could not be put under it"
        case .writableExecutable(let mappings, let aliases):
            "mapping audit: \(mappings) mappings are writable and executable, \(aliases) files are mapped both ways"
        case .mappings(let error):
            "mapping audit: \(error)"
        case .filter(let error):
            "seccomp filter: \(error)"
        }
    }
}
