internal import CLinux

/// The rows by which a confined process leaves alone those parts of the kernel that no role needs: the ones that
/// act outside the filter's sight, that reach other processes, that change the machine, or that attackers of
/// kernels like best.
package enum KernelSurfaceRules {
    private static let newNamespaces: [UInt64] = [
        CONFINEMENT_CLONE_NEWNS, CONFINEMENT_CLONE_NEWCGROUP, CONFINEMENT_CLONE_NEWUTS, CONFINEMENT_CLONE_NEWIPC,
        CONFINEMENT_CLONE_NEWUSER, CONFINEMENT_CLONE_NEWPID, CONFINEMENT_CLONE_NEWNET,
    ]

    private static func refuse(_ reason: String, _ calls: SystemCall...) -> [SystemCallRule] {
        calls.map { .refuse($0, errno: CONFINEMENT_EPERM, reason: reason) }
    }

    package static let rows: [SystemCallRule] =
        refuse("a ring runs system calls that seccomp never sees", .ioUringSetup, .ioUringEnter, .ioUringRegister)
        + refuse("lets a thread stop the kernel inside a copy from its memory", .userfaultfd)
        + refuse("programs for the kernel are what this project exists to avoid", .bpf)
        + refuse("reads and slows the whole machine", .perfEventOpen)
        + refuse("replaces the kernel", .kexecLoad, .kexecFileLoad, .initModule, .finitModule, .deleteModule)
        + refuse("keyrings are shared with processes outside", .addKey, .requestKey, .keyctl)
        + refuse("takes descriptors out of another process", .pidfdGetfd)
        + refuse("opens files past every path check", .openByHandleAt)
        + refuse("watches and answers for other processes' files", .fanotifyInit)
        + refuse(
            "changes what paths mean, for Landlock too", .mount, .umount2, .pivotRoot, .chroot, .openTree, .moveMount,
            .fsopen, .fsconfig, .fsmount, .fspick, .mountSetattr)
        + refuse("joins another process's view of the machine", .setns)
        + newNamespaces.map {
            .refuse(
                .clone, .argument(0, has: $0), errno: CONFINEMENT_EPERM,
                reason: "a new user namespace gives capabilities back")
        }
        + (newNamespaces + [CONFINEMENT_CLONE_NEWTIME]).map {
            .refuse(
                .unshare, .argument(0, has: $0), errno: CONFINEMENT_EPERM,
                reason: "a new user namespace gives capabilities back")
        }
        + [
            .refuse(
                .clone3, errno: CONFINEMENT_ENOSYS,
                reason: "its flags are in memory, where a filter cannot look; the C library then uses clone")
        ]
        + refuse("direct access to I/O ports", .iopl, .ioperm)
        + refuse("belongs to whoever runs the machine", .reboot, .swapon, .swapoff, .acct, .quotactl, .syslog)
        + refuse("moves the clock that deadlines are read from", .settimeofday, .clockSettime, .clockAdjtime, .adjtimex)
        + [
            .refuse(
                .ioctl, .argument(1, low32: CONFINEMENT_TIOCSTI), errno: CONFINEMENT_EPERM,
                reason: "TIOCSTI types into the terminal of the person who started us"),
            .refuse(
                .ioctl, .argument(1, low32: CONFINEMENT_TIOCLINUX), errno: CONFINEMENT_EPERM,
                reason: "TIOCLINUX pastes into a console"),
            .refuse(
                .prctl, .argument(0, low32: UInt32(CONFINEMENT_PR_SET_DUMPABLE)), .argument(1, differsFrom: 0),
                errno: CONFINEMENT_EPERM,
                reason: "PR_SET_DUMPABLE would open the process to debuggers again"),
        ]
}
