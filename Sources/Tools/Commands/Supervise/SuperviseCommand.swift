package import ArgumentParser
internal import CommandSupport
internal import Confinement
internal import Enclosure
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox
internal import Supervision

/// `ringfence supervise`: programs decide about what a command, and all that it starts, does with sockets.
package struct SuperviseCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "supervise",
        abstract: "Run a command whose socket calls programs decide about, in the tier that a signed policy allows.",
        discussion: """
            Starts CMD with a seccomp filter that it and all that it starts keep. A call that a hook is about waits until the
            hook's programs have decided, each in its enclosure. Its arguments are copied first, and it is carried out on that
            copy and on the very socket that it named: a process that changes them meanwhile changes nothing. No privilege is
            needed.

            HOOK is the section of a program: \(SupervisedHook.allCases.map(\.section).joined(separator: ", ")).
            A hook may be given several times: its programs run in order, each on the address as the one before left it, and
            one that denies denies for all, as on Linux. Who is denied gets EPERM. An address that a program writes is where
            the call goes.

            process asks about each program that the tree executes and each process that it forks, and tells of each that ends, as
            eBPF for Windows has it: path of the image (bpf_process_get_image_path), command line, process ids. A denied program
            gets EPERM; a process that is another program than it asked to be, because a path changed meanwhile, is killed before
            its first instruction. Nothing in the tree can be traced by anybody else then (strace, gdb).

            post_bind is asked before a name is had, with the port that the kernel would choose; recv_accept before a connection is
            had: one that is denied is closed, and the next one taken. recvmsg may change whom a message is said to come from.

            tracepoint/syscalls/sys_enter_CALL and sys_exit_CALL (and tp/…, raw_syscalls/…, raw_tp/sys_enter, raw_tp/sys_exit) tell
            programs of calls, and whatever they say the call goes on. What its arguments point to is copied with the event, as far
            as it is known (paths, what is written, addresses; 4 KiB of a text, 1 KiB of bytes): bpf_probe_read_user and its kin
            read that, and fail elsewhere. For ends of calls, and for all calls at once, the tree is traced (ptrace), each of its
            calls stops twice, and nobody else can trace it.

            Where the host's own policies decide, they go on doing so while CMD runs: a program may move to a safer tier between
            two calls; where it is allowed no more, every call that it would be asked about is denied.

            SIGHUP to this command has the objects read again: a program that another has become takes its place between two calls, with
            --keep-maps with what the maps of the same name and shape hold; where it may not, or cannot, the old one goes on.

            A program that faults, or has no answer within --deadline, gets the verdict that the policy names for its type
            (on_failure). Where this command or its supervisor is killed, CMD is too, and what it left behind gets ENOSYS for
            every call that would have been asked about.

            Refused in the tree, since they would lead around a hook: io_uring (EPERM), sockets of AF_SMC, AF_RDS, AF_RXRPC,
            AF_TIPC and AF_KCM (EAFNOSUPPORT), TCP Fast Open (EOPNOTSUPP), processes that share descriptors but are no
            threads (EPERM), 32-bit calls and those of x32 (SIGSYS). Programs with more privileges than their user (setuid)
            have none in the tree.

            CMD has this command's standard input and output, environment and directory. What became of its calls is
            reported on standard error, or, with --report, in a file.

            EXAMPLES
              ringfence supervise --hook cgroup/connect4=policy.bpf.o -- curl http://10.0.0.1/
              ringfence supervise --hook cgroup/connect4=a.bpf.o --hook cgroup/connect4=b.bpf.o --tier interp-child -- sh
              ringfence supervise --hook cgroup/connect4=policy.bpf.o --maps state -- make fetch
              ringfence map update destinations --key … --value … --sandbox state/connect4

            EXIT STATUS
              that of CMD, or 128 and the number of the signal that ended it, once CMD has begun; before:
              0 done, 1 policy says no, 2 an argument or a file is wrong, 3 trust, 4 internal
            """)

    @Option(
        name: .customLong("hook"),
        help: ArgumentHelp("A hook and the object whose program decides there.", valueName: "HOOK=OBJECT"),
        transform: HookArgument.init(argument:))
    var hookArguments: [HookArgument] = []

    @OptionGroup var environment: DeclaredEnvironment
    @OptionGroup var inForce: PolicyInForce
    @OptionGroup var recording: LogOptions
    @OptionGroup var record: RecordOptions
    @OptionGroup var live: LiveOptions

    @Option(
        help: """
            Ask for this tier: interp-guest, jit-guest, interp-child or jit-child. It is had if policy allows it, or nothing runs.
            """,
        transform: RunCommand.parseTier)
    var tier: Tier?

    @Option(help: ArgumentHelp("Keep the maps of each hook in a directory beneath this one.", valueName: "dir"))
    var maps: String?

    @Flag(help: "Let a program that takes another's place find what the other's maps hold.")
    var keepMaps = false

    @Option(help: "Instructions that one decision may cost.")
    var fuel: UInt64 = 1_000_000

    @Option(help: ArgumentHelp("Milliseconds after which a call is not kept waiting for a decision.", valueName: "ms"))
    var deadline: UInt64 = 1_000

    @Option(help: ArgumentHelp("Write the report to this file, and not to standard error.", valueName: "file"))
    var report: String?

    @Flag(help: "Report in JSON.")
    var json = false

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    package init() {}

    package func validate() throws {
        guard !hookArguments.isEmpty else { throw ValidationError("say what decides about what: --hook HOOK=OBJECT") }
        guard !words.isEmpty else { throw ValidationError("say what to run, behind --") }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
        guard deadline >= 1, deadline <= 600_000 else { throw ValidationError("--deadline takes 1 to 600,000") }
    }

    private var words: [String] { command.first == "--" ? Array(command.dropFirst()) : command }

    package func run() throws {
        // The command's process and its supervisor come first: this process can make neither once it is confined.
        let tree: SupervisedTree
        do throws(SupervisionError) {
            tree = try SupervisedTree(command: words, hooks: hookArguments.map(\.section))
        } catch { throw Failure(.internalError, words[0], "cannot be supervised: \(error)") }
        let cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        let places = maps.map { MapPlaces($0, hookArguments) }
        try places?.prepare()
        let store = inForce.store
        let host = try store.map(inForce.load)
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let board = try live.board()
        let broker = try Broker(
            writable: [report.map(Files.directory(of:)), maps].compactMap { $0 } + recorder.directories
                + record.directories,
            open: [tree.rawDescriptor] + (board.map { [$0.rawDescriptor] } ?? []),
            cells: cells)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)

        let attestations = try inForce.attestations()
        var attached: [AttachedProgram] = []
        var watches: [PolicyWatch] = []
        var decided: [SuperviseReport.Program] = []
        let file = try record.begin()
        var show = board.map { LiveShow($0, command: "supervise", place: words[0]) }
        var options = SandboxOptions()
        options.fuel = fuel
        options.waits.deadlineNanoseconds = deadline * 1_000_000
        if file != nil { try RecordingFile.prepare(&options) }
        let maker = SuperviseMaker(
            command: words[0], environment, attestations: attestations, recorder, broker, tier: tier, options: options)
        var digests: [ContentDigest] = []
        for (index, argument) in hookArguments.enumerated() {
            let made = try begin(argument, by: maker, under: snapshot, maps: try places?.directory(index))
            decided.append(SuperviseReport.Program(argument, made.loaded, made.permit, made.sandbox.executionMode))
            digests.append(made.loaded.digest)
            let recorded = try file?.add(made.loaded, path: argument.object, of: made.sandbox)
            let shown = show?.add(made.loaded, object: argument.object, hook: argument.section.text, made.sandbox)
            let program = AttachedProgram(
                made.sandbox, at: argument.section, attachment: maker.attachment(of: argument))
            program.recording = recorded.map { ($0.recorder, $0.number) }
            program.live = shown
            attached.append(program)
            if let store {
                watches.append(
                    PolicyWatch(
                        store, recorder, broker, attestations: attestations, options: maker.options(for: argument),
                        snapshot: snapshot))
            }
        }

        try show?.begin()
        let replacement = SuperviseReplacement(
            maker: maker, arguments: hookArguments, digests: digests, snapshot: snapshot, keepsMaps: keepMaps,
            hasDirectory: maps != nil)
        var run = SuperviseRun(
            HookChains(attached), tree, command: words[0], recording: file, watches: watches, replacement)
        let processes = run.processes(broker)
        let result = try run.perform(deadlineNanoseconds: deadline * 1_000_000)
        for program in attached {
            guard let recording = program.recording else { continue }
            _ = program.withSandbox { recording.recorder.close($0, number: recording.number) }
        }
        file?.finishOrComplain()
        let summary = SuperviseReport(
            decided, attached, result, kvm: broker.kvmText, processes: processes)
        let text =
            json ? try CommandSupport.json(summary) + "\n" : summary.text(for: report == nil ? .standardError : .none)
        if let report { try Files.replace(report, with: Array(text.utf8)) } else { StandardError.write(text) }
        throw ExitCode(result.exitStatus)
    }
}

extension SuperviseCommand {
    /// What the command says where policy says no.
    private func begin(
        _ argument: HookArgument, by maker: SuperviseMaker, under snapshot: PolicySnapshot, maps: MapDirectory?
    ) throws -> SupervisingSandbox {
        do {
            guard let made = try maker.make(argument, under: snapshot, maps: maps) else {
                preconditionFailure("no object is known that this one could be")
            }
            return made
        } catch let refusal as SuperviseMaker.Refusal {
            print(json ? try CommandSupport.json(refusal.denial) : refusal.denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
    }
}

/// A hook and the object of its program, as they are written.
struct HookArgument: Sendable {
    let section: HookSection
    var hook: SupervisedHook { section.hook }
    let object: String

    init(argument text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw ValidationError("write HOOK=OBJECT, not \(text)") }
        guard let section = HookSection(String(parts[0])) else {
            let hooks = SupervisedHook.allCases.map(\.section).joined(separator: ", ")
            throw ValidationError("no hook of a supervised tree is called \(parts[0]); write one of \(hooks)")
        }
        // What is refused before anybody could be told is a hook at which nothing would ever happen.
        if section.hook == .callEntered, let call = section.call, let reason = Filter.tree(hooks: []).refusal(of: call)
        {
            throw ValidationError("nobody hears of \(call): it is refused in the tree, since \(reason)")
        }
        self.section = section
        object = String(parts[1])
    }
}

/// Where the maps of each hook are kept: `connect4` beneath the directory that is named, `connect4.2` for the second program of that hook.
struct MapPlaces {
    private let root: String
    private let names: [String]

    init(_ root: String, _ arguments: [HookArgument]) {
        self.root = root
        var counts: [String: Int] = [:]
        names = arguments.map { argument in
            let section = argument.section.text
            let name = section.split(separator: "/").last.map(String.init) ?? section
            let count = counts[name, default: 0] + 1
            counts[name] = count
            return count == 1 ? name : "\(name).\(count)"
        }
    }

    /// Makes what is not there, while that is still possible.
    func prepare() throws(Failure) {
        for path in [root] + names.map({ "\(root)/\($0)" }) {
            do throws(SandboxError) { try MapDirectory.prepare(path) } catch { throw Failure(error, about: path) }
        }
    }

    func directory(_ index: Int) throws(Failure) -> MapDirectory {
        let path = "\(root)/\(names[index])"
        do throws(SandboxError) { return try MapDirectory(path) } catch { throw Failure(error, about: path) }
    }
}
