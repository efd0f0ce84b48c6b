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
    private var sandbox: Sandbox

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
        _ link: consuming PacketLink, _ permit: Permit, _ attachment: AttachPoint, _ broker: Broker, fuel: UInt64,
        maps: String?
    ) throws {
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = PacketSocket.largestFrame
        options.keepsSpare = true
        let settled = options
        let directory = try maps.map { (path) throws(Failure) in
            do throws(SandboxError) { return try MapDirectory(path) } catch { throw Failure(error, about: path) }
        }
        sandbox = try EventRun.start(permit, broker, settled) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(permit, native: native, in: jail, options: settled, maps: directory, attachment: attachment)
        }
        self.link = link
    }

    var permit: Permit { sandbox.permit }
    var executionMode: ExecutionMode { sandbox.executionMode }
    var layout: EventLayout { sandbox.layout }

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
        result.run.statistics = sandbox.statistics
        return result
    }

    private mutating func serve(
        _ result: inout EventRun.Result, _ started: UInt64, until deadline: UInt64?
    ) throws(LinkError) {
        var event = Event(context: layout.emptyContext)
        var lastPacket = started
        while !EndRequest.isPending {
            let served = try serveOnce(&result, &event, started)
            let now = monotonicNanoseconds()
            if let deadline, now >= deadline { return }
            guard served == 0 else {
                lastPacket = now
                continue
            }
            try takeWords(&result)
            if now - lastPacket > Self.patience { try link.wait(milliseconds: Self.sleep) }
        }
    }

    private mutating func serveOnce(
        _ result: inout EventRun.Result, _ event: inout Event, _ started: UInt64
    ) throws(LinkError) -> Int {
        let rows = layout.shape.verdicts.rows
        let isExpress = layout.shape.buffer == .express
        return try link.serve(limit: Self.batch) { (delivery) throws(LinkError) in
            let before = monotonicNanoseconds()
            let decided: EventResult
            do throws(SandboxError) {
                if isExpress {
                    // SAFETY: both buffers are there until this returns, and are nobody else's.
                    decided = unsafe try sandbox.decide(
                        xdp: delivery.packet, into: delivery.changed, interface: delivery.interface, time: before)
                } else {
                    decided = try Self.decide(delivery, &event, &sandbox, time: before)
                }
            } catch { throw .undecided("\(error)") }
            let now = monotonicNanoseconds()
            result.latency.record(now - before)
            result.packets += 1
            if result.packets == 1 { result.firstVerdictNanoseconds = now - started }
            result.verdicts[decided.verdict] += 1
            var size = decided.size
            if let failure = decided.failure {
                if result.failures.count < Self.keptFailures { result.failures.append((result.packets, failure)) }
                // What the program began to change is not what goes on.
                // SAFETY (both): the packet is there until this returns, and there is room for the largest.
                size = unsafe delivery.packet.count
                unsafe delivery.changed.copyMemory(from: delivery.packet)
            } else {
                // SAFETY: as many bytes were written.
                let left = unsafe UnsafeRawBufferPointer(rebasing: delivery.changed[..<size])
                if unsafe !isSame(left, delivery.packet) { result.changed += 1 }
            }
            return switch rows[decided.verdict].fate {
            case .kept, .cut: .pass(size: size)
            case .dropped: .drop
            case .sentBack: .sendBack(size: size)
            case .redirected: .redirect(to: decided.redirection, size: size)
            }
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
        do throws(SandboxError) {
            let lines = try sandbox.takeLog(limit: 256)
            result.log += lines.prefix(max(0, Self.keptLogLines - result.log.count))
        } catch { throw .undecided("\(error)") }
        _ = sandbox.takeRecords(limit: 4096)
        sandbox.maps.releaseAbandonedLocks()
    }

    /// Refuses a name that no map has.
    func check(maps: [String]) throws {
        do throws(SandboxError) { for name in maps { _ = try sandbox.maps.map(named: name) } } catch {
            throw Failure(error, about: sandbox.permit.program.program.name)
        }
    }

    func contents(of map: String) throws -> MapContents {
        do throws(SandboxError) { return try sandbox.maps.contents(of: map) } catch {
            throw Failure(error, about: sandbox.permit.program.program.name)
        }
    }

    func processes(_ broker: Broker) -> [ProcessReport] {
        broker.processes + [
            ProcessReport(
                sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor, process: sandbox.cellProcess,
                sandbox.cellConfinement)
        ]
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
        case .undecided: self.init(.internalError, "the link", "\(error)")
        }
    }
}
