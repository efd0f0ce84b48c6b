internal import CLinux

/// What of a host may change while a process runs, as far as that process can still see it once it is locked down: it is looked at when
/// something is decided, and again before what was decided is started.
///
/// It is a few system calls, and starts nothing. Whether machines can be made is not tried: a locked-down process may not, and the monitor, which
/// may, does when it starts.
package struct PostureGlance: Equatable, Sendable {
    /// The device, or what stands in its place.
    let kvm: KVMPosture.State
    let seccompFilters: Bool
    let landlock: Int64
    /// Of this process.
    let denyWriteExecute: Int64
    let lockdown: Finding<String>
    let bpfJITHardening: Finding<Int>

    package static func ofThisHost(kvm path: String = "/dev/kvm") -> PostureGlance {
        PostureGlance(
            kvm: KVMPosture.state(of: path),
            seccompFilters: confinement_seccomp_knows(CONFINEMENT_ACT_KILL_PROCESS) == 1,
            landlock: confinement_landlock_abi(),
            denyWriteExecute: confinement_prctl(CONFINEMENT_PR_GET_MDWE, 0, 0),
            lockdown: HostPosture.securityFile("lockdown"),
            bpfJITHardening: Finding { () throws(PostureError) in
                try HostPosture.number("/proc/sys/net/core/bpf_jit_harden")
            })
    }

    /// The same for the same glance, and for no other.
    package var text: String {
        "kvm \(kvm)\nseccomp \(seccompFilters)\nlandlock \(landlock)\nmdwe \(denyWriteExecute)\nlockdown \(lockdown)\n"
            + "jit_harden \(bpfJITHardening)\n"
    }
}
