internal import Linux
package import PolicyCore
internal import ProgramPackage
internal import Prototypes
package import Supervision

/// A program that decides at a hook of a supervised tree, in a sandbox of its own.
package final class AttachedProgram {
    package let hook: SocketHook
    package private(set) var sandbox: Sandbox
    private let fields: SocketFields
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

    private static let keptFailures = 8
    private static let keptLines = 1_024

    /// - Parameter sandbox: one whose program is of the hook's type, with a permit for this attachment.
    package init(_ sandbox: consuming Sandbox, at hook: SocketHook) {
        self.hook = hook
        fields = SocketFields(sandbox.layout)
        verdicts = [UInt64](repeating: 0, count: sandbox.layout.shape.verdicts.rows.count)
        changed = [0]
        context = sandbox.layout.emptyContext
        self.sandbox = sandbox
    }

    /// What policy says becomes of an event that the program could not decide.
    package var onFailure: FailureVerdict { sandbox.permit.decision.onFailure }

    /// One program's word, and the address as it left it.
    struct Word {
        var allows: Bool
        var anyPort: Bool
        var destination: SocketDestination
    }

    func decide(_ call: SupervisedCall, to destination: SocketDestination) -> Word {
        let result: EventResult
        let before = monotonicNanoseconds()
        do throws(SandboxError) {
            guard quarantine == nil else { return failed(nil, destination) }
            let event = fields.event(call, to: destination)
            var decided: EventResult?
            var problem: SandboxError?
            // SAFETY: the buffer lives through the call, and nobody else uses it meanwhile.
            unsafe changed.withUnsafeMutableBytes { buffer in
                do throws(SandboxError) {
                    decided = unsafe try decide(event, into: buffer)
                } catch { problem = error }
            }
            if let problem { throw problem }
            guard let decided else { preconditionFailure("a decision was made, or a problem found") }
            result = decided
            live?.count(result, nanoseconds: monotonicNanoseconds() - before)
        } catch {
            quarantine = error
            return failed(nil, destination)
        }
        if let failure = result.failure { return failed(failure, destination) }
        verdicts[result.verdict] += 1
        let row = sandbox.layout.shape.verdicts.rows[result.verdict]
        let left = fields.destination(in: context) ?? destination
        // What cannot be done as the program says is not done.
        let allows = Self.allows(row.fate) && !fields.namesSource(in: context)
        if allows, left != destination { rewritten += 1 }
        return Word(allows: allows, anyPort: hook.grantsPorts && row.result & 2 != 0, destination: left)
    }

    private func decide(
        _ event: Event, into buffer: UnsafeMutableRawBufferPointer
    ) throws(SandboxError) -> EventResult {
        let time = monotonicNanoseconds()
        // SAFETY (both): the caller keeps the buffer through the call.
        guard let recording else {
            return unsafe try sandbox.decide(event, into: buffer, context: &context, time: time)
        }
        let result = unsafe try recording.recorder.decide(
            event, into: buffer, context: &context, time: time, by: &sandbox, number: recording.number)
        lines += try sandbox.takeLog(limit: 4_096).prefix(max(0, Self.keptLines - lines.count))
        return result
    }

    private func failed(_ failure: Sandbox.EventFailure?, _ destination: SocketDestination) -> Word {
        failures += 1
        if let failure, firstFailures.count < Self.keptFailures { firstFailures.append(failure) }
        let table = sandbox.layout.shape.verdicts
        let result = onFailure == .open ? table.open : table.closed
        let row = table.index(of: UInt64(UInt32(bitPattern: result)), packetSize: .max)
        verdicts[row] += 1
        return Word(allows: Self.allows(table.rows[row].fate), anyPort: false, destination: destination)
    }

    private static func allows(_ fate: VerdictTable.Fate) -> Bool {
        switch fate {
        case .kept, .cut, .sentBack, .redirected: true
        case .dropped: false
        }
    }

    /// What the program printed and handed out since the last time; at most so many lines.
    package func takeLog(limit: Int) -> [String] {
        live?.show(sandbox)
        do throws(SandboxError) { lines += try sandbox.takeLog(limit: limit) } catch { quarantine = error }
        defer { lines.removeAll() }
        live?.note([], lines: lines, time: monotonicNanoseconds())
        return lines
    }

    package func takeRecords() -> [RingRecord] {
        let records = sandbox.takeRecords(limit: .max)
        live?.note(records, lines: [], time: monotonicNanoseconds())
        return records
    }

    package func releaseAbandonedLocks() { sandbox.maps.releaseAbandonedLocks() }
}

extension SocketHook {
    /// Whether a second bit of a result says that no privilege is needed for the port.
    fileprivate var grantsPorts: Bool {
        switch self {
        case .bindIPv4, .bindIPv6: true
        case .connectIPv4, .connectIPv6, .sendIPv4, .sendIPv6, .socketCreate: false
        }
    }
}

/// All programs of the hooks of a tree: the combination rule is Linux's (`bpf_prog_run_array_cg` in kernel/bpf/cgroup.c). Every program of a hook
/// is run, in order, each on the address as the one before left it; who denies, denies for all.
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
        if destination != call.destination { answer.rewritten = destination }
        return answer
    }

    package var hooks: Set<SocketHook> { Set(programs.map(\.hook)) }

    /// Hooks at which a call that nobody decides in time is let through: those where policy says so of every program.
    package var openHooks: Set<SocketHook> {
        hooks.filter { hook in programs.allSatisfy { $0.hook != hook || $0.onFailure == .open } }
    }

    /// Whether a program asks who caused an event: the helpers that say so (include/uapi/linux/bpf.h: pid_tgid, uid_gid, comm).
    package var identify: Bool {
        programs.contains { program in
            program.sandbox.permit.program.members.contains { member in
                member.facts.helperIDs.contains { [14, 15, 16].contains($0) }
            }
        }
    }
}
