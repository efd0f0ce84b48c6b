internal import Channel
internal import Enclosure
internal import Hooks
internal import Linux
internal import Observation
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// A program that looks on at a hook.
final class Observer {
    let hook: ObservedHook
    var program: LinkedProgram
    let maker: LinkMaker
    private var event: Event
    private var emptyContext: [UInt8]
    private var context: [UInt8]
    private var changed: [UInt8] = [0]
    /// Where the socket behind the context has its family, type and protocol.
    private var socket: [Int] = []
    private var asksWho = false
    /// The process of its cell, which is not observed.
    private var cell: Int32 = 0

    init(_ program: consuming LinkedProgram, at hook: ObservedHook, _ maker: LinkMaker) {
        self.hook = hook
        self.maker = maker
        emptyContext = program.layout.emptyContext
        event = Event(context: emptyContext)
        context = emptyContext
        self.program = program
        learn()
    }

    /// What the program's type says of its events, once for many of them.
    private func learn() {
        let layout = program.layout
        emptyContext = layout.emptyContext
        event = Event(context: emptyContext)
        socket = ["family", "type", "protocol"].compactMap { name in
            layout.socketFields.first { $0.name == name }?.offset
        }
        // Those that say who caused an event (include/uapi/linux/bpf.h).
        let asking: Set<UInt32> = [14, 15, 16, 46, 80]
        asksWho = program.permit.program.members.contains { !asking.isDisjoint(with: $0.facts.helperIDs) }
    }

    func look(at observed: ObservedEvent) throws(ObservationError) {
        event.context.copy(emptyContext)
        // SAFETY: the bytes are there until the event is over, and no more of them are read.
        unsafe event.context.withUnsafeMutableBytes { context in
            let count = unsafe min(context.count, observed.bytes.count)
            unsafe context.copyMemory(from: UnsafeRawBufferPointer(rebasing: observed.bytes[..<count]))
        }
        // What `struct bpf_sock_addr` says of the socket from byte 28 on is what the socket says (include/uapi/linux/bpf.h).
        if socket.count == 3 {
            for (index, offset) in socket.enumerated() {
                for byte in 0..<4 { event.context[offset + byte] = event.context[28 + 4 * index + byte] }
            }
        }
        event.processor = observed.processor
        if asksWho { event.identity = Self.identity(of: observed) }
        let before = monotonicNanoseconds()
        let decided = try decide(time: observed.time)
        program.count(decided, nanoseconds: monotonicNanoseconds() - before)
    }

    private static func identity(of observed: ObservedEvent) -> EventIdentity {
        var identity = EventIdentity()
        identity.process = observed.process
        identity.thread = observed.thread
        identity.user = observed.user
        identity.group = observed.group
        identity.cgroup = observed.cgroup
        identity.cookie = observed.cookie
        identity.command = observed.command
        return identity
    }

    private func decide(time: UInt64) throws(ObservationError) -> EventResult {
        let recorded = program.recorded
        var live = program.live.take()
        defer { program.live = live }
        var lines: [String] = []
        let decided = try program.governed.withSandbox { (sandbox) throws(ObservationError) in
            var result: EventResult?
            var problem: SandboxError?
            // SAFETY: the buffer lives through the call, and nobody else uses it meanwhile.
            unsafe changed.withUnsafeMutableBytes { buffer in
                do throws(SandboxError) {
                    guard let recorded else {
                        return result = unsafe try sandbox.decide(event, into: buffer, context: &context, time: time)
                    }
                    result = unsafe try recorded.decide(
                        event, into: buffer, context: &context, time: time, by: &sandbox)
                    lines = try LinkedProgram.takeWords(of: &sandbox, &live, limit: 4_096)
                } catch { problem = error }
            }
            if let problem { throw .undecided("\(problem)") }
            return result
        }
        LinkedProgram.keep(lines, in: &program.result)
        guard let decided = decided ?? nil else { throw .undecided("a program that looked on is detached") }
        return decided
    }

    /// What is done now and then, between two events: what it said is taken, and its cell's process is not observed, whichever it is by now.
    func tidy(_ observation: borrowing Observation) throws(LinkError) {
        program.tidy()
        try program.takeWords(limit: 4_096)
        let now = program.governed.withSandbox { $0.cellProcess } ?? 0
        guard now != cell else { return }
        if cell > 0 { observation.silence(cell, false) }
        if now > 0 { observation.silence(now) }
        cell = now
    }

    /// Lets what its object is now take its place.
    func replace(keepsMaps: Bool) -> String {
        let sentence = program.replace(by: maker, keepsMaps: keepsMaps, hasDirectory: false)
        learn()
        return sentence
    }
}
