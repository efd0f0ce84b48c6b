internal import CLinux
internal import Confinement
internal import Linux

/// The process that answers the system calls of a supervised tree.
///
/// One of its threads leads: it waits for the next call, copies what the call is about, has the broker decide, and carries the call out.
/// Where that may take long (a connection that is waited for), another leads meanwhile. What is judged is a copy, and what is carried
/// out is that copy, on the socket that was taken from the caller: memory and descriptors that change in between change nothing.
@safe final class Supervisor {
    let listener: Int32
    /// The listener's thread table, and who of them leads.
    private let lead: OpaquePointer
    private let table: OpaquePointer
    let broker: BrokerChannel
    let hooks: Set<SupervisedHook>
    /// What this process is itself, for callers to be held against.
    let own: OwnView
    private let command: Int32
    /// Hears of processes, where programs do.
    let tracer: Tracer?
    /// The calls that programs are told of, and what the tree's filter would say of them.
    let observed: ObservedCalls
    let left: Filter
    /// Where the command says that it could not be started; closed once it was.
    private var starting: Int32?
    /// Threads that wait in a call for somebody, under ``table``.
    private var waiting: [Int32: (id: UInt64, caller: UInt32)] = [:]
    private var threads = 1
    /// Nobody is left who could call.
    private var isDeserted = false
    private var idle = 0

    /// Calls that may take long, at a time; one more is answered with EAGAIN.
    private static let threadLimit = 512
    /// How soon a caller that has a signal, or is gone, is noticed while somebody waits for it.
    private static let look: Int32 = 50

    init(
        listener: Int32, _ broker: BrokerChannel, hooks: Set<SupervisedHook>, command: Int32, starting: Int32,
        own: OwnView, tracer: Tracer?, _ observed: ObservedCalls, left: Filter
    ) throws(SystemError) {
        // SAFETY: no preconditions; the results are checked, and live as long as this process.
        guard let lead = unsafe clinux_mutex_make(), let table = unsafe clinux_mutex_make() else {
            throw SystemError(call: "malloc", code: 12)
        }
        (unsafe self.lead, unsafe self.table) = unsafe (lead, table)
        self.listener = listener
        self.broker = broker
        self.hooks = hooks
        self.command = command
        self.starting = starting
        self.own = own
        self.tracer = tracer
        self.observed = observed
        self.left = left
    }

    /// Answers calls until the tree, or the broker, is gone, and ends the process.
    func work() -> Never {
        while true {
            withTable { idle += 1 }
            // SAFETY (all): the mutexes live as long as the process.
            unsafe clinux_mutex_lock(lead)
            withTable { idle -= 1 }
            let call = next()
            let received = clinux_monotonic_nanoseconds()
            switch prepare(call) {
            case .answer(let value):
                _ = clinux_notification_answer(listener, call.id, value)
                broker.spent(clinux_monotonic_nanoseconds() - received)
                unsafe clinux_mutex_unlock(lead)
            case .letGo:
                _ = clinux_notification_let_go(listener, call.id)
                broker.spent(clinux_monotonic_nanoseconds() - received)
                unsafe clinux_mutex_unlock(lead)
            case .long(let work):
                guard follow() else {
                    _ = clinux_notification_answer(listener, call.id, -Int64(Refusal.tryAgain.rawValue))
                    unsafe clinux_mutex_unlock(lead)
                    continue
                }
                let thread = Int32(truncatingIfNeeded: clinux_thread_id())
                withTable { waiting[thread] = (call.id, call.thread) }
                unsafe clinux_mutex_unlock(lead)
                let value = work.carryOut(listener, broker)
                withTable { _ = waiting.removeValue(forKey: thread) }
                if let value { _ = clinux_notification_answer(listener, call.id, value) }
            }
        }
    }

    /// Makes sure that somebody can lead while this thread is away.
    private func follow() -> Bool {
        withTable {
            if idle > 0 { return true }
            guard threads < Self.threadLimit else { return false }
            // SAFETY: this object lives as long as the process: whoever made it never returns.
            let context = unsafe Unmanaged.passUnretained(self).toOpaque()
            // SAFETY: the context is what the thread takes it for.
            let started = unsafe clinux_thread_start(
                { context in
                    guard let context = unsafe context else { return }
                    unsafe Unmanaged<Supervisor>.fromOpaque(context).takeUnretainedValue().work()
                }, context)
            guard started == 0 else { return false }
            threads += 1
            return true
        }
    }

    private func withTable<Result>(_ body: () -> Result) -> Result {
        // SAFETY: the mutex lives as long as the process.
        unsafe clinux_mutex_lock(table)
        defer { unsafe clinux_mutex_unlock(table) }
        return body()
    }

    /// The next call, by whoever leads.
    private func next() -> clinux_notification {
        while true {
            let (isWaitedFor, starting) = withTable { (!waiting.isEmpty, self.starting) }
            let watched = [isDeserted ? -1 : listener, broker.descriptor, starting ?? -1]
            // SAFETY: the shim reads so many words.
            let ready = unsafe clinux_poll_several(watched, Int32(watched.count), isWaitedFor ? Self.look : -1)
            if ready < 0 { continue }
            if ready == 0 || isWaitedFor { lookAfterCallers() }
            if ready & (1 << 33) != 0 { leave("the broker is gone") }
            if ready & (1 << 1) != 0 { broker.discard() }
            if ready & (1 << 2 | 1 << 34) != 0 { hearOfStart() }
            if ready & 1 != 0 {
                var call = clinux_notification()
                // SAFETY: the shim writes one structure.
                if unsafe clinux_notification_receive(listener, &call) == 0 { return call }
            } else if ready & (1 << 32) != 0 {
                // The tracer hears how each ended, and ends this process after the last.
                if tracer == nil { end() } else { isDeserted = true }
            }
        }
    }

    /// A thread of this process that waits for a caller which has gone, or has a signal to take, stops waiting.
    private func lookAfterCallers() {
        let waiting: [Int32: (id: UInt64, caller: UInt32)] = withTable { self.waiting }
        for (thread, call) in waiting {
            let isWanted =
                clinux_notification_waits(listener, call.id) == 0
                && !(CallerStatus(thread: call.caller)?.hasSignal ?? true)
            if !isWanted { _ = clinux_thread_interrupt(thread) }
        }
    }

    /// The command has begun, or says why it cannot; whoever hears of it first tells.
    func hearOfStart() {
        withTable {
            guard let socket = starting else { return }
            var code: Int32 = 0
            // SAFETY: the shim writes at most four bytes.
            let count = unsafe clinux_read(socket, &code, 4)
            _ = clinux_close(socket)
            starting = nil
            if count == 4 { broker.tell(CLINUX_SUPERVISED_FAILED, status: code) }
        }
    }

    /// The last process of the tree is gone.
    private func end() -> Never {
        var status: Int32 = 0
        // SAFETY: the shim writes one word.
        _ = unsafe clinux_wait(command, &status)
        broker.tell(CLINUX_SUPERVISED_ENDED, status: status)
        clinux_exit(0)
    }

    /// Ends this process and, by the signal that its end sends, the command; what is left of the tree is told ENOSYS for every call that
    /// it would have been asked about.
    func leave(_ reason: StaticString) -> Never {
        Self.say("the supervisor ends: \(reason)")
        clinux_exit(1)
    }

    static func say(_ text: String) { StandardError.write("ringfence: \(text)\n") }
}

/// What becomes of a call.
enum Preparation {
    case answer(Int64)
    /// The kernel carries it out as it was made.
    case letGo
    case long(LongWork)

    static func refuse(_ refusal: Refusal) -> Preparation { .answer(-Int64(refusal.rawValue)) }
}

/// The errors that callers get from here (errno-base.h, errno.h); others are the kernel's own.
enum Refusal: Int32, Error {
    case notPermitted = 1
    case noSuchFile = 2
    case noSuchProcess = 3
    case badDescriptor = 9
    case tryAgain = 11
    case badAddress = 14
    case accessDenied = 13
    case notDirectory = 20
    case invalid = 22
    case nameTooLong = 36
    case messageTooLong = 90
    case notSupported = 95
    case familyNotSupported = 97
    case noBuffers = 105
}

/// A connection that is to be waited for.
struct Connecting {
    let socket: TakenSocket
    let address: SocketAddress
    /// Gives the address its meaning, where it is one of this process.
    var place: LocalPlace?

    func carryOut() -> Int64 {
        let value = socket.connect(address)
        // A caller with a signal to take takes it, and comes again where its handler says so (SA_RESTART): -ERESTARTSYS, which the kernel
        // makes EINTR of otherwise.
        return value == -4 ? -512 : value
    }
}
