internal import PolicyCore

/// A policy as people see it before they sign it and after they verified it: every rule, one line each.
struct PolicySummary: Encodable {
    var id: String
    var version: UInt64
    var sha256: String
    var issued: String
    var expires: String
    var notBefore: String?
    var onExpiry: String
    var unverifiedCeiling: String
    var mode: String
    var guestCodegen: Bool
    var codeIntegrity: Bool
    var logRequired: Bool
    var onTighten: String
    var supplemental: Supplemental?
    var signers: [String: SignerLine]
    var blindConstants: Bool
    var onFailure: [String: String]
    var rules: [RuleLine]
    var selfTests: Int

    struct Supplemental: Encodable {
        var signers: [String]
        var ceiling: String
    }

    struct SignerLine: Encodable {
        var keys: [String]
        var threshold: Int
    }

    struct RuleLine: Encodable {
        var effect: String
        var id: String
        var tier: String
        var when: [String]
        var line: Int
        var shadow: Bool?
        var note: String?
    }

    init(_ base: PolicyBase) {
        let file = base.file
        id = file.id
        version = file.version
        sha256 = base.sha256.description
        issued = file.issued.description
        expires = file.expires.description
        notBefore = file.notBefore?.description
        onExpiry = file.options.onExpiry.name
        unverifiedCeiling = file.options.unverifiedCeiling.name
        mode = file.mode.rawValue
        guestCodegen = file.options.guestCodegen
        codeIntegrity = file.options.codeIntegrity
        logRequired = file.options.logRequired
        onTighten = file.options.onTighten.rawValue
        supplemental = file.options.supplemental.map { Supplemental(signers: $0.signers, ceiling: $0.ceiling.name) }
        signers = file.signers.mapValues { SignerLine(keys: $0.keys.map(\.description), threshold: $0.threshold) }
        blindConstants = file.options.blindConstants
        onFailure = Dictionary(
            file.options.onFailure.map { ($0.key.rawValue, $0.value.rawValue) }, uniquingKeysWith: { first, _ in first }
        )
        rules = file.rules.map { rule in
            RuleLine(
                effect: rule.effect.rawValue, id: rule.id, tier: rule.tier.name, when: rule.conditions.map(\.summary),
                line: rule.position.line, shadow: rule.isShadow ? true : nil, note: rule.note)
        }
        selfTests = file.expectations.count
    }

    /// After its self-tests passed.
    var text: String { text(selfTests: "passed") }

    func text(selfTests outcome: String) -> String {
        var lines = [
            "\(id) v\(version)   sha256:\(sha256)",
            "  valid   \(notBefore ?? issued) to \(expires), then at most \(onExpiry)",
        ]
        if unverifiedCeiling != Tier.deny.name {
            lines.append("  proof   what the verifier did not pass runs in at most \(unverifiedCeiling)")
        }
        if mode == PolicyFile.Mode.audit.rawValue {
            lines.append("  mode    audit: what would be denied runs in the safest tier, and is recorded")
        }
        if codeIntegrity { lines.append("  codegen none that the host could execute (code_integrity)") }
        if guestCodegen { lines.append("  codegen generated code may run in guests") }
        if blindConstants { lines.append("  codegen generated code holds no constant as the program has it") }
        let open = onFailure.filter { $0.value == FailureVerdict.open.rawValue }.keys.sorted()
        lines.append("  faults  \(open.isEmpty ? "closed" : "open for \(open.joined(separator: ", ")), else closed")")
        lines.append("  tighten what runs when a policy allows less: \(onTighten)")
        if logRequired { lines.append("  log     what cannot be recorded does not run") }
        for (alias, signer) in signers.sorted(by: { $0.key < $1.key }) {
            lines.append("  signer  \(alias)  \(signer.threshold) of \(signer.keys.joined(separator: ", "))")
        }
        if let supplemental {
            lines.append(
                "  adds    \(supplemental.signers.joined(separator: ", ")) may add permits up to \(supplemental.ceiling)"
            )
        }
        for rule in rules {
            let when = rule.when.isEmpty ? "always" : rule.when.joined(separator: "  ")
            lines.append(
                "  \(rule.effect)  \(rule.id)  \(rule.tier)  line \(rule.line)  \(when)\(rule.shadow == true ? "  (tried out: does not count)" : "")"
            )
        }
        lines.append("  tests   \(selfTests) \(outcome)")
        return lines.joined(separator: "\n")
    }
}

extension Condition {
    /// The condition in full, as it was written.
    var summary: String { "\(key.rawValue)=\(operandWords.joined(separator: "|"))" }
}

/// A lint finding for a report.
struct FindingLine: Encodable {
    var code: String
    var isError: Bool
    var line: Int
    var column: Int
    var message: String

    init(_ finding: LintFinding) {
        code = finding.code.rawValue
        isError = finding.code.isError
        line = finding.position.line
        column = finding.position.column
        message = finding.message
    }
}
