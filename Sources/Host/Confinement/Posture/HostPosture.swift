internal import CLinux

/// What this host offers, asked of the kernel itself and never assumed.
package struct HostPosture: Equatable, Sendable {
    package let kvm: KVMPosture
    /// The kernel knows seccomp filters, and the two actions that the tables use.
    package let seccompFilters: Bool
    package let seccompUserNotification: Bool
    /// Landlock's ABI, or the errno by which the kernel says that it has none.
    package let landlock: Support
    package let userNamespaces: Support
    package let networkNamespaces: Support
    package let denyWriteExecute: Support
    package let noExecuteMemoryFiles: Support
    package let lockdown: Finding<String>
    package let securityModules: Finding<String>
    package let kernelRelease: String
    package let processorModel: Finding<String>
    /// Whether simultaneous multithreading is active.
    package let multithreading: Finding<Bool>
    package let unprivilegedBPFDisabled: Finding<Int>
    /// `net.core.bpf_jit_harden`: 0 to 2.
    package let bpfJITHardening: Finding<Int>
    /// Whether the firmware checked what it booted; a host without UEFI has no answer.
    package let secureBoot: Finding<Bool>
    /// Whether this host is itself a guest.
    package let nested: Finding<Bool>
    /// The major version of the trusted platform module; nil: there is none.
    package let trustedPlatformModule: Finding<Int?>
    package let speculation: [SpeculationAnswer]

    /// Whether the host can run the tier `interp-guest`: machines, and everything that the monitor's jail requires.
    package var runsGuests: Bool { kvm.state == .usable && runsChildren }

    /// Whether it can run the tier `interp-child`: what the jail of any process of a sandbox requires.
    package var runsChildren: Bool {
        seccompFilters && landlock.isSupported && denyWriteExecute.isSupported
            && noExecuteMemoryFiles.isSupported
    }

    package static func ofThisHost() -> HostPosture {
        let signed = { (status: Int64) in
            status < 0 ? Support.refused(errno: Int32(truncatingIfNeeded: -status)) : .supported(detail: UInt32(status))
        }
        return HostPosture(
            kvm: .ofThisHost(),
            seccompFilters: confinement_seccomp_knows(CONFINEMENT_ACT_KILL_PROCESS) == 1
                && confinement_seccomp_knows(CONFINEMENT_ACT_ERRNO) == 1,
            seccompUserNotification: confinement_seccomp_knows(CONFINEMENT_ACT_USER_NOTIF) == 1,
            landlock: signed(confinement_landlock_abi()),
            userNamespaces: signed(confinement_probe_unshare(CONFINEMENT_CLONE_NEWUSER)),
            networkNamespaces: signed(confinement_probe_unshare(CONFINEMENT_CLONE_NEWUSER | CONFINEMENT_CLONE_NEWNET)),
            denyWriteExecute: signed(confinement_prctl(CONFINEMENT_PR_GET_MDWE, 0, 0)),
            noExecuteMemoryFiles: signed(confinement_probe_noexec_memory_file()),
            lockdown: securityFile("lockdown"),
            securityModules: securityFile("lsm"),
            kernelRelease: release(),
            processorModel: Finding { () throws(PostureError) in try processorModel() },
            multithreading: Finding { () throws(PostureError) in
                try number("/sys/devices/system/cpu/smt/active") == 1
            },
            unprivilegedBPFDisabled: Finding { () throws(PostureError) in
                try number("/proc/sys/kernel/unprivileged_bpf_disabled")
            },
            bpfJITHardening: Finding { () throws(PostureError) in try number("/proc/sys/net/core/bpf_jit_harden") },
            secureBoot: secureBoot(),
            nested: Finding { () throws(PostureError) in try isGuest() },
            trustedPlatformModule: trustedPlatformModule(),
            speculation: SpeculationAnswer.Feature.allCases.map { SpeculationAnswer(asking: $0) })
    }

    /// A file of securityfs, if that is what is mounted there: an ordinary directory of that name could hold any text.
    static func securityFile(_ name: String) -> Finding<String> {
        let directory = "/sys/kernel/security"
        return Finding { () throws(PostureError) in
            // SAFETY: the string is a terminated C string for the length of the call.
            let magic = unsafe confinement_file_system_magic(directory)
            guard magic == CONFINEMENT_SECURITYFS_MAGIC else {
                throw .notMounted(path: directory, fileSystem: "securityfs")
            }
            return try KernelText.line("\(directory)/\(name)")
        }
    }

    /// The variable that UEFI sets (UEFI specification, section 3.3): four bytes of attributes, one of value. Anything may be mounted
    /// there, so the file system has to be the kernel's.
    private static func secureBoot() -> Finding<Bool> {
        let directory = "/sys/firmware/efi/efivars"
        return Finding { () throws(PostureError) in
            // SAFETY: the string is a terminated C string for the length of the call.
            let magic = unsafe confinement_file_system_magic(directory)
            guard magic == CONFINEMENT_EFIVARFS_MAGIC else {
                throw .notMounted(path: directory, fileSystem: "efivarfs")
            }
            let path = "\(directory)/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
            let variable = try KernelText.read(path)
            guard variable.count == 5 else { throw .malformed(path: path, line: 1) }
            return variable[4] == 1
        }
    }

    /// CPUID tells every guest so (leaf 1, ECX bit 31), and the kernel calls that flag `hypervisor`.
    private static func isGuest() throws(PostureError) -> Bool {
        let path = "/proc/cpuinfo"
        let lines = String(decoding: try KernelText.read(path), as: UTF8.self).split(separator: "\n")
        guard let flags = lines.first(where: { $0.hasPrefix("flags") }) else {
            throw .missing(path: path, field: "flags")
        }
        return flags.split(separator: " ").contains("hypervisor")
    }

    private static func trustedPlatformModule() -> Finding<Int?> {
        let path = "/sys/class/tpm/tpm0/tpm_version_major"
        do throws(PostureError) { return .known(try number(path)) } catch {
            if case .unreadable(_, let errno) = error, errno == CONFINEMENT_ENOENT { return .known(nil) }
            return .unknown(error)
        }
    }

    static func number(_ path: String) throws(PostureError) -> Int {
        guard let value = Int(try KernelText.line(path)) else { throw .malformed(path: path, line: 1) }
        return value
    }

    private static func processorModel() throws(PostureError) -> String {
        let path = "/proc/cpuinfo"
        let lines = String(decoding: try KernelText.read(path), as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("model name") }), let colon = line.firstIndex(of: ":") else {
            throw .missing(path: path, field: "model name")
        }
        return String(line[line.index(after: colon)...].drop { $0 == " " })
    }

    private static func release() -> String {
        var text = [CChar](repeating: 0, count: 65)  // __NEW_UTS_LEN + 1
        // SAFETY: the call writes at most the array's size and tells how much it wrote.
        let length = unsafe text.withUnsafeMutableBufferPointer { buffer in
            unsafe confinement_kernel_release(buffer.baseAddress, buffer.count)
        }
        return String(decoding: text.prefix(Int(max(0, length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// The kernel's answer to whether it can do something.
package enum Support: Equatable, Sendable {
    case supported(detail: UInt32)
    case refused(errno: Int32)

    package var isSupported: Bool {
        switch self {
        case .supported: true
        case .refused: false
        }
    }
}
