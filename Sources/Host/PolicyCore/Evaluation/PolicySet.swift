/// All that decides on one host at one time: policies that intersect, what adds to each, and what overrides them. Nothing here says that
/// anyone signed it.
package struct PolicySet: Equatable, Sendable {
    package var bases: [PolicyBase]
    package var revocations: Revocations
    /// When the revocations were issued; nil where there is no such file, so that their age is unknown.
    package var revocationsIssued: UTCTime?
    /// Why no program may be more exposed than in the safest tier, whatever the policies say; nil where nothing says so.
    package var cap: Cap?
    /// Leave that a recovery file gives while it lasts.
    package var recovery: RecoveryGrant?

    package init(
        bases: [PolicyBase], revocations: Revocations = .none, revocationsIssued: UTCTime? = nil, cap: Cap? = nil,
        recovery: RecoveryGrant? = nil
    ) {
        self.bases = bases
        self.revocations = revocations
        self.revocationsIssued = revocationsIssued
        self.cap = cap
        self.recovery = recovery
    }

    /// A clock that is behind the newest text that was signed is wrong, and does not keep an expired policy alive.
    func latest(_ now: UTCTime) -> UTCTime {
        var latest = now
        for base in bases {
            latest = max(latest, base.file.issued)
            for supplemental in base.supplementals { latest = max(latest, supplemental.file.issued) }
        }
        return revocationsIssued.map { max(latest, $0) } ?? latest
    }

    /// Why the ceiling is at most ``Tier/interpGuest``.
    package enum Cap: String, Equatable, Sendable {
        /// The root that says whose signatures count has expired.
        case rootExpired = "root-expired"
        /// A base misses its threshold since a key was withdrawn or revoked.
        case baseUnsigned = "base-unsigned"
        /// A base is older than the oldest that whoever packaged this release lets be in force.
        case baseOutdated = "base-outdated"
        /// The clock is behind what is known of the time, so nothing is known to be fresh.
        case clockBehind = "clock-behind"
        /// A decision cannot be recorded.
        case logUnavailable = "log-unavailable"
    }
}

/// A text that adds to a base: more permits, up to the ceiling that the base gives it, and more forbids.
package struct Supplemental: Equatable, Sendable {
    package let file: PolicyFile
    package let sha256: ContentDigest

    package init(file: PolicyFile, sha256: ContentDigest) {
        self.file = file
        self.sha256 = sha256
    }
}

/// Permits in the safest tier for a short time, so that a site that locked itself out can run what mends it. Neither what is revoked nor
/// what the verifier did not pass runs by it.
package struct RecoveryGrant: Equatable, Sendable {
    package var id: String
    package var rules: [Rule]
    package var expires: UTCTime
    package var sha256: ContentDigest

    package init(id: String, rules: [Rule], expires: UTCTime, sha256: ContentDigest) {
        self.id = id
        self.rules = rules
        self.expires = expires
        self.sha256 = sha256
    }
}
