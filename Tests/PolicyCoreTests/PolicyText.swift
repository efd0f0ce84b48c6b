import PolicyCore

extension PolicyFile {
    /// The policy as a text that says the same, written here from what the format is.
    var text: String {
        var lines = [
            "schema = \"ringfence-policy/v1\"", "kind = \"\(kind.rawValue)\"", "id = \"\(id)\"", "version = \(version)",
            "issued = \(issued)", "expires = \(expires)", "mode = \"\(mode.rawValue)\"",
        ]
        if let notBefore { lines.append("not_before = \(notBefore)") }
        if let extends { lines.append("extends = \"\(extends)\"") }
        if kind == .base { lines += options.lines }
        lines.append("[signers]")
        for (alias, signer) in signers {
            let keys = signer.keys.map { "\"\($0)\"" }.joined(separator: ", ")
            lines.append("\(alias) = { keys = [\(keys)], threshold = \(signer.threshold) }")
        }
        for rule in rules {
            lines += ["[[\(rule.effect.rawValue)]]", "id = \"\(rule.id)\"", "tier = \"\(rule.tier)\""]
            if rule.isShadow { lines.append("mode = \"shadow\"") }
            if rule.isUnsafeWithoutAuthor { lines.append("unsafe_no_author = true") }
            lines.append("when = { \(rule.conditions.map(\.text).joined(separator: ", ")) }")
        }
        return lines.joined(separator: "\n")
    }
}

extension PolicyOptions {
    fileprivate var lines: [String] {
        var lines = ["[options]", "on_expiry = \"\(onExpiry)\"", "guest_codegen = \(guestCodegen)"]
        lines.append("blind_constants = \(blindConstants)")
        lines.append("code_integrity = \(codeIntegrity)")
        lines.append("log_required = \(logRequired)")
        lines.append("on_tighten = \"\(onTighten.rawValue)\"")
        lines.append("unverified_ceiling = \"\(unverifiedCeiling)\"")
        if !redacted.isEmpty { lines.append("redact = \(list(redacted.map(\.rawValue)))") }
        if let supplemental {
            lines.append(
                "supplemental = { signers = \(list(supplemental.signers)), ceiling = \"\(supplemental.ceiling)\" }")
        }
        let failures = onFailure.map { "\($0.key) = \"\($0.value.rawValue)\"" }
        lines.append("on_failure = { \(failures.joined(separator: ", ")) }")
        return lines
    }
}

extension Condition {
    var text: String {
        let value =
            switch operand {
            case .atoms(let atoms):
                list(atoms.map(key.fact.shape.text), quoted: key.fact.shape != .number)
            case .limit(let limit):
                key.fact.shape == .number ? "\(limit)" : "\"\(key.fact.shape.text(.number(limit)))\""
            case .flag(let flag): "\(flag)"
            case .aliases(let aliases): list(aliases)
            }
        return "\"\(key.rawValue)\" = \(value)"
    }
}

private func list(_ words: [String], quoted: Bool = true) -> String {
    "[\(words.map { quoted ? "\"\($0)\"" : $0 }.joined(separator: ", "))]"
}
