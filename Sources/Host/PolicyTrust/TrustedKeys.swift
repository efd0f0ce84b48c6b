package import PolicyCore

/// The keys whose signatures count, and how many of them are needed.
package struct TrustedKeys: Equatable, Sendable {
    package static let maximumKeys = 64
    /// One person at one machine. A fleet needs two people, and another profile.
    package static let developmentThreshold = 1

    package let keys: [VerificationKey]
    package let threshold: Int

    /// Refuses what could never, or would always, be satisfied, and a key that would count twice.
    package init(keys: [VerificationKey], threshold: Int = developmentThreshold) throws(TrustError) {
        guard keys.count <= Self.maximumKeys else { throw .tooManyKeys(keys.count, limit: Self.maximumKeys) }
        var seen: Set<KeyID> = []
        for key in keys where !seen.insert(key.id).inserted { throw .keyTwice(key.id) }
        guard threshold >= 1, threshold <= keys.count else { throw .thresholdOutOfRange(threshold, keys: keys.count) }
        self.keys = keys
        self.threshold = threshold
    }

    /// Keys any one of which will do, however many or few there are.
    init(anyOf keys: [VerificationKey]) { self.init(left: keys, threshold: 1) }

    private init(left keys: [VerificationKey], threshold: Int) {
        self.keys = keys
        self.threshold = threshold
    }

    /// Without keys that were revoked. As many signatures are needed as before, so it may be that there cannot be enough any more.
    package func withdrawing(_ revoked: Set<KeyID>) -> TrustedKeys {
        TrustedKeys(left: keys.filter { !revoked.contains($0.id) }, threshold: threshold)
    }
}
