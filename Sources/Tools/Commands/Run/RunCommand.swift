package import ArgumentParser
internal import CommandSupport
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import ProgramPackage
internal import Prototypes
internal import Sandbox

/// `ringfence run`: a program decides over the packets of a capture, in the tier that policy gives it.
package struct RunCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a program over packets or events, in the tier that a signed policy allows.",
        discussion: """
            Reads OBJECT in a jail, has it verified in another, asks the policy, and starts the program in its enclosure. A
            program that is not proven safe does not run, unless the policy says unverified_ceiling = "interp-guest":
            then every access is checked as it happens. ringfence verify says what is wrong with it.

            With --pcap each packet is one event, for the programs that take packets: xdp, tc, tcx, action, socket filters and
            cgroup_skb, which sees it from its network header on. Packets that pass are kept, dropped ones are not, and those
            that XDP_TX sends back are kept and marked: the report lists their places in OUT, counted from 1. What the program
            changed is written as changed. An event whose program faults gets the verdict that the policy names (closed: drop,
            deny; open: pass, allow).

            A pcapng file may have several interfaces and sections; OUT is classic pcap, with nanoseconds.

            With --events each line is one event, for these and for cgroup_sock, cgroup_sock_addr, sock_ops, tracepoint and
            raw_tracepoint. Its members are fields of the context as the C structure names them. A number is what the program
            reads; a string is what it means: "10.0.0.1" or "fe80::1" in an address, "443" in a port, "0x2a" anywhere. Besides
            there are packet (hexadecimal digits, from the program's first byte on), pid, tid, uid, gid, comm, cgroup, cookie
            (of the socket), time (nanoseconds), cpu, and sk, an object with fields of struct bpf_sock where the context has one.

              {"user_ip4": "10.0.0.1", "user_port": "443", "protocol": 6, "pid": 4711, "comm": "curl"}

            At the end it prints the decision and its reason, the digests, verdicts, speed, and what each process was allowed
            to do while it ran.

            A program that goes on in others (bpf_tail_call) runs with all of those that the object puts into its arrays of programs
            (.values, BPF_MAP_TYPE_PROG_ARRAY). Each is verified, and policy is asked of each: what it says of the strictest holds
            for all. Where an object has one program that goes on in all of the others, it is the one that is run.

            Maps begin empty and go with the run. With --maps they are files of a directory: the next run begins with what they hold, and
            ringfence map looks at them and changes them, while the program runs too. An object's variables begin anew each time, and so do
            rings and what holds programs, maps or processors: the report names them. A shadow begins with the same maps.

            What is written to --events-out and --records is written as it comes, to a file with .new behind its name until the run has
            ended. Records whose type is known, by the map's __type(value, …) or --record-type, have their fields beside their bytes.

            Without --policy the host's own policies decide, and the decision is recorded in its log before anything starts; one that is named
            is recorded where --log says. ringfence log verify checks such a log.

            EXAMPLES
              ringfence run firewall.bpf.o --pcap traffic.pcap --policy policy.dsse --trust dev.pub
              ringfence run firewall.bpf.o --program firewall --pcap in.pcap --pcap-out kept.pcap --map counters
              ringfence run firewall.bpf.o --pcap traffic.pcap --repeat 100 --json | jq .latency
              ringfence run firewall.bpf.o --pcap traffic.pcap --tier jit-guest --shadow interp-guest

              ringfence run guard.bpf.o --pcap traffic.pcap --maps state
              ringfence map dump counters --sandbox state

              ringfence run guard.bpf.o --section cgroup/connect4 --events connects.jsonl --events-out verdicts.jsonl

            With --record every event is written down with what was decided, and ringfence replay decides it again.

            \(ExitStatus.help)
            """)

    @Argument(help: "The object file, from clang -target bpf.")
    var object: String

    @OptionGroup var selection: ChosenProgram

    @OptionGroup var environment: DeclaredEnvironment

    @Option(help: ArgumentHelp("The capture to read (pcap or pcapng, Ethernet).", valueName: "in"))
    var pcap: String?

    @Option(help: ArgumentHelp("The events to read, a JSON object in each line.", valueName: "in"))
    var events: String?

    @Option(
        help: ArgumentHelp("Where to write what became of each event, a JSON object in each line.", valueName: "out"))
    var eventsOut: String?

    @Option(
        help: ArgumentHelp(
            "Where to write the records of ring buffers and perf event arrays, a JSON object in each line.",
            valueName: "out"))
    var records: String?

    @Option(
        help: ArgumentHelp(
            "What records are, where their map does not say so: a structure of the object (clang -g). They are shown by its fields, and written with them.",
            valueName: "name"))
    var recordType: String?

    @Option(help: ArgumentHelp("Where to write the packets that pass or are sent back.", valueName: "out"))
    var pcapOut: String?

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var recording: LogOptions

    @OptionGroup var record: RecordOptions

    @Option(
        help: """
            Ask for this tier: interp-guest, jit-guest, interp-child or jit-child. It is had if policy allows it, or nothing runs.
            """,
        transform: parseTier)
    var tier: Tier?

    @Option(
        help: """
            Run every packet in this tier too, and compare verdict, packet and maps. What differs is logged, and the packet saved.
            """, transform: parseTier)
    var shadow: Tier?

    @Option(help: ArgumentHelp("Where to save packets about which the tiers differ.", valueName: "out"))
    var shadowOut: String = "ringfence-shadow.pcap"

    @Option(help: "Go over the capture so many times; maps keep what they hold.")
    var `repeat`: Int = 1

    @Option(help: ArgumentHelp("Print this map at the end; may be given several times.", valueName: "name"))
    var map: [String] = []

    @Option(help: ArgumentHelp("Keep the maps in this directory, from one run to the next.", valueName: "dir"))
    var maps: String?

    @Option(help: "Instructions that one packet may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        guard (pcap == nil) != (events == nil) else {
            throw ValidationError("say where events come from: --pcap FILE or --events FILE")
        }
        guard `repeat` >= 1, `repeat` <= 1_000_000 else { throw ValidationError("--repeat takes 1 to 1,000,000") }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    package func run() throws {
        // The order is the design: what must be started is started, then this process gives up what it does not need,
        // and only then are bytes read that somebody else wrote.
        var cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        if let enclosure = shadow?.enclosure, !cells.contains(enclosure) { cells.append(enclosure) }
        var written = [pcapOut, eventsOut, records, shadow == nil ? nil : shadowOut].compactMap {
            $0.map(Files.directory(of:))
        }
        if let maps {
            do throws(SandboxError) { try MapDirectory.prepare(maps) } catch { throw Failure(error, about: maps) }
            written.append(maps)
        }
        let host = try inForce.ofHost()
        let recorder = DecisionRecorder(recording, inForce, host: host)
        let broker = try Broker(writable: written + recorder.directories + record.directories, cells: cells)
        let snapshot = try host?.snapshot ?? inForce.named()
        try broker.check(snapshot)
        var loaded = try broker.load(object, environment)
        var admitted = try broker.admit(&loaded, object, selection)
        admitted.attest(try inForce.attestations(), known: snapshot)
        let layout: EventLayout
        do throws(SandboxError) { layout = try admitted.eventLayout() } catch {
            throw Failure(error, about: object)
        }
        let path = pcap ?? events ?? ""
        let source = try EventSource(
            pcap == nil ? .lines : .capture, Files.read(path, maximumBytes: 1 << 30), path: path, layout)

        let decisions = recorder.decide(
            snapshot, admitted, requested: [tier] + (shadow.map { [$0] } ?? []), broker)
        let (decision, shadowDecision) = (decisions[0], decisions.count > 1 ? decisions[1] : nil)
        for decision in decisions where !decision.allows {
            let denial = Denial(decision, admitted, object: object)
            print(json ? try CommandSupport.json(denial) : denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
        guard pcapOut == nil || layout.shape.packet.isOfLink else {
            throw Failure(.badInput, object, "events of \(layout.descriptor.name) programs have no packets to write")
        }
        let types = try RecordTypes(admitted, named: recordType)
        let outputs = EventRun.Outputs(
            events: try eventsOut.map { (path) throws(Failure) in try StreamedFile(path) },
            records: try records.map { (path) throws(Failure) in try StreamedFile(path) },
            types: types)
        let file = try record.begin()
        var run = try EventRun(
            Permit(decision, for: admitted, snapshot: snapshot.sha256),
            shadow: try shadowDecision.map { try Permit($0, for: admitted, snapshot: snapshot.sha256) }, broker,
            source, fuel: fuel, keepsPackets: pcapOut != nil, outputs: outputs, maps: maps,
            record: file.map { RecordedRun(file: $0, loaded: loaded, object: object) })
        try run.check(maps: map)
        let result = try run.perform(times: `repeat`, showsProgress: !json)
        try file?.finish()
        if let pcapOut { try Files.replace(pcapOut, with: result.kept) }
        if !result.differing.isEmpty { try Files.replace(shadowOut, with: result.differing) }
        let report = RunReport(
            object: object, loaded: loaded, kvm: broker.kvmText, permit: run.permit, mode: run.executionMode,
            result: result, layout, unit: pcap == nil ? "events" : "packets", shadowFile: shadowOut,
            notKept: maps == nil ? [] : MapDirectory.notKept(of: admitted),
            maps: try map.map { try run.contents(of: $0) }, processes: try run.processes(broker))
        print(json ? try CommandSupport.json(report) : report.text(for: .standardOutput))
        // Two tiers that differ: one of them is wrong, and nobody knows which.
        guard result.shadow?.differences ?? 0 == 0 else { throw ExitCode(ExitStatus.internalError.rawValue) }
    }

    static func parseTier(_ text: String) throws -> Tier {
        guard let tier = Tier(name: text), tier != .deny else {
            throw ValidationError("no such tier; write \(Tier.running.map(\.name).joined(separator: ", "))")
        }
        return tier
    }
}
