internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyLog
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// Where decisions are recorded.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Record what is decided in this file. (default: /var/log/ringfence/decisions.jsonl where the host's own policies decide)",
            valueName: "file"))
    var log: String?

    @Option(
        name: .customLong("log-state"),
        help: ArgumentHelp(
            "Where the log's key, seals and position are. (default: with --log FILE, FILE.state)", valueName: "dir"))
    var state: String?
}

/// Writes down what is decided, before anything is done about it.
struct DecisionRecorder {
    /// Nil where nothing is recorded.
    private let log: HostLog?
    /// Why nothing can be, though it should.
    private var problem: LogError?
    /// It is not earlier than this, as far as the host remembers.
    private let timeFloor: UTCTime?
    private let alarms: [String]

    /// Comes before the process is confined: what a host remembers of its log is held against the log.
    init(_ options: LogOptions, _ inForce: PolicyInForce, host: ActivePolicy?) {
        timeFloor = host?.state.timeFloor
        alarms = host?.alarms.map { "\($0)" } ?? []
        if let path = options.log {
            log = HostLog(path: path, states: options.state)
        } else {
            log = host.map { _ in HostLog(ofHostWith: inForce.state) }
        }
        guard let log else { return }
        do throws(LogError) {
            try log.prepare()
            if host != nil, options.log == nil {
                try log.checkContinuity(with: PolicyStore.at(root: inForce.root, state: inForce.state))
            }
        } catch { problem = error }
    }

    /// What has to be writable for it.
    var directories: [String] { problem == nil ? log?.directories ?? [] : [] }

    /// Whether policy, just now, allows what runs. Nothing is recorded of that, because nothing comes of it.
    func allows(_ snapshot: PolicySnapshot, _ governed: borrowing GovernedSandbox, _ broker: Broker) -> Bool {
        let now = PolicyFiles.now
        let (set, program) = (snapshot.effective(now: now), governed.program)
        let availability = broker.availability(for: program)
        let host = Self.host(snapshot, broker, now)
        return program.members.allSatisfy { member in
            set.decideTwice(
                Self.facts(of: member, host, governed.attachment), availability: availability, requested: governed.tier,
                now: now
            ).allows
        }
    }

    private static func host(_ snapshot: PolicySnapshot, _ broker: Broker, _ now: UTCTime) -> Facts {
        var host = broker.hostFacts
        host[.hostLabel] = snapshot.labels(now: now)
        return host
    }

    private static func facts(of member: AdmittedProgram.Member, _ host: Facts, _ attachment: AttachPoint) -> Facts {
        var facts = Facts(program: member.identity, host: host, attach: attachment.type)
        if !attachment.target.isEmpty { facts[.attachTarget] = .known(attachment.target, .claimed) }
        return facts
    }

    /// Asks policy of each program of a set and for each of the tiers, and records each answer: the strictest counts.
    func decide(
        _ snapshot: PolicySnapshot, _ admitted: AdmittedProgram, attachment: AttachPoint = .file, requested: [Tier?],
        _ broker: Broker
    ) -> [SetDecision] {
        let now = PolicyFiles.now
        let set = snapshot.effective(now: now)
        let availability = broker.availability(for: admitted)
        let host = Self.host(snapshot, broker, now)
        var writer = Writer(opening: log, problem, snapshot: snapshot.sha256, timeFloor, alarms)
        let decisions = requested.map { tier in
            SetDecision(
                admitted.members.map { member in
                    let facts = Self.facts(of: member, host, attachment)
                    return writer.decide(set, availability: availability, now: now) {
                        $0.decideTwice(facts, availability: availability, requested: tier, now: now)
                    }
                })
        }
        writer.close()
        return decisions
    }
}

/// A log that is open for as long as something is decided, or the reason why it is not.
private struct Writer: ~Copyable {
    private var log: DecisionLog?
    private var problem: LogError?
    private let path: String?
    private let snapshot: ContentDigest
    private let timeFloor: UTCTime?

    init(
        opening place: HostLog?, _ problem: LogError?, snapshot: ContentDigest, _ timeFloor: UTCTime?,
        _ alarms: [String]
    ) {
        (path, self.problem, self.snapshot, self.timeFloor) = (place?.path, problem, snapshot, timeFloor)
        log = nil
        guard let place, problem == nil else { return }
        do throws(LogError) {
            var opened = try place.open(snapshot: snapshot, floor: timeFloor)
            try opened.note(snapshot, alarms: alarms, time: HostLog.time(floor: timeFloor))
            log = consume opened
        } catch { self.problem = error }
    }

    mutating func decide(
        _ set: PolicySet, availability: Availability, now: UTCTime, by decide: (PolicySet) -> Decision
    ) -> Decision {
        guard path != nil else { return set.isLogRequired ? decide(set).withheld : decide(set) }
        let recorded: RecordedDecision
        if var open = log.take() {
            recorded = open.decide(
                set, availability: availability, now: now, time: HostLog.time(floor: timeFloor), snapshot: snapshot,
                by: decide)
            log = consume open
        } else {
            recorded = .unrecorded(set, problem ?? .stateMalformed, by: decide)
        }
        if let alarm = recorded.alarm { warn(alarm) }
        return recorded.decision
    }

    consuming func close() {
        let path = path
        let (time, snapshot) = (HostLog.time(floor: timeFloor), snapshot)
        guard let log = log.take() else { return }
        do throws(LogError) { try log.close(time: time, snapshot: snapshot) } catch {
            // The records are there. That they are not sealed yet is told by whoever seals them next.
            Self.warn(path, error)
        }
    }

    private func warn(_ error: LogError) { Self.warn(path, error) }

    private static func warn(_ path: String?, _ error: LogError) {
        StandardError.write(
            "warning: \(error.code): \(path ?? "the log"): \(Printable.text("\(error)", limit: 400))\n")
    }
}

extension PolicySet {
    /// Decides twice, by the evaluator that explains and by the one that is fast. Should they differ, one of them is wrong, and nothing runs.
    func decideTwice(_ facts: Facts, availability: Availability, requested: Tier?, now: UTCTime) -> Decision {
        var decision = PolicyCore.decide(
            self, facts: facts, availability: availability, requested: requested, now: now)
        var decider = Decider(CompiledPolicySet(self))
        let ruling = decider.decide(facts, availability: availability, requested: requested, now: now)
        if ruling != Ruling(decision) { (decision.outcome, decision.code) = (.deny, .internalError) }
        return decision
    }
}
