internal import Channel
internal import CommandSupport
internal import PolicyCommands
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox
internal import Supervision

/// What `ringfence supervise` says at the end.
struct SuperviseReport: Encodable {
    /// A program and what came of it.
    struct Program: Encodable {
        let hook: String
        let object: String
        let objectDigest: String
        let program: String
        let programDigest: String
        let decision: DecisionRecord
        let verification: VerificationSummary?
        var verdicts: [String: UInt64] = [:]
        var rewritten: UInt64 = 0
        /// Events for which the policy's `on_failure` stood in.
        var failures: UInt64 = 0
        var firstFailures: [String] = []
        var cellFailures: UInt64 = 0
        /// Why it decided no more.
        var quarantine: String?

        init(_ argument: HookArgument, _ loaded: LoadedObject, _ permit: Permit, _ mode: ExecutionMode) {
            hook = argument.section.text
            object = argument.object
            objectDigest = "sha256:\(loaded.digest)"
            program = permit.program.program.name
            programDigest = permit.program.identity.digest.value.map { "\($0)" } ?? "unknown"
            decision = DecisionRecord(permit.decision)
            verification = VerificationSummary(permit.program.members[0], mode)
        }

        fileprivate mutating func add(_ attached: AttachedProgram) {
            let rows = attached.layout.shape.verdicts.rows
            verdicts = Dictionary(
                zip(rows.map { "\($0.name)" }, attached.verdicts), uniquingKeysWith: { $0 + $1 })
            rewritten = attached.rewritten
            failures = attached.failures
            let program = attached.permit.program
            firstFailures = attached.firstFailures.map { $0.sentence(in: program) }
            cellFailures = attached.withSandbox { $0.statistics.cellFailures } ?? 0
            quarantine = attached.quarantine.map { "\($0)" }
        }
    }

    struct Hook: Encodable {
        let hook: String
        let calls: UInt64
        let denied: UInt64
        let rewritten: UInt64
    }

    let programs: [Program]
    let hooks: [Hook]
    /// Calls that came to the supervisor and that no program was asked about: of other families, or of a hook without programs.
    let passed: UInt64
    /// Calls for which the policy's `on_failure` stood in because no answer came within the deadline.
    let unanswered: UInt64
    /// Processes that programs denied and that were there already.
    let killed: UInt64
    let decisionNanoseconds: LatencySummary
    let callNanoseconds: LatencySummary
    let log: [String]
    let records: UInt64
    let exitStatus: Int32
    let imageDigest: String
    let kvm: String
    let processes: [ProcessReport]

    init(
        _ programs: [Program], _ attached: [AttachedProgram], _ result: SuperviseRun.Result, kvm: String,
        processes: [ProcessReport]
    ) {
        self.programs = zip(programs, attached).map { program, attached in
            var program = program
            program.add(attached)
            return program
        }
        hooks = SupervisedHook.allCases.compactMap { hook in
            guard attached.contains(where: { $0.hook == hook }) else { return nil }
            let counts = result.calls[hook] ?? SuperviseRun.Counts()
            return Hook(
                hook: hook.section, calls: counts.asked, denied: counts.denied, rewritten: counts.rewritten)
        }
        passed = result.passed
        unanswered = result.unanswered
        killed = result.killed
        decisionNanoseconds = result.decision.summary
        callNanoseconds = result.call.summary
        log = result.log
        records = result.records
        exitStatus = result.exitStatus
        imageDigest = "sha256:\(Sandbox.imageDigest)"
        self.kvm = kvm
        self.processes = processes
    }

    /// For people.
    func text(for terminal: Terminal) -> String {
        var parts: [String] = []
        var facts = Table(.left(), .left())
        for program in programs {
            facts.add(
                Table.Cell(program.hook),
                Table.Cell("\(program.program) of \(program.object)  \(program.programDigest)"))
            facts.add("decision", Table.Cell("\(program.decision.outcome): \(program.decision.reason)", .good))
            if let verification = program.verification {
                facts.add(
                    "verifier",
                    Table.Cell(verification.sentence, verification.execution == "checked" ? .warning : .good))
            }
        }
        facts.add("KVM", Table.Cell(kvm, .good))
        parts.append(facts.text(for: terminal))

        var calls = Table(.left("hook"), .right("calls"), .right("denied"), .right("sent elsewhere"))
        for hook in hooks {
            calls.add(
                Table.Cell(hook.hook), Table.Cell(Quantity.grouped(hook.calls)),
                Table.Cell(Quantity.grouped(hook.denied)), Table.Cell(Quantity.grouped(hook.rewritten)))
        }
        calls.addRule()
        calls.add("passed, nobody asked", Table.Cell(Quantity.grouped(passed)), "", "")
        parts.append(calls.text(for: terminal))

        var speed = Table(.left(), .left())
        func add(_ name: Table.Cell, _ latency: LatencySummary) {
            guard latency.count > 0 else { return }
            speed.add(
                name,
                Table.Cell(
                    "p50 \(Quantity.duration(nanoseconds: latency.p50)), p99 \(Quantity.duration(nanoseconds: latency.p99)), "
                        + "max \(Quantity.duration(nanoseconds: latency.maximum))"))
        }
        add("a decision", decisionNanoseconds)
        add("a call, in the supervisor", callNanoseconds)
        for program in programs where program.failures > 0 {
            speed.add(
                "failures", Table.Cell("\(program.program): \(Quantity.grouped(program.failures))", .bad))
        }
        if unanswered > 0 {
            speed.add("unanswered in time", Table.Cell(Quantity.grouped(unanswered), .bad))
        }
        if killed > 0 {
            speed.add("killed", Table.Cell("\(Quantity.grouped(killed)) before their first instruction", .bad))
        }
        if records > 0 { speed.add("records", Table.Cell(Quantity.grouped(records))) }
        if !speed.isEmpty { parts.append(speed.text(for: terminal)) }
        parts.append(ProcessReport.table(processes).text(for: terminal))
        let failures = programs.flatMap { program in
            (program.firstFailures + [program.quarantine].compactMap { $0 }).map { "  \(program.program): \($0)\n" }
        }
        if !failures.isEmpty { parts.append("first failures:\n" + failures.joined()) }
        if !log.isEmpty { parts.append("log:\n" + log.map { "  \($0)\n" }.joined()) }
        return parts.joined(separator: "\n")
    }
}
