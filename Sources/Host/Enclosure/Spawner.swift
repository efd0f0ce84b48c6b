internal import CChild
internal import CLinux
internal import Channel
internal import Confinement
internal import Linux

/// The process that starts jailed ones: one thread, confined, never executes another program.
///
/// A fork of it needs no dynamic linker, so no filter need ever allow one. The broker talks to it over one socket; when the broker
/// is gone, so is it, and its children with it. There are two, each an executable of its own: of monitors and admission jails, in
/// which no memory ever becomes executable any more, and of children, which map the code of their cells.
package enum Spawner {
    /// What a jailed process does with the one input that it is given.
    package typealias Work = (_ input: [UInt8]) -> AdmissionOutcome

    /// The descriptors that the broker hands to the helper executable.
    static let socketDescriptor: Int32 = 3
    static let hypervisorDescriptor: Int32 = 4

    /// Starts monitors and admission jails until the broker is gone.
    ///
    /// - Parameters:
    ///   - admit: the reader of objects; this module does not know it, since the host's own modules must not.
    ///   - verify: the verifier of packages, likewise.
    /// - Returns: the status to exit with.
    package static func run(admit: @escaping Work, verify: @escaping Work, compile: @escaping Work) -> Int32 {
        serve { parent throws(ConfinementError) in
            let plans = try JailPlans(parent: parent)
            return Trade(
                confinement: try .spawner(
                    keeping: [2, socketDescriptor, hypervisorDescriptor], parent: nil),
                cell: { Monitor.run(socket: $0, plans.monitor) },
                jails: Jails(plan: plans.admission, admit: admit, verify: verify, compile: compile))
        }
    }

    /// Starts children until the broker is gone.
    package static func runChildren() -> Int32 {
        serve { parent throws(ConfinementError) in
            let arena = try Self.arena()
            let words = ChildWords(
                wakeGeneration: HostWords.wakeGeneration, order: HostWords.order,
                wakeCounter: arena + CCHILD_ARENA_REPORT + MonitorWords.wakeCounter)
            let child = try ConfinementPlan.child(words, parent: parent)
            return Trade(
                confinement: try .childSpawner(
                    keeping: [2, socketDescriptor], codeRange: AddressMap.image..<AddressMap.channel, parent: nil),
                cell: { Child.run(socket: $0, child, arena: arena) },
                jails: nil)
        }
    }

    /// Where the arena of every child of this process goes: far from where the kernel puts anything of its own accord, and not to be
    /// guessed, since a cell that errs once is dead.
    private static func arena() throws(ConfinementError) -> UInt64 {
        do throws(SystemError) {
            let places: UInt64 = 1 << 30
            return 0x1000_0000_0000 + (try randomNumber() % places) * CCHILD_ARENA_ALIGNMENT
        } catch { throw .refused(step: .filter, errno: error.code) }
    }

    /// What one kind of spawner starts.
    private struct Trade {
        let confinement: ConfinementPlan
        /// What a process that is to have a cell does, given its socket.
        let cell: (Int32) -> Int32
        /// Nil where it starts nothing that reads hostile bytes.
        let jails: Jails?
    }

    private struct Jails {
        let plan: ConfinementPlan
        let admit: Work
        let verify: Work
        let compile: Work
    }

    private static func serve(_ prepare: (_ own: Int32) throws(ConfinementError) -> Trade) -> Int32 {
        do {
            // Before it reads a message, and compiles filters here, once: a cell has no time for it.
            let trade = try prepare(Int32(clinux_process_id()))
            try serve(trade)
            return 0
        } catch {
            report("the spawner ends: \(error)")
            return 4
        }
    }

    private static func serve(_ trade: Trade) throws {
        let socket = JailSocket(descriptor: FileDescriptor(owning: socketDescriptor))
        _ = try checked("sigaction", Int(clinux_child_signal_interrupts()))
        // Not PR_SET_PDEATHSIG: that is sent when the parent's *thread* ends, and a broker's threads come and go. This process dies of
        // the end of its socket; its children, forked by its one thread, die with it.
        let confined = try Confinement(trade.confinement).lockDown()
        try socket.send(JailMessage(.ready), trailer: confined.report.message)
        while true {
            try reapChildren(socket)
            switch clinux_wait_readable_or_child(socketDescriptor) {
            case -4: continue  // EINTR: a child ended
            case let result: _ = try checked("ppoll", Int(result))
            }
            guard let (message, descriptors, _) = try socket.receive() else { return }
            try start(message, descriptors, trade, socket)
            for descriptor in descriptors { _ = clinux_close(descriptor) }
        }
    }

    private static func start(
        _ message: JailMessage, _ descriptors: [Int32], _ trade: Trade, _ socket: borrowing JailSocket
    ) throws {
        switch (message.kind, trade.jails) {
        case (.prepareCell, _):
            var pair: [Int32] = [-1, -1]
            // SAFETY: the shim writes two words.
            _ = try checked("socketpair", Int(unsafe clinux_socket_pair(&pair)))
            let theirs = FileDescriptor(owning: pair[1])
            let child = clinux_fork()
            if child == 0 { clinux_exit(trade.cell(theirs.release())) }
            let ours = FileDescriptor(owning: pair[0])
            try answer(child, .cellReady, with: ours.rawValue, to: socket)
        case (.admit, let jails?):
            let child = clinux_fork()
            if child == 0 { clinux_exit(AdmissionJail.run(descriptors, jails.plan, jails.admit)) }
            try answer(child, .started, with: nil, to: socket)
        case (.verify, let jails?), (.compile, let jails?):
            let plan = jails.plan.with(.addressSpace, message.addressSpace).with(.cpuSeconds, message.cpuSeconds)
            let work = message.kind == .verify ? jails.verify : jails.compile
            let child = clinux_fork()
            if child == 0 { clinux_exit(AdmissionJail.run(descriptors, plan, work)) }
            try answer(child, .started, with: nil, to: socket)
        case (.admit, nil), (.verify, nil), (.compile, nil), (.startCell, _), (.started, _), (.cellReady, _),
            (.refused, _),
            (.ended, _), (.ready, _):
            throw SystemError(
                call: "recvmsg (the broker sent \(message.kind), which is not for this spawner)", code: 71)
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
        let bytes = Array("ringfence: \(text)\n".utf8)
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
