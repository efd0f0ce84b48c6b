internal import ArgumentParser
internal import CommandSupport
internal import PolicyCommands
internal import PolicyCore
internal import PolicyStore
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

            With --redacted it says what somebody may know who may not read the policy: the answer, what its code means, what to do, and the facts
            of the program and of who asks; no rule, no policy, nothing of the host.

            Runs nothing. The exit status is 1 where the policy says no.
            """)

    @Argument(help: "The object file.")
    var object: String

    @OptionGroup var inForce: PolicyInForce

    @OptionGroup var chosen: ChosenProgram
    @OptionGroup var environment: DeclaredEnvironment

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
            "Decide as if a fact were so: host.kvm=absent, host.label=dev,edge, signer=k:…; an unknown one is spelled fact=?",
            valueName: "fact=value"))
    var assume: [String] = []

    @Flag(help: "Leave out what is not the requester's own: rules, policies and the host.")
    var redacted = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try explain(reading: .ofThisHost) }

    /// Everything but the reading of the object and of the host.
    func explain(reading reader: ProgramReader) throws {
        let now = PolicyFiles.now
        let snapshot = try inForce.ofHost()?.snapshot ?? inForce.named()
        // The host is asked first: reading the object locks this process down.
        let assumptions = try assume.map(Assumption.init)
        var host = reader.probeHost()
        host[.hostLabel] = snapshot.labels(now: now)
        for assumption in assumptions { assumption.apply(to: &host) }
        let child = reader.probeChild()
        var members = try reader.identify(object, chosen, environment)
        let attestations = try inForce.attestations()
        for index in members.indices {
            guard let digest = members[index].identity.digest.value else { continue }
            let said = snapshot.attested(digest, by: attestations)
            members[index].identity[.signer] = said.signer
            members[index].identity[.attestation] = said.attestation
        }
        let availability = Availability(
            guest: EnclosureState(hostKVM: host[.hostKVM]), child: child, eligible: .offered)
        let set = SetDecision(
            members.map { member in
                var facts = Facts(program: member.identity, host: host, attach: .file)
                for assumption in assumptions { assumption.apply(to: &facts) }
                return snapshot.decide(facts, availability: availability, requested: tier, now: now)
            })
        let decision = set.decision
        if redacted {
            let answer = RequesterAnswer(decision)
            print(json ? try CommandSupport.json(answer) : answer.text)
            if !decision.allows { throw ExitCode(1) }
            return
        }
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
}

/// `fact=value,value`, or `fact=?`: what a decision is to take for granted.
struct Assumption: Equatable, Sendable {
    let name: FactName
    /// Nil: not known.
    let words: [String]?

    init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let name = FactName(rawValue: parts[0]) else { throw .assumption(text) }
        self.name = name
        guard parts[1] != "?" else {
            words = nil
            return
        }
        let words =
            parts[1].isEmpty ? [] : parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard name.shape.value(words) != nil else { throw .assumption(text) }
        self.words = words
    }

    func apply(to facts: inout Facts) {
        guard let words else { return facts.forget(name, .absent) }
        precondition(facts.set(name, words: words, .claimed), "the words were read before")
    }
}
