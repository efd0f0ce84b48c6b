internal import CLinux
internal import Channel
internal import Linux

/// The one virtual processor of a cell: long mode at privilege level 3, no descriptor table, nothing to interrupt it.
///
/// All state is set from here and can be set again: ``reset(entry:)`` leaves nothing of what ran before, extended
/// registers included.
package struct VCPU: ~Copyable {
    private let descriptor: FileDescriptor
    private let run: RunArea
    /// The state in which the kernel made the vCPU, taken before anything ran: the x87, SSE and wider registers of a reset.
    private var pristine: kvm_xsave
    private var pristineSystem: kvm_sregs

    /// - Parameter number: the descriptor's number, where a filter made earlier names it.
    package init(in machine: borrowing Machine, descriptor number: Int32?) throws(MachineError) {
        let raw = try system(
            "ioctl(KVM_CREATE_VCPU)", clinux_kvm(machine.descriptor.rawValue, UInt(CLINUX_KVM_CREATE_VCPU), 0))
        let descriptor: FileDescriptor
        do throws(SystemError) {
            descriptor = try FileDescriptor(renumbering: Int32(raw), to: number ?? Int32(raw))
        } catch { throw .system(error) }
        let run = try RunArea(of: descriptor, size: machine.runSize)
        var pristine = kvm_xsave()
        var pristineSystem = kvm_sregs()
        // SAFETY (both): each request writes one structure of the type that it is handed.
        _ = try system(
            "ioctl(KVM_GET_XSAVE)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_GET_XSAVE), &pristine))
        _ = try system(
            "ioctl(KVM_GET_SREGS)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_GET_SREGS), &pristineSystem))
        self.descriptor = descriptor
        self.run = run
        self.pristine = pristine
        self.pristineSystem = pristineSystem
    }

    /// The descriptor, for the filter that leaves a monitor nothing but it.
    package var rawDescriptor: Int32 { descriptor.rawValue }

    /// Sets every register, so that the next ``enter()`` starts the image at `entry` with an empty stack.
    package mutating func reset(entry: UInt64) throws(MachineError) {
        var system64 = pristineSystem
        system64.cr0 = Self.cr0
        system64.cr2 = 0
        system64.cr3 = PageTables.root
        system64.cr4 = Self.cr4
        system64.efer = Self.efer
        system64.cs = Self.segment(selector: 0x33, type: 11, isCode: true)
        let data = Self.segment(selector: 0x2B, type: 3, isCode: false)
        system64.ds = data
        system64.es = data
        system64.fs = data
        system64.gs = data
        system64.ss = data
        system64.idt = kvm_dtable()
        system64.gdt = kvm_dtable()
        var registers = kvm_regs()
        registers.rip = entry
        // The stack of a function just called is 8 below a multiple of 16; `_start` itself makes the call.
        registers.rsp = AddressMap.privateMemory + AddressMap.privateSize
        registers.rflags = 2
        // SAFETY (all three): each request reads one structure of the type that it is handed.
        var set = unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_SET_SREGS), &system64)
        if set == -Self.invalidArgument {
            // A processor without UMIP refuses the bit; what it would hide there is the guest's own, empty tables.
            system64.cr4 &= ~Self.userModeInstructionPrevention
            set = unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_SET_SREGS), &system64)
        }
        _ = try system("ioctl(KVM_SET_SREGS)", set)
        _ = try system(
            "ioctl(KVM_SET_REGS)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_SET_REGS), &registers))
        _ = try system(
            "ioctl(KVM_SET_XSAVE)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_SET_XSAVE), &pristine))
    }

    /// Runs the guest until it leaves. The only call on the way of an event that had to wait.
    package func enter() -> Exit {
        let result = clinux_kvm(descriptor.rawValue, UInt(CLINUX_KVM_RUN), 0)
        if result < 0 { return result == -Self.interruptedCall ? .interrupted : .runFailed(errno: Int32(-result)) }
        // SAFETY: `run` maps the vCPU's `kvm_run`, which the kernel has finished writing, until deinit.
        return unsafe Self.decode(&run.area.pointee)
    }

    /// The byte that makes the next or present ``enter()`` return at once; only a signal handler on this thread sets it.
    @unsafe package var immediateExit: UnsafeMutablePointer<UInt8> { unsafe clinux_kvm_immediate_exit(run.area) }

    /// Completes the access for which the guest left, and does not run it further: KVM's state is whole only after the next
    /// KVM_RUN (Documentation/virt/kvm/api.rst, section 5).
    package func completeExit() {
        // SAFETY: `run` maps the vCPU's `kvm_run` until deinit; the store is to the byte that this thread's handler writes too.
        unsafe immediateExit.pointee = 1
        _ = enter()
        clearImmediateExit()
    }

    package func clearImmediateExit() {
        // SAFETY: `run` maps the vCPU's `kvm_run` until deinit.
        unsafe clinux_kvm_clear_immediate_exit(run.area)
    }

    /// Where the guest stopped, and on what.
    package func fault() throws(MachineError) -> Fault {
        var registers = kvm_regs()
        var system64 = kvm_sregs()
        var events = kvm_vcpu_events()
        // SAFETY (all three): each request writes one structure of the type that it is handed.
        _ = try system(
            "ioctl(KVM_GET_REGS)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_GET_REGS), &registers))
        _ = try system(
            "ioctl(KVM_GET_SREGS)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_GET_SREGS), &system64))
        _ = try system(
            "ioctl(KVM_GET_VCPU_EVENTS)",
            unsafe clinux_kvm_pointer(descriptor.rawValue, UInt(CLINUX_KVM_GET_VCPU_EVENTS), &events))
        return Fault(
            instruction: registers.rip, address: system64.cr2, stack: registers.rsp,
            vector: events.exception.nr, errorCode: events.exception.error_code)
    }

    private static func decode(_ run: inout kvm_run) -> Exit {
        switch Int32(bitPattern: run.exit_reason) {
        case KVM_EXIT_MMIO:
            let length = min(run.mmio.len, 8)
            let mask: UInt64 = length == 8 ? .max : 1 << (UInt64(length) * 8) - 1
            // SAFETY: reads the eight data bytes of the union member that this exit reason makes valid.
            let value = unsafe clinux_kvm_mmio_data(&run) & mask
            return .memoryMappedIO(
                address: run.mmio.phys_addr, value: value, length: length, isWrite: run.mmio.is_write != 0)
        case KVM_EXIT_SHUTDOWN: return .shutdown
        case KVM_EXIT_INTR: return .interrupted
        case KVM_EXIT_IO: return .portIO(port: run.io.port)
        case KVM_EXIT_HLT: return .halt
        case KVM_EXIT_FAIL_ENTRY:
            return .failedEntry(hardwareReason: run.fail_entry.hardware_entry_failure_reason)
        case KVM_EXIT_INTERNAL_ERROR: return .internalError(suberror: run.internal.suberror)
        case Int32(CLINUX_KVM_EXIT_MEMORY_FAULT):
            // SAFETY: reads the union member that this exit reason makes valid.
            let fault = unsafe clinux_kvm_memory_fault(&run)
            return .memoryFault(address: fault.address, flags: fault.flags)
        case KVM_EXIT_SYSTEM_EVENT: return .systemEvent(type: run.system_event.type)
        case let reason: return .unknown(reason: UInt32(bitPattern: reason))
        }
    }

    private static let interruptedCall: Int64 = 4  // EINTR
    private static let invalidArgument: Int64 = 22  // EINVAL
    private static let userModeInstructionPrevention: UInt64 = 1 << 11

    // SDM volume 3, section 2.5: paging, write protection, protected mode, numeric errors.
    private static let cr0: UInt64 = 0x8005_0033
    // PAE, OSFXSR, OSXMMEXCPT; UMIP, so that SGDT and its like tell nothing of the host.
    private static let cr4: UInt64 = 0xE20
    // Long mode enabled and active, no-execute; no SYSCALL.
    private static let efer: UInt64 = 0xD00

    /// A flat segment at privilege level 3 (SDM volume 3, section 3.4.5).
    private static func segment(selector: UInt16, type: UInt8, isCode: Bool) -> kvm_segment {
        var segment = kvm_segment()
        segment.selector = selector
        segment.limit = 0xFFFF_FFFF
        segment.type = type
        segment.present = 1
        segment.dpl = 3
        segment.s = 1
        segment.g = 1
        segment.l = isCode ? 1 : 0
        segment.db = isCode ? 0 : 1
        return segment
    }
}

/// The mapping through which the kernel says why a vCPU stopped.
@safe private struct RunArea: ~Copyable {
    let area: UnsafeMutablePointer<kvm_run>
    private let size: UInt64

    init(of descriptor: borrowing FileDescriptor, size: UInt64) throws(MachineError) {
        let address = try system("mmap(kvm_run)", clinux_kvm_map_run(descriptor.rawValue, size))
        // SAFETY: the kernel mapped a `kvm_run` there, which stays until deinit.
        unsafe area = UnsafeMutablePointer<kvm_run>(bitPattern: UInt(address)).unsafelyUnwrapped
        self.size = size
    }

    // SAFETY: nothing of this value outlives it, and only its address is used.
    deinit { _ = clinux_unmap(UInt64(UInt(bitPattern: unsafe area)), size) }
}
