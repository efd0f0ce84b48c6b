internal import CLinux

/// Whether this process can make virtual machines, found out by making one.
package struct KVMPosture: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        /// A machine was made.
        case usable
        /// There is no such device, or its driver is not there.
        case absent
        /// It is there and may not be opened.
        case denied
        /// The named call failed with this errno.
        case error(call: Call, errno: Int32)
        /// What stands at its path is not the device, or speaks another interface.
        case spoofed(Mismatch)
    }

    package enum Call: Equatable, Sendable {
        case status
        case open
        case version
        case createMachine
    }

    package enum Mismatch: Equatable, Sendable {
        case notACharacterDevice
        case deviceNumber(major: UInt32, minor: UInt32)
        case version(Int64)
    }

    package let state: State
    /// The module that does the work, if one of the known ones is loaded.
    package let backend: Backend?

    package enum Backend: String, CaseIterable, Sendable {
        case intel = "kvm_intel"
        case amd = "kvm_amd"
        case pvm = "kvm_pvm"
    }

    package static func ofThisHost() -> KVMPosture {
        let backend = Backend.allCases.first { module in
            // SAFETY: the string is a terminated C string for the length of the call.
            unsafe confinement_file_system_magic("/sys/module/\(module.rawValue)") >= 0
        }
        return KVMPosture(state: state(of: "/dev/kvm"), backend: backend)
    }

    /// The state of the device at `path`; its number must be 10:232 (Documentation/admin-guide/devices.txt).
    static func state(of path: String) -> State {
        var probe = confinement_kvm()
        // SAFETY: the string is a terminated C string, and the call fills the structure.
        unsafe confinement_probe_kvm(path, &probe)
        if probe.status < 0 { return failure(.status, probe.status) }
        guard probe.is_character_device == 1 else { return .spoofed(.notACharacterDevice) }
        guard probe.major == 10, probe.minor == 232 else {
            return .spoofed(.deviceNumber(major: probe.major, minor: probe.minor))
        }
        if probe.opened < 0 { return failure(.open, probe.opened) }
        if probe.version < 0 { return failure(.version, probe.version) }
        guard probe.version == 12 else { return .spoofed(.version(probe.version)) }
        if probe.machine < 0 { return failure(.createMachine, probe.machine) }
        return .usable
    }

    private static func failure(_ call: Call, _ status: Int64) -> State {
        switch Int32(truncatingIfNeeded: -status) {
        case CONFINEMENT_ENOENT, CONFINEMENT_ENODEV, CONFINEMENT_ENXIO: .absent
        case CONFINEMENT_EACCES, CONFINEMENT_EPERM: .denied
        case let errno: .error(call: call, errno: errno)
        }
    }
}
