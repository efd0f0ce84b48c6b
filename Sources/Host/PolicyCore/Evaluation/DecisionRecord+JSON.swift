extension DecisionRecord {
    /// The record as the decision log writes it. The names are those of ``Encodable``, and nothing is written for what is nil.
    package func write(_ name: String? = nil, to text: inout JSONText) {
        text.object(name) { text in
            text.number("v", UInt64(v))
            text.string("outcome", outcome)
            text.string("code", code)
            text.string("reason", reason)
            text.string("ceiling", ceiling)
            text.string("requested", requested)
            text.string("program", program)
            text.string("onFailure", onFailure)
            text.boolean("blindsConstants", blindsConstants)
            text.boolean("enforced", enforced)
            text.string("auditedCode", auditedCode)
            text.string("revocation", revocation)
            text.string("cap", cap)
            text.string("recovery", recovery)
            if let shadow {
                text.object("shadow") { text in
                    text.string("outcome", shadow.outcome)
                    text.string("code", shadow.code)
                    text.string("ceiling", shadow.ceiling)
                }
            }
            text.array("bases") { text in
                for base in bases { base.write(to: &text) }
            }
            text.array("rules") { text in
                for rule in rules { rule.write(to: &text) }
            }
            text.array("tiers") { text in
                for tier in tiers { tier.write(to: &text) }
            }
            text.object("facts") { text in
                for (name, fact) in facts.sorted(by: { $0.key < $1.key }) { fact.write(name, to: &text) }
            }
            inputs?.write(to: &text)
        }
    }

    /// Reads what ``write(_:to:)`` writes, and nothing that is not there.
    package init(reading value: JSONValue) throws(JSONMemberError) {
        guard try value.natural("v") == 1 else { throw JSONMemberError("v") }
        outcome = try value.requiredText("outcome")
        code = try value.requiredText("code")
        reason = try value.requiredText("reason")
        ceiling = try value.requiredText("ceiling")
        requested = try value.optionalText("requested")
        program = try value.optionalText("program")
        onFailure = try value.requiredText("onFailure")
        blindsConstants = try value.flag("blindsConstants")
        enforced = try value.flag("enforced")
        auditedCode = try value.optionalText("auditedCode")
        revocation = try value.optionalText("revocation")
        cap = try value.optionalText("cap")
        recovery = try value.optionalText("recovery")
        shadow = try value["shadow"].map { value throws(JSONMemberError) in try Shadow(reading: value) }
        bases = try value.items("bases").map { value throws(JSONMemberError) in try Base(reading: value) }
        rules = try value.items("rules").map { value throws(JSONMemberError) in try RuleRecord(reading: value) }
        tiers = try value.items("tiers").map { value throws(JSONMemberError) in try TierRecord(reading: value) }
        facts = [:]
        for fact in try value.members("facts") { facts[fact.name] = try FactRecord(reading: fact.value) }
        inputs = try value["inputs"].map { value throws(JSONMemberError) in try Inputs(reading: value) }
    }
}

extension DecisionRecord.Shadow {
    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        outcome = try value.requiredText("outcome")
        code = try value.requiredText("code")
        ceiling = try value.requiredText("ceiling")
    }
}

extension DecisionRecord.Source {
    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        id = try value.requiredText("id")
        version = try value.natural("version")
        sha256 = try value.requiredText("sha256")
    }
}

extension DecisionRecord.Base {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.string("id", id)
            text.number("version", version)
            text.string("sha256", sha256)
            text.array("supplementals") { text in
                for source in supplementals {
                    text.object { text in
                        text.string("id", source.id)
                        text.number("version", source.version)
                        text.string("sha256", source.sha256)
                    }
                }
            }
            text.string("mode", mode)
            text.string("ceiling", ceiling)
            text.string("unverifiedCeiling", unverifiedCeiling)
            text.string("validity", validity)
        }
    }

    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        id = try value.requiredText("id")
        version = try value.natural("version")
        sha256 = try value.requiredText("sha256")
        supplementals = try value.items("supplementals").map { value throws(JSONMemberError) in
            try DecisionRecord.Source(reading: value)
        }
        mode = try value.requiredText("mode")
        ceiling = try value.requiredText("ceiling")
        unverifiedCeiling = try value.optionalText("unverifiedCeiling")
        validity = try value.requiredText("validity")
    }
}

extension DecisionRecord.RuleRecord {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.string("id", id)
            text.string("effect", effect)
            text.string("tier", tier)
            text.boolean("matched", matched)
            if let shadow { text.boolean("shadow", shadow) }
            text.string("file", file)
            text.number("line", UInt64(clamping: line))
            text.object("conds") { text in
                for (key, truth) in conds.sorted(by: { $0.key < $1.key }) { text.string(key, truth) }
            }
        }
    }

    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        id = try value.requiredText("id")
        effect = try value.requiredText("effect")
        tier = try value.requiredText("tier")
        matched = try value.flag("matched")
        shadow = value["shadow"] == nil ? nil : try value.flag("shadow")
        file = try value.requiredText("file")
        line = Int(clamping: try value.natural("line"))
        conds = [:]
        for member in try value.members("conds") {
            guard case .string(let truth) = member.value else { throw JSONMemberError("conds") }
            conds[member.name] = String(decoding: truth, as: UTF8.self)
        }
    }
}

extension DecisionRecord.TierRecord {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.string("tier", tier)
            text.boolean("eligible", eligible)
            text.boolean("available", available)
            text.boolean("withinCeiling", withinCeiling)
            text.string("why", why)
        }
    }

    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        tier = try value.requiredText("tier")
        eligible = try value.flag("eligible")
        available = try value.flag("available")
        withinCeiling = try value.flag("withinCeiling")
        why = try value.optionalText("why")
    }
}

extension DecisionRecord.FactRecord {
    fileprivate func write(_ name: String, to text: inout JSONText) {
        text.object(name) { text in
            if let values { text.strings("values", values) }
            text.string("provenance", provenance)
            text.string("unknown", unknown)
            if let salted { text.strings("salted", salted) }
        }
    }

    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        values = value["values"] == nil ? nil : try value.texts("values")
        provenance = try value.optionalText("provenance")
        unknown = try value.optionalText("unknown")
        salted = value["salted"] == nil ? nil : try value.texts("salted")
    }
}

extension DecisionRecord.Inputs {
    fileprivate func write(to text: inout JSONText) {
        text.object("inputs") { text in
            text.string("now", now)
            text.string("guestObstacle", guestObstacle)
            text.string("childObstacle", childObstacle)
            text.strings("eligible", eligible)
            text.boolean("codeIntegrity", codeIntegrity)
        }
    }

    fileprivate init(reading value: JSONValue) throws(JSONMemberError) {
        now = try value.requiredText("now")
        guestObstacle = try value.optionalText("guestObstacle")
        childObstacle = try value.optionalText("childObstacle")
        eligible = try value.texts("eligible")
        codeIntegrity = try value.flag("codeIntegrity")
    }
}
