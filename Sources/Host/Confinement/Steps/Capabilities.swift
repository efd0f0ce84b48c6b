internal import CCap
internal import CLinux

/// Drops every capability, by libcap.
enum Capabilities {
    /// Empties the bounding set: what could be gained by executing a file. Needs CAP_SETPCAP; `no_new_privs` makes
    /// it moot without.
    static func dropBoundingSet() throws(ConfinementError) -> UInt32 {
        var dropped: UInt32 = 0
        for capability in 0..<cap_max_bits() {
            let value = cap_value_t(capability)
            // A capability missing from the set already (0), or unknown to the kernel (-1), has nothing to drop.
            guard cap_get_bound(value) == 1 else { continue }
            guard cap_drop_bound(value) == 0 else { throw .refused(step: .boundingSet, errno: CONFINEMENT_EPERM) }
            dropped += 1
        }
        return dropped
    }

    /// Empties the effective, permitted, inheritable and ambient sets. Dropping needs no privilege.
    static func dropAll() throws(ConfinementError) {
        // SAFETY: no preconditions; the result is checked, and freed below.
        guard let none = unsafe cap_init() else { throw .refused(step: .capabilities, errno: CONFINEMENT_EINVAL) }
        // SAFETY: `none` is live until this function ends.
        defer { _ = unsafe cap_free(UnsafeMutableRawPointer(none)) }
        // SAFETY: as above.
        let status = unsafe cap_set_proc(none)
        guard status == 0, cap_reset_ambient() == 0 else {
            throw .refused(step: .capabilities, errno: CONFINEMENT_EPERM)
        }
    }
}
