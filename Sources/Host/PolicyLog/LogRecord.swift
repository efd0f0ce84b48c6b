package import PolicyCore

/// One line of a decision log.
package struct LogRecord: Equatable, Sendable {
    /// Counts up by one from 0, over all files of a log.
    package var sequence: UInt64
    /// The head of the chain before this record: see ``LogChain``.
    package var previous: ContentDigest
    package var time: LogTime
    /// The digest of the policies that were in force; nil where there were none.
    package var snapshot: ContentDigest?
    package var body: Body

    package init(
        sequence: UInt64, previous: ContentDigest, time: LogTime, snapshot: ContentDigest?, body: Body
    ) {
        self.sequence = sequence
        self.previous = previous
        self.time = time
        self.snapshot = snapshot
        self.body = body
    }

    package enum Body: Equatable, Sendable {
        /// A file of the log begins.
        case start(Start)
        /// An answer, whether it was yes or no, and the ticket that was given with it.
        case decision(DecisionRecord, ticket: String?)
        /// Other policies are in force from here on.
        case reload(Reload)
        /// A floor was raised, below which no version is accepted.
        case floor(Floor)
        /// A recovery file was used: someone broke the glass.
        case recovery(Recovery)
        /// Records that could not be written.
        case lost(Lost)
        /// What was being written when a write, the process or the host failed.
        case torn(Torn)
        /// The file ends, and the chain goes on in another.
        case rotation(to: UInt64)
        case checkpoint(Checkpoint)
    }

    package struct Start: Equatable, Sendable {
        package var log: LogID
        /// Whose signatures the checkpoints have.
        package var key: KeyID
        package var file: UInt64
        /// Of the next checkpoint.
        package var epoch: UInt64
    }

    package struct Reload: Equatable, Sendable {
        package var from: ContentDigest?
        package var alarms: [String]

        package init(from: ContentDigest?, alarms: [String] = []) {
            self.from = from
            self.alarms = alarms
        }
    }

    package struct Floor: Equatable, Sendable {
        /// `base/<id>`, `revoke` and so on.
        package var name: String
        package var version: UInt64
        package var sha256: ContentDigest

        package init(name: String, version: UInt64, sha256: ContentDigest) {
            self.name = name
            self.version = version
            self.sha256 = sha256
        }
    }

    package struct Recovery: Equatable, Sendable {
        package var id: String
        package var sha256: ContentDigest
        package var expires: UTCTime

        package init(id: String, sha256: ContentDigest, expires: UTCTime) {
            self.id = id
            self.sha256 = sha256
            self.expires = expires
        }
    }

    package struct Lost: Equatable, Sendable {
        package var count: UInt64
        /// When the first of them was to be written.
        package var since: UTCTime
        package var why: String
    }

    package struct Torn: Equatable, Sendable {
        /// Lines before this one that are no records, whole or not.
        package var lines: UInt64
        /// Of these lines, each with the newline that ends it.
        package var sha256: ContentDigest
        /// The last record before it, where nobody was told that it had been written.
        package var unacknowledged: UInt64?
    }

    /// Says that everything before it is as it was, twice over: to whoever knows the host's key, and to whoever has the log's first seal.
    package struct Checkpoint: Equatable, Sendable {
        package var log: LogID
        package var epoch: UInt64
        package var key: KeyID
        /// With the key of the epoch, which is forgotten as soon as it was used.
        package var mac: [UInt8]
        package var signature: [UInt8]
    }
}

/// Tells the logs of the world apart: 16 random bytes.
package struct LogID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init() {
        var random = SystemRandomNumberGenerator()
        bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    package init?(hexadecimal text: String) {
        guard text.utf8.count == 32, let bytes = PolicyCore.bytes(fromHexadecimal: text.utf8) else { return nil }
        self.bytes = bytes
    }

    package var description: String { hexadecimal(bytes) }
}

/// When something happened, by three clocks. A log takes them from its caller, who decided by them.
package struct LogTime: Equatable, Sendable {
    package var wall: UTCTime
    /// The time before which it cannot be, whatever the wall clock says.
    package var floor: UTCTime
    /// Since the host started, asleep or awake.
    package var bootNanoseconds: UInt64

    package init(wall: UTCTime, floor: UTCTime, bootNanoseconds: UInt64) {
        self.wall = wall
        self.floor = floor
        self.bootNanoseconds = bootNanoseconds
    }
}
