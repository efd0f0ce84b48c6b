internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// Facts that somebody gives by hand.
struct FactInput: ParsableArguments {
    /// More than this is no list of facts.
    static let maximumBytes = 256 * 1024

    @Option(
        help: ArgumentHelp(
            "Take facts for given: host.kvm=absent,type=xdp. Values of a set are parted by \"|\"; \"signer\" takes names of [signers] too.",
            valueName: "name=value,…"))
    var assume: [String] = []

    @Option(
        help: ArgumentHelp(
            "A JSON file of facts, by name: a text, a list of texts, or what a decision's record has of a fact.",
            valueName: "file"))
    var facts: String?

    /// What is given, over what a self-test takes for granted: that the verifier passed the program.
    func read(_ signers: [String: Signer]) throws -> Facts {
        var given = Facts()
        given[.verdict] = .known(.accepted, .claimed)
        if let facts { try Self.add(file: facts, to: &given, signers) }
        for part in assume.flatMap({ $0.split(separator: ",") }) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else { throw Self.bad(String(part), "is not name=value") }
            let words = sides[1].isEmpty ? [] : sides[1].split(separator: "|").map(String.init)
            try Self.set(sides[0], words, in: &given, signers, about: String(part))
        }
        return given
    }

    static func set(
        _ name: String, _ words: [String], in facts: inout Facts, _ signers: [String: Signer], about subject: String
    ) throws {
        guard let fact = FactName(rawValue: name) else {
            throw bad(
                subject, "no fact is called that", "facts: \(FactName.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard fact != .policyAge, fact != .revocationAge else {
            throw bad(subject, "ages come of the policies' own times")
        }
        if words == ["unknown"], fact.shape.atom("unknown") == nil || fact.shape.isSet || fact.shape == .text {
            facts.forget(fact, .absent)
            return
        }
        // Of a signer that is named, as many keys as it takes.
        let spelt =
            fact != .signer
            ? words
            : words.flatMap { word in
                signers[word].map { $0.keys.prefix($0.threshold).map(\.description) } ?? [word]
            }
        guard facts.set(fact, words: spelt, .claimed) else {
            throw bad(subject, "means no value of \(name)", fact.help)
        }
    }

    private static func add(file: String, to facts: inout Facts, _ signers: [String: Signer]) throws {
        let bytes = try Files.read(file, maximumBytes: maximumBytes)
        let document: JSONValue
        do throws(JSONError) { document = try StrictJSON.parse(bytes, maximumBytes: maximumBytes) } catch {
            throw Failure(.badInput, file, "\(error)")
        }
        guard case .object(let members) = document else { throw bad(file, "is not an object of facts") }
        for member in members {
            let name = String(decoding: member.name, as: UTF8.self)
            // As a record has it, a fact is an object with values, or with why it is not known.
            if case .object = member.value {
                guard let values = member.value["values"] else {
                    try set(name, ["unknown"], in: &facts, signers, about: "\(file): \(name)")
                    continue
                }
                try set(name, words(of: values, file), in: &facts, signers, about: "\(file): \(name)")
            } else {
                try set(name, words(of: member.value, file), in: &facts, signers, about: "\(file): \(name)")
            }
        }
    }

    private static func words(of value: JSONValue, _ file: String) throws -> [String] {
        switch value {
        case .string(let text), .number(let text): return [String(decoding: text, as: UTF8.self)]
        case .boolean(let truth): return ["\(truth)"]
        case .array(let values): return try values.flatMap { try words(of: $0, file) }
        case .object: throw bad(file, "a value of a fact is a text or a list of texts")
        }
    }

    private static func bad(_ subject: String, _ problem: String, _ remedy: String? = nil) -> Failure {
        Failure(.badInput, subject, problem, remedy: remedy)
    }
}

extension FactName {
    /// How its values are written.
    fileprivate var help: String {
        switch shape {
        case .word(let words), .words(let words): "one of \(words.joined(separator: ", "))"
        case .flag: "true or false"
        case .number: "a number"
        case .duration: "30d, 12h or 5m"
        case .release: "a kernel's release, such as 6.1"
        case .digest(let prefix): "\(prefix)<64 lower-case hexadecimal digits>"
        case .keys: "a name of [signers], or \(KeyID.prefix)<64 lower-case hexadecimal digits>"
        case .digests: "\(ContentDigest.prefix)<64 lower-case hexadecimal digits>"
        case .helpers: "names of helpers, such as bpf_map_lookup_elem"
        case .text, .labels: "a text"
        }
    }
}
