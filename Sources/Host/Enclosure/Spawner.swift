internal import CLinux
internal import Confinement
internal import Linux

/// The process that starts jails: one thread, confined, never executes another program.
///
/// A fork of it is a jail that needs no dynamic linker, so no filter need ever allow an executable mapping. The broker
/// talks to it over one socket; when the broker is gone, so is it, and its children with it.
package enum Spawner {
    /// What a jailed child does with the one input that it is given.
    package typealias Work = (_ input: [UInt8]) -> AdmissionOutcome

    /// The descriptors that the broker hands to the helper executable.
    static let socketDescriptor: Int32 = 3
    static let hypervisorDescriptor: Int32 = 4

    /// Runs until the broker is gone.
    ///
    /// - Parameters:
    ///   - admit: the reader of objects; this module does not know it, since the host's own modules must not.
    ///   - verify: the verifier of packages, likewise.
    /// - Returns: the status to exit with.
    package static func run(admit: Work, verify: Work) -> Int32 {
        do {
            try serve(admit, verify)
            return 0
        } catch {
            report("the spawner ends: \(error)")
            return 4
        }
    }

    private static func serve(_ admit: Work, _ verify: Work) throws {
        let socket = JailSocket(descriptor: FileDescriptor(owning: socketDescriptor))
        let own = Int32(clinux_process_id())
        _ = try checked("sigaction", Int(clinux_child_signal_interrupts()))
        // The children's filters are compiled here, once: a cell has no time for it.
        let plans = try JailPlans(parent: own)
        // Not PR_SET_PDEATHSIG: that is sent when the parent's *thread* ends, and a broker's threads come and go. This process dies of
        // the end of its socket; its children, forked by its one thread, die with it.
        let confined = try Confinement(
            .spawner(
                keeping: [2, socketDescriptor, hypervisorDescriptor], parent: nil)
        ).lockDown()
        try socket.send(JailMessage(.ready), trailer: confined.report.message)
        while true {
            try reapChildren(socket)
            switch clinux_wait_readable_or_child(socketDescriptor) {
            case -4: continue  // EINTR: a child ended
            case let result: _ = try checked("ppoll", Int(result))
            }
            guard let (message, descriptors, _) = try socket.receive() else { return }
            try start(message, descriptors, plans, admit, verify, socket)
            for descriptor in descriptors { _ = clinux_close(descriptor) }
        }
    }

    private static func start(
        _ message: JailMessage, _ descriptors: [Int32], _ plans: JailPlans, _ admit: Work, _ verify: Work,
        _ socket: borrowing JailSocket
    ) throws {
        switch message.kind {
        case .prepareMonitor:
            var pair: [Int32] = [-1, -1]
            // SAFETY: the shim writes two words.
            _ = try checked("socketpair", Int(unsafe clinux_socket_pair(&pair)))
            let theirs = FileDescriptor(owning: pair[1])
            let child = clinux_fork()
            if child == 0 { clinux_exit(Monitor.run(socket: theirs.release(), plans.monitor)) }
            let ours = FileDescriptor(owning: pair[0])
            try answer(child, .monitorReady, with: ours.rawValue, to: socket)
        case .admit:
            let child = clinux_fork()
            if child == 0 { clinux_exit(AdmissionJail.run(descriptors, plans.admission, admit)) }
            try answer(child, .started, with: nil, to: socket)
        case .verify:
            let plan = plans.admission.with(.addressSpace, message.addressSpace).with(.cpuSeconds, message.cpuSeconds)
            let child = clinux_fork()
            if child == 0 { clinux_exit(AdmissionJail.run(descriptors, plan, verify)) }
            try answer(child, .started, with: nil, to: socket)
        case .startCell, .started, .monitorReady, .refused, .ended, .ready:
            throw SystemError(call: "recvmsg (the broker sent \(message.kind), which is not for a spawner)", code: 71)
        }
    }

    private static func answer(
        _ child: Int64, _ kind: JailMessage.Kind, with descriptor: Int32?, to socket: borrowing JailSocket
    ) throws {
        guard child > 0 else {
            var refusal = JailMessage(.refused)
            refusal.status = Int32(-child)
            return try socket.send(refusal)
        }
        var reply = JailMessage(kind)
        reply.process = Int32(child)
        let handle = FileDescriptor(owning: Int32(try checked("pidfd_open", Int(clinux_pidfd_open(Int32(child))))))
        try socket.send(reply, [handle.rawValue] + (descriptor.map { [$0] } ?? []))
    }

    private static func reapChildren(_ socket: borrowing JailSocket) throws {
        while true {
            var status: Int32 = 0
            // SAFETY: the shim writes one word.
            let child = unsafe clinux_reap(&status)
            guard child > 0 else { return }
            var message = JailMessage(.ended)
            message.process = Int32(child)
            message.status = status
            try socket.send(message)
        }
    }

    /// Standard error is all that a jailed process may still write to.
    static func report(_ text: String) {
        let bytes = Array("ringfence-jail: \(text)\n".utf8)
        // SAFETY: the pointer is valid during the call; nothing can be done about a failed write.
        _ = unsafe clinux_write(2, bytes, UInt64(bytes.count))
    }
}

/// The confinement of each kind of child, prepared while the spawner still may.
struct JailPlans {
    let monitor: ConfinementPlan
    let admission: ConfinementPlan

    /// Descriptors have the same numbers in every child, so that one filter serves all.
    static let processorDescriptor: Int32 = 40
    static let inputDescriptor: Int32 = 41
    static let outputDescriptor: Int32 = 42

    init(parent: Int32) throws(ConfinementError) {
        monitor = try .monitor(
            MonitorDescriptors(processor: Self.processorDescriptor), parent: parent,
            addressSpace: 1 << 34)
        admission = try .admission(
            AdmissionDescriptors(input: [Self.inputDescriptor], output: [Self.outputDescriptor]), parent: parent)
    }
}
