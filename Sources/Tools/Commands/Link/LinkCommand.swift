internal import ArgumentParser
internal import CommandSupport
internal import Hooks
internal import Linux
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// `ringfence link`: a program decides about the packets of an interface, as they come.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Put a program between two network interfaces, or beside one, until it is told to stop.",
        discussion: """
            With --in and --out the program is inline: what comes in on the one is decided about and goes out on the other, changed as the
            program changed it; XDP_TX sends it back, XDP_REDIRECT to the interface of the link that the program names. What comes in on
            the other goes back as it is, or is decided about too with --both. Nothing else may connect the interfaces: no
            bridge, no route, no address.

            Each --port is one more interface of the link: programs redirect to it by its number (bpf_redirect), or by a map of devices
            (bpf_redirect_map) in which --device has put it. What comes in by it is decided about too, and what is let pass of that goes out by
            --out. A packet for any other interface is dropped and counted, and so is one for all of a map (BPF_F_BROADCAST).

            With --in alone the program sees copies of what comes in, and its verdicts are only counted.

            With several objects each decides about what those before it let go on, as they left it: behind XDP_PASS, or TC_ACT_UNSPEC and
            TC_ACT_PIPE. Each may run in a tier of its own. SIGHUP has the objects read again: where one has changed and policy allows it, it
            takes the other's place between two packets, with --keep-maps with what the maps of the same name and shape hold; where not,
            what ran goes on. A terminal that is closed sends that signal too.

            Packets are taken and sent through rings of packet sockets, which are opened before this process gives up its
            capabilities. What the sender's kernel joined (segmentation offload) is one packet to the program, as to XDP in generic mode: where
            it makes such a packet longer or shorter, it cannot be parted again, and is lost and counted; ethtool -K IF tso off gso off, at the
            sender, avoids it. Checksums that the sender left to its device are made before the program sees the packet.

            It ends with Ctrl-C, SIGTERM or after --duration, and says what became of the packets. An event whose program faults gets the
            verdict that the policy names; while a cell is being replaced, packets wait in the ring.

            Policy decides as in ringfence run, with the facts attach=xdp or attach=tc_ingress and attach_target=IF. Where the host's own
            policies decide, they go on doing so: when one is installed, revoked or expires, the program goes on, moves to a safer tier between
            two packets, or ends with status 1, as that policy's on_tighten says.

            EXAMPLES
              ringfence link xdp firewall.bpf.o --in veth0 --out veth1
              ringfence link tc shaper.bpf.o --in eth1 --out eth2 --both --json
              ringfence link xdp guard.bpf.o firewall.bpf.o --in eth1 --out eth2 --tier interp-guest --tier jit-guest
              ringfence link xdp switch.bpf.o --in eth1 --out eth2 --port eth3 --device tx_port:2=eth3
              ringfence link xdp counter.bpf.o --in eth0 --duration 10 --map counters

            \(ExitStatus.help)
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case xdp, tc

        var hook: HookKind { HookKind(rawValue: rawValue, attachType: attachType, takes: takes) }

        private var attachType: AttachType {
            switch self {
            case .xdp: .xdp
            case .tc: .tcIngress
            }
        }

        private func takes(_ type: ProgramType) -> Bool {
            switch self {
            case .xdp: type == .xdp
            case .tc: type == .schedCls || type == .schedAct
            }
        }
    }

    @Argument(help: "What the program is attached as: xdp or tc.")
    var kind: Kind

    @Argument(help: "The object files, from clang -target bpf, in the order in which they decide.")
    var objects: [String]

    @Option(name: .customLong("in"), help: ArgumentHelp("The interface that packets come in by.", valueName: "if"))
    var first: String

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("The interface that they go on to. (default: none; the program looks on)", valueName: "if"))
    var second: String?

    @Flag(help: "Decide about what comes in on --out too.")
    var both = false

    @Option(
        help: ArgumentHelp("One more interface to redirect to; may be given several times.", valueName: "if"))
    var port: [String] = []

    @Option(
        help: ArgumentHelp(
            "Put an interface of the link under a key of a map of devices; may be given several times.",
            valueName: "map:key=if"), transform: LinkDevice.init)
    var device: [LinkDevice] = []

    @Option(
        help: ArgumentHelp(
            "So many lanes decide at once, each on a thread and in a cell of its own. Each flow stays on one lane; per-CPU maps have a value for each.",
            valueName: "number"))
    var lanes: UInt32 = 1

    @OptionGroup var selection: ChosenProgram

    @OptionGroup var environment: DeclaredEnvironment

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @OptionGroup var record: RecordOptions

    @OptionGroup var live: LiveOptions

    @Option(
        help: "Ask for this tier: interp-guest, jit-guest, interp-child or jit-child; once, or once for each object.",
        transform: RunCommand.parseTier)
    var tier: [Tier] = []

    @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var duration: Int?

    @Option(help: ArgumentHelp("Print this map at the end; may be given several times.", valueName: "name"))
    var map: [String] = []

    @Option(help: ArgumentHelp("Keep the maps in this directory.", valueName: "dir"))
    var maps: String?

    @Flag(help: "Let a program that takes another's place (SIGHUP) find what the maps of the same name and shape hold.")
    var keepMaps = false

    @Option(help: "Instructions that one packet may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard second != nil || !both else { throw ValidationError("--both needs --out: there is one direction only") }
        guard second != nil || port.isEmpty else {
            throw ValidationError("--port needs --out: a program that looks on sends nothing anywhere")
        }
        guard port.count + 2 <= PacketLink.maximumPorts else {
            throw ValidationError("--port may be given \(PacketLink.maximumPorts - 2) times")
        }
        if let duration, !(1...1 << 31).contains(duration) {
            throw ValidationError("--duration takes 1 second or more")
        }
        guard !objects.isEmpty, objects.count <= LiveForm.programs else {
            throw ValidationError("name 1 to \(LiveForm.programs) objects")
        }
        guard lanes >= 1, Int(lanes) * objects.count <= LiveForm.programs else {
            throw ValidationError("--lanes takes 1 or more, and no more than \(LiveForm.programs) for all objects")
        }
        guard lanes == 1 || record.record == nil else {
            throw ValidationError("--record needs one lane: events that several decide about at once have no order")
        }
        guard tier.count <= 1 || tier.count == objects.count else {
            throw ValidationError("--tier is given once, or once for each object")
        }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    func run() throws {
        // As in RunCommand: what needs a privilege is opened first, then this process is locked down, and only then bytes are read.
        do throws(SystemError) { try EndRequest.ignoreInterrupts() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        let links = try attach()
        let descriptors = links.flatMap(\.rawDescriptors)
        let devices = try device.map { (device) throws(Failure) in try AttachedDevice(device, of: links[0]) }
        var written: [String] = []
        if let maps {
            for path in Set([maps] + objects.indices.map { place(maps, of: $0) }).sorted() {
                do throws(SandboxError) { try MapDirectory.prepare(path) } catch { throw Failure(error, about: path) }
            }
            written.append(maps)
        }
        let store = inForce.store
        let host = try store.map(inForce.load)
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let enclosures = tier.compactMap(\.enclosure)
        let board = try live.board()
        let broker = try Broker(
            writable: written + recorder.directories + record.directories,
            open: descriptors + (board.map { [$0.rawDescriptor] } ?? []),
            cells: tier.isEmpty ? Tier.Enclosure.allCases : Tier.Enclosure.allCases.filter(enclosures.contains))
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        var options = LinkRun.options(fuel: fuel)
        let file = try record.begin()
        if file != nil { try RecordingFile.prepare(&options) }
        let maker = LinkMaker(
            kind: kind.hook, interface: first, selection: selection, environment: environment,
            attestations: try inForce.attestations(), recorder: recorder, broker: broker, options: options,
            devices: devices, lanes: lanes)
        /// Of each program but the first lane's, the sandboxes.
        var others: [[LaneSandbox]] = []
        func start(_ index: Int) throws -> LinkedProgram {
            let asked = tier.isEmpty ? nil : tier[tier.count == 1 ? 0 : index]
            let directory = try maps.map { (path) throws(Failure) in
                let path = place(path, of: index)
                do throws(SandboxError) { return try MapDirectory(path) } catch { throw Failure(error, about: path) }
            }
            let made = try made(by: maker, objects[index], asked, snapshot, directory)
            let watch = store.map {
                PolicyWatch(
                    $0, recorder, broker, attestations: maker.attestations, options: options, snapshot: snapshot)
            }
            others.append(made.others)
            return try LinkedProgram(
                made, object: objects[index], tier: asked, snapshot: snapshot, watch: watch,
                attachment: maker.attachment, record: file)
        }
        let linked = try start(0)
        let rest = try objects.indices.dropFirst().map { ChainedProgram(try start($0)) }
        var holders: [LaneHolder] = []
        for (number, link) in links.enumerated().dropFirst() {
            let lane = UInt32(number)
            let own = LinkedProgram(others[0][number - 1], lane: lane, like: linked)
            let chained = rest.enumerated().map { index, program in
                ChainedProgram(LinkedProgram(others[index + 1][number - 1], lane: lane, like: program.program))
            }
            holders.append(LaneHolder(LinkLane(link.take(), own, chained)))
        }
        holders.insert(LaneHolder(LinkLane(links[0].take(), linked, rest)), at: 0)
        let run = LinkRun(holders, maker, keepsMaps: keepMaps, hasDirectory: maps != nil)
        try run.check(maps: map)
        try run.check(devices: device)
        if let board {
            try run.show(
                LiveShow(board, command: "link", place: names.joined(separator: " → ")))
        }
        if !json { StandardError.write("attached to \(names.joined(separator: ", ")); Ctrl-C ends it\n") }
        let packets = try run.perform(seconds: duration)
        file?.finishOrComplain()
        let report = LinkReport(
            try run.reports(kvm: broker.kvmText, maps: map, broker), packets, run.traffic, run.shares, from: first,
            to: second,
            replacements: run.replacements)
        print(json ? try CommandSupport.json(report) : report.text(for: .standardOutput))
    }

    /// A program's sandbox; where policy says no, that is the result.
    private func made(
        by maker: LinkMaker, _ object: String, _ tier: Tier?, _ snapshot: PolicySnapshot, _ maps: MapDirectory?
    ) throws -> LinkedSandbox {
        do {
            guard let made = try maker.make(object, tier, under: snapshot, maps: maps) else {
                preconditionFailure("an object that nobody knows is none that is known")
            }
            return made
        } catch let refusal as LinkMaker.Refusal {
            print(json ? try CommandSupport.json(refusal.denial) : refusal.denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
    }

    /// The rings of each lane.
    private func attach() throws(Failure) -> [PacketLinkHolder] {
        do throws(LinkError) {
            let link = try PacketLink(from: first, to: second, others: port, both: both, isShared: lanes > 1)
            var others: [PacketLinkHolder] = []
            for _ in 1..<lanes { others.append(PacketLinkHolder(try link.sibling())) }
            return [PacketLinkHolder(link)] + others
        } catch { throw Failure(error) }
    }

    /// The interfaces, in the order of their places on the link.
    private var names: [String] { [first] + (second.map { [$0] } ?? []) + port }

    /// Where the maps of a program are kept: the directory itself, or a numbered one beneath it where there are several programs.
    private func place(_ maps: String, of index: Int) -> String {
        objects.count == 1 ? maps : "\(maps)/\(index + 1)"
    }
}
