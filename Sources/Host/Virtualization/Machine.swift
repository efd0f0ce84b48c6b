internal import CLinux
package import Linux

/// Why a machine could not be made or asked.
package enum MachineError: Error, Equatable, Sendable {
    /// `/dev/kvm` speaks another version of the interface.
    case interfaceVersion(got: Int, expected: Int)
    case system(SystemError)

    package var description: String {
        switch self {
        case .interfaceVersion(let got, let expected): "KVM_GET_API_VERSION returned \(got), expected \(expected)"
        case .system(let error): error.description
        }
    }
}

/// `/dev/kvm`, opened.
package struct Hypervisor: ~Copyable, Sendable {
    package let descriptor: FileDescriptor
    /// Bytes of the `kvm_run` mapping of every vCPU.
    let runSize: UInt64

    package static let interfaceVersion = 12

    package init() throws(MachineError) {
        // SAFETY: the literal ends with a zero byte.
        let raw = unsafe clinux_open_read_write("/dev/kvm")
        try self.init(owning: FileDescriptor(owning: Int32(try system("open(/dev/kvm)", raw))))
    }

    /// Takes a descriptor that the broker opened.
    package init(owning descriptor: consuming FileDescriptor) throws(MachineError) {
        let version = Int(
            try system(
                "ioctl(KVM_GET_API_VERSION)", clinux_kvm(descriptor.rawValue, UInt(CLINUX_KVM_GET_API_VERSION), 0)))
        guard version == Self.interfaceVersion else {
            throw .interfaceVersion(got: version, expected: Self.interfaceVersion)
        }
        runSize = UInt64(
            try system(
                "ioctl(KVM_GET_VCPU_MMAP_SIZE)", clinux_kvm(descriptor.rawValue, UInt(CLINUX_KVM_GET_VCPU_MMAP_SIZE), 0)
            ))
        self.descriptor = descriptor
    }
}

/// Turns the shim's convention into a value or this module's error.
@inline(never)
func system(_ call: StaticString, _ result: Int64) throws(MachineError) -> Int64 {
    do { return Int64(try checked(call, Int(result))) } catch { throw .system(error) }
}

/// A virtual machine: guest-physical memory, no device, no interrupt controller.
///
/// It belongs to the process that made it (KVM refuses KVM_RUN from any other address space).
package struct Machine: ~Copyable, Sendable {
    let descriptor: FileDescriptor
    let runSize: UInt64

    package init(on hypervisor: borrowing Hypervisor) throws(MachineError) {
        let raw = try system(
            "ioctl(KVM_CREATE_VM)", clinux_kvm(hypervisor.descriptor.rawValue, UInt(CLINUX_KVM_CREATE_VM), 0))
        descriptor = FileDescriptor(owning: Int32(raw))
        runSize = hypervisor.runSize
    }

    /// Gives the guest `size` bytes of this process's memory at `hostAddress` as guest-physical `address`.
    ///
    /// - Parameter isReadOnly: KVM_MEM_READONLY: a store leaves the guest instead of reaching the memory, whatever the
    ///   guest's page tables say.
    package borrowing func setMemory(
        slot: UInt32, address: UInt64, size: UInt64, hostAddress: UInt64, isReadOnly: Bool
    ) throws(MachineError) {
        var region = kvm_userspace_memory_region()
        region.slot = slot
        region.flags = isReadOnly ? UInt32(KVM_MEM_READONLY) : 0
        region.guest_phys_addr = address
        region.memory_size = size
        region.userspace_addr = hostAddress
        // SAFETY: the request reads one `kvm_userspace_memory_region`.
        let result = unsafe withUnsafePointer(to: &region) {
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_SET_USER_MEMORY_REGION), $0)
        }
        _ = try system("ioctl(KVM_SET_USER_MEMORY_REGION)", result)
    }
}
