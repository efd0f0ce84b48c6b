internal import Confinement
internal import Linux
package import PolicyCore
internal import ProgramPackage
internal import Prototypes
package import Supervision

/// A program that decides at a hook of a supervised tree, in a sandbox of its own, for as long as policy allows it.
package final class AttachedProgram {
    package let section: HookSection
    package var hook: SupervisedHook { section.hook }
    package private(set) var layout: EventLayout
    /// As it was attached: a policy that changes may have moved it since.
    package let permit: Permit
    private var governed: GovernedSandbox
    private var fields: Fields
    private var changed: [UInt8]
    private var context: [UInt8]

    /// By row of the table of verdicts.
    package private(set) var verdicts: [UInt64]
    package private(set) var rewritten: UInt64 = 0
    /// Events for which the policy's word on failures stood in.
    package private(set) var failures: UInt64 = 0
    package private(set) var firstFailures: [Sandbox.EventFailure] = []
    /// Why it decides no more: nothing but the policy's word on failures stands in for it.
    package private(set) var quarantine: SandboxError?
    /// Where events are written down, and under which number.
    package var recording: (recorder: EventRecorder, number: Int)?
    /// Where others look on.
    package var live: LiveProgram?
    /// What the program printed, where it has to be taken after each event.
    private var lines: [String] = []
    /// What policy says becomes of an event that the program could not decide.
    package private(set) var onFailure: FailureVerdict

    private enum Fields {
        case socket(SocketFields)
        case process(ProcessFields)
        case bind(BindFields)
        case call(CallFields)
    }

    private static let keptFailures = 8
    private static let keptLines = 1_024

    /// - Parameter sandbox: one whose program is of the hook's type, with a permit for this attachment.
    package init(_ sandbox: consuming Sandbox, at section: HookSection, attachment: AttachPoint) {
        self.section = section
        layout = sandbox.layout
        permit = sandbox.permit
        onFailure = sandbox.permit.decision.onFailure
        fields = Self.fields(of: sandbox, at: section)
        verdicts = [UInt64](repeating: 0, count: sandbox.layout.shape.verdicts.rows.count)
        changed = [0]
        context = sandbox.layout.emptyContext
        governed = GovernedSandbox(sandbox, attachment: attachment)
    }

    private static func fields(of sandbox: borrowing Sandbox, at section: HookSection) -> Fields {
        let hook = section.hook
        return switch hook {
        case .process: .process(ProcessFields(sandbox.layout))
        case .windowsBind: .bind(BindFields(sandbox.layout))
        case .callEntered, .callReturned, .rawCallEntered, .rawCallReturned:
            .call(
                CallFields(
                    sandbox.layout, isRaw: hook == .rawCallEntered || hook == .rawCallReturned,
                    isOfAll: section.call == nil, readsMemory: sandbox.permit.program.readsMemory))
        case .connectIPv4, .connectIPv6, .bindIPv4, .bindIPv6, .sendIPv4, .sendIPv6, .socketCreate, .receiveIPv4,
            .receiveIPv6, .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4, .listenIPv6:
            .socket(SocketFields(sandbox.layout))
        }
    }

    /// What a sandbox of a hook has to have room for.
    package static func largestPayload(at hook: SupervisedHook) -> Int {
        switch hook {
        case .process: ProcessFields.largestPayload
        case .windowsBind: BindFields.largestPayload
        case .callEntered, .callReturned, .rawCallEntered, .rawCallReturned: CallFields.largestPayload
        case .connectIPv4, .connectIPv6, .bindIPv4, .bindIPv6, .sendIPv4, .sendIPv6, .socketCreate, .receiveIPv4,
            .receiveIPv6, .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4, .listenIPv6:
            1
        }
    }

    /// One program's word, and the address as it left it.
    struct Word {
        var allows: Bool
        var anyPort: Bool
        var destination: SocketDestination
    }

    func decide(_ call: SupervisedCall, to destination: SocketDestination) -> Word {
        let undecided = { [self] in Word(allows: allowsUndecided(), anyPort: false, destination: destination) }
        var word: Word
        switch fields {
        case .process, .call: return undecided()
        case .socket(let fields):
            guard let row = decide(fields.event(call, to: destination)) else { return undecided() }
            word = Word(
                // What cannot be done as the program says is not done.
                allows: Self.allows(row.fate) && !fields.namesSource(in: context),
                anyPort: hook.grantsPorts && row.result & 2 != 0,
                destination: fields.destination(in: context) ?? destination)
        case .bind(let fields):
            guard let row = decide(fields.event(call, to: destination)) else { return undecided() }
            word = Word(allows: Self.allows(row.fate), anyPort: false, destination: destination)
            // BIND_REDIRECT: only then is the address what the program wrote.
            if row.result == 2 { word.destination = fields.name(in: context, call, from: destination) }
        }
        if word.allows, word.destination != destination { rewritten += 1 }
        return word
    }

    func decide(_ process: SupervisedProcess) -> Bool {
        guard case .process(let fields) = fields, let row = decide(fields.event(process)) else {
            return allowsUndecided()
        }
        return Self.allows(row.fate)
    }

    /// Whether it is to be told of a call that begins or ends.
    func wants(_ call: SupervisedObservation) -> Bool {
        switch hook {
        case .callEntered, .rawCallEntered: !call.ends && isOf(call)
        case .callReturned, .rawCallReturned: call.ends && isOf(call)
        case .connectIPv4, .connectIPv6, .bindIPv4, .bindIPv6, .sendIPv4, .sendIPv6, .socketCreate, .process,
            .receiveIPv4, .receiveIPv6, .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4,
            .listenIPv6, .windowsBind:
            false
        }
    }

    private func isOf(_ call: SupervisedObservation) -> Bool {
        section.call.map { Int64($0.number) == Int64(call.call) } ?? true
    }

    func hear(of call: SupervisedObservation) {
        guard case .call(let fields) = fields, decide(fields.event(call)) != nil else {
            _ = allowsUndecided()
            return
        }
    }

    /// What the program says of an event; nil where it says nothing, and ``allowsUndecided()`` is to be asked.
    private func decide(_ event: Event) -> VerdictTable.Row? {
        guard quarantine == nil else { return nil }
        let before = monotonicNanoseconds()
        let result: EventResult?
        do throws(SandboxError) {
            result = try governed.withSandbox { (sandbox) throws(SandboxError) in
                var decided: EventResult?
                var problem: SandboxError?
                // SAFETY: the buffer lives through the call, and nobody else uses it meanwhile.
                unsafe changed.withUnsafeMutableBytes { buffer in
                    do throws(SandboxError) {
                        decided = unsafe try decide(event, into: buffer, time: before, by: &sandbox)
                    } catch { problem = error }
                }
                if let problem { throw problem }
                guard let decided else { preconditionFailure("a decision was made, or a problem found") }
                return decided
            }
        } catch {
            quarantine = error
            return nil
        }
        guard let result else { return nil }
        live?.count(result, nanoseconds: monotonicNanoseconds() - before)
        if let failure = result.failure {
            if firstFailures.count < Self.keptFailures { firstFailures.append(failure) }
            return nil
        }
        verdicts[result.verdict] += 1
        return layout.shape.verdicts.rows[result.verdict]
    }

    private func decide(
        _ event: Event, into buffer: UnsafeMutableRawBufferPointer, time: UInt64, by sandbox: inout Sandbox
    ) throws(SandboxError) -> EventResult {
        // SAFETY (both): the caller keeps the buffer through the call.
        guard let recording else {
            return unsafe try sandbox.decide(event, into: buffer, context: &context, time: time)
        }
        let result = unsafe try recording.recorder.decide(
            event, into: buffer, context: &context, time: time, by: &sandbox, number: recording.number)
        lines += try sandbox.takeLog(limit: 4_096).prefix(max(0, Self.keptLines - lines.count))
        return result
    }

    /// The policy's word on an event that the program did not decide. Where policy allows the program no more it is no.
    private func allowsUndecided() -> Bool {
        failures += 1
        let table = layout.shape.verdicts
        let result = onFailure == .open && governed.tier > .deny ? table.open : table.closed
        let row = table.index(of: UInt64(UInt32(bitPattern: result)), packetSize: .max)
        verdicts[row] += 1
        return Self.allows(table.rows[row].fate)
    }

    private static func allows(_ fate: VerdictTable.Fate) -> Bool {
        switch fate {
        case .kept, .cut, .sentBack, .redirected: true
        case .dropped: false
        }
    }

    // MARK: Around events

    /// The program that decides now.
    package var program: AdmittedProgram { governed.program }

    /// Puts another sandbox in the place of this one: what is decided from here on, that one decides, and what the other was is over.
    package func replace(with next: consuming Sandbox) {
        lines = takeLog(limit: Self.keptLines)
        _ = takeRecords()
        layout = next.layout
        fields = Self.fields(of: next, at: section)
        context = next.layout.emptyContext
        onFailure = next.permit.decision.onFailure
        quarantine = nil
        governed.replace(with: next)
    }

    /// Lets somebody decide about the program anew.
    package func reconsider(_ body: (inout GovernedSandbox) -> Transition?) -> Transition? {
        let transition = body(&governed)
        onFailure = governed.withSandbox { $0.permit.decision.onFailure } ?? .closed
        return transition
    }

    /// What the program printed and handed out since the last time; at most so many lines.
    package func takeLog(limit: Int) -> [String] {
        _ = governed.withSandbox { live?.show($0) }
        do throws(SandboxError) {
            lines +=
                try governed.withSandbox { (sandbox) throws(SandboxError) in
                    try sandbox.takeLog(limit: limit)
                } ?? []
        } catch { quarantine = error }
        defer { lines.removeAll() }
        live?.note([], lines: lines, time: monotonicNanoseconds())
        return lines
    }

    package func takeRecords() -> [RingRecord] {
        let records = governed.withSandbox { $0.takeRecords(limit: .max) } ?? []
        live?.note(records, lines: [], time: monotonicNanoseconds())
        return records
    }

    package func releaseAbandonedLocks() { _ = governed.withSandbox { $0.maps.releaseAbandonedLocks() } }

    /// What is done with its sandbox; nil where it has none any more.
    package func withSandbox<Result>(_ body: (inout Sandbox) -> Result) -> Result? { governed.withSandbox(body) }
}

extension SupervisedHook {
    /// Whether a second bit of a result says that no privilege is needed for the port.
    fileprivate var grantsPorts: Bool {
        switch self {
        case .bindIPv4, .bindIPv6: true
        case .connectIPv4, .connectIPv6, .sendIPv4, .sendIPv6, .socketCreate, .process, .receiveIPv4, .receiveIPv6,
            .afterBindIPv4, .afterBindIPv6, .acceptIPv4, .acceptIPv6, .listenIPv4, .listenIPv6, .windowsBind,
            .callEntered, .callReturned, .rawCallEntered, .rawCallReturned:
            false
        }
    }
}

/// All programs of the hooks of a tree, and the combination rules of the systems that the hooks are of.
///
/// Linux (`bpf_prog_run_array_cg` in kernel/bpf/cgroup.c): every program of a hook is run, in order, each on the address as the one before left it;
/// who denies, denies for all. Windows asks about a process until one denies.
package struct HookChains {
    package let programs: [AttachedProgram]

    package init(_ programs: [AttachedProgram]) { self.programs = programs }

    package func decide(_ call: SupervisedCall) -> SupervisedAnswer {
        var answer = SupervisedAnswer(allows: true)
        var destination = call.destination
        for program in programs where program.hook == call.hook {
            let word = program.decide(call, to: destination)
            if !word.allows { answer.allows = false }
            if word.anyPort { answer.anyPort = true }
            destination = word.destination
        }
        // To what is over nobody can object.
        if call.isOver { return SupervisedAnswer(allows: true) }
        if destination != call.destination { answer.rewritten = destination }
        return answer
    }

    package func decide(_ process: SupervisedProcess) -> SupervisedAnswer {
        let asked = programs.filter { $0.hook == .process }
        switch process.event {
        case .executes, .hasExecuted, .begins: return SupervisedAnswer(allows: asked.allSatisfy { $0.decide(process) })
        case .ends:
            for program in asked { _ = program.decide(process) }
            return SupervisedAnswer(allows: true)
        }
    }

    /// Tells all that are to be told of a call; those that were.
    package func hear(of call: SupervisedObservation) -> [AttachedProgram] {
        let told = programs.filter { $0.wants(call) }
        for program in told { program.hear(of: call) }
        return told
    }

    /// Whether a program that is told of calls reads what these have in memory.
    package var readMemory: Bool { programs.contains { $0.hook.isObserving && $0.program.readsMemory } }

    package var hooks: Set<SupervisedHook> { Set(programs.map(\.hook)) }

    /// Hooks at which a call that nobody decides in time is let through: those where policy says so of every program.
    package var openHooks: Set<SupervisedHook> {
        hooks.filter { hook in programs.allSatisfy { $0.hook != hook || $0.onFailure == .open } }
    }

    /// Whether a program asks who caused an event: the helpers that say so (include/uapi/linux/bpf.h: pid_tgid, uid_gid, comm).
    package var identify: Bool {
        programs.contains { $0.program.identifies }
    }
}

extension AdmittedProgram {
    package var identifies: Bool {
        members.contains { member in member.facts.helperIDs.contains { [14, 15, 16].contains($0) } }
    }
}
