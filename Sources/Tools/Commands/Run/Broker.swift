internal import CommandSupport
internal import Confinement
internal import Enclosure
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyTrust
internal import ProgramPackage
internal import Sandbox

/// This process as the broker of sandboxes: its spawners started, itself locked down.
struct Broker {
    /// Starts guests, and what reads hostile bytes.
    let jail: Jail
    /// Starts children; nil where none can be, or none is wanted.
    let children: Jail?
    private let childState: EnclosureState
    let confinement: ConfinementReport
    let kvm: KVMPosture
    /// What policy may ask of the host, seen before this process gave up seeing it.
    let hostFacts: Facts

    /// - Parameters:
    ///   - writable: directories in which files may be written afterwards; nothing else is.
    ///   - open: descriptors that stay open, beside those to the spawners.
    ///   - cells: the enclosures that a program may be given; the process of the first is made ready while the object is still being read.
    init(writable: [String] = [], open: [Int32] = [], cells: [Tier.Enclosure] = []) throws {
        do throws(EnclosureError) {
            let guests = try Jail.Start(for: .guest)
            if cells.contains(.child) {
                (children, childState) = Self.startChildren(ready: cells.first == .child)
            } else {
                (children, childState) = (nil, .unusable("no spawner of children was started"))
            }
            jail = try Jail(guests, ready: cells.first == .guest ? .first : .none)
        } catch { throw Failure(error) }
        let posture = HostPosture.ofThisHost()
        kvm = posture.kvm
        do throws(ConfinementError) {
            let kept = open + [jail.rawDescriptor] + (children.map { [$0.rawDescriptor] } ?? [])
            let plan = try ConfinementPlan.broker(keeping: kept, writable: writable)
            confinement = try Confinement(plan).lockDown().report
            hostFacts = Facts(host: posture, ownMemoryIsFixed: confinement.fixesMemory)
        } catch {
            throw Failure(
                .internalError, "this process", "cannot be confined: \(error)",
                remedy: "ringfence doctor says what this host lacks")
        }
    }

    /// A spawner that does not come up is a tier less, and no reason to give up: what policy then decides is a denial or a guest.
    private static func startChildren(ready: Bool) -> (Jail?, EnclosureState) {
        do throws(EnclosureError) { return (try Jail(for: .child, ready: ready ? .first : .none), .usable) } catch {
            return (nil, .unusable("the spawner of children did not come up: \(error)"))
        }
    }

    /// Why there is no child, where one was wanted.
    var childProblem: String? {
        switch childState {
        case .usable: nil
        case .unusable(let problem): problem
        }
    }

    /// The spawner of the cells of a tier.
    func jail(for tier: Tier) throws(Failure) -> Jail {
        switch tier.enclosure {
        case .guest: return jail
        case .child:
            guard let children else {
                throw Failure(.internalError, "\(tier)", "was decided, and there is no spawner of children")
            }
            return children
        case nil: throw Failure(.internalError, "\(tier)", "is no tier in which a program runs")
        }
    }

    /// What this process and its spawners may do.
    var processes: [ProcessReport] {
        [
            ProcessReport(.broker, process: nil, confinement),
            ProcessReport(.spawner, process: jail.spawnerProcess, jail.spawnerConfinement),
        ]
            + (children.map { [ProcessReport(.childSpawner, process: $0.spawnerProcess, $0.spawnerConfinement)] } ?? [])
    }

    /// This process and its spawners.
    var processIdentifiers: [Int32] {
        [currentProcess(), jail.spawnerProcess] + (children.map { [$0.spawnerProcess] } ?? [])
    }

    /// Code-integrity mode is kept by this process too, or there is no broker: nothing that it maps becomes executable.
    func check(_ snapshot: PolicySnapshot) throws(Failure) {
        guard snapshot.bases.contains(where: \.file.options.codeIntegrity), !confinement.fixesMemory else { return }
        throw Failure(
            .denied, "this process",
            "the policy asks for code-integrity mode, and this kernel cannot keep its memory as it is",
            remedy: "ringfence doctor says what this host lacks (PR_SET_MDWE, seccomp)")
    }

    /// The state of KVM and its backend, for people.
    var kvmText: String {
        let state =
            switch kvm.state {
            case .usable: "usable"
            case .absent: "absent"
            case .denied: "denied"
            case .error: "does not answer"
            case .spoofed: "is not the kernel's"
            }
        return kvm.backend.map { "\(state) (\($0.rawValue))" } ?? state
    }

    func load(_ path: String, _ declared: DeclaredEnvironment? = nil) throws -> LoadedObject {
        let environment = try declared?.read() ?? .none
        do throws(SandboxError) {
            return try ObjectLoader.load(path: path, environment: environment, in: jail)
        } catch { throw Failure(error, about: path) }
    }

    /// Chooses a program, has it verified with all that may go on in its place, and finds their facts.
    func admit(
        _ loaded: inout LoadedObject, _ path: String, _ selection: ChosenProgram
    ) throws -> AdmittedProgram {
        try admit(
            &loaded, path, name: selection.program, section: selection.section, type: selection.type)
    }

    func admit(
        _ loaded: inout LoadedObject, _ path: String, name: String?, section: String?, type: ProgramType? = nil
    ) throws -> AdmittedProgram {
        do throws(SandboxError) {
            let programs = try AdmittedProgram.programs(in: loaded.package, name: name, section: section)
            var options = VerifierOptions()
            options.programType = type?.rawValue
            try ObjectLoader.verify(&loaded, programs: programs, options: options, in: jail)
            return try AdmittedProgram(
                from: loaded.package, verification: loaded.verification, name: name, section: section, type: type,
                object: loaded.digest)
        } catch { throw Failure(error, about: path) }
    }

    /// What the verifier says of some programs of an object.
    func verify(_ loaded: inout LoadedObject, _ path: String, programs: [Int], options: VerifierOptions) throws {
        do throws(SandboxError) {
            try ObjectLoader.verify(&loaded, programs: programs, options: options, in: jail)
        } catch { throw Failure(error, about: path) }
    }

    /// What of the tiers this host has for a program.
    func availability(for program: AdmittedProgram) -> Availability {
        Availability(
            guest: EnclosureState(hostKVM: hostFacts[.hostKVM]), child: childState, eligible: program.eligibleTiers)
    }
}

extension ProgramReader {
    /// Reads objects and the host as `run` does.
    static let ofThisHost = ProgramReader(
        identify: { object, selection, environment in
            let broker = try Broker()
            var loaded = try broker.load(object, environment)
            let admitted = try broker.admit(&loaded, object, selection)
            return admitted.members.map { Member(name: $0.program.name, identity: $0.identity) }
        },
        probeHost: { Facts(host: .ofThisHost(), ownMemoryIsFixed: nil) },
        probeChild: {
            HostPosture.ofThisHost().runsChildren
                ? .usable : .unusable("this host lacks what a child's jail needs: see ringfence doctor")
        })
}
