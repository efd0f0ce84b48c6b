/// Something in a policy that is allowed and probably not meant, or that a reviewer should look at twice.
package struct LintFinding: Equatable, Sendable {
    package var code: Code
    package var position: SourcePosition
    package var message: String

    package enum Code: String, CaseIterable, Sendable {
        case permitByTypeOnly = "L103"
        case reachesHostCodegen = "L201"
        case sameRuleTwice = "L202"
        case contradiction = "L206"
        case noPermits = "L207"
        case tierNotOffered = "L208"
        case forbidsSmallPrograms = "L209"
        case validity = "L205"
        case neverVerified = "L210"
        case failsOpen = "L301"
        case runsUnverified = "L302"
        case noSelfTests = "L501"
    }
}

extension LintFinding: CustomStringConvertible {
    package var description: String { "\(position): \(code.rawValue): \(message)" }
}

extension PolicyFile {
    /// Findings in the order of the text; `offered` is what this engine can run.
    package func lint(offered: TierSet) -> [LintFinding] {
        var findings: [LintFinding] = []
        func report(_ code: LintFinding.Code, _ position: SourcePosition, _ message: String) {
            findings.append(LintFinding(code: code, position: position, message: message))
        }
        for rule in rules { lint(rule, offered: offered, report) }
        for (index, rule) in rules.enumerated() {
            for other in rules[..<index] where other.conditions == rule.conditions {
                if other.effect == rule.effect {
                    report(
                        .sameRuleTwice, rule.position,
                        "\(rule.id) has the same conditions as \(other.id); the \(rule.effect == .permit ? "greater" : "lesser") tier counts"
                    )
                } else {
                    report(
                        .contradiction, rule.position, "\(rule.id) and \(other.id) permit and forbid the same programs")
                }
            }
        }
        let days = (expires.secondsSince1970 - issued.secondsSince1970) / 86_400
        if days > 366 || days < 7 {
            report(.validity, .start, "valid for \(days) days; a week to a year is usual")
        }
        if !rules.contains(where: { $0.effect == .permit }) {
            report(.noPermits, .start, "without a permit, nothing runs")
        }
        if options.unverifiedCeiling > .deny {
            report(
                .runsUnverified, .start,
                "programs that the verifier did not pass run, in \(options.unverifiedCeiling), with every access checked"
            )
        }
        for (type, verdict) in options.onFailure.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where verdict == .open {
            report(.failsOpen, .start, "a \(type) program that faults lets its event pass")
        }
        if expectations.isEmpty {
            report(.noSelfTests, .start, "no [[expect]]: say at least what happens without KVM")
        }
        return findings.sorted { $0.position < $1.position }
    }

    private func lint(
        _ rule: Rule, offered: TierSet, _ report: (LintFinding.Code, SourcePosition, String) -> Void
    ) {
        let keys = rule.conditions.map(\.key)
        switch rule.effect {
        case .permit:
            if !keys.contains(.program) {
                report(
                    .permitByTypeOnly, rule.position,
                    "\(rule.id) permits every program of a type, whoever wrote it; name digests in \"program\"")
            }
            if options.unverifiedCeiling == .deny, rule.isForUnverifiedOnly {
                report(
                    .neverVerified, rule.position,
                    "\(rule.id) permits only what the verifier did not pass, and [options] has no unverified_ceiling")
            }
            if rule.tier == .jitChild {
                report(
                    .reachesHostCodegen, rule.position,
                    "\(rule.id) permits generated code to run in the host's kernel's reach")
            }
            if !offered.contains(rule.tier) {
                report(
                    .tierNotOffered, rule.position,
                    "this engine has no \(rule.tier); \(rule.id) gives a safer tier, or a denial")
            }
        case .forbid:
            if keys.contains(.instructionsAtMost) {
                report(
                    .forbidsSmallPrograms, rule.position,
                    "\(rule.id) forbids programs of at most that many instructions")
            }
        }
    }
}

extension Rule {
    fileprivate var isForUnverifiedOnly: Bool {
        conditions.contains { condition in
            guard case .verdict(let verdicts) = condition else { return false }
            return !verdicts.contains(where: \.isPass)
        }
    }
}
