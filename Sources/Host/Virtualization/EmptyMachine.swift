internal import Channel
package import Linux

/// A machine that waits for its cell: memory slots over a window in which little is mapped yet, and a vCPU that has not run.
///
/// Making it takes most of what a new cell costs and needs nothing of the cell, so it can be made beforehand.
package struct EmptyMachine: ~Copyable {
    let machine: Machine
    var vcpu: VCPU

    /// Maps up to this size need no memory slot of their own.
    static let includedMaps: UInt64 = 1 << 20

    /// - Parameter processorDescriptor: the number that the vCPU's descriptor is to have.
    package init(
        on hypervisor: borrowing Hypervisor, window: borrowing Window, processorDescriptor: Int32? = nil
    ) throws(MachineError) {
        let machine = try Machine(on: hypervisor)
        // One slot from the image to the compiled code, read-only for the guest whatever its page tables say; one from the channel to the
        // first maps. Both have holes that neither the window nor the page tables map. A slot costs as much as a tenth of the
        // machine, and on a busy host a scheduler's turn.
        let fixed = AddressMap.code + AddressMap.codeCapacity - AddressMap.image
        try machine.setMemory(
            slot: 0, address: AddressMap.image, size: fixed, hostAddress: window.base + AddressMap.image,
            isReadOnly: true)
        let writable = AddressMap.maps + Self.includedMaps - AddressMap.channel
        try machine.setMemory(
            slot: 1, address: AddressMap.channel, size: writable, hostAddress: window.base + AddressMap.channel,
            isReadOnly: false)
        let vcpu = try VCPU(in: machine, descriptor: processorDescriptor)
        self.machine = machine
        self.vcpu = vcpu
    }
}
