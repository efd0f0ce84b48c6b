internal import Commands
internal import NIOConcurrencyHelpers
internal import NIOCore

/// How much may be asked at a time, and in a time.
final class ConnectionLimits: Sendable {
    private struct Counts {
        var connections = 0
        /// Of each user: what is left, and when it was counted.
        var left: [UInt32: (tokens: Double, at: NIODeadline)] = [:]
    }

    private let counts = NIOLockedValueBox(Counts())

    static let mostConnections = 256
    /// Requests of one user: as many at once, and so many more each second.
    static let burst = 400.0
    static let perSecond = 200.0

    /// Whether another connection is served.
    func begin() -> Bool {
        counts.withLockedValue {
            guard $0.connections < Self.mostConnections else { return false }
            $0.connections += 1
            return true
        }
    }

    func end() { counts.withLockedValue { $0.connections -= 1 } }

    /// Whether another request of this user is done now. Root's always is: who manages the host is not kept out by those who use it.
    func allows(_ requester: Requester) -> Bool {
        guard requester.user != 0 else { return true }
        let now = NIODeadline.now()
        return counts.withLockedValue {
            var (tokens, at) = $0.left[requester.user] ?? (Self.burst, now)
            tokens = min(Self.burst, tokens + Double((now - at).nanoseconds) / 1e9 * Self.perSecond)
            let isAllowed = tokens >= 1
            $0.left[requester.user] = (isAllowed ? tokens - 1 : tokens, now)
            return isAllowed
        }
    }
}
