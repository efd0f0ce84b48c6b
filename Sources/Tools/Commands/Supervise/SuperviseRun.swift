internal import CommandSupport
internal import Confinement
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import Sandbox
internal import Supervision

/// The broker of a supervised tree: every question of its supervisor gets an answer of the hook's programs.
struct SuperviseRun: ~Copyable {
    private let chains: HookChains
    private var tree: SupervisedTree
    private let command: String
    private let recording: RecordingFile?
    /// One for each program, in their order; none where one file decides, which was named.
    private var watches: [PolicyWatch]
    private var replacement: SuperviseReplacement

    /// What came of it.
    struct Result {
        /// Calls that programs decided about, by hook, and of them those that were denied and those that were sent elsewhere.
        var calls: [SupervisedHook: Counts] = [:]
        /// Calls that no program was asked about.
        var passed: UInt64 = 0
        /// Calls that did not wait longer for an answer.
        var unanswered: UInt64 = 0
        /// From a question to its answer, in this process.
        var decision = LatencyHistogram()
        /// From a call to its answer, in the supervisor, waits for connections left out.
        var call = LatencyHistogram()
        var log: [String] = []
        var records: UInt64 = 0
        /// Processes that got past the call by which they asked to execute something else than they did, or that were made, and were killed.
        var killed: UInt64 = 0
        /// As a shell says it.
        var exitStatus: Int32 = 0
    }

    struct Counts {
        var asked: UInt64 = 0
        var denied: UInt64 = 0
        var rewritten: UInt64 = 0
    }

    private static let keptLogLines = 64
    /// What programs print is taken as often as that where nothing happens.
    private static let idleMilliseconds: Int32 = 200

    init(
        _ chains: HookChains, _ tree: consuming SupervisedTree, command: String, recording: RecordingFile? = nil,
        watches: [PolicyWatch], _ replacement: SuperviseReplacement
    ) {
        self.replacement = replacement
        self.recording = recording
        self.chains = chains
        self.watches = watches
        self.tree = tree
        self.command = command
    }

    mutating func perform(deadlineNanoseconds: UInt64) throws(Failure) -> Result {
        do throws(SystemError) { try RenewalRequest.catchAll() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        do throws(SupervisionError) { return try perform(deadlineNanoseconds) } catch {
            throw Failure(.internalError, command, "is supervised no more: \(error)")
        }
    }

    private mutating func perform(_ deadline: UInt64) throws(SupervisionError) -> Result {
        var result = Result()
        try tree.start(
            identifies: chains.identify, open: chains.openHooks, readsMemory: chains.readMemory,
            deadlineNanoseconds: deadline)
        while true {
            let message = try tree.next(timeoutMilliseconds: Self.idleMilliseconds)
            // Between two calls.
            obey()
            if RenewalRequest.take() { replace() }
            guard let message else {
                tidy(&result)
                continue
            }
            switch message {
            case .call(let call):
                let before = monotonicNanoseconds()
                let answer = chains.decide(call)
                try tree.answer(call.number, answer)
                settle(&result, call.hook, answer, since: before, spent: call.spentNanoseconds)
            case .process(let process):
                let before = monotonicNanoseconds()
                let answer = chains.decide(process)
                try tree.answer(process.number, answer)
                settle(&result, .process, answer, since: before, spent: process.spentNanoseconds)
                if !answer.allows, process.event != .executes { result.killed += 1 }
            case .observation(let call):
                let before = monotonicNanoseconds()
                let told = chains.hear(of: call)
                try tree.answer(call.number, SupervisedAnswer(allows: true))
                settle(&result, told, since: before, spent: call.spentNanoseconds)
            case .failed(let errno):
                StandardError.write(
                    Failure(.badInput, command, "cannot be started: \(SystemError.text(of: errno))").text(
                        for: .standardError))
            case .ended(let status, let passed, let unanswered):
                (result.passed, result.unanswered) = (passed, unanswered)
                tidy(&result)
                let signal = status & 0x7F
                result.exitStatus = signal == 0 ? status >> 8 & 0xFF : 128 + signal
                return result
            case .gone: throw .supervisor("is gone; every call that it was to be asked about fails")
            }
        }
    }

    /// What is counted of an answer that was given.
    private func settle(
        _ result: inout Result, _ hook: SupervisedHook, _ answer: SupervisedAnswer, since before: UInt64,
        spent: UInt64?
    ) {
        result.calls[hook, default: Counts()].asked += 1
        if !answer.allows { result.calls[hook, default: Counts()].denied += 1 }
        if answer.allows, answer.rewritten != nil { result.calls[hook, default: Counts()].rewritten += 1 }
        finish(&result, chains.programs.filter { $0.hook == hook }, since: before, spent: spent)
    }

    /// The same of a call that programs were told of.
    private func settle(_ result: inout Result, _ told: [AttachedProgram], since before: UInt64, spent: UInt64?) {
        for hook in Set(told.map(\.hook)) { result.calls[hook, default: Counts()].asked += 1 }
        finish(&result, told, since: before, spent: spent)
    }

    private func finish(_ result: inout Result, _ programs: [AttachedProgram], since before: UInt64, spent: UInt64?) {
        result.decision.record(monotonicNanoseconds() - before)
        if let spent { result.call.record(spent) }
        // After every event, so that a ring that holds what one event writes is large enough.
        for program in programs { result.records += UInt64(program.takeRecords().count) }
        drain()
        if result.decision.count % 256 == 0 { tidy(&result) }
    }

    /// Writes what was recorded; where that fails there is no more of it, and calls go on.
    private func drain() {
        do throws(Failure) { try recording?.drain() } catch {
            StandardError.write(error.text(for: .standardError))
            for program in chains.programs { program.recording = nil }
        }
    }

    /// Lets what the objects are now take the programs' places.
    private mutating func replace() {
        for (index, program) in chains.programs.enumerated() {
            let policies = watches.isEmpty ? nil : watches[index].snapshot
            StandardError.write(replacement.replace(index, program, under: policies, in: chains) + "\n")
        }
    }

    /// Does what a new policy says.
    private mutating func obey() {
        let now = monotonicNanoseconds()
        for index in watches.indices {
            let program = chains.programs[index]
            guard
                let transition = program.reconsider({ watches[index].isDue(now, $0) ? watches[index].settle(&$0) : nil }
                )
            else { continue }
            StandardError.write("\(program.section.text): \(transition.sentence)\n")
        }
    }

    private func tidy(_ result: inout Result) {
        for program in chains.programs {
            let lines = program.takeLog(limit: 256)
            result.log += lines.prefix(max(0, Self.keptLogLines - result.log.count))
            program.releaseAbandonedLocks()
        }
    }

    /// What each process may do, as the kernel and the process itself say; to be asked while they are there.
    func processes(_ broker: borrowing Broker) -> [ProcessReport] {
        broker.processes + [ProcessReport(.supervisor, process: tree.supervisor, tree.confinement)]
            + chains.programs.compactMap { program in
                program.withSandbox { sandbox in
                    ProcessReport(
                        sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor,
                        process: sandbox.cellProcess, sandbox.cellConfinement)
                }
            }
    }
}
