internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Maps
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// A program of a link in its sandbox, and what it was made of.
struct LinkedSandbox: ~Copyable {
    var sandbox: Sandbox
    /// Of the lanes behind the first.
    let others: [LaneSandbox]
    let loaded: LoadedObject
    let permit: Permit
}

/// A sandbox that waits for its lane.
final class LaneSandbox {
    private var sandbox: Sandbox?

    init(_ sandbox: consuming Sandbox) { self.sandbox = consume sandbox }

    func take() -> Sandbox {
        guard let taken = sandbox.take() else { preconditionFailure("a lane takes its sandbox once") }
        return taken
    }
}

/// What programs are attached as, and which can be.
struct HookKind {
    let rawValue: String
    let attachType: AttachType
    let takes: (ProgramType) -> Bool
    /// The section of the program, where the hook is one of those that sections name.
    var section: String?
}

/// Makes the sandboxes of a link's programs: as it begins, and when one is to take another's place.
struct LinkMaker {
    let kind: HookKind
    /// Where the link begins, or whose sockets are observed.
    let interface: String
    let selection: ChosenProgram
    let environment: DeclaredEnvironment
    let attestations: [[UInt8]]
    let recorder: DecisionRecorder
    let broker: Broker
    let options: SandboxOptions
    var devices: [AttachedDevice] = []
    var lanes: UInt32 = 1

    /// What policy says no to.
    struct Refusal: Error { let denial: Denial }

    var attachment: AttachPoint { AttachPoint(kind.attachType, target: interface) }

    /// Reads, verifies and decides, and starts the sandbox; nothing of it decides about a packet yet.
    ///
    /// - Parameters:
    ///   - known: the digest of an object; nil comes back where it is that one still.
    ///   - seeds: of the maps, where they are to hold what others hold.
    func make(
        _ object: String, _ tier: Tier?, under snapshot: PolicySnapshot, maps: MapDirectory? = nil,
        unless known: ContentDigest? = nil, seeds: (AdmittedProgram) -> [MapSeed]? = { _ in nil }
    ) throws -> LinkedSandbox? {
        var loaded = try broker.load(object, environment)
        guard loaded.digest != known else { return nil }
        var admitted = try broker.admit(
            &loaded, object, name: selection.program, section: kind.section ?? selection.section, type: selection.type)
        guard let type = admitted.identity.type.value, kind.takes(type) else {
            throw Failure(
                .badInput, object, "is no program that is attached as \(kind.rawValue)",
                remedy: "choose one with --program, or say with --type what it is")
        }
        admitted.attest(attestations, known: snapshot)
        let decision = recorder.decide(snapshot, admitted, attachment: attachment, requested: [tier], broker)[0]
        guard decision.allows else { throw Refusal(denial: Denial(decision, admitted, object: object)) }
        let permit = try Permit(decision, for: admitted, attachment: attachment, snapshot: snapshot.sha256)
        let (options, attachment, given, lanes) = (options, attachment, seeds(admitted), lanes)
        var sandbox = try EventRun.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
            try Sandbox(
                permit, native: native, in: jail, options: options, seeds: given, lanes: lanes, maps: maps,
                attachment: attachment)
        }
        do throws(SandboxError) { for device in devices { try device.put(into: &sandbox) } } catch {
            throw Failure(error, about: object)
        }
        var others: [LaneSandbox] = []
        for lane in 1..<max(lanes, 1) {
            // Leave is given for one start; the decision is the same.
            let permit = try Permit(decision, for: admitted, attachment: attachment, snapshot: snapshot.sha256)
            let jail = try broker.jail(for: permit.decision.outcome)
            do throws(SandboxError) {
                others.append(
                    LaneSandbox(try sandbox.onLane(lane, by: permit, in: jail, attachment: attachment)))
            } catch { throw Failure(error, about: object) }
        }
        return LinkedSandbox(sandbox: sandbox, others: others, loaded: loaded, permit: permit)
    }
}
