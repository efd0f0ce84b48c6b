internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import Observation
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// `ringfence observe`: programs look on at what the whole host does.
struct ObserveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe",
        abstract: "Have programs look on at what the whole host does, until told to stop.",
        discussion: """
            The kernel gets one fixed, small program of this project's own for each hook, which copies what a program of that hook
            would be shown into a ring, and never the programs that are named here: those run in their enclosures, in the tier that
            the policy allows. They are told afterwards, so their verdicts are counted and decide nothing; ringfence supervise is
            for programs that decide.

            HOOK is the section of a program: tracepoint/CATEGORY/NAME, for any tracepoint that this kernel has
            (ls /sys/kernel/tracing/events), or \(SocketPoint.allCases.map { "cgroup/\($0.name)" }.joined(separator: ", ")),
            for the sockets of a cgroup's processes. The record of a tracepoint is what the kernel laid out, with the strings that
            it holds itself; memory of the process that it points to is not read. What this command and its cells do is left out.

            It needs CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and, where tracefs is mounted nowhere, CAP_SYS_ADMIN, and gives all of
            them up before it reads the first object. ringfence doctor says whether this host can be observed.

            A ring that is full loses events and counts them. SIGHUP has the objects read again, as in ringfence link.

            EXAMPLES
              ringfence observe --hook tracepoint/sched/sched_process_exec=execs.bpf.o
              ringfence observe --hook cgroup/connect4=connections.bpf.o --cgroup /sys/fs/cgroup/system.slice --json
              ringfence observe --hook tracepoint/syscalls/sys_enter_openat=opens.bpf.o --duration 10 --map counts

            \(ExitStatus.help)
            """)

    @Option(
        name: .customLong("hook"),
        help: ArgumentHelp("A hook and the object whose program looks on there.", valueName: "HOOK=OBJECT"),
        transform: ObservedArgument.init(argument:))
    var arguments: [ObservedArgument] = []

    @Option(help: ArgumentHelp("Observe the sockets of this cgroup's processes. (default: of all)", valueName: "dir"))
    var cgroup: String?

    @OptionGroup var environment: DeclaredEnvironment

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @OptionGroup var record: RecordOptions

    @OptionGroup var live: LiveOptions

    @Option(
        help: "Ask for this tier: interp-guest, jit-guest, interp-child or jit-child.", transform: RunCommand.parseTier)
    var tier: Tier?

    @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var duration: Int?

    @Option(help: ArgumentHelp("Print this map of the first program at the end.", valueName: "name"))
    var map: [String] = []

    @Option(help: "Instructions that one event may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Let a program that takes another's place (SIGHUP) find what the maps of the same name and shape hold.")
    var keepMaps = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !arguments.isEmpty else { throw ValidationError("say who looks on at what: --hook HOOK=OBJECT") }
        guard arguments.count <= LiveForm.programs else {
            throw ValidationError("--hook may be given \(LiveForm.programs) times")
        }
        if let duration, !(1...1 << 31).contains(duration) {
            throw ValidationError("--duration takes 1 second or more")
        }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    func run() throws {
        do throws(SystemError) { try EndRequest.ignoreInterrupts() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        var hooks: [ObservedHook] = []
        for argument in arguments where !hooks.contains(argument.hook) { hooks.append(argument.hook) }
        let observation: Observation
        do throws(ObservationError) { observation = try Observation(hooks, cgroup: cgroup) } catch {
            throw Failure(error)
        }
        let store = inForce.store
        let host = try store.map(inForce.load)
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let board = try live.board()
        let broker = try Broker(
            writable: recorder.directories + record.directories,
            open: observation.rawDescriptors + (board.map { [$0.rawDescriptor] } ?? []),
            cells: tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        var options = ObserveRun.options(fuel: fuel)
        let file = try record.begin()
        if file != nil { try RecordingFile.prepare(&options) }
        let attestations = try inForce.attestations()
        let observers = try arguments.map { argument in
            let maker = LinkMaker(
                kind: argument.hook.kind(section: argument.section), interface: cgroup ?? "host",
                selection: try ChosenProgram.parse([]),
                environment: environment, attestations: attestations, recorder: recorder, broker: broker,
                options: options)
            let watch = store.map {
                PolicyWatch(
                    $0, recorder, broker, attestations: attestations, options: options, snapshot: snapshot)
            }
            let made = try made(by: maker, argument.object, snapshot)
            return Observer(
                try LinkedProgram(
                    made, object: argument.object, tier: tier, snapshot: snapshot, watch: watch,
                    attachment: maker.attachment, record: file),
                at: argument.hook, maker)
        }
        var run = ObserveRun(observation, observers, keepsMaps: keepMaps, broker)
        try run.check(maps: map)
        if let board { try run.show(LiveShow(board, command: "observe", place: cgroup ?? "host")) }
        if !json { StandardError.write("observing; Ctrl-C ends it\n") }
        let lost = try run.perform(seconds: duration)
        file?.finishOrComplain()
        let report = ObserveReport(
            try run.reports(kvm: broker.kvmText, maps: map), hooks: arguments.map(\.hook.section), lost: lost,
            replacements: run.replacements)
        print(json ? try CommandSupport.json(report) : report.text(for: .standardOutput))
    }

    /// A program's sandbox; where policy says no, that is the result.
    private func made(by maker: LinkMaker, _ object: String, _ snapshot: PolicySnapshot) throws -> LinkedSandbox {
        do {
            guard let made = try maker.make(object, tier, under: snapshot) else {
                preconditionFailure("an object that nobody knows is none that is known")
            }
            // Of strings that a record points to nothing is copied.
            guard !made.permit.program.readsMemory else {
                throw Failure(
                    .badInput, object,
                    "reads memory of processes (bpf_probe_read_user and its kin), and of a host none is there",
                    remedy: "`ringfence supervise` brings along what the calls of a process tree point to")
            }
            return made
        } catch let refusal as LinkMaker.Refusal {
            print(json ? try CommandSupport.json(refusal.denial) : refusal.denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
    }
}

/// A hook and the object of its program, as they are written.
struct ObservedArgument: Sendable {
    let hook: ObservedHook
    let section: String
    let object: String

    init(argument text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw ValidationError("write HOOK=OBJECT, not \(text)") }
        guard let hook = ObservedHook(section: String(parts[0])) else {
            let sockets = SocketPoint.allCases.map { "cgroup/\($0.name)" }.joined(separator: ", ")
            throw ValidationError(
                "a host is not observed at \(parts[0]); write tracepoint/CATEGORY/NAME or one of \(sockets)")
        }
        self.hook = hook
        section = String(parts[0])
        object = String(parts[1])
    }
}
