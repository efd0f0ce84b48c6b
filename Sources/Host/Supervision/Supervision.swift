internal import CLinux
package import Confinement
internal import Linux

/// Why a command cannot be supervised.
package enum SupervisionError: Error, Equatable, Sendable, CustomStringConvertible {
    case system(call: String, errno: Int32)
    case confinement(ConfinementError)
    /// The supervisor ended, or said what it must not.
    case supervisor(String)

    package var description: String {
        switch self {
        case .system(let call, let errno): "\(SystemError(call: call, code: errno))"
        case .confinement(let error): "\(error)"
        case .supervisor(let problem): "the supervisor \(problem)"
        }
    }

    init(_ error: SystemError) { self = .system(call: error.call, errno: error.code) }
}

/// Starts the supervisor of a command: a fork of the process that is going to be the broker, before it gives up what a supervisor needs.
enum Supervision {
    /// Numbers that the filter knows.
    static let channelDescriptor: Int32 = 200
    static let listenerDescriptor: Int32 = 201
    static let commandDescriptor: Int32 = 202

    struct Order {
        let command: [String]
        let hooks: Set<SupervisedHook>
        let observed: ObservedCalls
        let keepsInterrupts: Bool
        let broker: Int32
    }

    /// The life of a supervisor, in the process that was forked for it.
    static func run(_ order: Order, channel: consuming FileDescriptor) -> Never {
        do {
            try serve(order, channel)
        } catch {
            Supervisor.say("the supervisor ends: \(error)")
            clinux_exit(1)
        }
    }

    private static func serve(_ order: Order, _ channel: consuming FileDescriptor) throws -> Never {
        var pair: [Int32] = [-1, -1]
        // SAFETY: the shim writes two words.
        _ = try checked("socketpair", Int(unsafe clinux_socket_pair(&pair)))
        let ours = FileDescriptor(owning: pair[0])
        let theirs = FileDescriptor(owning: pair[1])
        let (filter, left) = Filter.tree(hooks: order.hooks, isTraced: order.observed.needTracer).telling(
            of: order.observed.rows(socket: theirs.rawValue, words: clinux_supervised_words()))
        let command = try start(order, theirs.rawValue, try filter.prepared())
        // Without it the command's end of the pair would be here too, and its start never seen.
        _ = consume theirs

        var number: Int32 = 0
        // SAFETY: the shim writes at most four bytes.
        let count = unsafe clinux_read(ours.rawValue, &number, 4)
        guard count == 4, number >= 0 else {
            throw SystemError(call: "seccomp (a filter with a listener, Linux 5.19)", code: count == 4 ? -number : 5)
        }
        let handle = FileDescriptor(owning: Int32(try checked("pidfd_open", Int(clinux_pidfd_open(command)))))
        let listener = FileDescriptor(
            owning: Int32(try checked("pidfd_getfd", Int(clinux_take_descriptor(handle.rawValue, number)))))
        let own = OwnView()
        _ = try checked("sigaction", Int(clinux_interrupt_signal_wakes()))
        let kept = try FileDescriptor(renumbering: channel.release(), to: channelDescriptor)
        let listening = try FileDescriptor(renumbering: listener.release(), to: listenerDescriptor)
        let starting = try FileDescriptor(renumbering: ours.release(), to: commandDescriptor)
        let plan = try ConfinementPlan.supervisor(
            SupervisorDescriptors(
                channel: channelDescriptor, listener: listenerDescriptor, command: commandDescriptor),
            parent: order.broker)
        _ = handle.release()
        let confined = try Confinement(plan).lockDown()
        let broker = try BrokerChannel(kept.release())
        try broker.tell(CLINUX_SUPERVISED_READY, trailer: confined.report.message)
        // Nobody is told to begin: the command has not begun, and its process ends of the end of this one.
        guard try broker.waitForStart() else { clinux_exit(0) }
        let tracer =
            order.hooks.contains(.process) || order.observed.needTracer
            ? try Tracer(broker, command: command, order.hooks, order.observed) : nil
        let supervisor = try Supervisor(
            listener: listening.release(), broker, hooks: order.hooks, command: command, starting: starting.rawValue,
            own: own, tracer: tracer, order.observed, left: left)
        let go = LetBegin(starting.release())
        guard let tracer else {
            go.say()
            supervisor.work()
        }
        // The thread that takes the command is the one that hears of it.
        try Self.startThread {
            tracer.work(
                letBegin: { go.say() },
                // A command that could not be started has ended too.
                atEnd: { supervisor.hearOfStart() })
        }
        supervisor.work()
    }

    /// The byte that the command waits for.
    private struct LetBegin {
        private let socket: Int32
        init(_ socket: Int32) { self.socket = socket }

        func say() {
            let go: [UInt8] = [1]
            // SAFETY: one byte is read.
            guard unsafe clinux_write(socket, go, 1) == 1 else {
                Supervisor.say("the supervisor ends: the command is gone")
                clinux_exit(1)
            }
        }
    }

    private final class Work {
        let body: () -> Never
        init(_ body: @escaping () -> Never) { self.body = body }
    }

    /// A thread whose work ends with the process.
    private static func startThread(_ body: @escaping () -> Never) throws(SystemError) {
        // SAFETY: the thread takes over the reference that is handed to it.
        let context = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        // SAFETY: the context is what the thread takes it for.
        let started = unsafe clinux_thread_start(
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
            }, context)
        _ = try checked("pthread_create", Int(started))
    }

    private static func start(_ order: Order, _ socket: Int32, _ filter: PreparedFilter) throws(SystemError) -> Int32 {
        // The strings are freed by nobody: the process that uses them becomes another program.
        let arguments = ArgumentList(order.command)
        // SAFETY: the instructions and the list live through the call, which copies both by forking.
        let child = unsafe filter.instructions.withUnsafeBytes { bytes in
            unsafe clinux_supervised_start(
                socket, arguments.pointer, bytes.baseAddress, UInt16(filter.instructions.count),
                order.keepsInterrupts ? 1 : 0)
        }
        return Int32(try checked("fork", Int(child)))
    }
}

/// The arguments of a command as execvp(3) takes them.
@safe private struct ArgumentList {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ arguments: [String]) {
        // SAFETY (all): the list has a place for each argument and for the null behind them, and each text is written within its own.
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count + 1)
        for (index, argument) in arguments.enumerated() {
            let bytes = argument.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (place, byte) in bytes.enumerated() { unsafe copy[place] = byte }
            unsafe list[index] = unsafe copy
        }
        unsafe list[arguments.count] = nil
        unsafe pointer = unsafe list
    }
}
