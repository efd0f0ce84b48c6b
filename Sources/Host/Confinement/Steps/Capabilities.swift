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

    /// Empties the effective, permitted, inheritable and ambient sets, but for what the role keeps and the process has. Dropping needs no
    /// privilege.
    static func drop(allBut kept: KeptCapabilities) throws(ConfinementError) {
        // SAFETY: no preconditions; the result is checked, and freed below.
        guard let set = unsafe cap_init() else { throw .refused(step: .capabilities, errno: CONFINEMENT_EINVAL) }
        // SAFETY: `set` is live until this function ends.
        defer { _ = unsafe cap_free(UnsafeMutableRawPointer(set)) }
        for (numbers, flag) in [(kept.permitted, CAP_PERMITTED), (kept.effective, CAP_EFFECTIVE)] {
            for number in numbers where try Self.isPermitted(number) {
                var value = cap_value_t(number)
                // SAFETY: `set` is live, and one value is read.
                guard unsafe cap_set_flag(set, flag, 1, &value, CAP_SET) == 0 else {
                    throw .refused(step: .capabilities, errno: CONFINEMENT_EINVAL)
                }
            }
        }
        // SAFETY: as above.
        let status = unsafe cap_set_proc(set)
        guard status == 0, cap_reset_ambient() == 0 else {
            throw .refused(step: .capabilities, errno: CONFINEMENT_EPERM)
        }
    }

    private static func isPermitted(_ number: Int32) throws(ConfinementError) -> Bool {
        // SAFETY: no preconditions; the result is checked, and freed below.
        guard let own = unsafe cap_get_proc() else { throw .refused(step: .capabilities, errno: CONFINEMENT_EPERM) }
        // SAFETY: `own` is live until this function ends.
        defer { _ = unsafe cap_free(UnsafeMutableRawPointer(own)) }
        var value = CAP_CLEAR
        // SAFETY: `own` is live, and one value is written.
        guard unsafe cap_get_flag(own, cap_value_t(number), CAP_PERMITTED, &value) == 0 else { return false }
        return value == CAP_SET
    }
}

/// What a role keeps of the capabilities that its process may have, by number (linux/capability.h).
package struct KeptCapabilities: Equatable, Sendable {
    package let permitted: [Int32]
    package let effective: [Int32]

    package static let none = KeptCapabilities(permitted: [], effective: [])

    /// The memory of processes that have capabilities is read by CAP_SYS_PTRACE only. CAP_NET_BIND_SERVICE is taken up for one call at a
    /// time, of a thread that has it.
    package static let ofSupervisors = KeptCapabilities(permitted: [10, 19], effective: [19])
}
