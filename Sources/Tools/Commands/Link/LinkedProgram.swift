internal import Channel
internal import CommandSupport
internal import Confinement
internal import Enclosure
internal import Hooks
internal import Linux
internal import Maps
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// A program of a link: what it decides in, by which policy, and what came of it.
struct LinkedProgram: ~Copyable {
    let object: String
    /// Which of the link's lanes this is on.
    let lane: UInt32
    private let tier: Tier?
    private(set) var loaded: LoadedObject
    private(set) var permit: Permit
    private(set) var layout: EventLayout
    private(set) var executionMode: ExecutionMode
    var governed: GovernedSandbox
    /// Nil where one file decides, which was named.
    private var watch: PolicyWatch?
    /// The policies that it began under.
    private let snapshot: PolicySnapshot
    private(set) var recorded: Recorded?
    /// Where others look on.
    var live: LiveProgram?
    var result: EventRun.Result
    /// What sandboxes came to that this one took the place of.
    private var retired = Sandbox.Statistics()
    private(set) var replacements = 0

    private static let keptFailures = 8
    private static let keptLogLines = 64

    init(
        _ made: consuming LinkedSandbox, object: String, tier: Tier?, snapshot: PolicySnapshot, watch: PolicyWatch?,
        attachment: AttachPoint, record: RecordingFile?
    ) throws {
        self.object = object
        lane = 0
        self.tier = tier
        self.snapshot = snapshot
        self.watch = watch
        loaded = made.loaded
        permit = made.permit
        layout = made.sandbox.layout
        executionMode = made.sandbox.executionMode
        recorded = try record?.add(made.loaded, path: object, of: made.sandbox)
        result = EventRun.Result(verdicts: made.sandbox.layout.shape.verdicts.rows.count)
        governed = GovernedSandbox(made.sandbox, attachment: attachment)
    }

    /// The same on one more lane. What is about all lanes, such as policy, the first looks after.
    init(_ made: LaneSandbox, lane: UInt32, like first: borrowing LinkedProgram) {
        object = first.object
        self.lane = lane
        (tier, snapshot, watch) = (first.tier, first.snapshot, nil)
        (loaded, permit) = (first.loaded, first.permit)
        (layout, executionMode) = (first.layout, first.executionMode)
        recorded = nil
        result = EventRun.Result(verdicts: layout.shape.verdicts.rows.count)
        governed = GovernedSandbox(made.take(), attachment: first.governed.attachment)
    }

    /// Adds what came of it on another lane.
    mutating func add(_ other: EventRun.Result) {
        for index in result.verdicts.indices { result.verdicts[index] += other.verdicts[index] }
        result.packets += other.packets
        result.changed += other.changed
        result.latency.merge(other.latency)
        result.statistics = result.statistics + other.statistics
        result.failures += other.failures.prefix(max(0, Self.keptFailures - result.failures.count))
        Self.keep(other.log, in: &result)
    }

    /// Counts what became of an event.
    @inline(__always)
    static func count(
        _ decided: EventResult, nanoseconds: UInt64, _ result: inout EventRun.Result, _ live: inout LiveProgram?
    ) {
        result.latency.record(nanoseconds)
        result.packets += 1
        result.verdicts[decided.verdict] += 1
        if let failure = decided.failure, result.failures.count < keptFailures {
            result.failures.append((result.packets, failure))
        }
        live?.count(decided, nanoseconds: nanoseconds)
    }

    mutating func count(_ decided: EventResult, nanoseconds: UInt64) {
        Self.count(decided, nanoseconds: nanoseconds, &result, &live)
    }

    /// What the program printed and handed out, at a moment when no packet is with its cell.
    mutating func takeWords(limit: Int) throws(LinkError) {
        var live = live.take()
        defer { self.live = live }
        let lines = try governed.withSandbox { (sandbox) throws(LinkError) in
            do throws(SandboxError) { return try Self.takeWords(of: &sandbox, &live, limit: limit) } catch {
                throw .undecided("\(error)")
            }
        }
        Self.keep(lines ?? [], in: &result)
    }

    static func keep(_ lines: [String], in result: inout EventRun.Result) {
        result.log += lines.prefix(max(0, keptLogLines - result.log.count))
    }

    static func takeWords(
        of sandbox: inout Sandbox, _ live: inout LiveProgram?, limit: Int
    ) throws(SandboxError) -> [String] {
        let records = sandbox.takeRecords(limit: 4_096)
        let lines = try sandbox.takeLog(limit: limit)
        live?.note(records, lines: lines, time: monotonicNanoseconds())
        return lines
    }

    /// What is to be done now and then, between two packets.
    mutating func tidy() {
        var live = live.take()
        defer { self.live = live }
        _ = governed.withSandbox { sandbox in
            sandbox.maps.releaseAbandonedLocks()
            live?.show(sandbox)
        }
    }

    /// Does what a new policy says, between two packets, on all lanes.
    mutating func obey(_ now: UInt64, _ lanes: ProgramLanes = .none) throws(LinkError) {
        guard var watch = watch.take() else { return }
        defer { self.watch = watch }
        guard watch.isDue(now, governed) else { return }
        lanes.stop()
        defer { lanes.goOn() }
        var transitions = [watch.settle(&governed)]
        lanes.forEach { transitions.append(watch.settle(&$1.governed)) }
        // What one lane may not do, none does.
        for case .detached(let code) in transitions { throw .forbidden(Transition.detached(code).sentence) }
        StandardError.write("\(transitions[0].sentence)\n")
    }

    /// Writes what was recorded; where that fails there is no more of it, and packets go on.
    mutating func drain() {
        do throws(Failure) { try recorded?.drain() } catch {
            StandardError.write(error.text(for: .standardError))
            recorded = nil
        }
    }

    mutating func show(on show: inout LiveShow, hook: String) {
        let (loaded, object) = (loaded, object)
        var made: LiveProgram?
        _ = governed.withSandbox { made = show.add(loaded, object: object, hook: hook, $0) }
        live = made
    }

    /// Ends the recording, and counts what sandboxes have come to.
    mutating func end(after nanoseconds: UInt64) {
        if let recorded { _ = governed.withSandbox { recorded.close($0) } }
        let own = governed.withSandbox { $0.statistics } ?? Sandbox.Statistics()
        result.statistics = own + retired
        result.nanoseconds = nanoseconds
    }

    func report(
        kvm: String, _ maps: [MapContents], _ hasDirectory: Bool, _ processes: [ProcessReport],
        unit: String = "packets"
    ) -> RunReport {
        RunReport(
            object: object, loaded: loaded, kvm: kvm, permit: permit, mode: executionMode, result: result, layout,
            unit: unit, shadowFile: "", notKept: hasDirectory ? MapDirectory.notKept(of: permit.program) : [],
            maps: maps, processes: processes)
    }

    mutating func contents(of map: String) throws -> MapContents? {
        let name = permit.program.program.name
        do throws(SandboxError) {
            return try governed.withSandbox { (sandbox) throws(SandboxError) in try sandbox.maps.contents(of: map) }
        } catch { throw Failure(error, about: name) }
    }

    mutating func process() -> ProcessReport? {
        governed.withSandbox { sandbox in
            ProcessReport(
                sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor, process: sandbox.cellProcess,
                sandbox.cellConfinement)
        }
    }
}

// MARK: Replacement

extension LinkedProgram {
    /// Lets what its object is now take its place, between two packets: each is decided about by the one or by the other. Where that cannot be,
    /// it goes on as it was.
    ///
    /// - Returns: a sentence for people.
    mutating func replace(
        by maker: LinkMaker, keepsMaps: Bool, hasDirectory: Bool, _ lanes: ProgramLanes = .none
    ) -> String {
        guard recorded == nil else { return "\(object): not replaced: it is being recorded" }
        guard !hasDirectory else { return "\(object): not replaced: its maps are in a directory, which has one user" }
        do {
            let policies = watch?.snapshot ?? snapshot
            let old = permit.program.maps
            let seeds = governed.withSandbox { $0.maps.seeds } ?? []
            guard
                var made = try maker.make(
                    object, tier, under: policies, unless: loaded.digest,
                    seeds: { keepsMaps ? $0.seeds(of: old, seeds) : nil })
            else { return "\(object): is what it was" }
            let rows = made.sandbox.layout.shape.verdicts.rows.map { "\($0.name)" }
            guard rows == layout.shape.verdicts.rows.map({ "\($0.name)" }) else {
                return "\(object): not replaced: a program of another type took its place"
            }
            lanes.stop()
            defer { lanes.goOn() }
            // Nothing is under way on any lane.
            try takeWords(limit: 4_096)
            try lanes.forEach { (_, program) throws(LinkError) in try program.takeWords(limit: 4_096) }
            let kept = keepsMaps ? governed.withSandbox { made.sandbox.takeMaps(of: $0) } ?? [] : []
            let others = made.others
            take(made)
            let (loaded, permit, layout, mode) = (loaded, permit, layout, executionMode)
            lanes.forEach { $1.take(others[$0], loaded, permit, layout, mode) }
            let maps = kept.isEmpty ? "" : ", with what is in \(kept.joined(separator: ", "))"
            return "\(object): replaced by sha256:\(loaded.digest) in \(permit.decision.outcome)\(maps)"
        } catch let refusal as LinkMaker.Refusal {
            return "\(object): not replaced: \(refusal.denial.explanation)"
        } catch let failure as Failure {
            return "\(object): not replaced: \(failure.problem)"
        } catch { return "\(object): not replaced: \(error)" }
    }
}

extension LinkedProgram {
    private mutating func take(_ made: consuming LinkedSandbox) {
        retire()
        (loaded, permit) = (made.loaded, made.permit)
        (layout, executionMode) = (made.sandbox.layout, made.sandbox.executionMode)
        governed.replace(with: made.sandbox)
    }

    /// On another lane than the first.
    private mutating func take(
        _ made: LaneSandbox, _ loaded: LoadedObject, _ permit: Permit, _ layout: EventLayout, _ mode: ExecutionMode
    ) {
        retire()
        (self.loaded, self.permit, self.layout, executionMode) = (loaded, permit, layout, mode)
        governed.replace(with: made.take())
    }

    private mutating func retire() {
        retired = retired + (governed.withSandbox { $0.statistics } ?? Sandbox.Statistics())
        replacements += 1
    }
}

extension AdmittedProgram {
    /// The seeds of its maps where those of another are to be taken over; others have new ones.
    func seeds(of others: [MapDefinition], _ seeds: [MapSeed]) -> [MapSeed]? {
        maps.map { map in
            guard let index = others.firstIndex(where: { $0.name == map.name }), index < seeds.count else {
                return MapSeed(low: .random(in: 0 ... .max), high: .random(in: 0 ... .max))
            }
            return seeds[index]
        }
    }
}

extension Sandbox.Statistics {
    fileprivate static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.events += right.events
        sum.instructions += right.instructions
        sum.programFaults += right.programFaults
        sum.cellFailures += right.cellFailures
        sum.logLines += right.logLines
        sum.claimedLogDrops += right.claimedLogDrops
        sum.records += right.records
        sum.claimedLostRecords += right.claimedLostRecords
        sum.corruptRings += right.corruptRings
        return sum
    }
}
