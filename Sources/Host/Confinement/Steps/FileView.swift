internal import CLinux
internal import Linux

/// What a process may still open, as a Landlock ruleset. Descriptors that are open already are not touched by it.
package struct FileView: Equatable, Sendable {
    package enum Readable: Equatable, Sendable {
        case everywhere
        case beneath([String])
    }

    package let readable: Readable
    package let writable: [String]
    /// Whether TCP, and signals and abstract sockets towards processes outside, are refused too (ABI 4 and 6).
    package let isolated: Bool

    package init(readable: Readable, writable: [String], isolated: Bool) {
        self.readable = readable
        self.writable = writable
        self.isolated = isolated
    }

    /// No path at all.
    package static let nothing = FileView(readable: .beneath([]), writable: [], isolated: true)

    /// Executing a file is never granted. Nor is writing under /proc unless a caller lists it: /proc/self/mem
    /// writes through page protections, and seccomp cannot tell that path from another.
    ///
    /// Gives the ABI that the ruleset was made for.
    func restrict() throws(ConfinementError) -> UInt32 {
        let answer = confinement_landlock_abi()
        guard answer > 0 else { throw .refused(step: .landlock, errno: Int32(-answer)) }
        let abi = UInt32(truncatingIfNeeded: answer)

        var write = CONFINEMENT_FILE_WRITE | CONFINEMENT_FILE_CHANGE_DIRECTORY
        if abi >= 2 { write |= CONFINEMENT_FILE_REFER }
        if abi >= 3 { write |= CONFINEMENT_FILE_TRUNCATE }
        if abi >= 5 { write |= CONFINEMENT_FILE_DEVICE_IOCTL }
        let read = CONFINEMENT_FILE_READ | CONFINEMENT_FILE_READ_DIRECTORY
        let handled =
            switch readable {
            case .everywhere: write | CONFINEMENT_FILE_EXECUTE
            case .beneath: write | CONFINEMENT_FILE_EXECUTE | read
            }
        let raw = confinement_landlock_create(
            handled, isolated && abi >= 4 ? CONFINEMENT_NETWORK_TCP : 0,
            isolated && abi >= 6 ? CONFINEMENT_SCOPE_ALL : 0)
        guard raw >= 0 else { throw .refused(step: .landlock, errno: Int32(-raw)) }
        let ruleset = FileDescriptor(owning: Int32(raw))

        switch readable {
        case .everywhere: break
        case .beneath(let paths): try Self.allow(read, beneath: paths, in: ruleset)
        }
        try Self.allow(write, beneath: writable, in: ruleset)
        let status = confinement_landlock_restrict(ruleset.rawValue)
        guard status == 0 else { throw .refused(step: .landlock, errno: Int32(-status)) }
        return abi
    }

    private static func allow(
        _ access: UInt64, beneath paths: [String], in ruleset: borrowing FileDescriptor,
    ) throws(ConfinementError) {
        for path in paths {
            // SAFETY: the string is a terminated C string for the length of the call.
            let status = unsafe confinement_landlock_allow_beneath(ruleset.rawValue, path, access)
            guard status == 0 else { throw .path(path, errno: Int32(-status)) }
        }
    }
}
