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
            program changed it; XDP_TX sends it back, XDP_REDIRECT to the interface of the two that the program names. What comes in on
            the other goes back as it is, or is decided about too with --both. Nothing else may connect the two interfaces: no
            bridge, no route, no address.

            With --in alone the program sees copies of what comes in, and its verdicts are only counted.

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
              ringfence link xdp counter.bpf.o --in eth0 --duration 10 --map counters

            \(ExitStatus.help)
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case xdp, tc

        var attachType: AttachType {
            switch self {
            case .xdp: .xdp
            case .tc: .tcIngress
            }
        }

        func takes(_ type: ProgramType) -> Bool {
            switch self {
            case .xdp: type == .xdp
            case .tc: type == .schedCls || type == .schedAct
            }
        }
    }

    @Argument(help: "What the program is attached as: xdp or tc.")
    var kind: Kind

    @Argument(help: "The object file, from clang -target bpf.")
    var object: String

    @Option(name: .customLong("in"), help: ArgumentHelp("The interface that packets come in by.", valueName: "if"))
    var first: String

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("The interface that they go on to. (default: none; the program looks on)", valueName: "if"))
    var second: String?

    @Flag(help: "Decide about what comes in on --out too.")
    var both = false

    @OptionGroup var selection: ChosenProgram

    @OptionGroup var environment: DeclaredEnvironment

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @Option(
        help: "Ask for this tier: interp-guest, jit-guest, interp-child or jit-child.", transform: RunCommand.parseTier)
    var tier: Tier?

    @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
    var duration: Int?

    @Option(help: ArgumentHelp("Print this map at the end; may be given several times.", valueName: "name"))
    var map: [String] = []

    @Option(help: ArgumentHelp("Keep the maps in this directory.", valueName: "dir"))
    var maps: String?

    @Option(help: "Instructions that one packet may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard second != nil || !both else { throw ValidationError("--both needs --out: there is one direction only") }
        if let duration, !(1...1 << 31).contains(duration) {
            throw ValidationError("--duration takes 1 second or more")
        }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    func run() throws {
        // As in RunCommand: what needs a privilege is opened first, then this process is locked down, and only then bytes are read.
        do throws(SystemError) { try EndRequest.ignoreInterrupts() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        let link: PacketLink
        do throws(LinkError) { link = try PacketLink(from: first, to: second, both: both) } catch {
            throw Failure(error)
        }
        var written: [String] = []
        if let maps {
            do throws(SandboxError) { try MapDirectory.prepare(maps) } catch { throw Failure(error, about: maps) }
            written.append(maps)
        }
        let store = inForce.store
        let host = try store.map(inForce.load)
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        let broker = try Broker(writable: written + recorder.directories, open: link.rawDescriptors, cells: cells)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        var loaded = try broker.load(object, environment)
        var admitted = try broker.admit(&loaded, object, selection)
        guard let type = admitted.identity.type.value, kind.takes(type) else {
            throw Failure(
                .badInput, object, "is no program that is attached as \(kind.rawValue)",
                remedy: "choose one with --program, or say with --type what it is")
        }
        let attestations = try inForce.attestations()
        admitted.attest(attestations, known: snapshot)
        let attachment = AttachPoint(kind.attachType, target: first)
        let decision = recorder.decide(snapshot, admitted, attachment: attachment, requested: [tier], broker)[0]
        guard decision.allows else {
            let denial = Denial(decision, admitted, object: object)
            print(json ? try CommandSupport.json(denial) : denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
        let permit = try Permit(decision, for: admitted, attachment: attachment, snapshot: snapshot.sha256)
        let options = LinkRun.options(fuel: fuel)
        let watch = store.map {
            PolicyWatch(
                $0, recorder, broker, attestations: attestations, options: options, snapshot: snapshot)
        }
        var run = try LinkRun(link, permit, attachment, broker, options: options, maps: maps, watch: watch)
        try run.check(maps: map)
        if !json { StandardError.write("attached to \(first)\(second.map { " and \($0)" } ?? ""); Ctrl-C ends it\n") }
        let result = try run.perform(seconds: duration)
        let report = LinkReport(
            RunReport(
                object: object, loaded: loaded, kvm: broker.kvmText, permit: run.permit, mode: run.executionMode,
                result: result.run, run.layout, unit: "packets", shadowFile: "",
                notKept: maps == nil ? [] : MapDirectory.notKept(of: admitted),
                maps: try map.compactMap { try run.contents(of: $0) }, processes: run.processes(broker)),
            result.packets, from: first, to: second)
        print(json ? try CommandSupport.json(report) : report.text(for: .standardOutput))
    }
}
