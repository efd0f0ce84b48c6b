internal import CLinux

/// A filter already compiled to the kernel's classic BPF: installing it is one system call and allocates nothing.
///
/// Compiling with libseccomp costs far more than a cell's start may; a zygote compiles once and each child installs.
package struct PreparedFilter: Equatable, Sendable {
    /// The name of the table it came from.
    package let name: String
    /// One `struct sock_filter` per element, as the kernel reads it.
    package let instructions: [UInt64]

    init(name: String, instructions: [UInt64]) {
        self.name = name
        self.instructions = instructions
    }

    /// Puts the calling thread, or with `allThreads` every thread of the process, under this filter, for ever.
    ///
    /// Two calls no filter sees: uretprobe and uprobe, by which the kernel's own trampolines return (kernel/seccomp.c). From
    /// anywhere else they do nothing. The process must have `no_new_privs` set. Filters add up: what an earlier one refuses stays refused.
    package func install(allThreads: Bool) throws(ConfinementError) {
        let count = UInt16(instructions.count)
        let flags = allThreads ? CONFINEMENT_FILTER_TSYNC : 0
        // SAFETY: the kernel reads `count` instructions of 8 bytes during the call, and keeps its own copy.
        let status = unsafe instructions.withUnsafeBytes { bytes in
            unsafe confinement_install_filter(bytes.baseAddress, count, flags)
        }
        if status > 0 { throw .threadNotFiltered(thread: Int32(truncatingIfNeeded: status)) }
        if status < 0 { throw .refused(step: .filter, errno: Int32(truncatingIfNeeded: -status)) }
    }
}
