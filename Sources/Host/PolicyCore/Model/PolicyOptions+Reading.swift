extension PolicyOptions {
    /// - Parameter kind: a supplemental policy sets none of what a base decides for all.
    init(reading value: SchemaValue?, for kind: PolicyFile.Kind) throws(PolicyTextError) {
        self.init()
        guard let value else { return }
        if kind == .supplemental {
            throw value.invalid("a supplemental policy has no options: the base that it extends decides them")
        }
        let table = try SchemaTable(
            value.table(), name: "[options]",
            keys: [
                "on_expiry", "audit_tier", "unverified_ceiling", "guest_codegen", "code_integrity", "blind_constants",
                "log_required", "redact", "on_tighten", "on_failure", "supplemental",
            ])
        if let tier = table.optional("on_expiry") { onExpiry = try tier.tier(from: .deny) }
        // A greater one would make what audit mode lets pass more exposed than what a permit allows.
        if let tier = table.optional("audit_tier") {
            auditTier = try tier.word([(Tier.interpGuest.name, .interpGuest)])
        }
        if let tier = table.optional("unverified_ceiling") {
            unverifiedCeiling = try tier.word([Tier.deny, .interpGuest].map { ($0.name, $0) })
        }
        if let allowed = table.optional("guest_codegen") { guestCodegen = try allowed.boolean() }
        if let integrity = table.optional("code_integrity") { codeIntegrity = try integrity.boolean() }
        if let blind = table.optional("blind_constants") { blindConstants = try blind.boolean() }
        if let required = table.optional("log_required") { logRequired = try required.boolean() }
        if let names = table.optional("redact") {
            redacted = Set(try names.distinct { item throws(PolicyTextError) in try item.word() as FactName })
        }
        if let tightening = table.optional("on_tighten") { onTighten = try tightening.word() }
        if let failures = table.optional("on_failure") { onFailure = try Self.readFailures(failures) }
        if let options = table.optional("supplemental") { supplemental = try SupplementalOptions(reading: options) }
    }

    private static func readFailures(
        _ failures: SchemaValue
    ) throws(PolicyTextError) -> [ProgramType: FailureVerdict] {
        var verdicts: [ProgramType: FailureVerdict] = [:]
        for entry in try failures.table().entries {
            guard let type = ProgramType(rawValue: entry.key) else {
                throw PolicyTextError(
                    .unknownKey(entry.key, table: "on_failure", expected: ProgramType.allCases.map(\.rawValue)),
                    at: entry.position)
            }
            verdicts[type] = try SchemaValue(key: entry.key, value: entry.value).word()
        }
        return verdicts
    }
}

extension SupplementalOptions {
    fileprivate init(reading value: SchemaValue) throws(PolicyTextError) {
        let table = try SchemaTable(value.table(), name: "\"supplemental\"", keys: ["signers", "ceiling"])
        signers = try table.required("signers").distinct { item throws(PolicyTextError) in try item.identifier() }
        ceiling = try table.required("ceiling").tier(from: .interpGuest)
    }
}
