internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy simulate`: what would be decided about programs that nobody has.
struct PolicySimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Say what a policy decides for facts that are given by hand, or a table of it.",
        discussion: """
            Examples:
              ringfence policy simulate Policies/example.toml --assume type=xdp,helpers=bpf_map_lookup_elem,host.kvm=usable
              ringfence policy simulate Policies/production.toml --assume signer=platform,type=xdp,helpers= --vary host.kvm
              ringfence policy simulate Policies/example.toml --assume type=xdp --vary "helpers=;bpf_send_signal" --vary host.kvm --json

            No signature is checked and nothing runs. What is not given is not known, but for the verdict, which is "accepted". With one outcome,
            the exit status is 1 where it is a denial.
            """)

    /// More rows than a person reads.
    static let maximumRows = 4096

    @Argument(help: "The policy text, or a signed policy.")
    var file: String

    @OptionGroup var input: FactInput

    @Option(
        help: ArgumentHelp(
            "A table over the values of a fact; a fact of many values needs them: name=a;b;c. May be given several times.",
            valueName: "name[=value;…]"))
    var vary: [String] = []

    @Option(help: "The tier that would be asked for.")
    var tier: String?

    @Option(help: "The time to decide at, as 2026-11-01T00:00:00Z. (default: now)")
    var at: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let base = try PolicyFiles.readEither(file)
        let requested = try tier.map { text in
            guard let tier = Tier(name: text) else {
                throw ValidationError("no such tier; write \(Tier.running.map(\.name).joined(separator: ", "))")
            }
            return tier
        }
        let now = try time()
        let given = try input.read(base.file.signers)
        let axes = try vary.map { try Axis($0) }
        func decision(_ facts: Facts) -> Decision {
            let availability = Availability(
                guest: EnclosureState(hostKVM: facts[.hostKVM]),
                child: EnclosureState(hostSeccomp: facts[.hostSeccomp]),
                eligible: .offered)
            return decide([base], facts: facts, availability: availability, requested: requested, now: now)
        }
        guard !axes.isEmpty else {
            let decision = decision(given)
            Output.write(json ? try CommandSupport.json(DecisionRecord(decision)) : decision.explanation)
            if !decision.allows { throw ExitCode(ExitStatus.denied.rawValue) }
            return
        }
        let rows = try rows(axes, given, base.file.signers).map { row in (row.words, decision(row.facts)) }
        if json {
            let records = rows.map { words, decision in
                Row(
                    facts: Dictionary(uniqueKeysWithValues: zip(axes.map(\.name), words)),
                    outcome: decision.outcome.name,
                    code: decision.code.rawValue, ceiling: decision.ceiling.name)
            }
            Output.write(try CommandSupport.json(Report(rows: records)))
        } else {
            var table = Table(axes.map { .left($0.name) } + [.left("outcome"), .left("code"), .left("ceiling")])
            for (words, decision) in rows {
                table.add(
                    words.map { Table.Cell($0) } + [
                        Table.Cell(decision.outcome.name), Table.Cell(decision.code.rawValue),
                        Table.Cell(decision.ceiling.name),
                    ])
            }
            Output.write(table.text(), terminator: "")
        }
    }

    private func time() throws -> UTCTime {
        guard let at else { return PolicyFiles.now }
        do throws(UTCTime.Malformation) { return try UTCTime(text: Array(at.utf8)) } catch {
            throw Failure(.badInput, at, "\(error)")
        }
    }

    private func rows(
        _ axes: [Axis], _ given: Facts, _ signers: [String: Signer]
    ) throws -> [(words: [String], facts: Facts)] {
        var rows: [(words: [String], facts: Facts)] = [([], given)]
        for axis in axes {
            guard rows.count * axis.values.count <= Self.maximumRows else {
                throw Failure(
                    .badInput, axis.name, "makes more than \(Self.maximumRows) rows", remedy: "vary less at once")
            }
            rows = try rows.flatMap { row in
                try axis.values.map { value in
                    var facts = row.facts
                    let words = value.isEmpty ? [] : value.split(separator: "|").map(String.init)
                    try FactInput.set(axis.name, words, in: &facts, signers, about: "--vary \(axis.name)=\(value)")
                    return (row.words + [value.isEmpty ? "none" : value], facts)
                }
            }
        }
        return rows
    }

    /// A fact, and the values that it takes in turn.
    private struct Axis {
        var name: String
        var values: [String]

        init(_ text: String) throws {
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            name = sides[0]
            if sides.count == 2 {
                values = sides[1].split(separator: ";", omittingEmptySubsequences: false).map(String.init)
                return
            }
            guard let fact = FactName(rawValue: name) else {
                throw Failure(
                    .badInput, name, "no fact is called that",
                    remedy: "facts: \(FactName.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            values =
                switch fact.shape {
                case .word(let words), .words(let words): words + ["unknown"]
                case .flag: ["true", "false", "unknown"]
                case .text, .number, .duration, .release, .digest, .keys, .digests, .helpers, .labels:
                    throw Failure(.badInput, name, "has many values", remedy: "say which: --vary \"\(name)=…;…\"")
                }
        }
    }

    private struct Row: Encodable {
        var facts: [String: String]
        var outcome: String
        var code: String
        var ceiling: String
    }

    private struct Report: Encodable {
        var rows: [Row]
    }
}
