package import Confinement
package import PolicyCore

extension Facts {
    /// What this host is, for policy: each fact with the cause where it is not known. What only looks like the kernel's is no fact at all.
    package init(host posture: HostPosture, ownMemoryIsFixed: Bool?) {
        self.init()
        self[.hostKVM] = posture.kvm.fact
        self[.hostSeccomp] = .known(posture.seccompFilters ? .usable : .absent, .observed)
        self[.hostLandlock] = .known(posture.landlock.feature, .observed)
        self[.hostUserNamespaces] = .known(posture.userNamespaces.feature, .observed)
        self[.hostLockdown] = Fact(posture.lockdown) { HostLockdown(kernelText: $0) }
        self[.hostMDWE] = ownMemoryIsFixed.map { .known($0 ? .on : .off, .observed) } ?? .unknown(.absent)
        self[.hostSecureBoot] = Fact(posture.secureBoot) { $0 ? .on : .off }
        self[.hostJITHardening] = Fact(posture.bpfJITHardening) { UInt64(exactly: $0) }
        self[.hostNested] = Fact(posture.nested) { $0 }
        self[.hostTPM] = Fact(posture.trustedPlatformModule) { $0 == nil ? .absent : $0 == 2 ? .usable : .error }
        // "6.1.0-18-amd64": what comes after the numbers is the distribution's.
        let numbers = posture.kernelRelease.prefix { $0.isNumber || $0 == "." }
        let release = numbers.split(separator: ".").prefix(3).joined(separator: ".")
        if !set(.hostKernel, words: [release], .observed) {
            forget(.hostKernel, .extractionFailed("no release in \(posture.kernelRelease.prefix(64))"))
        }
    }
}

extension Facts {
    /// What is known when a program is to start on a host.
    package init(program: ProgramIdentity, host: Facts, attach: AttachType) {
        self = program.facts.adding(host)
        self[.attach] = .known(attach, .claimed)
    }
}

extension ConfinementReport {
    /// Whether the process can no longer make memory executable: the kernel's own rule, and the filter on `PROT_EXEC`.
    package var fixesMemory: Bool { self[.denyWriteExecute].isDone && self[.filter].isDone }
}

extension StepOutcome {
    fileprivate var isDone: Bool {
        switch self {
        case .obtained: true
        case .refused, .notRequested: false
        }
    }
}

extension KVMPosture {
    /// A device that only looks like KVM is no fact: nothing is permitted by it, and whatever forbids holds.
    package var fact: Fact<HostKVM> {
        switch state {
        case .usable: .known(.usable, .observed)
        case .absent: .known(.absent, .observed)
        case .denied: .known(.denied, .observed)
        case .error: .known(.error, .observed)
        case .spoofed: .unknown(.probeFailed("\(PolicyCode.postureSpoofed): /dev/kvm is not the kernel's"))
        }
    }
}

extension Support {
    fileprivate var feature: HostFeature {
        switch self {
        case .supported: .usable
        case .refused(let errno): errno == 38 || errno == 95 ? .absent : errno == 1 || errno == 13 ? .denied : .error
        }
    }
}

extension HostLockdown {
    /// `[none] integrity confidentiality`: the one in brackets (security/lockdown/lockdown.c).
    fileprivate init?(kernelText text: String) {
        guard let open = text.firstIndex(of: "["), let close = text.firstIndex(of: "]"), open < close else {
            return nil
        }
        self.init(rawValue: String(text[text.index(after: open)..<close]))
    }
}

extension Fact {
    fileprivate init<Found>(_ finding: Finding<Found>, _ value: (Found) -> Value?) {
        switch finding {
        case .known(let found):
            self = value(found).map { .known($0, .observed) } ?? .unknown(.probeFailed("an answer that has no name"))
        case .unknown(let error): self = .unknown(.probeFailed("\(error)"))
        }
    }
}
