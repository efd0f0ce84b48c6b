internal import Confinement
internal import Linux

/// What the facts of a host mean for us.
enum DoctorFindings {
    static func all(_ host: HostPosture) -> [DoctorFinding] {
        [
            kvm(host.kvm),
            DoctorFinding(
                name: "seccomp filters", state: host.seccompFilters ? .ok : .missing,
                found: host.seccompFilters ? "available" : "not available",
                meaning: "each process of a sandbox keeps only the system calls of its role",
                remedy: host.seccompFilters ? nil : "use a kernel built with CONFIG_SECCOMP_FILTER"),
            landlock(host.landlock),
            required(
                "write-execute denial", host.denyWriteExecute,
                meaning: "the kernel refuses memory that is written and then executed (PR_SET_MDWE)",
                remedy: "use Linux 6.3 or later"),
            required(
                "non-executable memory files", host.noExecuteMemoryFiles,
                meaning: "shared pages cannot become programs (MFD_NOEXEC_SEAL)", remedy: "use Linux 6.3 or later"),
            optional(
                "user namespaces", host.userNamespaces,
                meaning: "the processes that start cells see no users, hosts or networks of this machine",
                remedy: "allow them: sysctl user.max_user_namespaces and, on Debian, kernel.unprivileged_userns_clone=1"
            ),
            optional(
                "network namespaces", host.networkNamespaces, meaning: "jailed processes have no network interface",
                remedy: "allow user namespaces; see above"),
            DoctorFinding(
                name: "seccomp notification", state: host.seccompUserNotification ? .ok : .note,
                found: host.seccompUserNotification ? "available" : "not available",
                meaning: "ringfence supervise has the calls of a tree of processes decided about through it",
                remedy: host.seccompUserNotification ? nil : "use Linux 5.19 or later"),
            lockdown(host.lockdown),
            bpf(host.unprivilegedBPFDisabled),
            multithreading(host.multithreading),
            text("security modules", host.securityModules, meaning: "what else the kernel enforces"),
            text("processor", host.processorModel, meaning: "what the measurements of this host belong to"),
            DoctorFinding(
                name: "kernel", state: .note, found: host.kernelRelease,
                meaning: "what the findings above were asked of",
                remedy: nil),
        ] + host.speculation.map(speculation)
    }

    private static func kvm(_ kvm: KVMPosture) -> DoctorFinding {
        let meaning = "programs run in a guest that has no kernel"
        let backend = kvm.backend.map { ", \($0.rawValue)" } ?? ""
        let found: String
        let remedy: String?
        switch kvm.state {
        case .usable:
            return DoctorFinding(
                name: "KVM", state: .ok, found: "usable\(backend)", meaning: meaning, remedy: nil)
        case .absent:
            found = "absent"
            remedy = "load kvm_intel or kvm_amd, or turn virtualization on in the firmware or the outer hypervisor"
        case .denied:
            found = "denied"
            remedy = "join the group that owns /dev/kvm: sudo usermod -aG kvm $USER, then log in again"
        case .error(let call, let errno):
            found = "\(call) failed: \(SystemError.text(of: errno)) (errno \(errno))"
            remedy = "see the kernel's log: dmesg | grep -i kvm"
        case .spoofed(let mismatch):
            found = "not the device: \(text(of: mismatch))"
            remedy = "find out who made /dev/kvm; the real one is character device 10:232 and speaks version 12"
        }
        return DoctorFinding(name: "KVM", state: .missing, found: found + backend, meaning: meaning, remedy: remedy)
    }

    private static func text(of mismatch: KVMPosture.Mismatch) -> String {
        switch mismatch {
        case .notACharacterDevice: "it is not a character device"
        case .deviceNumber(let major, let minor): "its number is \(major):\(minor)"
        case .version(let version): "it speaks version \(version)"
        }
    }

    private static func landlock(_ support: Support) -> DoctorFinding {
        let meaning = "no process of a sandbox writes /proc/self/mem; jailed ones open no file at all"
        switch support {
        case .supported(let abi):
            let full = abi >= 6
            return DoctorFinding(
                name: "Landlock", state: full ? .ok : .weaker, found: "ABI \(abi)", meaning: meaning,
                remedy: full ? nil : "use Linux 6.12 or later: ABI 6 also refuses TCP and signals to other processes")
        case .refused(let errno):
            return DoctorFinding(
                name: "Landlock", state: .missing, found: refusal(errno), meaning: meaning,
                remedy: "use a kernel with CONFIG_SECURITY_LANDLOCK and landlock in the lsm= list")
        }
    }

    private static func required(
        _ name: String, _ support: Support, meaning: String, remedy: String,
    ) -> DoctorFinding {
        switch support {
        case .supported:
            DoctorFinding(name: name, state: .ok, found: "available", meaning: meaning, remedy: nil)
        case .refused(let errno):
            DoctorFinding(name: name, state: .missing, found: refusal(errno), meaning: meaning, remedy: remedy)
        }
    }

    private static func optional(
        _ name: String, _ support: Support, meaning: String, remedy: String,
    ) -> DoctorFinding {
        switch support {
        case .supported:
            DoctorFinding(name: name, state: .ok, found: "available", meaning: meaning, remedy: nil)
        case .refused(let errno):
            DoctorFinding(name: name, state: .weaker, found: refusal(errno), meaning: meaning, remedy: remedy)
        }
    }

    private static func lockdown(_ finding: Finding<String>) -> DoctorFinding {
        let meaning = "whether root may change the running kernel"
        switch finding {
        case .known(let text):
            let locked = !text.contains("[none]")
            return DoctorFinding(
                name: "kernel lockdown", state: locked ? .ok : .note, found: text, meaning: meaning,
                remedy: locked ? nil : "boot with lockdown=integrity if the host shall resist its own root")
        case .unknown(let error):
            return DoctorFinding(
                name: "kernel lockdown", state: .unknown, found: "\(error)", meaning: meaning,
                remedy: "mount securityfs: mount -t securityfs securityfs /sys/kernel/security")
        }
    }

    private static func bpf(_ finding: Finding<Int>) -> DoctorFinding {
        let name = "unprivileged kernel eBPF"
        let meaning = "whether every user may load programs into the kernel, around this fence"
        switch finding {
        case .known(0):
            return DoctorFinding(
                name: name, state: .weaker, found: "allowed", meaning: meaning,
                remedy: "sysctl kernel.unprivileged_bpf_disabled=1")
        case .known(let value):
            return DoctorFinding(
                name: name, state: .ok, found: value == 1 ? "refused for good" : "refused", meaning: meaning,
                remedy: nil)
        case .unknown(let error):
            return DoctorFinding(name: name, state: .unknown, found: "\(error)", meaning: meaning, remedy: nil)
        }
    }

    private static func multithreading(_ finding: Finding<Bool>) -> DoctorFinding {
        let meaning = "a sibling thread may observe a cell's timing"
        switch finding {
        case .known(let active):
            return DoctorFinding(
                name: "multithreading", state: active ? .note : .ok, found: active ? "active" : "not active",
                meaning: meaning, remedy: active ? "boot with nosmt where tenants do not trust each other" : nil)
        case .unknown(let error):
            return DoctorFinding(
                name: "multithreading", state: .unknown, found: "\(error)", meaning: meaning, remedy: nil)
        }
    }

    private static func speculation(_ answer: SpeculationAnswer) -> DoctorFinding {
        let name =
            switch answer.feature {
            case .storeBypass: "speculative store bypass"
            case .indirectBranch: "indirect branch speculation"
            case .level1Flush: "level 1 cache flush"
            }
        let meaning = "a protection counts only where the kernel grants it to a process that asks"
        if answer.isUnaffected {
            return DoctorFinding(
                name: name, state: .ok, found: "processor not affected", meaning: meaning, remedy: nil)
        }
        let found =
            switch answer.answer {
            case .supported(let bits) where answer.isControllable: "can be switched (answer \(bits))"
            case .supported(let bits): "cannot be switched (answer \(bits))"
            case .refused(let errno): refusal(errno)
            }
        return DoctorFinding(
            name: name, state: answer.isControllable ? .ok : .note, found: found, meaning: meaning,
            remedy: answer.isControllable ? nil : "run programs of tenants that distrust each other on different hosts")
    }

    private static func text(_ name: String, _ finding: Finding<String>, meaning: String) -> DoctorFinding {
        switch finding {
        case .known(let text): DoctorFinding(name: name, state: .note, found: text, meaning: meaning, remedy: nil)
        case .unknown(let error):
            DoctorFinding(name: name, state: .unknown, found: "\(error)", meaning: meaning, remedy: nil)
        }
    }

    private static func refusal(_ errno: Int32) -> String { "\(SystemError.text(of: errno)) (errno \(errno))" }
}
