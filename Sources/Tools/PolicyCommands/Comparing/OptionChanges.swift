internal import PolicyCore

/// What the options of a policy change that no single program shows.
struct OptionChanges {
    private(set) var changes: [PolicyComparison.Change] = []

    init(from old: PolicyFile, to new: PolicyFile) {
        compare("kind", old.kind.rawValue, new.kind.rawValue, .neither)
        compare("id", old.id, new.id, .neither)
        compare("version", "\(old.version)", "\(new.version)", .neither)
        if new.version <= old.version, old != new {
            report(.neither, "version", "does not count up: hosts that have the old one refuse the new one")
        }
        compare("issued", "\(old.issued)", "\(new.issued)", .neither)
        compare("expires", "\(old.expires)", "\(new.expires)", .neither)
        compare(
            "not_before", old.notBefore?.description ?? "not set", new.notBefore?.description ?? "not set", .neither)
        compare("extends", old.extends ?? "nothing", new.extends ?? "nothing", .neither)
        compare("targets", Self.text(old.targets), Self.text(new.targets), .neither)
        // That audit mode lets programs run is told with what may run.
        compare("mode", old.mode.rawValue, new.mode.rawValue, .neither)
        compare(options: old.options, new.options)
    }

    private mutating func compare(options old: PolicyOptions, _ new: PolicyOptions) {
        compare("on_expiry", old.onExpiry, new.onExpiry)
        compare("unverified_ceiling", old.unverifiedCeiling, new.unverifiedCeiling)
        compare("audit_tier", old.auditTier, new.auditTier)
        compare("guest_codegen", old.guestCodegen, new.guestCodegen, risesWhen: true)
        compare("code_integrity", old.codeIntegrity, new.codeIntegrity, risesWhen: false)
        compare("blind_constants", old.blindConstants, new.blindConstants, risesWhen: false)
        compare("log_required", old.logRequired, new.logRequired, risesWhen: false)
        let order: [Tightening] = [.detach, .migrate, .log]
        let ranks = [old.onTighten, new.onTighten].compactMap(order.firstIndex)
        if ranks.count == 2, ranks[0] != ranks[1] {
            report(
                ranks[1] > ranks[0] ? .rises : .falls, "on_tighten",
                "\(old.onTighten.rawValue) → \(new.onTighten.rawValue)")
        }
        for type in ProgramType.allCases {
            let (before, after) = (old.onFailure[type] ?? .closed, new.onFailure[type] ?? .closed)
            guard before != after else { continue }
            report(
                after == .open ? .rises : .falls, "on_failure",
                "an event whose \(type) program faults: \(before.rawValue) → \(after.rawValue)")
        }
        let (hidden, shown) = (new.redacted.subtracting(old.redacted), old.redacted.subtracting(new.redacted))
        if !hidden.isEmpty { report(.neither, "redact", "no longer recorded as they are: \(Self.text(hidden))") }
        if !shown.isEmpty { report(.neither, "redact", "recorded as they are: \(Self.text(shown))") }
        compare(supplemental: old.supplemental, new.supplemental)
    }

    private mutating func compare(supplemental old: SupplementalOptions?, _ new: SupplementalOptions?) {
        let (before, after) = (Set(old?.signers ?? []), Set(new?.signers ?? []))
        for alias in after.subtracting(before).sorted() {
            report(.rises, "supplemental", "\(alias) may add permits up to \(new?.ceiling ?? .deny)")
        }
        for alias in before.subtracting(after).sorted() {
            report(.falls, "supplemental", "\(alias) may add nothing any more")
        }
        if let old, let new, old.ceiling != new.ceiling {
            report(
                new.ceiling > old.ceiling ? .rises : .falls, "supplemental",
                "what is added is permitted up to \(old.ceiling) → \(new.ceiling)")
        }
    }

    private mutating func compare(_ name: String, _ old: Tier, _ new: Tier) {
        compare(name, old.name, new.name, new > old ? .rises : .falls)
    }

    private mutating func compare(_ name: String, _ old: Bool, _ new: Bool, risesWhen rising: Bool) {
        compare(name, "\(old)", "\(new)", new == rising ? .rises : .falls)
    }

    private mutating func compare(_ name: String, _ old: String, _ new: String, _ direction: PolicyComparison.Direction)
    {
        if old != new { report(direction, name, "\(old) → \(new)") }
    }

    private mutating func report(_ direction: PolicyComparison.Direction, _ name: String, _ sentence: String) {
        changes.append(PolicyComparison.Change(direction: direction, subject: "option \(name)", sentence: sentence))
    }

    private static func text(_ machines: [MachineID]?) -> String {
        machines.map { $0.map(\.text).sorted().joined(separator: ", ") } ?? "all hosts"
    }

    private static func text(_ names: Set<FactName>) -> String {
        names.map(\.rawValue).sorted().joined(separator: ", ")
    }
}
