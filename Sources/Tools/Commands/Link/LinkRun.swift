internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Maps
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// The programs that decide about the packets of a link, for as long as it lasts.
///
/// Each lane has a thread. That of the first is the command's own, which also does what is about all of them: it looks after policies and
/// objects, and while it changes a program the others wait between two packets.
struct LinkRun {
    private let lanes: [LaneHolder]
    private let gate: LaneGate
    /// By program, where else it is.
    private let elsewhere: [ProgramLanes]
    private let maker: LinkMaker
    private let keepsMaps: Bool
    private let hasDirectory: Bool

    /// How long a thread sleeps at most, so that it sees that it is to end, or to wait.
    private static let sleep: Int32 = 100
    private static let sleepOfOthers: Int32 = 10

    /// - Parameters:
    ///   - lanes: at least one.
    ///   - keepsMaps: whether a program that takes another's place finds what the other's maps hold.
    ///   - hasDirectory: whether the maps are kept in one.
    init(_ lanes: [LaneHolder], _ maker: LinkMaker, keepsMaps: Bool, hasDirectory: Bool) {
        precondition(!lanes.isEmpty, "a link has a lane")
        self.lanes = lanes
        let gate = LaneGate(others: lanes.count - 1)
        self.gate = gate
        elsewhere = (0..<lanes[0].lane.programCount).map {
            ProgramLanes(index: $0, others: Array(lanes.dropFirst()), gate: lanes.count > 1 ? gate : nil)
        }
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

    /// Lets others look on: each program on each lane is one that they see.
    func show(_ show: consuming LiveShow) throws(Failure) {
        for (number, holder) in lanes.enumerated() {
            let hook = lanes.count == 1 ? maker.kind.rawValue : "\(maker.kind.rawValue)/\(number)"
            for index in 0..<programCount { holder.lane.withProgram(index) { $0.show(on: &show, hook: hook) } }
        }
        try show.begin()
    }

    private var programCount: Int { elsewhere.count }

    /// Serves until it is asked to end; what became of the packets.
    func perform(seconds: Int?) throws -> PacketStatistics {
        do throws(SystemError) {
            try EndRequest.catchAll()
            try RenewalRequest.catchAll()
        } catch { throw Failure(.internalError, "signals", "\(error)") }
        let started = monotonicNanoseconds()
        for holder in lanes { holder.lane.begin(started) }
        try startOthers()
        do throws(LinkError) {
            defer { gate.close() }
            try serve(until: seconds.map { started + UInt64($0) * 1_000_000_000 })
        } catch { throw Failure(error) }
        let spent = monotonicNanoseconds() - started
        for holder in lanes { holder.lane.end(after: spent) }
        return lanes.reduce(PacketStatistics()) { $0 + $1.lane.packets }
    }

    private func startOthers() throws(Failure) {
        for (number, holder) in lanes.enumerated().dropFirst() {
            do throws(SystemError) {
                try startThread { [gate] in
                    do throws(LinkError) {
                        while !gate.isOver {
                            gate.pass()
                            try holder.lane.step(sleep: Self.sleepOfOthers)
                        }
                        gate.end(nil)
                    } catch { gate.end(error) }
                }
            } catch {
                for _ in number..<lanes.count { gate.end(nil) }
                gate.close()
                throw Failure(.internalError, "the threads of lanes", "\(error)")
            }
        }
    }

    private func serve(until deadline: UInt64?) throws(LinkError) {
        while !EndRequest.isPending {
            try lanes[0].lane.step(sleep: Self.sleep)
            if let failure = lanes.count == 1 ? nil : gate.failure { throw failure }
            let now = monotonicNanoseconds()
            if let deadline, now >= deadline { return }
            for index in 0..<programCount {
                let others = elsewhere[index]
                try lanes[0].lane.withProgram(index) { (program) throws(LinkError) in try program.obey(now, others) }
            }
            if RenewalRequest.take() { replace() }
        }
    }

    /// Lets what the objects are now take the programs' places, between two packets.
    private func replace() {
        for index in 0..<programCount {
            let others = elsewhere[index]
            StandardError.write(
                lanes[0].lane.withProgram(index) {
                    $0.replace(by: maker, keepsMaps: keepsMaps, hasDirectory: hasDirectory, others)
                } + "\n")
        }
    }
}

// MARK: What came of it

extension LinkRun {
    /// Refuses a name that no map of the first program has.
    func check(maps: [String]) throws { for name in maps { _ = try lanes[0].lane.first.contents(of: name) } }

    /// Refuses a map of devices that no program has.
    func check(devices: [LinkDevice]) throws(Failure) {
        var known: Set<String> = []
        for index in 0..<programCount {
            lanes[0].lane.withProgram(index) { known.formUnion($0.permit.program.maps.map(\.name)) }
        }
        for device in devices where !known.contains(device.map) {
            throw Failure(
                .badInput, "the link", "no program of it has a map \(Printable.text(device.map, limit: 64))",
                remedy: "they have: \(known.sorted().joined(separator: ", "))")
        }
    }

    /// What went by each interface.
    var traffic: [PortTraffic] {
        lanes.dropFirst().reduce(lanes[0].lane.traffic) { zip($0, $1.lane.traffic).map { $0 + $1 } }
    }

    /// How many packets each lane decided about.
    var shares: [UInt64] { lanes.map { $0.lane.packets.received } }

    /// A report of each program, in their order: what it did on all lanes.
    func reports(kvm: String, maps: [String], _ broker: Broker) throws -> [RunReport] {
        var processes = broker.processes
        for holder in lanes {
            for index in 0..<programCount {
                if let cell = holder.lane.withProgram(index, { $0.process() }) { processes.append(cell) }
            }
        }
        let contents = try maps.compactMap { try lanes[0].lane.first.contents(of: $0) }
        return (0..<programCount).map { index in
            for other in lanes.dropFirst() {
                let result = other.lane.withProgram(index) { $0.result }
                lanes[0].lane.withProgram(index) { $0.add(result) }
            }
            return lanes[0].lane.withProgram(index) {
                $0.report(kvm: kvm, index == 0 ? contents : [], hasDirectory, processes)
            }
        }
    }

    var replacements: Int {
        (0..<programCount).reduce(0) { sum, index in sum + lanes[0].lane.withProgram(index) { $0.replacements } }
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
