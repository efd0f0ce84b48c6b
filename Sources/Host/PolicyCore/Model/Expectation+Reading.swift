extension Expectation {
    init(reading table: TOMLTable, _ signers: [String: Signer]) throws(PolicyTextError) {
        let keys = try SchemaTable(table, name: "[[expect]]", keys: ["given", "then"])
        position = table.position
        let givenTable = try keys.required("given").table()
        let thenTable = try keys.required("then").table()
        do throws(PolicyTextError) {
            (given, signedBy) = try Self.readGiven(givenTable, signers)
            let then = try SchemaTable(thenTable, name: "\"then\"", keys: ["outcome", "code"])
            outcome = try then.required("outcome").tier(from: .deny)
            code = try then.optional("code")?.word()
        } catch {
            // A self-test of something this engine does not know is a self-test that fails.
            throw PolicyTextError(error.problem, at: error.position, code: .expectation)
        }
        if let code, code.allows == (outcome == .deny) {
            throw PolicyTextError(.expectationContradicts("outcome \(outcome) never has code \(code)"), at: position)
        }
    }

    /// The facts of a self-test. What is not given is unknown, but for the verdict: a self-test is about the rules, and
    /// speaks of a verified program unless it says otherwise. `"absent"` says that a fact is not known.
    ///
    /// `signer` names aliases of `[signers]`: enough of their keys are taken to have signed.
    private static func readGiven(
        _ table: TOMLTable, _ signers: [String: Signer]
    ) throws(PolicyTextError) -> (Facts, [String]) {
        // Age comes of the policy's own times.
        let names = FactName.allCases.filter { $0 != .policyAge }
        let given = try SchemaTable(table, name: "\"given\"", keys: names.map(\.rawValue))
        var facts = Facts()
        var aliases: [String] = []
        facts[.verdict] = .known(.accepted, .proven)
        for name in names {
            guard let value = given.optional(name.rawValue) else { continue }
            if case .string("absent") = value.value.content, name.shape.atom("absent") == nil {
                facts.forget(name, .absent)
            } else if name == .signer {
                aliases = try value.listed { item throws(PolicyTextError) in
                    let alias = try item.identifier()
                    guard signers[alias] != nil else { throw item.unknown(alias, expected: "a name in [signers]") }
                    return alias
                }
                let keys = aliases.flatMap { alias in signers[alias].map { $0.keys.prefix($0.threshold) } ?? [] }
                facts[.signer] = .known(Set(keys), .attested)
            } else {
                let words = try value.words(of: name)
                guard facts.set(name, words: words, .proven) else {
                    throw value.unknown(words.joined(separator: ", "), expected: name.shape.expectation)
                }
            }
        }
        return (facts, aliases)
    }
}

extension SchemaValue {
    /// A list, which may be empty, or one item without the brackets.
    fileprivate func listed<Item: Equatable>(
        _ read: (SchemaValue) throws(PolicyTextError) -> Item
    ) throws(PolicyTextError) -> [Item] {
        guard case .list = value.content else { return [try read(self)] }
        return try unique(try items(), read)
    }

    /// The words that spell the value of a fact.
    fileprivate func words(of name: FactName) throws(PolicyTextError) -> [String] {
        let shape = name.shape
        guard shape.isSet else { return [shape.text(try atom(of: shape))] }
        return try listed { item throws(PolicyTextError) in shape.text(try item.atom(of: shape)) }
    }
}
