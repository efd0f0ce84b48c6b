extension PolicyFile {
    /// Reads a policy text, and refuses it whole if any part of it is not understood. Its self-tests have not run yet.
    package init(parsing bytes: [UInt8]) throws(PolicyTextError) {
        let document = try StrictTOML.parse(bytes)
        // The schema comes first: the keys of a later one are not misspelt keys of this one.
        guard let schema = document["schema"] else {
            throw PolicyTextError(.missingKey("schema", table: "the policy"), at: .start)
        }
        let declared = SchemaValue(key: "schema", value: schema)
        guard try declared.string() == Self.schema else {
            throw declared.unknown(try declared.string(), expected: "\"\(Self.schema)\"")
        }
        let top = try SchemaTable(
            document, name: "the policy",
            keys: [
                "schema", "kind", "id", "version", "issued", "expires", "not_before", "mode", "extends", "requires",
                "targets", "note", "options", "signers", "permit", "forbid", "expect",
            ])
        kind = try top.required("kind").word()
        id = try top.required("id").identifier()
        version = try Self.readVersion(top.required("version"))
        issued = try top.required("issued").time()
        expires = try top.required("expires").time()
        guard issued < expires else { throw try top.required("expires").invalid("is not after \"issued\"") }
        notBefore = try top.optional("not_before")?.time()
        if let notBefore, notBefore >= expires {
            throw try top.required("not_before").invalid("is not before \"expires\"")
        }
        mode = try top.required("mode").word()
        extends = try Self.readExtends(top, kind)
        if let requires = top.optional("requires") { try Self.checkVocabularies(requires) }
        note = try top.optional("note")?.string()
        targets = try top.optional("targets")?.distinct { item throws(PolicyTextError) in try item.target() }
        signers = try Self.readSigners(top.optional("signers"))
        options = try PolicyOptions(reading: top.optional("options"), for: kind)
        if let supplemental = options.supplemental {
            for alias in supplemental.signers where signers[alias] == nil {
                throw try top.required("options").invalid(
                    "\"supplemental\" names \"\(alias)\", which [signers] does not have")
            }
        }
        rules = try Self.readRules(top)
        try Self.check(aliasesOf: rules, signers)
        expectations = try Self.readExpectations(top.optional("expect"), signers)
    }

    private static func readExtends(_ top: SchemaTable, _ kind: Kind) throws(PolicyTextError) -> String? {
        switch kind {
        case .base:
            if let extends = top.optional("extends") {
                throw extends.invalid("only a supplemental policy extends another")
            }
            return nil
        case .supplemental: return try top.required("extends").identifier()
        }
    }

    /// `[signers]`: a name to one key, a list of keys, or a table of keys and threshold.
    private static func readSigners(_ value: SchemaValue?) throws(PolicyTextError) -> [String: Signer] {
        var signers: [String: Signer] = [:]
        for entry in try value?.table().entries ?? [] {
            let value = SchemaValue(key: entry.key, value: entry.value)
            signers[entry.key] = try Signer(reading: value)
        }
        return signers
    }

    private static func check(aliasesOf rules: [Rule], _ signers: [String: Signer]) throws(PolicyTextError) {
        for rule in rules {
            for condition in rule.conditions {
                guard case .aliases(let aliases) = condition.operand else { continue }
                for alias in aliases where signers[alias] == nil {
                    throw PolicyTextError(
                        .unknownValue(
                            key: condition.key.rawValue, value: alias,
                            expected: signers.isEmpty
                                ? "a name in [signers], which is not there"
                                : "one of \(signers.keys.sorted().joined(separator: ", "))"), at: rule.position)
                }
            }
        }
    }

    private static func readVersion(_ value: SchemaValue) throws(PolicyTextError) -> UInt64 {
        let version = try value.integer()
        guard version < versionLimit else {
            throw PolicyTextError(.limit("version \(version)", limit: Int(versionLimit) - 1), at: value.position)
        }
        guard version > 0 else { throw value.invalid("counts from 1") }
        return version
    }

    private static func checkVocabularies(_ requires: SchemaValue) throws(PolicyTextError) {
        for item in try requires.items() {
            let name = try item.string()
            guard vocabularies.contains(name) else {
                throw item.unknown(name, expected: "what this engine knows: \(vocabularies.joined(separator: ", "))")
            }
        }
    }

    private static func readRules(_ top: SchemaTable) throws(PolicyTextError) -> [Rule] {
        var rules: [Rule] = []
        for effect in [Rule.Effect.permit, .forbid] {
            guard let value = top.optional(effect.rawValue) else { continue }
            for table in try value.tables() { rules.append(try Rule(reading: table, effect: effect)) }
        }
        rules.sort { $0.position < $1.position }
        guard rules.count <= maximumRules else {
            throw PolicyTextError(.limit("\(rules.count) rules", limit: maximumRules), at: rules[maximumRules].position)
        }
        var first: [String: SourcePosition] = [:]
        for rule in rules {
            if let earlier = first.updateValue(rule.position, forKey: rule.id) {
                throw PolicyTextError(.duplicate("rule id \"\(rule.id)\"", first: earlier), at: rule.position)
            }
        }
        return rules
    }

    private static func readExpectations(
        _ value: SchemaValue?, _ signers: [String: Signer]
    ) throws(PolicyTextError) -> [Expectation] {
        guard let value else { return [] }
        let tables = try value.tables()
        guard tables.count <= maximumExpectations else {
            throw PolicyTextError(
                .limit("\(tables.count) self-tests", limit: maximumExpectations),
                at: tables[maximumExpectations].position)
        }
        var expectations: [Expectation] = []
        for table in tables { expectations.append(try Expectation(reading: table, signers)) }
        return expectations
    }
}

extension Signer {
    fileprivate init(reading value: SchemaValue) throws(PolicyTextError) {
        func keys(_ value: SchemaValue) throws(PolicyTextError) -> [KeyID] {
            let keys = try value.distinct { item throws(PolicyTextError) in try item.keyID() }
            guard keys.count <= maximumKeys else {
                throw PolicyTextError(
                    .limit("\(keys.count) keys of one signer", limit: maximumKeys), at: value.position)
            }
            return keys
        }
        let maximumKeys = Self.maximumKeys
        switch value.value.content {
        case .string: self.init(keys: [try value.keyID()])
        case .list: self.init(keys: try keys(value))
        case .table(let table):
            let table = try SchemaTable(table, name: "\"\(value.key)\"", keys: ["keys", "threshold"])
            let listed = try keys(table.required("keys"))
            let threshold = try table.required("threshold")
            let number = try threshold.integer()
            guard number >= 1, number <= listed.count else {
                throw threshold.invalid("has to be at least 1 and at most the number of keys, which is \(listed.count)")
            }
            self.init(keys: listed, threshold: Int(number))
        case .integer, .boolean, .time, .tables:
            throw value.wrongType("a key's id, a list of them, or { keys = [...], threshold = n }")
        }
    }
}

extension SchemaValue {
    /// A key by its id.
    func keyID() throws(PolicyTextError) -> KeyID {
        let text = try string()
        guard let id = KeyID(text: text) else {
            throw unknown(text, expected: FactShape.keys.expectation)
        }
        return id
    }

    /// A host that a policy is meant for.
    fileprivate func target() throws(PolicyTextError) -> MachineID {
        let text = try string()
        let prefix = "machine-id:"
        guard text.utf8.starts(with: prefix.utf8), let machine = MachineID(String(text.dropFirst(prefix.utf8.count)))
        else { throw unknown(text, expected: "\(prefix)<32 lower-case hexadecimal digits>") }
        return machine
    }

    /// A tier that is at least `least`.
    func tier(from least: Tier) throws(PolicyTextError) -> Tier {
        try word(Tier.allCases.filter { $0 >= least }.map { ($0.name, $0) })
    }
}
