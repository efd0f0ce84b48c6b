internal import Channel
internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Observation
internal import Prototypes
internal import Sandbox

/// The programs that look on at a host, for as long as it lasts.
struct ObserveRun: ~Copyable {
    private var observation: Observation
    private let observers: [Observer]
    private let keepsMaps: Bool
    private let broker: Broker

    /// How long it sleeps at most, so that it sees that it is to end.
    private static let sleep: Int32 = 100
    /// What programs print and hand out is taken as often as that while events come without a pause.
    private static let wordsInterval: UInt64 = 5_000_000

    init(_ observation: consuming Observation, _ observers: [Observer], keepsMaps: Bool, _ broker: Broker) {
        self.observation = observation
        self.observers = observers
        self.keepsMaps = keepsMaps
        self.broker = broker
    }

    static func options(fuel: UInt64) -> SandboxOptions {
        var options = SandboxOptions()
        options.fuel = fuel
        // A record takes the place of a packet (``EventShape/isRecord``): the context of tracepoints in Prototypes.
        options.maximumPayload = 2048
        return options
    }

    /// Lets others see what goes on.
    mutating func show(_ show: consuming LiveShow) throws(Failure) {
        for observer in observers { observer.program.show(on: &show, hook: observer.hook.section) }
        try show.begin()
    }

    /// Serves until it is asked to end; how many events were lost.
    mutating func perform(seconds: Int?) throws -> UInt64 {
        do throws(SystemError) {
            try EndRequest.catchAll()
            try RenewalRequest.catchAll()
        } catch { throw Failure(.internalError, "signals", "\(error)") }
        for process in broker.processIdentifiers { observation.silence(process) }
        let started = monotonicNanoseconds()
        let deadline = seconds.map { started + UInt64($0) * 1_000_000_000 }
        do throws(ObservationError) {
            // What was before the programs were there is not theirs to see.
            _ = try observation.serve(limit: .max) { _ in
            } decide: { _ in
            }
            let lostBefore = observation.lost
            try serve(until: deadline)
            let lost = observation.lost - lostBefore
            let spent = monotonicNanoseconds() - started
            for observer in observers { observer.program.end(after: spent) }
            return lost
        } catch { throw Failure(error) }
    }

    private mutating func serve(until deadline: UInt64?) throws(ObservationError) {
        var lastWords: UInt64 = 0
        while !EndRequest.isPending {
            let served = try serveOnce()
            let now = monotonicNanoseconds()
            if let deadline, now >= deadline { return }
            try attend(now, isIdle: served == 0, &lastWords)
            if RenewalRequest.take() {
                for observer in observers { StandardError.write(observer.replace(keepsMaps: keepsMaps) + "\n") }
            }
            if served == 0 { try observation.wait(milliseconds: Self.sleep) }
        }
        // What happened before it was told to end is still told.
        _ = try serveOnce()
    }

    private mutating func serveOnce() throws(ObservationError) -> Int {
        let observers = observers
        return try observation.serve(limit: .max) { _ in
        } decide: { (event) throws(ObservationError) in
            for observer in observers where observer.hook == event.hook { try observer.look(at: event) }
        }
    }

    /// What is done between two batches of events.
    private func attend(_ now: UInt64, isIdle: Bool, _ lastWords: inout UInt64) throws(ObservationError) {
        do throws(LinkError) {
            for observer in observers {
                observer.program.drain()
                try observer.program.obey(now)
            }
            guard isIdle || now - lastWords > Self.wordsInterval else { return }
            lastWords = now
            for observer in observers { try observer.tidy(observation) }
        } catch {
            switch error {
            case .forbidden(let sentence): throw .forbidden(sentence)
            case .attach, .sameInterface, .lost, .undecided: throw .undecided("\(error)")
            }
        }
    }
}

// MARK: What came of it

extension ObserveRun {
    /// Refuses a name that no map of the first program has.
    mutating func check(maps: [String]) throws { for name in maps { _ = try observers[0].program.contents(of: name) } }

    /// A report of each program, in their order.
    mutating func reports(kvm: String, maps: [String]) throws -> [RunReport] {
        let processes = broker.processes + observers.compactMap { $0.program.process() }
        let contents = try maps.compactMap { try observers[0].program.contents(of: $0) }
        return observers.enumerated().map { index, observer in
            observer.program.report(kvm: kvm, index == 0 ? contents : [], false, processes, unit: "events")
        }
    }

    var replacements: Int { observers.reduce(0) { $0 + $1.program.replacements } }
}
