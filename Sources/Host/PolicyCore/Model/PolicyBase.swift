/// A policy that decides, together with the digest of the text it came from. Several of them intersect: each can only
/// restrict.
package struct PolicyBase: Equatable, Sendable {
    package let file: PolicyFile
    /// Of the bytes that were signed and read.
    package let sha256: ContentDigest
    /// What was admitted to add to it.
    package var supplementals: [Supplemental]

    package init(file: PolicyFile, sha256: ContentDigest, supplementals: [Supplemental] = []) {
        self.file = file
        self.sha256 = sha256
        self.supplementals = supplementals
    }

    /// Reads a text and runs its self-tests; `eligible` is what this engine can run.
    package init(parsing bytes: [UInt8], sha256: ContentDigest, eligible: TierSet) throws(PolicyTextError) {
        self.init(file: try PolicyFile(parsing: bytes), sha256: sha256)
        try runExpectations(eligible: eligible)
    }

    /// What a self-test comes to, at a moment at which the policy is valid: an old policy does not become malformed by expiring. A guest is
    /// available where the test gives a usable `host.kvm`, a child where it gives a usable `host.seccomp`.
    package func decision(on expectation: Expectation, eligible: TierSet) -> Decision {
        let availability = Availability(
            guest: EnclosureState(hostKVM: expectation.given[.hostKVM]),
            child: EnclosureState(hostSeccomp: expectation.given[.hostSeccomp]), eligible: eligible)
        return decide(
            PolicySet(bases: [self]), facts: expectation.given, availability: availability,
            now: max(file.issued, file.notBefore ?? file.issued))
    }

    /// Every self-test has to come out as the policy says.
    package func runExpectations(eligible: TierSet) throws(PolicyTextError) {
        for expectation in file.expectations {
            let decision = decision(on: expectation, eligible: eligible)
            guard expectation.isMet(by: decision) else {
                let expected = [expectation.outcome.name, expectation.code?.rawValue].compactMap { $0 }
                throw PolicyTextError(
                    .expectationFailed(
                        expected: expected.joined(separator: " "), got: "\(decision.outcome) \(decision.code)"),
                    at: expectation.position)
            }
        }
    }
}

extension Expectation {
    /// Whether this is what was expected.
    package func isMet(by decision: Decision) -> Bool {
        decision.outcome == outcome && (code == nil || decision.code == code)
    }
}
