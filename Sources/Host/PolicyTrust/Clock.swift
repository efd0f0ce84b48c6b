package import PolicyCore

/// What the clocks of a host say at one moment. It is read once for a load, so that no file is judged by another time than its neighbour.
package struct ClockReading: Equatable, Sendable {
    /// What somebody, or a server, set.
    package var wall: UTCTime
    /// What nobody sets; nil where it is not known.
    package var boot: HostState.Boot?

    package init(wall: UTCTime, boot: HostState.Boot? = nil) {
        self.wall = wall
        self.boot = boot
    }
}

/// The time that a load goes by, and what it makes of the state.
///
///     now = max(wall clock, time floor, newest "issued" of what was accepted)
///
/// A clock that is set back changes nothing, but for being noticed. One that is set forward only ends things earlier, and moves the floor by
/// seven days at most until the next signed file is taken: one bad answer of a time server must not end everything for good.
package struct PolicyTime: Equatable, Sendable {
    package static let maximumJump: Int64 = 7 * 86_400
    package static let tolerance: Int64 = 86_400

    package let now: UTCTime
    /// How many seconds the clock is behind what is known, where that is more than a day: nothing is known to be fresh then.
    package let secondsBehind: Int64?

    package init(_ clock: ClockReading, timeFloor: UTCTime) {
        now = max(clock.wall, timeFloor)
        let behind = timeFloor.secondsSince1970 - clock.wall.secondsSince1970
        secondsBehind = behind > Self.tolerance ? behind : nil
    }
}

extension HostState {
    /// Moves the floor of time.
    ///
    /// - Parameter newestIssued: of what this load accepted and none before it did; nil where there is nothing new.
    package mutating func advance(to clock: ClockReading, newestIssued: UTCTime?) {
        if let newestIssued {
            timeFloor = max(timeFloor, newestIssued)
            timeJump = 0
        }
        var passed: Int64 = 0
        if let earlier = boot, let later = clock.boot, earlier.id == later.id {
            passed = max(0, later.seconds - earlier.seconds)
        }
        boot = clock.boot
        let ahead = clock.wall.secondsSince1970 - timeFloor.secondsSince1970
        guard ahead > 0 else { return }
        let jump = min(max(0, ahead - passed), max(0, PolicyTime.maximumJump - timeJump))
        timeFloor = UTCTime(secondsSince1970: timeFloor.secondsSince1970 + min(ahead, passed) + jump)
        timeJump += jump
    }
}
