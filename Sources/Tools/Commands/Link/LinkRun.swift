internal import Channel
internal import CommandSupport
internal import Confinement
internal import Enclosure
internal import Hooks
internal import Linux
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// A sandbox that decides about the packets of a link, for as long as it lasts.
struct LinkRun: ~Copyable {
    private var link: PacketLink
    private var governed: GovernedSandbox
    /// Nil where one file decides, which was named.
    private var watch: PolicyWatch?
    /// When packets were handed to the cell that are not decided about yet.
    private var announced: [UInt64] = []
    let permit: Permit
    let executionMode: ExecutionMode
    let layout: EventLayout

    struct Result {
        var run: EventRun.Result
        var packets = PacketStatistics()
    }

    /// After so long without a packet this process sleeps until there is one.
    private static let patience: UInt64 = 50_000
    /// How long it sleeps at most, so that it sees that it is to end.
    private static let sleep: Int32 = 100
    private static let batch = 64
    private static let keptFailures = 8
    private static let keptLogLines = 64

    init(
        _ link: consuming PacketLink, _ permit: Permit, _ attachment: AttachPoint, _ broker: Broker,
        options: SandboxOptions, maps: String?, watch: PolicyWatch?
    ) throws {
        let directory = try maps.map { (path) throws(Failure) in
            do throws(SandboxError) { return try MapDirectory(path) } catch { throw Failure(error, about: path) }
        }
        let sandbox = try EventRun.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(permit, native: native, in: jail, options: options, maps: directory, attachment: attachment)
        }
        (self.permit, executionMode, layout) = (permit, sandbox.executionMode, sandbox.layout)
        governed = GovernedSandbox(sandbox, attachment: attachment)
        self.link = link
        self.watch = watch
    }

    /// How large a packet may be, and that the next cell waits for the present one to fail.
    static func options(fuel: UInt64) -> SandboxOptions {
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = PacketSocket.largestFrame
        options.keepsSpare = true
        return options
    }

    mutating func perform(seconds: Int?) throws -> Result {
        var result = Result(run: EventRun.Result(verdicts: layout.shape.verdicts.rows.count))
        do throws(SystemError) { try EndRequest.catchAll() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        let started = monotonicNanoseconds()
        let deadline = seconds.map { started + UInt64($0) * 1_000_000_000 }
        do throws(LinkError) { try serve(&result.run, started, until: deadline) } catch { throw Failure(error) }
        link.countLost()
        result.packets = link.statistics
        result.run.nanoseconds = monotonicNanoseconds() - started
        result.run.statistics = statistics
        return result
    }

    private mutating func serve(
        _ result: inout EventRun.Result, _ started: UInt64, until deadline: UInt64?
    ) throws(LinkError) {
        var event = Event(context: layout.emptyContext)
        var lastPacket = started
        while !EndRequest.isPending {
            let served = try Self.serveOnce(&link, &governed, &announced, layout, &result, &event, started)
            let now = monotonicNanoseconds()
            if let deadline, now >= deadline { return }
            try obey(now)
            guard served == 0 else {
                lastPacket = now
                continue
            }
            try takeWords(&result)
            if now - lastPacket > Self.patience { try link.wait(milliseconds: Self.sleep) }
        }
    }

    /// Does what a new policy says, between two packets.
    private mutating func obey(_ now: UInt64) throws(LinkError) {
        guard let transition = watch?.look(now, &governed) else { return }
        guard case .detached = transition else { return StandardError.write("\(transition.sentence)\n") }
        throw .forbidden(transition.sentence)
    }

    private static func serveOnce(
        _ link: inout PacketLink, _ governed: inout GovernedSandbox, _ announced: inout [UInt64], _ layout: EventLayout,
        _ result: inout EventRun.Result, _ event: inout Event, _ started: UInt64
    ) throws(LinkError) -> Int {
        let isExpress = layout.shape.buffer == .express
        let served = try governed.withSandbox { (sandbox) throws(LinkError) in
            do throws(LinkError) {
                return try link.serve(limit: Self.batch) { (delivery) throws(LinkError) in
                    let time = monotonicNanoseconds()
                    announced.append(time)
                    guard isExpress else { return }
                    // SAFETY: the packet is there until it is decided about.
                    unsafe sandbox.submit(xdp: delivery.packet, interface: delivery.interface, time: time)
                } decide: { (delivery) throws(LinkError) in
                    let before = announced.removeFirst()
                    let decided: EventResult
                    do throws(SandboxError) {
                        if isExpress {
                            // SAFETY: the buffer is there until this returns, and is nobody else's.
                            decided = unsafe try sandbox.conclude(into: delivery.changed)
                        } else {
                            decided = try Self.decide(delivery, &event, &sandbox, time: before)
                        }
                    } catch { throw .undecided("\(error)") }
                    let now = monotonicNanoseconds()
                    result.latency.record(now - before)
                    if result.packets == 0 { result.firstVerdictNanoseconds = now - started }
                    return Self.outcome(of: decided, delivery, layout, &result)
                }
            } catch {
                sandbox.forget()
                announced.removeAll(keepingCapacity: true)
                throw error
            }
        }
        return served ?? 0
    }

    /// What becomes of a packet, and what is counted of it.
    private static func outcome(
        of decided: EventResult, _ delivery: PacketLink.Delivery, _ layout: EventLayout,
        _ result: inout EventRun.Result
    ) -> PacketLink.Outcome {
        result.packets += 1
        result.verdicts[decided.verdict] += 1
        var size = decided.size
        if let failure = decided.failure {
            if result.failures.count < Self.keptFailures { result.failures.append((result.packets, failure)) }
            // What the program began to change is not what goes on.
            // SAFETY (both): the packet is there until it is decided about, and there is room for the largest.
            size = unsafe delivery.packet.count
            unsafe delivery.changed.copyMemory(from: delivery.packet)
        } else {
            // SAFETY: as many bytes were written.
            let left = unsafe UnsafeRawBufferPointer(rebasing: delivery.changed[..<size])
            if unsafe !isSame(left, delivery.packet) { result.changed += 1 }
        }
        return switch layout.shape.verdicts.rows[decided.verdict].fate {
        case .kept, .cut: .pass(size: size)
        case .dropped: .drop
        case .sentBack: .sendBack(size: size)
        case .redirected: .redirect(to: decided.redirection, size: size)
        }
    }

    /// The event of a program whose context says more than where the packet is.
    private static func decide(
        _ delivery: PacketLink.Delivery, _ event: inout Event, _ sandbox: inout Sandbox, time: UInt64
    ) throws(SandboxError) -> EventResult {
        event.packet.removeAll(keepingCapacity: true)
        // SAFETY: the packet is there as long as it is being decided about.
        unsafe event.packet.append(contentsOf: delivery.packet)
        sandbox.layout.prepare(&event, interface: delivery.interface)
        var context: [UInt8] = []
        return unsafe try sandbox.decide(event, into: delivery.changed, context: &context, time: time)
    }

    /// What the program printed and handed out, at a moment when no packet waits.
    private mutating func takeWords(_ result: inout EventRun.Result) throws(LinkError) {
        let lines = try governed.withSandbox { (sandbox) throws(LinkError) in
            _ = sandbox.takeRecords(limit: 4096)
            sandbox.maps.releaseAbandonedLocks()
            do throws(SandboxError) { return try sandbox.takeLog(limit: 256) } catch {
                throw .undecided("\(error)")
            }
        }
        result.log += (lines ?? []).prefix(max(0, Self.keptLogLines - result.log.count))
    }

    private var statistics: Sandbox.Statistics {
        mutating get { governed.withSandbox { $0.statistics } ?? Sandbox.Statistics() }
    }

    /// Refuses a name that no map has.
    mutating func check(maps: [String]) throws { for name in maps { _ = try contents(of: name) } }

    mutating func contents(of map: String) throws -> MapContents? {
        do throws(SandboxError) {
            return try governed.withSandbox { (sandbox) throws(SandboxError) in try sandbox.maps.contents(of: map) }
        } catch { throw Failure(error, about: permit.program.program.name) }
    }

    mutating func processes(_ broker: Broker) -> [ProcessReport] {
        let cell = governed.withSandbox { sandbox in
            ProcessReport(
                sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor, process: sandbox.cellProcess,
                sandbox.cellConfinement)
        }
        return broker.processes + (cell.map { [$0] } ?? [])
    }
}

extension Failure {
    init(_ error: LinkError) {
        switch error {
        case .attach(let interface, let problem):
            self.init(
                .badInput, interface, "\(problem)",
                remedy: problem.code == SystemError.notPermitted
                    ? "packet sockets need CAP_NET_RAW: run it as root" : "ip link shows the interfaces there are")
        case .sameInterface(let interface): self.init(.badInput, interface, "\(error)")
        case .lost: self.init(.badInput, "the link", "\(error)")
        case .forbidden(let sentence): self.init(.denied, "the link", sentence)
        case .undecided: self.init(.internalError, "the link", "\(error)")
        }
    }
}
