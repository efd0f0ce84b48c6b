/// Why a vCPU came back from KVM_RUN (`kvm_run.exit_reason`; Documentation/virt/kvm/api.rst, section 5).
package enum Exit: Equatable, Sendable {
    /// A store or load where no memory is. Only a store to the doorbell means anything.
    case memoryMappedIO(address: UInt64, value: UInt64, length: UInt32, isWrite: Bool)
    /// Triple fault: the guest has no descriptor table, so every fault is one.
    case shutdown
    /// A signal, or `immediate_exit`.
    case interrupted
    case portIO(port: UInt16)
    case halt
    case failedEntry(hardwareReason: UInt64)
    case internalError(suberror: UInt32)
    case memoryFault(address: UInt64, flags: UInt64)
    case systemEvent(type: UInt32)
    /// Anything that this list does not name: fatal as well.
    case unknown(reason: UInt32)
    /// KVM_RUN itself failed.
    case runFailed(errno: Int32)
}

/// What a vCPU was doing when it stopped.
package struct Fault: Equatable, Sendable {
    /// RIP of the instruction.
    package var instruction: UInt64
    /// CR2: the address of the last page fault.
    package var address: UInt64
    package var stack: UInt64
    /// The exception's vector (SDM volume 3, table 6-1), or nil where KVM names none.
    package var vector: UInt8?
    package var errorCode: UInt32

    package init(instruction: UInt64, address: UInt64, stack: UInt64, vector: UInt8?, errorCode: UInt32) {
        self.instruction = instruction
        self.address = address
        self.stack = stack
        self.vector = vector
        self.errorCode = errorCode
    }
}
