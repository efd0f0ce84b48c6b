package import PolicyCore

/// What a host remembers of the policies that were in force, so that none of them can come back.
package struct HostState: Equatable, Sendable {
    /// Counts every writing of it.
    package var generation: UInt64
    /// Which installation this is; made once, when the state was.
    package var install: Nonce
    package var machine: MachineID
    package var floors: [FloorName: Floor]
    /// The version of the root that let a floor start again, for floors that were set under an older one.
    package var resets: [FloorName: UInt64]
    /// It is not earlier than this, whatever a clock says.
    package var timeFloor: UTCTime
    /// How far clocks have moved ``timeFloor``, beyond the time that is known to have passed, since the last signed file was taken.
    package var timeJump: Int64
    /// When the state was last written, by a clock that nobody sets: see ``Boot``.
    package var boot: Boot?
    /// The head of the log of decisions.
    package var log: LogHead?
    package var usedRecoveries: [Nonce]
    /// The recovery that is in force, by the digest of its text.
    package var recovery: ContentDigest?

    package struct Floor: Equatable, Sendable {
        package var version: UInt64
        package var sha256: ContentDigest
        /// The version of the root under which it was set.
        package var root: UInt64
        /// Whether it was in force when the state was written. A supplemental that only permitted is not any more once its file is gone, and what
        /// it said is not kept; that there was this version is remembered all the same.
        package var isActive: Bool

        package init(version: UInt64, sha256: ContentDigest, root: UInt64, isActive: Bool = true) {
            self.version = version
            self.sha256 = sha256
            self.root = root
            self.isActive = isActive
        }
    }

    /// A moment of one run of the kernel.
    package struct Boot: Equatable, Sendable {
        /// The kernel's `boot_id`.
        package var id: Nonce
        /// Since it started, asleep or awake.
        package var seconds: Int64

        package init(id: Nonce, seconds: Int64) {
            self.id = id
            self.seconds = seconds
        }
    }

    package struct LogHead: Equatable, Sendable {
        package var sequence: UInt64
        package var sha256: ContentDigest

        package init(sequence: UInt64, sha256: ContentDigest) {
            self.sequence = sequence
            self.sha256 = sha256
        }
    }

    /// The state of a host that begins with a root whose digest it was told.
    package init(install: Nonce, machine: MachineID, root: Floor, now: UTCTime) {
        generation = 0
        self.install = install
        self.machine = machine
        floors = [.root: root]
        resets = [:]
        timeFloor = now
        timeJump = 0
        usedRecoveries = []
    }

    /// The floor of that name that still holds: none after a root let it start again.
    package func floor(_ name: FloorName) -> Floor? {
        guard let floor = floors[name], floor.root >= resets[name] ?? 0 else { return nil }
        return floor
    }
}
