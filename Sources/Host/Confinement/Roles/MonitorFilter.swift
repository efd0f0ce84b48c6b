internal import CLinux

/// The descriptors that a monitor may still use once it runs its cell.
package struct MonitorDescriptors: Equatable, Sendable {
    /// The one virtual CPU.
    package let processor: Int32
    /// Where exits and faults are reported, a socket or an event descriptor; nil where shared memory takes the reports.
    package let report: Int32?

    package init(processor: Int32, report: Int32? = nil) {
        self.processor = processor
        self.report = report
    }
}

/// A request to the virtual CPU, with the reason a running monitor makes it.
package struct ProcessorRequest: Equatable, Sendable {
    package let code: UInt64
    package let reason: String

    init(_ code: UInt64, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package static let run = ProcessorRequest(CONFINEMENT_KVM_RUN, "the cell runs")
    package static let registers = ProcessorRequest(CONFINEMENT_KVM_GET_REGS, "RIP of a fault")
    package static let setRegisters = ProcessorRequest(CONFINEMENT_KVM_SET_REGS, "entry point of the next run")
    package static let systemRegisters = ProcessorRequest(CONFINEMENT_KVM_GET_SREGS, "CR2 of a fault")
    package static let setSystemRegisters = ProcessorRequest(CONFINEMENT_KVM_SET_SREGS, "reset between runs")
    package static let events = ProcessorRequest(CONFINEMENT_KVM_GET_VCPU_EVENTS, "vector of a fault")
    package static let setExtendedState = ProcessorRequest(
        CONFINEMENT_KVM_SET_XSAVE, "without it a run reads the vector registers of the run before")

    /// Everything that running and resetting a cell takes.
    package static let runAndReset: [ProcessorRequest] = [
        run, registers, setRegisters, systemRegisters, setSystemRegisters, events,
        setExtendedState,
    ]
}

extension Filter {
    /// The monitor: the process whose thread runs one cell's virtual CPU. Whoever breaks out of the guest lands here.
    ///
    /// The guest's memory is already mapped and the allocator must be warm: no call that changes the address space
    /// is left.
    package static func monitor(
        _ descriptors: MonitorDescriptors, requests: [ProcessorRequest] = ProcessorRequest.runAndReset,
    ) -> Filter {
        let requestRows = requests.map { request in
            SystemCallRule.allow(
                .ioctl, .argument(0, isDescriptor: descriptors.processor), .argument(1, equals: request.code),
                reason: request.reason)
        }
        let rows: [SystemCallRule] = [
            .allow(
                .futex, .argument(1, equals: 0),
                reason: "FUTEX_WAIT, not private: sleeps until the broker has work, with a time limit"),
            .allow(
                .futex, .argument(1, equals: 1), reason: "FUTEX_WAKE, not private: tells the broker that work is done"),
            .allow(.rtSigreturn, reason: "leaves the handler of the signal that stops a runaway cell"),
            .allow(.restartSyscall, reason: "the kernel resumes an interrupted futex wait by it"),
            .allow(.exitGroup, reason: "ends"),
        ]
        let reportRows: [SystemCallRule] =
            descriptors.report.map { report in
                [
                    .allow(.write, .argument(0, isDescriptor: report), reason: "reports an exit or a fault"),
                    .allow(
                        .sendto, .argument(0, isDescriptor: report), .argument(4, equals: 0), .argument(5, equals: 0),
                        reason: "reports an exit or a fault, to the connected peer and nobody else"),
                ]
            } ?? []
        return Filter(name: "monitor", rules: requestRows + reportRows + rows, defaultAction: .kill)
    }
}
