internal import Channel
internal import Confinement
internal import Enclosure
internal import Hooks
internal import Linux
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

/// A sandbox fed from a capture.
struct CaptureRun: ~Copyable {
    private var sandbox: Sandbox
    /// Given every event too, to be compared with.
    private var shadow: Shadow?
    private let capture: [UInt8]
    private let path: String
    private let keepsPackets: Bool
    private let packetCount: UInt64

    /// What came out of it.
    struct Result {
        var verdicts = [UInt64](repeating: 0, count: XDPAction.allCases.count)
        var packets: UInt64 = 0
        var changed: UInt64 = 0
        var latency = LatencyHistogram()
        var nanoseconds: UInt64 = 0
        /// Time from this process's start of the sandbox to its first verdict.
        var firstVerdictNanoseconds: UInt64 = 0
        var statistics = Sandbox.Statistics()
        /// The first failures, in order.
        var failures: [(packet: UInt64, Sandbox.EventFailure)] = []
        var log: [String] = []
        /// The capture of what passed or was sent back.
        var kept: [UInt8] = []
        var keptPackets: UInt64 = 0
        /// What a shadow did otherwise: the first few, and the packets as they were before either decided.
        var differences: [(packet: UInt64, ShadowDifference)] = []
        var differing: [UInt8] = []
        var shadow: ShadowCounts?
        /// Which packets of ``kept`` were sent back (XDP_TX), counted from 1: the format has no room for the mark.
        var transmitted: [UInt64] = []
    }

    struct ShadowCounts {
        let tier: Tier
        let events: UInt64
        let differences: UInt64
    }

    private static let keptFailures = 8
    private static let keptDifferences = 8
    private static let keptLogLines = 64

    init(
        _ permit: Permit, shadow shadowPermit: Permit? = nil, _ broker: Broker, capture: [UInt8], path: String,
        fuel: UInt64, keepsPackets: Bool
    ) throws {
        let survey = try Self.survey(capture, path)
        var options = SandboxOptions()
        options.fuel = fuel
        options.maximumPayload = survey.largest
        var shadow: Shadow?
        if let shadowPermit {
            do throws(SystemError) { options.seed = try randomNumber() } catch {
                throw Failure(.internalError, "the kernel's random numbers", error.description)
            }
            shadow = try Self.start(shadowPermit, broker, options) { (permit, native, jail) throws(SandboxError) in
                try Shadow(permit, native: native, in: jail, options: options)
            }
        }
        let sandbox = try Self.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(permit, native: native, in: jail, options: options)
        }
        self.sandbox = sandbox
        self.shadow = shadow
        self.capture = capture
        self.path = path
        self.keepsPackets = keepsPackets
        packetCount = survey.packets
    }

    /// Makes a sandbox, or the shadow of one, in the enclosure that was decided.
    private static func start<Made: ~Copyable>(
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

    /// Reads the whole capture once, so that a damaged file is refused before anything runs.
    private static func survey(_ capture: [UInt8], _ path: String) throws -> (packets: UInt64, largest: Int) {
        do throws(CaptureError) {
            var reader = try CaptureReader(capture.span)
            var packets: UInt64 = 0
            var largest = 0
            while let record = try reader.next(in: capture.span) {
                packets += 1
                largest = max(largest, record.bytes.count)
            }
            return (packets, largest)
        } catch { throw Failure(file: path, error) }
    }

    mutating func perform(times: Int, showsProgress: Bool) throws -> Result {
        var result = Result()
        let started = monotonicNanoseconds()
        var progress = ProgressLine(
            "running", total: UInt64(times) * packetCount, unit: "packets",
            terminal: showsProgress && StandardError.isTerminal ? .standardError : .none
        ) { StandardError.write($0) }
        for pass in 0..<times {
            try performOnce(&result, started, keeps: keepsPackets && pass == 0, &progress)
        }
        progress.finish()
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
        _ result: inout Result, _ started: UInt64, keeps: Bool, _ progress: inout ProgressLine
    ) throws {
        var buffer = [UInt8](repeating: 0, count: max(sandbox.options.maximumPayload, 1))
        do {
            var reader = try CaptureReader(capture.span)
            var writer = CaptureWriter(reader.header)
            var differing = CaptureWriter(reader.header)
            while let record = try reader.next(in: capture.span) {
                let before = monotonicNanoseconds()
                // SAFETY: the record lies within the capture, as its reader promises; the buffer holds the largest packet.
                let decided = unsafe try capture.withUnsafeBytes { capture in
                    unsafe try buffer.withUnsafeMutableBytes {
                        unsafe try sandbox.decide(
                            xdp: UnsafeRawBufferPointer(rebasing: capture[record.bytes]), into: $0, time: before)
                    }
                }
                result.latency.record(monotonicNanoseconds() - before)
                result.packets += 1
                if let difference = try compare(record.bytes, decided, buffer, time: before),
                    result.differences.count < Self.keptDifferences
                {
                    result.differences.append((result.packets, difference))
                    let packet = capture[record.bytes]
                    try differing.append(
                        packet.span, originalLength: record.originalLength(whenChangedTo: packet.count),
                        timestamp: record.timestamp)
                }
                result.verdicts[Int(decided.action.rawValue)] += 1
                if result.packets == 1 { result.firstVerdictNanoseconds = monotonicNanoseconds() - started }
                if let failure = decided.failure, result.failures.count < Self.keptFailures {
                    result.failures.append((result.packets, failure))
                }
                let isChanged =
                    decided.failure == nil
                    && (decided.size != record.bytes.count
                        || !buffer[..<decided.size].elementsEqual(capture[record.bytes]))
                if isChanged { result.changed += 1 }
                if keeps, decided.action == .pass || decided.action == .transmit {
                    let bytes = isChanged ? buffer[..<decided.size] : capture[record.bytes]
                    result.keptPackets += 1
                    if decided.action == .transmit { result.transmitted.append(result.keptPackets) }
                    try writer.append(
                        bytes.span, originalLength: record.originalLength(whenChangedTo: bytes.count),
                        timestamp: record.timestamp)
                }
                if result.packets % 256 == 0 {
                    progress.update(result.packets)
                    takeLog(&result, try sandbox.takeLog(limit: 256))
                }
            }
            takeLog(&result, try sandbox.takeLog(limit: 256))
            if keeps { result.kept = Array(writer.pending) }
            if !result.differences.isEmpty, result.differing.isEmpty { result.differing = Array(differing.pending) }
        } catch let error as SandboxError {
            throw Failure(error, about: sandbox.permit.program.program.name)
        } catch let error as CaptureError {
            throw Failure(file: path, error)
        }
    }

    /// Has the shadow, if there is one, decide about the same packet.
    private mutating func compare(
        _ place: Range<Int>, _ decided: Sandbox.XDPResult, _ buffer: [UInt8], time: UInt64
    ) throws(SandboxError) -> ShadowDifference? {
        guard var shadow = shadow.take() else { return nil }
        var difference: ShadowDifference?
        var problem: SandboxError?
        // SAFETY: the place lies within the capture; both arrays live through the call.
        unsafe capture.withUnsafeBytes { capture in
            unsafe buffer.withUnsafeBytes { changed in
                do throws(SandboxError) {
                    difference = unsafe try shadow.compare(
                        UnsafeRawBufferPointer(rebasing: capture[place]), decided, changed, time: time, with: sandbox)
                } catch { problem = error }
            }
        }
        self.shadow = consume shadow
        if let problem { throw problem }
        return difference
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
