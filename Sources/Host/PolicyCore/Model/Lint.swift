/// Something in a policy that is allowed and probably not meant, or that a reviewer should look at twice.
package struct LintFinding: Equatable, Sendable {
    package var code: Code
    package var position: SourcePosition
    package var message: String

    package init(_ code: Code, _ position: SourcePosition, _ message: String) {
        self.code = code
        self.position = position
        self.message = message
    }

    package enum Code: String, CaseIterable, Sendable {
        case permitWithoutAuthor = "L101"
        case emptySigner = "L102"
        case unusedSigner = "L103"
        case reachesHostCodegen = "L201"
        case unreachable = "L202"
        case neverMatches = "L203"
        case usuallyUnknown = "L204"
        case validity = "L205"
        case contradiction = "L206"
        case noPermits = "L207"
        case tierNotOffered = "L208"
        case forbidsSmallPrograms = "L209"
        case neverVerified = "L210"
        case failsOpen = "L211"
        case runsUnverified = "L212"
        case aboveSupplementalCeiling = "L213"
        case isAudit = "L214"
        case confusable = "L301"
        case invisible = "L302"
        case singleSignature = "L401"
        case oneCustodian = "L402"
        case noSelfTests = "L501"

        /// Whether a text with such a finding is signed only by those who insist.
        package var isError: Bool {
            switch self {
            case .permitWithoutAuthor, .emptySigner, .invisible: true
            case .unusedSigner, .reachesHostCodegen, .unreachable, .neverMatches, .usuallyUnknown, .validity,
                .contradiction, .noPermits, .tierNotOffered, .forbidsSmallPrograms, .neverVerified, .failsOpen,
                .runsUnverified, .aboveSupplementalCeiling, .isAudit, .confusable, .singleSignature, .oneCustodian,
                .noSelfTests:
                false
            }
        }
    }
}

extension LintFinding: CustomStringConvertible {
    package var description: String {
        "\(position): \(code.rawValue): \(code.isError ? "error: " : "")\(message)"
    }
}

extension LintFinding {
    /// The finding that a text's refusal amounts to, where lint has a rule for it: what is empty or cannot be seen is not even read.
    package init?(_ refusal: PolicyTextError) {
        switch refusal.problem {
        case .forbiddenScalar(let scalar) where !(0x00...0x1F).contains(scalar):
            self.init(.invisible, refusal.position, "\(refusal.problem)")
        case .invalid(_, "an empty list matches nothing"):
            self.init(.emptySigner, refusal.position, "\(refusal.problem)")
        case .forbiddenScalar, .invalid, .invalidUTF8, .byteOrderMark, .carriageReturn, .tab, .notASCII, .expected,
            .unsupported, .duplicate, .malformedTime, .limit, .unknownKey, .missingKey, .wrongType, .unknownValue,
            .expectationFailed, .expectationContradicts:
            return nil
        }
    }
}

extension PolicyFile {
    /// Findings in the order of the text; `offered` is what this engine can run.
    package func lint(offered: TierSet) -> [LintFinding] {
        var findings: [LintFinding] = lintRules(offered: offered) + lintPairs() + lintNames()
        let days = (expires.secondsSince1970 - issued.secondsSince1970) / 86_400
        if days > 366 || days < 7 {
            findings.append(
                LintFinding(.validity, .start, "valid for \(days) days; a week to a year is usual"))
        }
        if kind == .base, !rules.contains(where: { $0.effect == .permit }) {
            findings.append(LintFinding(.noPermits, .start, "without a permit, nothing runs"))
        }
        if mode == .audit {
            findings.append(
                LintFinding(
                    .isAudit, .start,
                    "audit mode: what would be denied runs in \(options.auditTier), and is only recorded"))
        }
        if options.unverifiedCeiling > .deny {
            findings.append(
                LintFinding(
                    .runsUnverified, .start,
                    "programs that the verifier did not pass run, in \(options.unverifiedCeiling), with every access checked"
                ))
        }
        for (type, verdict) in options.onFailure.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where verdict == .open {
            findings.append(
                LintFinding(.failsOpen, .start, "a \(type) program that faults lets its event pass"))
        }
        if expectations.isEmpty {
            findings.append(LintFinding(.noSelfTests, .start, "no [[expect]]: say at least what happens without KVM"))
        }
        return findings.sorted { $0.position < $1.position }
    }
}
