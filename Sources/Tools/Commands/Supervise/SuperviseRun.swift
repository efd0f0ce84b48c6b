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
    private let tree: SupervisedTree
    private let command: String
    private let recording: RecordingFile?

    /// What came of it.
    struct Result {
        /// Calls that programs decided about, by hook, and of them those that were denied and those that were sent elsewhere.
        var calls: [SocketHook: Counts] = [:]
        /// Calls that no program was asked about.
        var passed: UInt64 = 0
        /// From a question to its answer, in this process.
        var decision = LatencyHistogram()
        /// From a call to its answer, in the supervisor, waits for connections left out.
        var call = LatencyHistogram()
        var log: [String] = []
        var records: UInt64 = 0
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
        _ chains: HookChains, _ tree: consuming SupervisedTree, command: String, recording: RecordingFile? = nil
    ) {
        self.recording = recording
        self.chains = chains
        self.tree = tree
        self.command = command
    }

    mutating func perform(deadlineNanoseconds: UInt64) throws(Failure) -> Result {
        do throws(SupervisionError) { return try perform(deadlineNanoseconds) } catch {
            throw Failure(.internalError, command, "is supervised no more: \(error)")
        }
    }

    private mutating func perform(_ deadline: UInt64) throws(SupervisionError) -> Result {
        var result = Result()
        try tree.start(identifies: chains.identify, open: chains.openHooks, deadlineNanoseconds: deadline)
        while true {
            guard let message = try tree.next(timeoutMilliseconds: Self.idleMilliseconds) else {
                tidy(&result)
                continue
            }
            switch message {
            case .call(let call):
                let before = monotonicNanoseconds()
                let answer = chains.decide(call)
                try tree.answer(call, answer)
                result.decision.record(monotonicNanoseconds() - before)
                if let spent = call.spentNanoseconds { result.call.record(spent) }
                result.calls[call.hook, default: Counts()].asked += 1
                if !answer.allows { result.calls[call.hook, default: Counts()].denied += 1 }
                if answer.allows, answer.rewritten != nil {
                    result.calls[call.hook, default: Counts()].rewritten += 1
                }
                // After every event, so that a ring that holds what one event writes is large enough.
                for program in chains.programs where program.hook == call.hook {
                    result.records += UInt64(program.takeRecords().count)
                }
                drain()
                if result.decision.count % 256 == 0 { tidy(&result) }
            case .failed(let errno):
                StandardError.write(
                    Failure(.badInput, command, "cannot be started: \(SystemError.text(of: errno))").text(
                        for: .standardError))
            case .ended(let status, let passed):
                result.passed = passed
                tidy(&result)
                let signal = status & 0x7F
                result.exitStatus = signal == 0 ? status >> 8 & 0xFF : 128 + signal
                return result
            case .gone: throw .supervisor("is gone; every call that it was to be asked about fails")
            }
        }
    }

    /// Writes what was recorded; where that fails there is no more of it, and calls go on.
    private func drain() {
        do throws(Failure) { try recording?.drain() } catch {
            StandardError.write(error.text(for: .standardError))
            for program in chains.programs { program.recording = nil }
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
            + chains.programs.map { program in
                ProcessReport(
                    program.sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor,
                    process: program.sandbox.cellProcess, program.sandbox.cellConfinement)
            }
    }
}
