internal import Channel
internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Maps
internal import PolicyCore
internal import Prototypes
internal import Sandbox

/// The programs that decide about the packets of a link, for as long as it lasts.
///
/// The first sees every packet; each of the others what those before it let go on. Packets are with the first one's cell several at a time, since
/// there one change between host and cell does for all; a chain's others decide about one at a time.
struct LinkRun: ~Copyable {
    private var link: PacketLink
    private var first: LinkedProgram
    private let rest: [ChainedProgram]
    /// When packets were handed to the cell that are not decided about yet.
    private var announced: [UInt64] = []
    private let maker: LinkMaker
    private let keepsMaps: Bool
    private let hasDirectory: Bool

    /// After so long without a packet this process sleeps until there is one.
    private static let patience: UInt64 = 50_000
    /// How long it sleeps at most, so that it sees that it is to end.
    private static let sleep: Int32 = 100
    private static let batch = 64
    /// What programs print and hand out is taken as often as that while packets come without a pause.
    private static let wordsInterval: UInt64 = 5_000_000

    /// - Parameters:
    ///   - keepsMaps: whether a program that takes another's place finds what the other's maps hold.
    ///   - hasDirectory: whether the maps are kept in one.
    init(
        _ link: consuming PacketLink, _ first: consuming LinkedProgram, _ rest: [ChainedProgram], _ maker: LinkMaker,
        keepsMaps: Bool, hasDirectory: Bool
    ) {
        self.link = link
        self.first = first
        self.rest = rest
        self.maker = maker
        self.keepsMaps = keepsMaps
        self.hasDirectory = hasDirectory
    }

    /// How large a packet may be, and that the next cell waits for the present one to fail.
    static func options(fuel: UInt64) -> SandboxOptions {
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = PacketSocket.largestFrame
        options.keepsSpare = true
        return options
    }

    /// Lets others look on.
    mutating func show(_ show: consuming LiveShow) throws(Failure) {
        first.show(on: &show, hook: maker.kind.rawValue)
        for chained in rest { chained.program.show(on: &show, hook: maker.kind.rawValue) }
        try show.begin()
    }

    /// Serves until it is asked to end; what became of the packets.
    mutating func perform(seconds: Int?) throws -> PacketStatistics {
        do throws(SystemError) {
            try EndRequest.catchAll()
            try RenewalRequest.catchAll()
        } catch { throw Failure(.internalError, "signals", "\(error)") }
        let started = monotonicNanoseconds()
        let deadline = seconds.map { started + UInt64($0) * 1_000_000_000 }
        do throws(LinkError) { try serve(started, until: deadline) } catch { throw Failure(error) }
        link.countLost()
        let spent = monotonicNanoseconds() - started
        first.end(after: spent)
        for chained in rest { chained.program.end(after: spent) }
        return link.statistics
    }

    private mutating func serve(_ started: UInt64, until deadline: UInt64?) throws(LinkError) {
        var event = Event(context: first.layout.emptyContext)
        // As one program leaves it for the next: made once, so that a packet allocates nothing.
        var context: [UInt8] = []
        var lastPacket = started
        var lastWords = started
        while !EndRequest.isPending {
            let (recorded, layout) = (first.recorded, first.layout)
            let served = try Self.serveOnce(
                &link, &first.governed, &first.result, &first.live, &announced, recorded, rest, layout, &event,
                &context,
                started)
            first.drain()
            for chained in rest { chained.program.drain() }
            let now = monotonicNanoseconds()
            if let deadline, now >= deadline { return }
            try first.obey(now)
            for chained in rest { try chained.program.obey(now) }
            if served == 0 || now - lastWords > Self.wordsInterval {
                lastWords = now
                try takeWords()
            }
            if RenewalRequest.take() {
                replace()
                if event.context.count != first.layout.contextSize { event = Event(context: first.layout.emptyContext) }
            }
            guard served == 0 else {
                lastPacket = now
                continue
            }
            if now - lastPacket > Self.patience { try link.wait(milliseconds: Self.sleep) }
        }
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

    /// Lets what the objects are now take the programs' places, between two packets.
    private mutating func replace() {
        StandardError.write(first.replace(by: maker, keepsMaps: keepsMaps, hasDirectory: hasDirectory) + "\n")
        for chained in rest {
            StandardError.write(
                chained.program.replace(by: maker, keepsMaps: keepsMaps, hasDirectory: hasDirectory) + "\n")
        }
    }
}

// MARK: What came of it

extension LinkRun {
    /// Refuses a name that no map of the first program has.
    mutating func check(maps: [String]) throws { for name in maps { _ = try first.contents(of: name) } }

    /// A report of each program, in their order.
    mutating func reports(kvm: String, maps: [String], _ broker: Broker) throws -> [RunReport] {
        var processes = broker.processes
        if let cell = first.process() { processes.append(cell) }
        for chained in rest { if let cell = chained.program.process() { processes.append(cell) } }
        let contents = try maps.compactMap { try first.contents(of: $0) }
        var reports = [first.report(kvm: kvm, contents, hasDirectory, processes)]
        for chained in rest { reports.append(chained.program.report(kvm: kvm, [], hasDirectory, processes)) }
        return reports
    }

    var replacements: Int { first.replacements + rest.reduce(0) { $0 + $1.program.replacements } }
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
