internal import ArgumentParser
internal import CommandSupport
internal import PolicyCommands
internal import PolicyCore
internal import PolicyTrust
internal import Sandbox

/// `ringfence policy explain`: the decision on one program, and how it came about.
struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say in which tier a program may run, and why, rule by rule and tier by tier.",
        discussion: """
            Examples:
              ringfence policy explain filter.o --policy example.dsse --trust dev.pub
              ringfence policy explain filter.o --program drop_udp --policy example.dsse --trust dev.pub --json
              ringfence policy explain filter.o --policy example.dsse --trust dev.pub --assume host.kvm=absent

            Of a program that goes on in others (bpf_tail_call) it explains what decides for all of them: the strictest decision.

            Runs nothing. The exit status is 1 where the policy says no.
            """)

    @Argument(help: "The object file.")
    var object: String

    @Option(help: "The signed policy.")
    var policy: String

    @OptionGroup var trust: TrustOptions

    @Option(help: "The program's name, where the object has several.")
    var program: String?

    @Option(help: "The program's section, where the object has several.")
    var section: String?

    @Option(
        help: "The tier that would be asked for.",
        transform: { text in
            guard let tier = Tier(name: text) else {
                throw ValidationError("no such tier; write \(Tier.running.map(\.name).joined(separator: ", "))")
            }
            return tier
        })
    var tier: Tier?

    @Option(
        help: ArgumentHelp(
            "Decide as if the host were so: host.kvm=usable|absent|denied|error.", valueName: "fact=value"))
    var assume: [String] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard program == nil || section == nil else { throw ValidationError("give --program or --section, not both") }
    }

    func run() throws { try explain(reading: .ofThisHost) }

    /// Everything but the reading of the object and of the host.
    func explain(reading reader: ProgramReader) throws {
        let now = PolicyFiles.now
        let snapshot = try PolicyFiles.load(policy, trusted: try trust.keys(), now: now)
        let selection = program.map(ProgramSelection.name) ?? section.map(ProgramSelection.section) ?? .only
        // The host is asked first: reading the object locks this process down.
        let kvm = try Self.assumedKVM(assume) ?? reader.probeKVM()
        let child = reader.probeChild()
        let members = try reader.identify(object, selection)
        let availability = Availability(
            guest: EnclosureState(hostKVM: kvm), child: child, eligible: .offered)
        let set = SetDecision(
            members.map {
                snapshot.decide(
                    Facts(program: $0.identity, hostKVM: kvm), availability: availability, requested: tier, now: now)
            })
        let decision = set.decision
        print(json ? try CommandSupport.json(DecisionRecord(decision)) : decision.explanation)
        if members.count > 1, !json {
            print(
                "  of      \(Printable.text(members[set.strictest].name, limit: 64)), one of \(members.count) programs")
        }
        if decision.code == .verdict, !json {
            print("  remedy  run `ringfence verify \(Printable.text(object, limit: 400))` for the report")
        }
        if !decision.allows { throw ExitCode(1) }
    }

    static func assumedKVM(_ assumptions: [String]) throws -> Fact<HostKVM>? {
        var assumed: Fact<HostKVM>?
        for text in assumptions {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == Condition.Key.hostKVM.rawValue,
                let state = HostKVM(rawValue: String(parts[1])), assumed == nil
            else { throw Failure.assumption(text) }
            assumed = .known(state, .claimed)
        }
        return assumed
    }
}
