package import ArgumentParser
internal import PolicyCore
internal import ProgramPackage
internal import Sandbox

/// `ringfence run`: a program decides over the packets of a capture, in the tier that policy gives it.
package struct RunCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an XDP program over a capture, in the tier that a signed policy allows.",
        discussion: """
            Reads OBJECT in a jail, has it verified in another, asks the policy, and starts the program in its enclosure. A
            program that is not proven safe does not run, unless the policy says unverified_ceiling = "interp-guest":
            then every access is checked as it happens. ringfence verify says what is wrong with it. Each packet of IN is one event:
            XDP_PASS keeps it, XDP_DROP drops it, XDP_TX keeps and marks it: the report lists its place in OUT, counted from 1. What
            the program changed is written as changed. A packet whose program faults gets the verdict that the policy names
            (closed: drop; open: pass).

            At the end it prints the decision and its reason, the digests, verdicts, speed, and what each process was allowed
            to do while it ran.

            A program that goes on in others (bpf_tail_call) runs with all of those that the object puts into its arrays of programs
            (.values, BPF_MAP_TYPE_PROG_ARRAY). Each is verified, and policy is asked of each: what it says of the strictest holds
            for all. Where an object has one program that goes on in all of the others, it is the one that is run.

            EXAMPLES
              ringfence run firewall.bpf.o --pcap traffic.pcap --policy policy.dsse --trust dev.pub
              ringfence run firewall.bpf.o --program firewall --pcap in.pcap --pcap-out kept.pcap --map counters
              ringfence run firewall.bpf.o --pcap traffic.pcap --repeat 100 --json | jq .latency
              ringfence run firewall.bpf.o --pcap traffic.pcap --tier jit-guest --shadow interp-guest

            \(ExitStatus.help)
            """)

    @Argument(help: "The object file, from clang -target bpf.")
    var object: String

    @Option(help: "The program in this ELF section.")
    var section: String?

    @Option(help: "The program of this name.")
    var program: String?

    @Option(help: ArgumentHelp("The capture to read (classic pcap, Ethernet).", valueName: "in"))
    var pcap: String

    @Option(help: ArgumentHelp("Where to write the packets that pass or are sent back.", valueName: "out"))
    var pcapOut: String?

    @Option(help: "The signed policy. (default: \(Self.defaultPolicy))")
    var policy: String = Self.defaultPolicy

    @OptionGroup var trust: TrustOptions

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

    @Option(help: "Instructions that one packet may cost.")
    var fuel: UInt64 = 1_000_000

    @Flag(help: "Print JSON.")
    var json = false

    static let defaultPolicy = "/etc/ringfence/policy/base/policy.dsse"

    package init() {}

    package func validate() throws {
        guard program == nil || section == nil else { throw ValidationError("give --program or --section, not both") }
        guard `repeat` >= 1, `repeat` <= 1_000_000 else { throw ValidationError("--repeat takes 1 to 1,000,000") }
        guard fuel >= 1, fuel <= 1 << 40 else { throw ValidationError("--fuel takes 1 to 2^40") }
    }

    package func run() throws {
        // The order is the design: what must be started is started, then this process gives up what it does not need,
        // and only then are bytes read that somebody else wrote.
        var cells = tier.flatMap(\.enclosure).map { [$0] } ?? Tier.Enclosure.allCases
        if let enclosure = shadow?.enclosure, !cells.contains(enclosure) { cells.append(enclosure) }
        let written = [pcapOut, shadow == nil ? nil : shadowOut].compactMap { $0.map(Files.directory(of:)) }
        let broker = try Broker(writable: written, cells: cells)
        let snapshot = try PolicyFiles.load(policy, trusted: try trust.keys(), now: PolicyFiles.now)
        var loaded = try broker.load(object)
        let admitted = try broker.admit(&loaded, object, name: program, section: section)
        let decision = broker.decide(snapshot, admitted, requested: tier)
        let capture = try Files.read(pcap, maximumBytes: 1 << 30)

        let shadowDecision = shadow.map { broker.decide(snapshot, admitted, requested: $0) }
        for decision in [decision, shadowDecision].compactMap({ $0 }) where !decision.allows {
            let denial = Denial(decision, admitted, object: object)
            print(json ? try Commands.json(denial) : denial.text)
            throw ExitCode(ExitStatus.denied.rawValue)
        }
        var run = try CaptureRun(
            Permit(decision, for: admitted), shadow: try shadowDecision.map { try Permit($0, for: admitted) }, broker,
            capture: capture, path: pcap, fuel: fuel,
            keepsPackets: pcapOut != nil)
        try run.check(maps: map)
        let result = try run.perform(times: `repeat`, showsProgress: !json)
        if let pcapOut { try Files.replace(pcapOut, with: result.kept) }
        if !result.differing.isEmpty { try Files.replace(shadowOut, with: result.differing) }
        let report = RunReport(
            object: object, loaded: loaded, kvm: broker.kvmText, permit: run.permit, mode: run.executionMode,
            result: result, shadowFile: shadowOut,
            maps: try map.map { try run.contents(of: $0) }, processes: try run.processes(broker))
        print(json ? try Commands.json(report) : report.text(for: .standardOutput))
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
