package import PolicyCore
package import PolicyTrust

/// The policy in force, and what an operator has to know about it.
package struct ActivePolicy: Equatable, Sendable {
    package let snapshot: PolicySnapshot
    package let alarms: [PolicyAlarm]
    /// The one time that the load went by.
    package let now: UTCTime
    /// When a file that waits for its time is to be looked at.
    package let nextStart: UTCTime?
    /// What the host remembers.
    package let state: HostState
}

/// What the operator of a new host is told by those who keep the root's keys: the root to begin with. Without it a host would have to believe whatever
/// root it finds.
package struct InstallToken: Equatable, Sendable, CustomStringConvertible {
    package static let prefix = "ringfence-install:v1:"

    /// Of the root's text.
    package let root: ContentDigest

    package init(root: ContentDigest) { self.root = root }

    package init(text: String) throws(StoreError) {
        guard text.utf8.starts(with: Self.prefix.utf8),
            let digest = ContentDigest(hexadecimal: String(text.dropFirst(Self.prefix.utf8.count)))
        else { throw .token }
        root = digest
    }

    package var description: String { Self.prefix + root.description }
}

/// A file that was put where it counts.
package struct InstalledFile: Equatable, Sendable {
    package let path: String
    /// `base/<id> 43`, or what else it is.
    package let name: String
    /// What is in force with it; its alarms say if that waits for something.
    package let policy: ActivePolicy
}
