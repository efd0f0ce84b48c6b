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
                "schema", "kind", "id", "version", "issued", "expires", "not_before", "mode", "requires", "note",
                "options",
                "permit", "forbid", "expect",
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
        try Self.readMode(top.required("mode"))
        if let requires = top.optional("requires") { try Self.checkVocabularies(requires) }
        note = try top.optional("note")?.string()
        options = try PolicyOptions(reading: top.optional("options"))
        rules = try Self.readRules(top)
        expectations = try Self.readExpectations(top.optional("expect"))
    }

    private static func readVersion(_ value: SchemaValue) throws(PolicyTextError) -> UInt64 {
        let version = try value.integer()
        guard version < versionLimit else {
            throw PolicyTextError(.limit("version \(version)", limit: Int(versionLimit) - 1), at: value.position)
        }
        guard version > 0 else { throw value.invalid("counts from 1") }
        return version
    }

    private static func readMode(_ value: SchemaValue) throws(PolicyTextError) {
        let mode = try value.string()
        guard mode != "audit" else { throw value.invalid("this engine does not support audit mode; write \"enforce\"") }
        guard mode == "enforce" else { throw value.unknown(mode, expected: "\"enforce\"") }
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

    private static func readExpectations(_ value: SchemaValue?) throws(PolicyTextError) -> [Expectation] {
        guard let value else { return [] }
        let tables = try value.tables()
        guard tables.count <= maximumExpectations else {
            throw PolicyTextError(
                .limit("\(tables.count) self-tests", limit: maximumExpectations),
                at: tables[maximumExpectations].position)
        }
        var expectations: [Expectation] = []
        for table in tables { expectations.append(try Expectation(reading: table)) }
        return expectations
    }
}

extension PolicyOptions {
    init(reading value: SchemaValue?) throws(PolicyTextError) {
        self.init()
        guard let value else { return }
        let table = try SchemaTable(
            value.table(), name: "[options]",
            keys: ["on_expiry", "unverified_ceiling", "guest_codegen", "blind_constants", "on_failure"])
        if let tier = table.optional("on_expiry") { onExpiry = try tier.tier(from: .deny) }
        if let tier = table.optional("unverified_ceiling") {
            unverifiedCeiling = try tier.word([Tier.deny, .interpGuest].map { ($0.name, $0) })
        }
        if let allowed = table.optional("guest_codegen") { guestCodegen = try allowed.boolean() }
        if let blind = table.optional("blind_constants") { blindConstants = try blind.boolean() }
        guard let failures = table.optional("on_failure") else { return }
        for entry in try failures.table().entries {
            guard let type = ProgramType(rawValue: entry.key) else {
                throw PolicyTextError(
                    .unknownKey(entry.key, table: "on_failure", expected: ProgramType.allCases.map(\.rawValue)),
                    at: entry.position)
            }
            onFailure[type] = try SchemaValue(key: entry.key, value: entry.value).word()
        }
    }
}

extension SchemaValue {
    /// A tier that is at least `least`.
    func tier(from least: Tier) throws(PolicyTextError) -> Tier {
        try word(Tier.allCases.filter { $0 >= least }.map { ($0.name, $0) })
    }
}
