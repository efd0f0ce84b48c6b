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

            Where the host's own policies decide, they go on doing so while CMD runs: a program may move to a safer tier between
            two calls; where it is allowed no more, every call that it would be asked about is denied.

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
            tree = try SupervisedTree(command: words, hooks: Set(hookArguments.map(\.hook)))
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
        for (index, argument) in hookArguments.enumerated() {
            var loaded = try broker.load(argument.object, environment)
            var admitted = try broker.admit(
                &loaded, argument.object, name: nil, section: argument.hook.section)
            admitted.attest(attestations, known: snapshot)
            let attachment = AttachPoint(argument.hook.attachType, target: words[0])
            let decision = recorder.decide(
                snapshot, admitted, attachment: attachment, requested: [tier], broker)[0]
            guard decision.allows else {
                let denial = Denial(decision, admitted, object: argument.object)
                print(json ? try CommandSupport.json(denial) : denial.text)
                throw ExitCode(ExitStatus.denied.rawValue)
            }
            var options = SandboxOptions()
            options.fuel = fuel
            options.maximumPayload = AttachedProgram.largestPayload(at: argument.hook)
            options.waits.deadlineNanoseconds = deadline * 1_000_000
            if file != nil { try RecordingFile.prepare(&options) }
            let permit: Permit
            do throws(SandboxError) {
                permit = try Permit(decision, for: admitted, attachment: attachment, snapshot: snapshot.sha256)
            } catch { throw Failure(error, about: argument.object) }
            let directory = try places?.directory(index)
            let sandbox = try EventRun.start(permit, broker, options) { (permit, native, jail) throws(SandboxError) in
                try Sandbox(
                    permit, native: native, in: jail, options: options, maps: directory, attachment: attachment)
            }
            decided.append(SuperviseReport.Program(argument, loaded, permit, sandbox.executionMode))
            let recorded = try file?.add(loaded, path: argument.object, of: sandbox)
            let shown = show?.add(loaded, object: argument.object, hook: argument.hook.section, sandbox)
            let program = AttachedProgram(sandbox, at: argument.hook, attachment: attachment)
            program.recording = recorded.map { ($0.recorder, $0.number) }
            program.live = shown
            attached.append(program)
            if let store {
                watches.append(
                    PolicyWatch(
                        store, recorder, broker, attestations: attestations, options: options, snapshot: snapshot))
            }
        }

        try show?.begin()
        var run = SuperviseRun(HookChains(attached), tree, command: words[0], recording: file, watches: watches)
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

/// A hook and the object of its program, as they are written.
struct HookArgument: Sendable {
    let hook: SupervisedHook
    let object: String

    init(argument text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { throw ValidationError("write HOOK=OBJECT, not \(text)") }
        guard let hook = SupervisedHook(section: String(parts[0])) else {
            let hooks = SupervisedHook.allCases.map(\.section).joined(separator: ", ")
            throw ValidationError("no hook of a supervised tree is called \(parts[0]); write one of \(hooks)")
        }
        self.hook = hook
        object = String(parts[1])
    }
}

/// Where the maps of each hook are kept: `connect4` beneath the directory that is named, `connect4.2` for the second program of that hook.
struct MapPlaces {
    private let root: String
    private let names: [String]

    init(_ root: String, _ arguments: [HookArgument]) {
        self.root = root
        var counts: [SupervisedHook: Int] = [:]
        names = arguments.map { argument in
            let count = counts[argument.hook, default: 0] + 1
            counts[argument.hook] = count
            let name = argument.hook.section.split(separator: "/").last.map(String.init) ?? argument.hook.section
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
