internal import CLinux
internal import Linux

/// Hears of every process of the tree before its first instruction, and of its end, by a thread that does nothing else (ptrace(2) is between
/// two threads).
///
/// A call of execve(2) is asked about as it is made, on what it will lead to, so that who is denied gets EPERM. But its path is read again by
/// the kernel. So what a process has become is read when it stands before its first instruction, where nobody but the kernel has a say in it:
/// if it is what was allowed, it goes on; otherwise programs are asked about it, and what they deny is killed.
@safe final class Tracer {
    private let broker: BrokerChannel
    private let command: Int32
    private let asksAboutProcesses: Bool
    /// The calls that programs are told of.
    private let observed: ObservedCalls
    private let mutex: OpaquePointer
    /// What was allowed of the call that a thread waits in, under ``mutex``.
    private var allowed: [UInt32: ExecutedImage] = [:]
    /// When each process of the tree began, under ``mutex``.
    private var began: [UInt32: UInt64] = [:]

    /// Who made a thread that has not been seen yet, and threads that were seen before whoever made them said so.
    private var makers: [Int32: Int32] = [:]
    private var orphans: [Int32] = []
    /// What a thread that was made waits to be told of at most.
    private static let patience = 20

    init(
        _ broker: BrokerChannel, command: Int32, _ hooks: Set<SupervisedHook>, _ observed: ObservedCalls
    ) throws(SystemError) {
        // SAFETY: no preconditions; the result is checked, and lives as long as this process.
        guard let mutex = unsafe clinux_mutex_make() else { throw SystemError(call: "malloc", code: 12) }
        unsafe self.mutex = unsafe mutex
        self.broker = broker
        self.command = command
        asksAboutProcesses = hooks.contains(.process)
        self.observed = observed
    }

    // MARK: Of the thread that answers calls

    /// What becomes of a call that asks for another image: whether the kernel is to carry it out.
    func allows(_ call: clinux_notification, stillWaits: () -> Bool) -> Bool? {
        let status = CallerStatus(thread: call.thread)
        let image = status.flatMap { ExecutedImage(asked: call, of: $0.process) }
        guard stillWaits(), let status else { return nil }
        remember(nil, of: call.thread)
        // The kernel finds nothing there either, or else something that is asked about later.
        guard let image else { return true }
        var question = BrokerChannel.ProcessQuestion(CLINUX_PROCESS_EXECUTES, image, by: status)
        question.facts.process = status.process
        question.facts.parent = status.parent
        question.facts.creator = status.process
        question.facts.thread = call.thread
        question.facts.began = start(of: status.process)
        guard broker.ask(question) else { return false }
        remember(image, of: call.thread)
        return true
    }

    // MARK: Of the tracer's own thread

    /// Takes the command, tells it to begin, and ends this process when the last of the tree is gone.
    func work(letBegin: () -> Void, atEnd: () -> Void) -> Never {
        let seized = clinux_trace_seize(command)
        guard seized == 0 else {
            Supervisor.say("the supervisor ends: ptrace: \(SystemError.text(of: Int32(-seized)))")
            clinux_exit(1)
        }
        _ = start(of: UInt32(bitPattern: command))
        // From its next stop on it stops at calls.
        if observed.needTracer { _ = clinux_trace_interrupt(command) }
        letBegin()
        var status: Int32 = 0
        var rounds = 0
        while true {
            var stop = clinux_trace_stop()
            // SAFETY: the shim writes one structure.
            let result = unsafe clinux_trace_next(&stop, orphans.isEmpty ? 1 : 0)
            switch result {
            case 0: rounds = 0
            case -4: continue  // EINTR
            case -11:
                // Nobody that is there has made them: who did is gone.
                rounds += 1
                if rounds > Self.patience { adopt() }
                _ = clinux_poll_several(nil, 0, 1)
                continue
            case _:
                // ECHILD: the last is gone.
                atEnd()
                broker.tell(CLINUX_SUPERVISED_ENDED, status: status)
                clinux_exit(0)
            }
            if stop.why == CLINUX_TRACE_ENDED, stop.thread == command { status = stop.status }
            take(stop)
        }
    }

    private func take(_ stop: clinux_trace_stop) {
        switch stop.why {
        case CLINUX_TRACE_CALLS:
            observe(stop.thread)
            goOn(stop.thread)
        case CLINUX_TRACE_EXECUTED where !asksAboutProcesses, CLINUX_TRACE_MADE where !asksAboutProcesses,
            CLINUX_TRACE_BEGUN where !asksAboutProcesses:
            goOn(stop.thread)
        case CLINUX_TRACE_ENDED: end(stop)
        case CLINUX_TRACE_EXECUTED: judge(stop)
        case CLINUX_TRACE_MADE:
            let made = Int32(truncatingIfNeeded: stop.message)
            if let index = orphans.firstIndex(of: made) {
                orphans.remove(at: index)
                begin(made, madeBy: stop.thread)
            } else {
                makers[made] = stop.thread
            }
            goOn(stop.thread)
        case CLINUX_TRACE_BEGUN:
            // Also how a thread that was halted says that it goes on.
            if let maker = makers.removeValue(forKey: stop.thread) {
                begin(stop.thread, madeBy: maker)
            } else if isKnown(stop.thread) {
                goOn(stop.thread)
            } else {
                orphans.append(stop.thread)
            }
        case CLINUX_TRACE_HALTED: _ = clinux_trace_leave_halted(stop.thread)
        case _: goOn(stop.thread, signal: stop.code)
        }
    }

    private func goOn(_ thread: Int32, signal: Int32 = 0) {
        _ = observed.needTracer ? clinux_trace_to_call(thread, signal) : clinux_trace_go_on(thread, signal)
    }

    /// Tells of a call at whose beginning or end a thread stands still.
    ///
    /// The kernel asks a tracer before it asks filters, so programs hear also of calls that are then refused.
    private func observe(_ thread: Int32) {
        var registers = [UInt64](repeating: 0, count: SupervisedObservation.registersSize / 8)
        // SAFETY: the shim writes so many words.
        let stage = unsafe clinux_trace_registers(thread, &registers)
        // r15 to rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, the call's number.
        let call = Int32(truncatingIfNeeded: registers[15])
        let isEnd = stage == Int64(CLINUX_TRACE_CALL_ENDS)
        guard isEnd ? observed.wantsReturn(of: call) : stage > 0 && observed.wantsEntry(of: call) else { return }
        broker.tell(
            .init(
                ends: isEnd, thread: UInt32(bitPattern: thread), call: call,
                arguments: [14, 13, 12, 7, 9, 8].map { registers[$0] }, result: Int64(bitPattern: registers[10]),
                registers: registers))
    }

    /// Threads that were met, so that a second stop of theirs is none of a beginning.
    private var met: Set<Int32> = []

    private func isKnown(_ thread: Int32) -> Bool { met.contains(thread) || thread == command }

    private func adopt() {
        let orphans = self.orphans
        self.orphans = []
        for orphan in orphans { begin(orphan, madeBy: nil) }
    }

    /// A thread before its first instruction; a process, where it is the first of one.
    private func begin(_ thread: Int32, madeBy maker: Int32?) {
        met.insert(thread)
        let own = UInt32(bitPattern: thread)
        guard let status = CallerStatus(thread: own), status.process == own else {
            goOn(thread)
            return
        }
        let creator = maker.map { UInt32(bitPattern: $0) } ?? status.parent
        let creating = CallerStatus(thread: creator) ?? status
        var question = BrokerChannel.ProcessQuestion(CLINUX_PROCESS_BEGINS, ExecutedImage(of: own), by: creating)
        question.facts.process = own
        question.facts.parent = status.parent
        question.facts.creator = creating.process == own ? status.parent : creating.process
        question.facts.thread = creator
        question.facts.began = start(of: own)
        settle(thread, broker.ask(question))
    }

    /// A process before the first instruction of its image.
    private func judge(_ stop: clinux_trace_stop) {
        let process = UInt32(bitPattern: stop.thread)
        // The first thread of a process gives its number to the one that executes.
        let former = UInt32(truncatingIfNeeded: stop.message)
        let expected = forget(former)
        met.remove(Int32(bitPattern: former))
        met.insert(stop.thread)
        guard let image = ExecutedImage(of: process), let status = CallerStatus(thread: process) else {
            // Gone, or not to be read: what nobody can tell is not allowed.
            return settle(stop.thread, false)
        }
        if let expected, expected == image { return settle(stop.thread, true) }
        var question = BrokerChannel.ProcessQuestion(CLINUX_PROCESS_HAS_EXECUTED, image, by: status)
        question.facts.process = process
        question.facts.parent = status.parent
        question.facts.creator = process
        question.facts.thread = former == 0 ? process : former
        question.facts.began = start(of: process)
        settle(stop.thread, broker.ask(question))
    }

    private func settle(_ thread: Int32, _ isAllowed: Bool) {
        if !isAllowed { _ = clinux_kill_process(thread) }
        goOn(thread)
    }

    private func end(_ stop: clinux_trace_stop) {
        guard asksAboutProcesses else { return }
        met.remove(stop.thread)
        makers.removeValue(forKey: stop.thread)
        orphans.removeAll { $0 == stop.thread }
        let process = UInt32(bitPattern: stop.thread)
        _ = forget(process)
        guard let began = removeStart(of: process) else { return }
        var question = BrokerChannel.ProcessQuestion(CLINUX_PROCESS_ENDS, nil, by: nil)
        question.facts.process = process
        question.facts.code = UInt32(bitPattern: stop.code)
        question.facts.began = began
        question.facts.ended = clinux_real_nanoseconds()
        _ = broker.ask(question)
    }

    // MARK: What both threads know

    private func locked<Result>(_ body: () -> Result) -> Result {
        // SAFETY: the mutex lives as long as the process.
        unsafe clinux_mutex_lock(mutex)
        defer { unsafe clinux_mutex_unlock(mutex) }
        return body()
    }

    private func remember(_ image: ExecutedImage?, of thread: UInt32) { locked { allowed[thread] = image } }
    private func forget(_ thread: UInt32) -> ExecutedImage? { locked { allowed.removeValue(forKey: thread) } }
    private func removeStart(of process: UInt32) -> UInt64? { locked { began.removeValue(forKey: process) } }

    /// When a process began, which is now where nobody knew of it.
    private func start(of process: UInt32) -> UInt64 {
        locked {
            if let time = began[process] { return time }
            let now = clinux_real_nanoseconds()
            began[process] = now
            return now
        }
    }
}
