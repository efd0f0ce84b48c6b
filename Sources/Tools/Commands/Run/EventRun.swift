internal import Channel
internal import CommandSupport
internal import Confinement
internal import Enclosure
internal import Hooks
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// A sandbox fed from a file of events.
struct EventRun: ~Copyable {
    private var sandbox: Sandbox
    /// Given every event too, to be compared with.
    private var shadow: Shadow?
    private let source: EventSource
    private let keepsPackets: Bool
    private let outputs: Outputs
    private let eventCount: UInt64
    private var recorded: Recorded?

    /// What came out of it.
    struct Result {
        /// By row of the table of verdicts.
        var verdicts: [UInt64]
        var packets: UInt64 = 0
        var changed: UInt64 = 0
        var changedContexts: UInt64 = 0
        var latency = LatencyHistogram()
        var nanoseconds: UInt64 = 0
        /// Time from this process's start of the sandbox to its first verdict.
        var firstVerdictNanoseconds: UInt64 = 0
        var statistics = Sandbox.Statistics()
        /// The first failures, in order.
        var failures: [(packet: UInt64, Sandbox.EventFailure)] = []
        var log: [String] = []
        /// The first records that the program handed out.
        var records: [RecordLine] = []
        /// The capture of what passed or was sent back.
        var kept: [UInt8] = []
        var keptPackets: UInt64 = 0
        /// What a shadow did otherwise: the first few, and the packets as they were before either decided.
        var differences: [(packet: UInt64, ShadowDifference)] = []
        var differing: [UInt8] = []
        var shadow: ShadowCounts?
        /// Which packets of ``kept`` were sent back (XDP_TX), counted from 1: the format has no room for the mark.
        var transmitted: [UInt64] = []
        /// By interface, how many packets were redirected to it.
        var redirected: [UInt32: UInt64] = [:]

        init(verdicts: Int) { self.verdicts = [UInt64](repeating: 0, count: verdicts) }
    }

    /// Where what comes of events is written as it comes, a line of JSON each.
    struct Outputs {
        /// What became of each event.
        var events: StreamedFile?
        /// What the program handed out.
        var records: StreamedFile?
        var types: RecordTypes
    }

    struct ShadowCounts {
        let tier: Tier
        let events: UInt64
        let differences: UInt64
    }

    private static let keptFailures = 8
    private static let keptDifferences = 8
    private static let keptLogLines = 64
    private static let keptRecords = 16

    init(
        _ permit: Permit, shadow shadowPermit: Permit? = nil, _ broker: Broker, _ source: EventSource,
        fuel: UInt64, keepsPackets: Bool, outputs: Outputs, maps: String? = nil, record: RecordedRun? = nil
    ) throws {
        let survey = try source.survey()
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = survey.largest
        if shadowPermit != nil || record != nil { try RecordingFile.prepare(&options) }
        var directory: MapDirectory?
        if let maps {
            do throws(SandboxError) { directory = try MapDirectory(maps) } catch { throw Failure(error, about: maps) }
        }
        let sandbox = try Self.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(permit, native: native, in: jail, options: options, maps: directory)
        }
        var shadow: Shadow?
        if let shadowPermit {
            // It begins with what the kept maps hold, hashed as they are.
            let seeds = sandbox.maps.seeds
            var started = try Self.start(shadowPermit, broker, options) { (permit, native, jail) throws(SandboxError) in
                try Shadow(permit, native: native, in: jail, options: options, seeds: seeds)
            }
            started.takeMaps(of: sandbox)
            shadow = consume started
        }
        recorded = try record.map { (record) throws(Failure) in
            try record.file.add(record.loaded, path: record.object, of: sandbox)
        }
        self.sandbox = sandbox
        self.shadow = shadow
        self.source = source
        self.keepsPackets = keepsPackets
        self.outputs = outputs
        eventCount = survey.events
    }

    /// Makes a sandbox, or the shadow of one, in the enclosure that was decided.
    static func start<Made: ~Copyable>(
        _ permit: Permit, _ broker: Broker, _ options: SandboxOptions,
        _ make: (Permit, NativeProgram?, Jail) throws(SandboxError) -> Made
    ) throws(Failure) -> Made {
        let jail = try broker.jail(for: permit.decision.outcome)
        do throws(SandboxError) {
            return try make(permit, try ObjectLoader.compile(permit, options: options, in: broker.jail), jail)
        } catch {
            throw Failure(error, about: permit.program.program.name)
        }
    }

    var permit: Permit { sandbox.permit }

    var executionMode: ExecutionMode { sandbox.executionMode }

    var layout: EventLayout { sandbox.layout }

    mutating func perform(times: Int, showsProgress: Bool) throws -> Result {
        var result = Result(verdicts: layout.shape.verdicts.rows.count)
        let started = monotonicNanoseconds()
        var progress = ProgressLine(
            "running", total: UInt64(times) * eventCount, unit: source.kind == .capture ? "packets" : "events",
            terminal: showsProgress && StandardError.isTerminal ? .standardError : .none
        ) { StandardError.write($0) }
        for pass in 0..<times {
            try performOnce(&result, started, isFirst: pass == 0, &progress)
        }
        progress.finish()
        recorded?.close(sandbox)
        try outputs.events?.finish()
        try outputs.records?.finish()
        result.nanoseconds = monotonicNanoseconds() - started
        result.statistics = sandbox.statistics
        if let shadow = shadow.take() {
            result.shadow = ShadowCounts(
                tier: shadow.tier, events: shadow.events, differences: shadow.differences)
            self.shadow = consume shadow
        }
        return result
    }

    private mutating func performOnce(
        _ result: inout Result, _ started: UInt64, isFirst: Bool, _ progress: inout ProgressLine
    ) throws {
        var buffer = [UInt8](repeating: 0, count: max(sandbox.options.maximumPayload, 1))
        var event = Event(context: layout.emptyContext)
        let looksAtContext = !layout.writable.isEmpty || shadow != nil || recorded != nil
        var context = looksAtContext ? layout.emptyContext : []
        let rows = layout.shape.verdicts.rows
        do {
            var stream = try source.stream()
            var writer = CaptureWriter(stream.header)
            var differing = CaptureWriter(stream.header)
            while try stream.next(&event) {
                let before = monotonicNanoseconds()
                // SAFETY: the buffer holds the largest packet, and nobody else uses it meanwhile.
                let decided = unsafe try buffer.withUnsafeMutableBytes { buffer in
                    if let recorded {
                        return unsafe try recorded.decide(
                            event, into: buffer, context: &context, time: before, by: &sandbox)
                    }
                    return unsafe try sandbox.decide(event, into: buffer, context: &context, time: before)
                }
                result.latency.record(monotonicNanoseconds() - before)
                result.packets += 1
                if let difference = try compare(event, decided, buffer, context, time: before),
                    result.differences.count < Self.keptDifferences
                {
                    result.differences.append((result.packets, difference))
                    if layout.shape.packet.isOfLink {
                        try differing.append(event.packet.span, stream.record, length: event.packet.count)
                    }
                }
                result.verdicts[decided.verdict] += 1
                if result.packets == 1 { result.firstVerdictNanoseconds = monotonicNanoseconds() - started }
                if let failure = decided.failure, result.failures.count < Self.keptFailures {
                    result.failures.append((result.packets, failure))
                }
                let isChanged =
                    decided.failure == nil && layout.shape.packet.isOfLink
                    && !buffer[..<decided.size].elementsEqual(event.visiblePacket)
                if isChanged { result.changed += 1 }
                let changesContext =
                    decided.failure == nil && looksAtContext
                    && layout.writable.contains { context[$0] != event.context[$0] }
                if changesContext { result.changedContexts += 1 }
                let fate = rows[decided.verdict].fate
                if fate == .redirected { result.redirected[decided.redirection, default: 0] += 1 }
                if isFirst, keepsPackets, fate == .kept || fate == .sentBack || fate == .cut {
                    var bytes = event.packet
                    if isChanged {
                        bytes.replaceSubrange(Int(event.headers.sizeBefore)..., with: buffer[..<decided.size])
                    }
                    if fate == .cut { bytes.removeLast(bytes.count - Int(UInt32(truncatingIfNeeded: decided.result))) }
                    result.keptPackets += 1
                    if fate == .sentBack { result.transmitted.append(result.keptPackets) }
                    try writer.append(bytes.span, stream.record, length: bytes.count)
                }
                if isFirst, let events = outputs.events {
                    let line = EventLine(
                        result.packets, layout, decided, event, context: changesContext ? context : nil,
                        packet: isChanged ? buffer[..<decided.size] : nil)
                    try events.append(try line.text())
                }
                try takeRecords(&result)
                if let recorded {
                    // The next event finds the log empty, as it will in a replay.
                    takeLog(&result, try sandbox.takeLog(limit: 4_096))
                    try recorded.drain()
                }
                if result.packets % 256 == 0 {
                    progress.update(result.packets)
                    takeLog(&result, try sandbox.takeLog(limit: 256))
                    sandbox.maps.releaseAbandonedLocks()
                }
            }
            takeLog(&result, try sandbox.takeLog(limit: 256))
            if isFirst, keepsPackets { result.kept = Array(writer.pending) }
            if !result.differences.isEmpty, result.differing.isEmpty, layout.shape.packet.isOfLink {
                result.differing = Array(differing.pending)
            }
        } catch let error as SandboxError {
            throw Failure(error, about: sandbox.permit.program.program.name)
        } catch let error as CaptureWriteError {
            throw Failure(file: source.path, error)
        }
    }

    /// Has the shadow, if there is one, decide about the same event.
    private mutating func compare(
        _ event: Event, _ decided: EventResult, _ buffer: [UInt8], _ context: [UInt8], time: UInt64
    ) throws(SandboxError) -> ShadowDifference? {
        guard var shadow = shadow.take() else { return nil }
        var difference: ShadowDifference?
        var problem: SandboxError?
        // SAFETY: the array lives through the call.
        unsafe buffer.withUnsafeBytes { changed in
            do throws(SandboxError) {
                difference = unsafe try shadow.compare(event, decided, changed, context, time: time, with: sandbox)
            } catch { problem = error }
        }
        self.shadow = consume shadow
        if let problem { throw problem }
        return difference
    }

    /// After every event, so that a ring that holds what one event writes is large enough.
    private mutating func takeRecords(_ result: inout Result) throws {
        for record in sandbox.takeRecords(limit: .max) {
            guard result.records.count < Self.keptRecords || outputs.records != nil else { continue }
            let line = RecordLine(event: result.packets, record, outputs.types)
            if result.records.count < Self.keptRecords { result.records.append(line) }
            try outputs.records?.append(line.text)
        }
    }

    private func takeLog(_ result: inout Result, _ lines: [String]) {
        result.log += lines.prefix(max(0, Self.keptLogLines - result.log.count))
    }

    /// Refuses a name that no map has, before anything runs.
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

    /// What each process of this sandbox may do, as the kernel and the process itself say.
    func processes(_ broker: Broker) throws -> [ProcessReport] {
        var reports = broker.processes
        reports.append(
            ProcessReport(
                sandbox.permit.decision.outcome.enclosure == .child ? .child : .monitor, process: sandbox.cellProcess,
                sandbox.cellConfinement))
        switch shadow {
        case .some(let shadow):
            reports.append(
                ProcessReport(
                    shadow.tier.enclosure == .child ? .child : .monitor, process: shadow.cellProcess,
                    shadow.cellConfinement))
        case nil: break
        }
        return reports
    }
}

extension CaptureWriter {
    /// Adds the packet of an event with what its capture says of it, if it came from one.
    fileprivate mutating func append(
        _ packet: borrowing Span<UInt8>, _ record: CaptureRecord?, length: Int
    ) throws(CaptureWriteError) {
        try append(
            packet, originalLength: record?.originalLength(whenChangedTo: length) ?? UInt32(length),
            timestamp: record?.timestamp ?? CaptureTimestamp(seconds: 0, fraction: 0))
    }
}
