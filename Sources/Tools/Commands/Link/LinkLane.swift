internal import Channel
internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Maps
internal import PolicyCore
internal import Prototypes
internal import Sandbox

/// One lane of a link: rings of its own, and the programs in cells of its own. One thread at a time has it.
///
/// The first program sees every packet; each of the others what those before it let go on. Packets are with the first one's cell several at a time,
/// since there one change between host and cell does for all; a chain's others decide about one at a time.
struct LinkLane: ~Copyable {
    private var link: PacketLink
    var first: LinkedProgram
    let rest: [ChainedProgram]
    /// When packets were handed to the cell that are not decided about yet.
    private var announced: [UInt64] = []
    /// Made once, so that a packet allocates nothing.
    private var event: Event
    /// As one program leaves it for the next.
    private var context: [UInt8] = []
    private var started: UInt64 = 0
    private var lastPacket: UInt64 = 0
    private var lastWords: UInt64 = 0

    /// After so long without a packet this thread sleeps until there is one.
    private static let patience: UInt64 = 50_000
    private static let batch = 64
    /// What programs print and hand out is taken as often as that while packets come without a pause.
    private static let wordsInterval: UInt64 = 5_000_000

    init(_ link: consuming PacketLink, _ first: consuming LinkedProgram, _ rest: [ChainedProgram]) {
        self.link = link
        event = Event(context: first.layout.emptyContext)
        event.processor = first.lane
        self.first = first
        self.rest = rest
    }

    var programCount: Int { rest.count + 1 }

    /// Does something with one of its programs, by their order.
    mutating func withProgram<Result, Problem: Error>(
        _ index: Int, _ body: (inout LinkedProgram) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        index == 0 ? try body(&first) : try body(&rest[index - 1].program)
    }

    mutating func begin(_ now: UInt64) { (started, lastPacket, lastWords) = (now, now, now) }

    /// Does what has come in; where nothing does for a while, sleeps for so long or until something comes.
    mutating func step(sleep milliseconds: Int32) throws(LinkError) {
        let served = try serve()
        first.drain()
        for chained in rest { chained.program.drain() }
        let now = monotonicNanoseconds()
        if served == 0 || now - lastWords > Self.wordsInterval {
            lastWords = now
            try takeWords()
        }
        guard served == 0 else {
            lastPacket = now
            return
        }
        if now - lastPacket > Self.patience { try link.wait(milliseconds: milliseconds) }
    }

    private mutating func serve() throws(LinkError) -> Int {
        let (recorded, layout) = (first.recorded, first.layout)
        // Another program may have taken the first one's place.
        if event.context.count != layout.contextSize {
            event = Event(context: layout.emptyContext)
            event.processor = first.lane
        }
        return try Self.serveOnce(
            &link, &first.governed, &first.result, &first.live, &announced, recorded, rest, layout, &event, &context,
            started)
    }

    private static func serveOnce(
        _ link: inout PacketLink, _ governed: inout GovernedSandbox, _ result: inout EventRun.Result,
        _ live: inout LiveProgram?, _ announced: inout [UInt64], _ recorded: Recorded?, _ rest: [ChainedProgram],
        _ layout: EventLayout, _ event: inout Event, _ context: inout [UInt8], _ started: UInt64
    ) throws(LinkError) -> Int {
        // What is recorded is decided about one packet at a time.
        let isExpress = layout.shape.buffer == .express && recorded == nil
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
                    context.removeAll(keepingCapacity: true)
                    do throws(SandboxError) {
                        if isExpress {
                            // SAFETY: the buffer is there until this returns, and is nobody else's.
                            decided = unsafe try sandbox.conclude(into: delivery.changed)
                        } else {
                            let looks = recorded != nil || !rest.isEmpty
                            decided = try Self.decide(
                                delivery, &event, &sandbox, recorded, &context, looks, time: before)
                        }
                        if recorded != nil {
                            LinkedProgram.keep(
                                try LinkedProgram.takeWords(of: &sandbox, &live, limit: 4_096), in: &result)
                        }
                    } catch { throw .undecided("\(error)") }
                    let now = monotonicNanoseconds()
                    LinkedProgram.count(decided, nanoseconds: now - before, &result, &live)
                    if result.packets == 1 { result.firstVerdictNanoseconds = now - started }
                    var outcome = Self.outcome(of: decided, delivery, layout, &result)
                    guard !rest.isEmpty, layout.goesOn(decided) else { return outcome }
                    for chained in rest {
                        guard case .pass(let size) = outcome else { break }
                        var goesOn = false
                        outcome = try chained.decide(delivery, size: size, &context, time: before, goesOn: &goesOn)
                        guard goesOn else { break }
                    }
                    return outcome
                }
            } catch {
                sandbox.forget()
                announced.removeAll(keepingCapacity: true)
                throw error
            }
        }
        return served ?? 0
    }

    /// What becomes of a packet, if no other program is asked.
    private static func outcome(
        of decided: EventResult, _ delivery: PacketLink.Delivery, _ layout: EventLayout, _ result: inout EventRun.Result
    ) -> PacketLink.Outcome {
        var size = decided.size
        if decided.failure != nil {
            // What the program began to change is not what goes on.
            // SAFETY (both): the packet is there until it is decided about, and there is room for the largest.
            size = unsafe delivery.packet.count
            unsafe delivery.changed.copyMemory(from: delivery.packet)
        } else {
            // SAFETY: as many bytes were written.
            let left = unsafe UnsafeRawBufferPointer(rebasing: delivery.changed[..<size])
            if unsafe !isSame(left, delivery.packet) { result.changed += 1 }
        }
        return layout.outcome(of: decided, size: size)
    }

    /// The event of a program whose context says more than where the packet is.
    private static func decide(
        _ delivery: PacketLink.Delivery, _ event: inout Event, _ sandbox: inout Sandbox, _ recorded: Recorded?,
        _ context: inout [UInt8], _ looks: Bool, time: UInt64
    ) throws(SandboxError) -> EventResult {
        event.packet.removeAll(keepingCapacity: true)
        // SAFETY: the packet is there as long as it is being decided about.
        unsafe event.packet.append(contentsOf: delivery.packet)
        sandbox.layout.prepare(&event, interface: delivery.interface)
        if looks { context.copy(event.context) }
        guard let recorded else {
            return unsafe try sandbox.decide(event, into: delivery.changed, context: &context, time: time)
        }
        return unsafe try recorded.decide(event, into: delivery.changed, context: &context, time: time, by: &sandbox)
    }

    /// What programs printed and handed out, at a moment when no packet is with a cell.
    private mutating func takeWords() throws(LinkError) {
        first.tidy()
        try first.takeWords(limit: 256)
        for chained in rest {
            chained.program.tidy()
            try chained.program.takeWords(limit: 256)
        }
    }

    /// Ends: what became of the packets, and of the programs.
    mutating func end(after nanoseconds: UInt64) {
        link.countLost()
        first.end(after: nanoseconds)
        for chained in rest { chained.program.end(after: nanoseconds) }
    }

    var packets: PacketStatistics { link.statistics }
    var traffic: [PortTraffic] { link.traffic }
}

/// A lane, for the thread that serves it and for the first lane's, which has it while that waits.
final class LaneHolder: @unchecked Sendable {
    var lane: LinkLane

    init(_ lane: consuming LinkLane) { self.lane = lane }
}

/// The rings of a lane, until that has its programs.
final class PacketLinkHolder {
    private var link: PacketLink?
    let rawDescriptors: [Int32]
    /// The kernel's numbers of the interfaces.
    let interfaces: [String: UInt32]

    init(_ link: consuming PacketLink) {
        interfaces = link.interfaces
        rawDescriptors = link.rawDescriptors
        self.link = consume link
    }

    func take() -> PacketLink {
        guard let taken = link.take() else { preconditionFailure("a lane takes its rings once") }
        return taken
    }
}

/// One program of a link on its other lanes.
struct ProgramLanes: Sendable {
    let index: Int
    let others: [LaneHolder]
    /// Nil where there are no others.
    let gate: LaneGate?

    /// Of a program that is on one lane.
    static let none = ProgramLanes(index: 0, others: [], gate: nil)

    /// From here on none of them decides about a packet, until they go on.
    func stop() { gate?.stop() }
    func goOn() { gate?.goOn() }

    /// Does something with each of them, in the order of the lanes, while they are stopped.
    func forEach<Problem: Error>(_ body: (Int, inout LinkedProgram) throws(Problem) -> Void) throws(Problem) {
        for (number, holder) in others.enumerated() {
            try holder.lane.withProgram(index) { (program) throws(Problem) in try body(number, &program) }
        }
    }
}

extension EventLayout {
    /// What becomes of a packet by a verdict.
    func outcome(of decided: EventResult, size: Int) -> PacketLink.Outcome {
        switch shape.verdicts.rows[decided.verdict].fate {
        case .kept, .cut: .pass(size: size)
        case .dropped: .drop
        case .sentBack: .sendBack(size: size)
        case .redirected: .redirect(to: decided.redirection, size: size)
        }
    }

    /// Whether the next program of a chain is asked: behind XDP_PASS, as libxdp's dispatcher does it; behind TC_ACT_UNSPEC and TC_ACT_PIPE, as tcx
    /// (TCX_NEXT) and classifiers behind each other do. A program that failed decides for itself only: what policy lets through of it goes on.
    func goesOn(_ decided: EventResult) -> Bool {
        let row = shape.verdicts.rows[decided.verdict]
        if decided.failure != nil { return row.fate == .kept }
        return shape.buffer == .express ? row.result == 2 : row.result == -1 || row.result == 3
    }
}
