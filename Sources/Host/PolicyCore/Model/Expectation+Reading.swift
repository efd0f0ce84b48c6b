extension Expectation {
    init(reading table: TOMLTable) throws(PolicyTextError) {
        let keys = try SchemaTable(table, name: "[[expect]]", keys: ["given", "then"])
        position = table.position
        let givenTable = try keys.required("given").table()
        let thenTable = try keys.required("then").table()
        do throws(PolicyTextError) {
            given = try Facts(reading: givenTable)
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
}

extension Facts {
    /// The facts of a self-test. What is not given is unknown, but for the verdict: a self-test is about the rules, and
    /// speaks of a verified program unless it says otherwise. `"absent"` says that the verifier was not asked.
    fileprivate init(reading table: TOMLTable) throws(PolicyTextError) {
        let given = try SchemaTable(
            table, name: "\"given\"",
            keys: ["program", "type", "helpers", "insns", "verdict", "verifier.options", "host.kvm"])
        self.init()
        if let value = given.optional("program") { program.digest = .known(try value.programDigest(), .proven) }
        if let value = given.optional("type") { program.type = .known(try value.word(), .proven) }
        if let value = given.optional("helpers") {
            let helpers = try value.unique(try value.items()) { item throws(PolicyTextError) in try item.helper() }
            program.helpers = .known(Set(helpers), .proven)
        }
        if let value = given.optional("insns") { program.instructionCount = .known(try value.integer(), .proven) }
        program.verdict = .known(.accepted, .proven)
        if let value = given.optional("verdict") {
            let words: [(String, Fact<ProgramVerdict>)] =
                ProgramVerdict.allCases.map { ($0.rawValue, .known($0, .proven)) } + [("absent", .unknown(.absent))]
            program.verdict = try value.word(words)
        }
        if let value = given.optional("verifier.options") {
            program.verifier = .known(VerifierIdentity(version: 1, options: try value.word()), .proven)
        }
        if let value = given.optional("host.kvm") { hostKVM = .known(try value.word(), .observed) }
    }
}
