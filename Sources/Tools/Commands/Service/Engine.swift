internal import ArgumentParser
internal import CommandSupport
internal import Confinement
internal import Dispatch
internal import Enclosure
internal import Linux
internal import Maps
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox
package import ServiceAPI

/// Who asks.
package struct Requester: Equatable, Sendable {
    package let user: UInt32
    package let group: UInt32
    package let process: Int32

    package init(user: UInt32, group: UInt32, process: Int32) {
        (self.user, self.group, self.process) = (user, group, process)
    }

    fileprivate func owns(_ owner: UInt32) -> Bool { user == 0 || user == owner }
}

/// Runs what an actor does on a thread of its own, so that what waits there holds up nobody else.
private final class OwnThread: SerialExecutor {
    private let queue = DispatchQueue(label: "engine")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // SAFETY: the executor lives as long as the job that holds it.
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}

/// The programs, maps and pins of the service. One request at a time, on a thread of its own: a jail serves one caller, and what waits for a jail
/// must not hold up those who read HTTP.
package actor Engine {
    private nonisolated let executor = OwnThread()
    // SAFETY: the executor lives as long as the actor.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    let broker: Broker
    let recorder: DecisionRecorder
    private let store: PolicyStore?
    private let snapshot: PolicySnapshot
    let state: ServiceState
    var programs: [UInt32: ServedProgram] = [:]
    private var lastProgram: UInt32 = 0
    private var lastMap: UInt32 = 0
    private let started = wallClockSeconds()
    /// Pins whose programs could not be loaded, and why: they are kept until somebody takes them away.
    var notRestored: [String: (pin: SavedPin, reason: String)] = [:]

    /// Of one user but root: more would be everybody's memory.
    private static let programsOfUser = 64
    private static let mostPrograms = 512
    private static let largestObject = 4 << 20

    init(
        _ broker: sending Broker, _ recorder: sending DecisionRecorder, _ store: sending PolicyStore?,
        _ snapshot: PolicySnapshot, _ state: ServiceState
    ) {
        (self.broker, self.recorder, self.store, self.snapshot, self.state) = (
            broker, recorder, store, snapshot, state
        )
    }

    // MARK: Programs

    package func load(_ request: LoadRequest, for requester: Requester) throws(ServiceProblem) -> ProgramRecord {
        guard programs.count < Self.mostPrograms else {
            throw ServiceProblem(.limit, "there are \(programs.count) programs already", remedy: "unload one first")
        }
        let own = programs.values.count { $0.owner == requester.user }
        guard requester.user == 0 || own < Self.programsOfUser else {
            throw ServiceProblem(
                .limit, "user \(requester.user) has \(own) programs already", remedy: "unload one first")
        }
        guard let object = Base64.decode(Array(request.object.utf8)), !object.isEmpty else {
            throw ServiceProblem(.badInput, "object is no Base64 of a file")
        }
        guard object.count <= Self.largestObject else {
            throw ServiceProblem(.tooLarge, "the object has \(object.count) bytes; the limit is \(Self.largestObject)")
        }
        if let pin = request.pin { try checkPin(pin) }
        let digest = try state.keep(object)
        let order = LoadOrder(
            object: digest, name: request.name, section: request.section, type: request.type, tier: request.tier,
            fuel: request.fuel ?? 1_000_000)
        do throws(ServiceProblem) {
            let served = try start(order, owner: requester.user, maps: nil)
            guard let pin = request.pin else { return served.record }
            served.pins.insert(pin)
            do throws(ServiceProblem) { try savePins() } catch {
                programs[served.id] = nil
                state.removeMaps(served.maps)
                throw error
            }
            return served.record
        } catch {
            forgetUnused(object: digest)
            throw error
        }
    }

    /// - Parameter maps: the directory that has what its maps held; nil: it begins with empty ones.
    @discardableResult
    func start(_ order: LoadOrder, owner: UInt32, maps: String?) throws(ServiceProblem) -> ServedProgram {
        let selection = try Self.selection(order)
        let tier = Tier.running.first { $0.name == order.tier }
        guard tier != nil || order.tier == nil else {
            let names = Tier.running.map(\.name).joined(separator: ", ")
            throw ServiceProblem(.badInput, "no tier \(order.tier ?? ""): there are \(names)")
        }
        guard order.fuel >= 1, order.fuel <= 1 << 40 else { throw ServiceProblem(.badInput, "fuel is 1 to 2^40") }
        var options = SandboxOptions()
        options.fuel = order.fuel
        options.maximumPayload = 3584
        let (directory, name) = try state.mapDirectory(maps)
        let path = state.path(ofObject: order.object)
        let environment: DeclaredEnvironment
        do { environment = try DeclaredEnvironment.parse([]) } catch { throw ServiceProblem(error) }
        let maker = LinkMaker(
            kind: HookKind(rawValue: "service", attachType: .file, takes: { _ in true }), interface: "",
            selection: selection, environment: environment, attestations: [], recorder: recorder, broker: broker,
            options: options)
        let current = store?.active?.snapshot ?? snapshot
        do {
            guard let made = try maker.make(path, tier, under: current, maps: directory) else {
                preconditionFailure("an object that nobody knows is none that is known")
            }
            let watch = store.map {
                PolicyWatch($0, recorder, broker, attestations: [], options: options, snapshot: current)
            }
            let program = try LinkedProgram(
                made, object: path, tier: tier, snapshot: current, watch: watch, attachment: maker.attachment,
                record: nil)
            lastProgram += 1
            let served = ServedProgram(
                id: lastProgram, owner: owner, loaded: wallClockSeconds(), maps: (name, directory.path), order: order,
                firstMap: lastMap + 1, program)
            lastMap += UInt32(served.mapIDs.count)
            programs[served.id] = served
            return served
        } catch {
            if maps == nil { state.removeMaps(name) }
            throw ServiceProblem(error)
        }
    }

    private static func selection(_ order: LoadOrder) throws(ServiceProblem) -> ChosenProgram {
        var words: [String] = []
        if let name = order.name { words += ["--program=\(name)"] }
        if let section = order.section { words += ["--section=\(section)"] }
        if let type = order.type { words += ["--type=\(type)"] }
        do { return try ChosenProgram.parse(words) } catch {
            throw ServiceProblem(.badInput, ChosenProgram.message(for: error))
        }
    }

    package func list() -> [ProgramRecord] { programs.values.sorted { $0.id < $1.id }.map(\.record) }

    package func show(_ id: UInt32) throws(ServiceProblem) -> ProgramRecord { try program(id).record }

    func program(_ id: UInt32) throws(ServiceProblem) -> ServedProgram {
        guard let program = programs[id] else { throw ServiceProblem(.notFound, "there is no program \(id)") }
        return program
    }

    /// The program, for its owner or root.
    func program(_ id: UInt32, for requester: Requester) throws(ServiceProblem) -> ServedProgram {
        let program = try program(id)
        guard requester.owns(program.owner) else {
            throw ServiceProblem(.forbidden, "program \(id) is of user \(program.owner)")
        }
        return program
    }

    package func unload(_ id: UInt32, for requester: Requester) throws(ServiceProblem) {
        let program = try program(id, for: requester)
        guard program.pins.isEmpty else {
            throw ServiceProblem(
                .conflict, "program \(id) is pinned as \(program.pins.sorted().joined(separator: ", "))",
                remedy: "unpin it first")
        }
        programs[id] = nil
        state.removeMaps(program.maps)
        forgetUnused(object: program.order.object)
    }

    /// Removes an object's file where no program is of it, nor one that is pinned and could not be restored.
    func forgetUnused(object: String) {
        guard !programs.values.contains(where: { $0.order.object == object }),
            !notRestored.values.contains(where: { $0.pin.order.object == object })
        else { return }
        state.removeObject(object)
    }

    package func run(_ id: UInt32, _ request: RunRequest, for requester: Requester) throws(ServiceProblem) -> RunResult
    {
        let program = try program(id, for: requester)
        let times = request.repeat ?? 1
        guard times >= 1, times <= 1_000_000 else { throw ServiceProblem(.badInput, "repeat is 1 to 1,000,000") }
        var packet: [UInt8]?
        if let data = request.data {
            guard let bytes = Hexadecimal.bytes(data) else {
                throw ServiceProblem(.badInput, "data is no row of hexadecimal digits")
            }
            guard bytes.count <= 3584 else {
                throw ServiceProblem(.tooLarge, "the packet has \(bytes.count) bytes; the limit is 3584")
            }
            packet = bytes
        }
        let event: Event
        do throws(Failure) {
            event = try TestRun.event(program.program.layout, packet: packet, context: request.context ?? "{}")
        } catch { throw ServiceProblem(.badInput, "\(error.subject): \(error.problem)", remedy: error.remedy) }
        return try program.run(event, times: times)
    }

    // MARK: The service

    package func status() -> ServiceStatus {
        ServiceStatus(
            process: currentProcess(), started: started,
            policy: "\((store?.active?.snapshot ?? snapshot).sha256)",
            codeIntegrity: snapshot.bases.contains(where: \.file.options.codeIntegrity), kvm: broker.kvmText,
            programs: programs.count, maps: programs.values.reduce(0) { $0 + $1.mapIDs.count },
            pins: programs.values.reduce(0) { $0 + $1.pins.count }, notRestored: notRestored.mapValues(\.reason))
    }

    /// What is done now and then, whether somebody asks or not.
    package func attend() {
        let now = monotonicNanoseconds()
        for program in programs.values { program.attend(now) }
    }

    /// Loads what was pinned when the service ended, as policy allows it now.
    package func restore() throws {
        for (path, pin) in try state.pins().sorted(by: { $0.key < $1.key }) {
            if let same = programs.values.first(where: { $0.maps == pin.maps }) {
                same.pins.insert(path)
                continue
            }
            do throws(ServiceProblem) {
                try start(pin.order, owner: pin.owner, maps: pin.maps).pins.insert(path)
            } catch { notRestored[path] = (pin, error.problem) }
        }
        state.removeWhatNobodyUses(
            objects: Set(programs.values.map(\.order.object)).union(notRestored.values.map(\.pin.order.object)),
            maps: Set(programs.values.map(\.maps)).union(notRestored.values.map(\.pin.maps)))
    }
}

extension ServiceProblem {
    /// What a client is told where a program does not run.
    init(_ error: any Error) {
        switch error {
        case let refusal as LinkMaker.Refusal: self.init(.denied, refusal.denial.text)
        case let failure as Failure:
            let kind: Kind =
                switch failure.exitStatus {
                case .denied, .trustFailure: .denied
                case .badInput: .badInput
                case .internalError, .success: .internalError
                }
            self.init(kind, failure.problem, remedy: failure.remedy)
        case let problem as ServiceProblem: self = problem
        default: self.init(.internalError, "\(error)")
        }
    }
}
