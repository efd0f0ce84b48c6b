internal import CLinux
package import Confinement
internal import Linux

/// A command and all that it starts, under a supervisor: the broker's handle.
package struct SupervisedTree: ~Copyable {
    private let channel: FileDescriptor
    package let supervisor: Int32
    package let confinement: ConfinementReport
    package let hooks: Set<SupervisedHook>
    private let observes: Bool
    /// Where messages are received.
    private var buffer: [UInt8]

    private static let callSize = MemoryLayout<clinux_supervised_call>.size

    /// Forks the supervisor, which has the command ready and does not let it begin. This process must have one thread, and not be
    /// confined yet.
    package init(command: [String], hooks sections: [HookSection]) throws(SupervisionError) {
        precondition(!command.isEmpty, "a command has a name")
        let hooks = Set(sections.map(\.hook))
        let keepsInterrupts: Int64 = clinux_ignore_interrupts()
        var pair: [Int32] = [-1, -1]
        let process: Int64
        do throws(SystemError) {
            _ = try checked("sigaction", Int(keepsInterrupts))
            // SAFETY: the shim writes two words.
            _ = try checked("socketpair", Int(unsafe clinux_socket_pair(&pair)))
            let own = Int32(truncatingIfNeeded: clinux_process_id())
            process = Int64(try checked("fork", Int(clinux_fork())))
            if process == 0 {
                _ = clinux_close(pair[0])
                Supervision.run(
                    .init(
                        command: command, hooks: hooks, observed: ObservedCalls(sections),
                        keepsInterrupts: keepsInterrupts == 1, broker: own),
                    channel: FileDescriptor(owning: pair[1]))
            }
        } catch { throw SupervisionError(error) }
        _ = clinux_close(pair[1])
        let channel = FileDescriptor(owning: pair[0])
        let confinement = try Self.report(channel)
        self.channel = channel
        self.confinement = confinement
        supervisor = Int32(process)
        self.hooks = hooks
        observes = hooks.contains { $0.isObserving }
        let capacities = [
            hooks.contains(.process) ? SupervisedProcess.capacity : 0,
            Self.callSize + (hooks.contains(.windowsBind) ? ExecutedImage.pathLimit : 0),
            observes ? SupervisedObservation.capacity : 0,
        ]
        buffer = [UInt8](repeating: 0, count: capacities.reduce(0, max))
    }

    /// What the supervisor says first.
    private static func report(_ channel: borrowing FileDescriptor) throws(SupervisionError) -> ConfinementReport {
        var bytes = [UInt8](repeating: 0, count: callSize + ConfinementReport.messageSize)
        guard let size = try receive(channel, into: &bytes), kind(of: bytes) == CLINUX_SUPERVISED_READY,
            size >= callSize
        else { throw .supervisor("did not come up") }
        do throws(ReportMessageError) {
            return try ConfinementReport(message: Array(bytes[callSize..<size]))
        } catch {
            throw .supervisor("gave a report that is none: \(error)")
        }
    }

    /// To be kept open by a broker that closes what it does not know.
    package var rawDescriptor: Int32 { channel.rawValue }

    /// Lets the command begin.
    ///
    /// - Parameters:
    ///   - identifies: whether programs ask who calls.
    ///   - readsMemory: whether programs that are told of calls read what these have in memory.
    ///   - open: hooks at which a call is let through where no answer comes in time; at the others it is refused.
    package func start(
        identifies: Bool, open: Set<SupervisedHook>, readsMemory: Bool, deadlineNanoseconds: UInt64
    ) throws(SupervisionError) {
        var start = clinux_supervised_start()
        start.kind = CLINUX_SUPERVISED_START
        start.identifies = identifies ? 1 : 0
        start.open_hooks = open.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
        start.deadline = deadlineNanoseconds
        start.reads_memory = readsMemory ? 1 : 0
        try send(&start)
    }

    /// What the supervisor says.
    package enum Message {
        case call(SupervisedCall)
        case process(SupervisedProcess)
        case observation(SupervisedObservation)
        /// The command could not be started.
        case failed(errno: Int32)
        /// The last process of the tree is gone; how the command ended, as waitpid(2) gives it.
        ///
        /// `passed`: calls that no program was asked about. `unanswered`: those that had no answer in time.
        case ended(status: Int32, passed: UInt64, unanswered: UInt64)
        /// The supervisor is gone, and said nothing.
        case gone
    }

    /// The next message; nil where none came in that time.
    package mutating func next(timeoutMilliseconds: Int32) throws(SupervisionError) -> Message? {
        let ready = clinux_poll_readable(channel.rawValue, timeoutMilliseconds)
        if ready == 0 || ready == -4 { return nil }
        guard let size = try Self.receive(channel, into: &buffer) else { return .gone }
        if Self.kind(of: buffer) == CLINUX_SUPERVISED_PROCESS {
            let own = MemoryLayout<clinux_supervised_process>.size
            guard hooks.contains(.process), size >= own else { throw .supervisor("asked about a process for nobody") }
            // SAFETY: the array holds the structure, which is plain memory and may lie anywhere.
            let message = unsafe buffer.withUnsafeBytes { unsafe $0.loadUnaligned(as: clinux_supervised_process.self) }
            guard let process = SupervisedProcess(message, buffer[own..<size]) else {
                throw .supervisor("asked about a process in no words that mean something")
            }
            return .process(process)
        }
        if Self.kind(of: buffer) == CLINUX_SUPERVISED_OBSERVED { return .observation(try observation(size)) }
        guard size >= Self.callSize else { throw .supervisor("sent a message of \(size) bytes") }
        // SAFETY: the array holds the structure, which is plain memory and may lie anywhere.
        let message = unsafe buffer.withUnsafeBytes { unsafe $0.loadUnaligned(as: clinux_supervised_call.self) }
        switch message.kind {
        case CLINUX_SUPERVISED_CALL:
            guard let call = SupervisedCall(message, image: buffer[Self.callSize..<size]), hooks.contains(call.hook)
            else {
                throw .supervisor("asked about hook \(message.hook), which has no programs")
            }
            return .call(call)
        case CLINUX_SUPERVISED_FAILED: return .failed(errno: Int32(bitPattern: message.status))
        case CLINUX_SUPERVISED_ENDED:
            return .ended(
                status: Int32(bitPattern: message.status), passed: message.passed, unanswered: message.unanswered)
        case let kind: throw .supervisor("sent a message of kind \(kind)")
        }
    }

    private func observation(_ size: Int) throws(SupervisionError) -> SupervisedObservation {
        let own = MemoryLayout<clinux_supervised_observation>.size
        guard observes, size >= own else { throw .supervisor("told of a call that nobody asked for") }
        // SAFETY: the array holds the structure, which is plain memory and may lie anywhere.
        let message = unsafe buffer.withUnsafeBytes {
            unsafe $0.loadUnaligned(as: clinux_supervised_observation.self)
        }
        guard let observation = SupervisedObservation(message, buffer[own..<size]) else {
            throw .supervisor("told of a call in no words that mean something")
        }
        return observation
    }

    /// - Parameter number: of the question.
    package func answer(_ number: UInt64, _ answer: SupervisedAnswer) throws(SupervisionError) {
        var ruling = clinux_supervised_ruling()
        ruling.kind = CLINUX_SUPERVISED_RULING
        ruling.number = number
        if answer.allows { ruling.flags |= CLINUX_RULING_ALLOWS }
        if answer.anyPort { ruling.flags |= CLINUX_RULING_ANY_PORT }
        if let destination = answer.rewritten {
            ruling.flags |= CLINUX_RULING_REWRITES
            ruling.port = destination.port
            let words = destination.words
            (ruling.address_0, ruling.address_1, ruling.address_2, ruling.address_3) = (
                words[0], words[1], words[2], words[3]
            )
        }
        try send(&ruling)
    }

    private func send<Message>(_ message: inout Message) throws(SupervisionError) {
        // SAFETY: the shim reads the structure's bytes, which are plain memory, and no descriptors.
        let sent = unsafe withUnsafeBytes(of: &message) {
            unsafe clinux_send(channel.rawValue, $0.baseAddress, UInt64($0.count), nil, 0)
        }
        // A supervisor that is gone says so where messages are received.
        guard sent >= 0 || sent == -32 || sent == -104 else { throw .system(call: "sendmsg", errno: Int32(-sent)) }
    }

    /// Bytes of the next message; nil where the supervisor is gone.
    private static func receive(
        _ channel: borrowing FileDescriptor, into bytes: inout [UInt8]
    ) throws(SupervisionError) -> Int? {
        var none: [Int32] = Array(repeating: -1, count: 8)
        var count: Int32 = 0
        // SAFETY: the pointers are valid for the sizes that go with them.
        let received = unsafe clinux_receive(channel.rawValue, &bytes, UInt64(bytes.count), &none, &count)
        for index in 0..<Int(count) { _ = clinux_close(none[index]) }
        if received == 0 || received == -104 { return nil }
        guard received >= 0 else { throw .system(call: "recvmsg", errno: Int32(-received)) }
        guard received >= 4 else { throw .supervisor("sent a message of \(received) bytes") }
        return Int(received)
    }

    private static func kind(of bytes: [UInt8]) -> UInt32 {
        bytes[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// What a supervised process wants, and who it is.
package struct SupervisedCall: Sendable {
    package let number: UInt64
    package let hook: SupervisedHook
    package let process: UInt32
    package let thread: UInt32
    package let user: UInt32
    package let group: UInt32
    package let command: [UInt8]
    /// Of the socket, as the kernel says.
    package let cookie: UInt64
    package let family: UInt32
    package let type: UInt32
    package let transport: UInt32
    package let destination: SocketDestination
    /// Who connected, where it is asked whether a connection may be had; its destination is this side.
    package let source: SocketDestination
    /// It has happened already.
    package let isOver: Bool
    /// The path of the caller's image, where the hook tells of it.
    package let image: [UInt8]
    /// What the call before this one took in the supervisor, from its arrival to its answer; nil where nobody knows.
    package let spentNanoseconds: UInt64?

    init?(_ call: clinux_supervised_call, image: ArraySlice<UInt8>) {
        guard let hook = SupervisedHook(rawValue: call.hook) else { return nil }
        self.hook = hook
        number = call.number
        (process, thread, user, group) = (call.process, call.thread, call.user, call.group)
        (cookie, family, type, transport) = (call.cookie, call.family, call.type, call.protocol)
        destination = SocketDestination(
            words: [call.address_0, call.address_1, call.address_2, call.address_3], port: call.port)
        source = SocketDestination(
            words: [call.source_0, call.source_1, call.source_2, call.source_3], port: call.source_port)
        isOver = call.status != 0
        self.image = Array(image)
        command = Self.name(call.command_0, call.command_1)
        spentNanoseconds = call.spent == 0 ? nil : call.spent
    }

    /// A thread's name as messages have it.
    static func name(_ words: UInt64...) -> [UInt8] {
        let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
        return Array(bytes.prefix { $0 != 0 })
    }
}

/// An address and a port as they lie in memory, network order; of IPv4 the first word counts.
package struct SocketDestination: Equatable, Sendable {
    package var words: [4 of UInt32]
    package var port: UInt32

    package init(words: [4 of UInt32], port: UInt32) {
        self.words = words
        self.port = port
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.port == right.port && left.words.indices.allSatisfy { left.words[$0] == right.words[$0] }
    }
}

/// What is to become of a call.
package struct SupervisedAnswer: Equatable, Sendable {
    package var allows: Bool
    /// A low port needs no privilege.
    package var anyPort: Bool
    package var rewritten: SocketDestination?

    package init(allows: Bool, anyPort: Bool = false, rewritten: SocketDestination? = nil) {
        self.allows = allows
        self.anyPort = anyPort
        self.rewritten = rewritten
    }
}
