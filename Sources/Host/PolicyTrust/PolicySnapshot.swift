package import PolicyCore

/// The policy in force: immutable, and never made of anything that was not signed. This is what decides, and a decision is made by one of
/// them alone.
package struct PolicySnapshot: Equatable, Sendable {
    /// What the rules are. What time adds to them comes when it is asked: see ``decide(_:availability:requested:now:)``.
    package let policies: PolicySet
    /// Who signed, base by base.
    package let signers: [[KeyID]]
    /// The root that says whose signatures count; nil where the caller said it (`--trust`).
    package let root: Root?
    /// The keys whose signatures on attestations are looked for.
    package let keys: KeyRing
    /// The labels of this host, where a signed file gives it some.
    package let host: HostFile?
    /// Everything that it is made of, in order.
    package let sources: [Source]
    /// Until when ``policies`` need not be looked through for what has expired.
    private let firstExpiry: UTCTime
    /// Over ``sources`` and ``keys``: two snapshots with one digest decide alike.
    package let sha256: ContentDigest

    package struct Source: Equatable, Sendable {
        /// `base/<id>` and so on.
        package var name: String
        package var version: UInt64
        package var sha256: ContentDigest
        /// Why it does not count as it is, where it does not.
        package var standing: Standing

        package enum Standing: String, Sendable {
            case full
            /// Its signatures do not suffice any more.
            case unsigned
            /// Of a supplemental that has no say any more: what it forbids.
            case forbidsOnly = "forbids-only"
        }

        package init(
            name: String, version: UInt64, sha256: ContentDigest, standing: Standing = .full
        ) {
            self.name = name
            self.version = version
            self.sha256 = sha256
            self.standing = standing
        }
    }

    package var bases: [PolicyBase] { policies.bases }

    /// Verifies, then reads the same bytes, then runs the self-tests for an engine that can run `eligible`.
    ///
    /// This is one base alone, as a developer names it on the command line: no root, no floors, nothing revoked. An expired policy
    /// loads, because it still keeps its last ceiling; one that is not valid yet does not.
    package static func load(
        _ envelope: [UInt8], trusted: TrustedKeys, eligible: TierSet, now: UTCTime
    ) throws(TrustError) -> PolicySnapshot {
        let payload = try VerifiedPayload(verifying: envelope, as: .base, trusted: trusted)
        let base = try PolicyBase(payload, eligible: eligible)
        if let notBefore = base.file.notBefore, now < notBefore { throw .notYetValid(from: notBefore, now: now) }
        return PolicySnapshot(
            policies: PolicySet(bases: [base]), signers: [payload.signers], root: nil, keys: KeyRing(trusted.keys),
            host: nil,
            sources: [Source(name: "base/\(base.file.id)", version: base.file.version, sha256: base.sha256)])
    }

    /// What denies everything: there is no policy.
    package static let none = PolicySnapshot(
        policies: PolicySet(bases: []), signers: [], root: nil, keys: KeyRing(), host: nil, sources: [])

    init(
        policies: PolicySet, signers: [[KeyID]], root: Root?, keys: KeyRing, host: HostFile?, sources: [Source]
    ) {
        self.policies = policies
        self.signers = signers
        self.root = root
        self.keys = keys
        self.host = host
        self.sources = sources
        let ends = policies.bases.flatMap(\.supplementals).map(\.file.expires) + (root.map { [$0.file.expires] } ?? [])
        firstExpiry = ends.min() ?? UTCTime(secondsSince1970: .max)
        var text = "ringfence-snapshot/v1\n"
        for source in sources {
            text += "\(source.name) \(source.version) \(source.sha256) \(source.standing.rawValue)\n"
        }
        for key in keys.all { text += "key \(key.id)\n" }
        sha256 = PolicyTrust.sha256(Array(text.utf8))
    }
}

extension PolicySnapshot {
    /// The tier for one program; see `PolicyCore.decide`.
    package func decide(
        _ facts: Facts, availability: Availability, requested: Tier? = nil, now: UTCTime
    ) -> Decision {
        PolicyCore.decide(
            effective(now: now), facts: facts, availability: availability, requested: requested, now: now)
    }

    /// The rules with what time makes of them: an expired root leaves what is safest, and an expired supplemental what it forbids.
    package func effective(now: UTCTime) -> PolicySet {
        guard now >= firstExpiry else { return policies }
        var policies = policies
        // Whose signatures count is not known any more, so nothing is permitted beyond what is safest; but the site is not locked out.
        if let root, now >= root.file.expires { policies.cap = policies.cap ?? .rootExpired }
        for (index, base) in policies.bases.enumerated() {
            policies.bases[index].supplementals = base.supplementals.map { supplemental in
                now >= supplemental.file.expires ? supplemental.forbidding : supplemental
            }
        }
        return policies
    }

    /// The labels of this host, as long as the file that gives them lasts.
    package func labels(now: UTCTime) -> Fact<Set<String>> {
        guard let host else { return .unknown(.absent) }
        guard now < host.expires else { return .unknown(.extractionFailed("the host file expired at \(host.expires)")) }
        return .known(Set(host.labels), .attested)
    }

    /// What the attestations that came with a program say of it.
    package func attested(_ program: ProgramDigest, by attestations: [[UInt8]]) -> AttestedProgram {
        AttestedProgram(program, attestations: attestations, known: keys)
    }
}

extension Supplemental {
    /// What is left of it when it may not permit anything.
    var forbidding: Supplemental {
        var file = file
        file.rules = file.rules.filter { $0.effect == .forbid }
        return Supplemental(file: file, sha256: sha256)
    }
}

extension PolicyBase {
    /// Reads what was verified, and runs its self-tests.
    init(_ payload: VerifiedPayload, eligible: TierSet) throws(TrustError) {
        do throws(PolicyTextError) {
            try self.init(parsing: payload.bytes, sha256: payload.sha256, eligible: eligible)
        } catch {
            throw .policy(error)
        }
        guard file.kind == .base else {
            throw .policy(
                PolicyTextError(
                    .unknownValue(key: "kind", value: file.kind.rawValue, expected: "\"base\" in a base's file"),
                    at: .start))
        }
    }
}
