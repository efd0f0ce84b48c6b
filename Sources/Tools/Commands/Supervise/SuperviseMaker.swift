internal import CommandSupport
internal import Maps
internal import PolicyCommands
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Sandbox
internal import Supervision

/// A program of a hook in its sandbox, and what it was made of.
struct SupervisingSandbox: ~Copyable {
    var sandbox: Sandbox
    let loaded: LoadedObject
    let permit: Permit
}

/// Makes the sandboxes of a tree's programs: as it begins, and when one is to take another's place.
struct SuperviseMaker {
    /// What the tree runs.
    let command: String
    let environment: DeclaredEnvironment
    let attestations: [[UInt8]]
    let recorder: DecisionRecorder
    let broker: Broker
    let tier: Tier?
    private let options: SandboxOptions

    /// What policy says no to.
    struct Refusal: Error { let denial: Denial }

    init(
        command: String, _ environment: DeclaredEnvironment, attestations: [[UInt8]], _ recorder: DecisionRecorder,
        _ broker: Broker, tier: Tier?, options: SandboxOptions
    ) {
        self.command = command
        self.environment = environment
        self.attestations = attestations
        self.recorder = recorder
        self.broker = broker
        self.tier = tier
        self.options = options
    }

    func options(for argument: HookArgument) -> SandboxOptions {
        var options = options
        options.maximumPayload = AttachedProgram.largestPayload(at: argument.hook)
        return options
    }

    func attachment(of argument: HookArgument) -> AttachPoint {
        AttachPoint(argument.hook.attachType, target: command)
    }

    /// Reads, verifies and decides, and starts the sandbox; nothing of it decides about a call yet.
    ///
    /// - Parameters:
    ///   - known: the digest of an object; nil comes back where it is that one still.
    ///   - seeds: of the maps, where they are to hold what others hold.
    func make(
        _ argument: HookArgument, under snapshot: PolicySnapshot, maps: MapDirectory? = nil,
        unless known: ContentDigest? = nil, seeds: (AdmittedProgram) -> [MapSeed]? = { _ in nil }
    ) throws -> SupervisingSandbox? {
        let object = argument.object
        var loaded = try broker.load(object, environment)
        guard loaded.digest != known else { return nil }
        var admitted = try broker.admit(&loaded, object, name: nil, section: argument.section.text)
        admitted.attest(attestations, known: snapshot)
        let attachment = attachment(of: argument)
        let decision = recorder.decide(snapshot, admitted, attachment: attachment, requested: [tier], broker)[0]
        guard decision.allows else { throw Refusal(denial: Denial(decision, admitted, object: object)) }
        let permit: Permit
        do throws(SandboxError) {
            permit = try Permit(decision, for: admitted, attachment: attachment, snapshot: snapshot.sha256)
        } catch { throw Failure(error, about: object) }
        let (options, given) = (options(for: argument), seeds(admitted))
        let sandbox = try EventRun.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(
                permit, native: native, in: jail, options: options, seeds: given, maps: maps, attachment: attachment)
        }
        return SupervisingSandbox(sandbox: sandbox, loaded: loaded, permit: permit)
    }
}

/// What it takes to put other programs in the places of those that decide about a tree: their objects as they are by then.
struct SuperviseReplacement {
    let maker: SuperviseMaker
    let arguments: [HookArgument]
    /// Digests of the objects, in the arguments' order.
    var digests: [ContentDigest]
    /// The policies that the tree began under.
    let snapshot: PolicySnapshot
    /// Whether a program that takes another's place finds what the other's maps hold.
    let keepsMaps: Bool
    /// Whether the maps are kept in a directory.
    let hasDirectory: Bool

    /// Lets what an object is now take a program's place, between two calls: each is decided about by the one or by the other. Where that cannot
    /// be, it goes on as it was.
    ///
    /// - Parameters:
    ///   - policies: those in force by now; nil: those that it began under.
    ///   - chains: what the supervisor was told that programs want to know is what they may want to know.
    /// - Returns: a sentence for people.
    mutating func replace(
        _ index: Int, _ program: AttachedProgram, under policies: PolicySnapshot?, in chains: HookChains
    ) -> String {
        let argument = arguments[index]
        let (place, object) = (argument.section.text, argument.object)
        guard program.recording == nil else { return "\(place): not replaced: it is being recorded" }
        guard !hasDirectory else { return "\(place): not replaced: its maps are in a directory, which has one user" }
        do {
            let old = program.program.maps
            let seeds = program.withSandbox { $0.maps.seeds } ?? []
            guard
                var made = try maker.make(
                    argument, under: policies ?? snapshot, unless: digests[index],
                    seeds: { keepsMaps ? $0.seeds(of: old, seeds) : nil })
            else { return "\(place): \(object) is what it was" }
            guard !made.permit.program.identifies || chains.identify,
                !made.permit.program.readsMemory || chains.readMemory || !argument.hook.isObserving
            else { return "\(place): not replaced: the new program asks what the tree was not begun to tell" }
            digests[index] = made.loaded.digest
            let tier = made.permit.decision.outcome
            let kept = keepsMaps ? program.withSandbox { made.sandbox.takeMaps(of: $0) } ?? [] : []
            program.replace(with: made.sandbox)
            let maps = kept.isEmpty ? "" : ", with what is in \(kept.joined(separator: ", "))"
            return "\(place): replaced by sha256:\(digests[index]) in \(tier)\(maps)"
        } catch let refusal as SuperviseMaker.Refusal {
            return "\(place): not replaced: \(refusal.denial.explanation)"
        } catch let failure as Failure {
            return "\(place): not replaced: \(failure.problem)"
        } catch { return "\(place): not replaced: \(error)" }
    }
}
