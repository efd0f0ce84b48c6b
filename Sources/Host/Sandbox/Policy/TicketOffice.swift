internal import Confinement
internal import Crypto
internal import Linux
package import PolicyCore
internal import Synchronization

/// Issues tickets and takes them back. Its key is made when it is, and never leaves it, so tickets end with the process.
package final class TicketOffice: Sendable {
    /// From decision to start: enough for a compilation on a busy host, too short for anything to be kept.
    package static let lifetime: UInt64 = 30_000_000_000
    package static let maximumOutstanding = 4096

    package static let ofThisProcess = TicketOffice(
        posture: { ContentDigest(sha256Of: Array(PostureGlance.ofThisHost().text.utf8)) })

    /// What the host is like just now, as far as whoever starts programs can still see it. What it cannot see is seen by what it starts: a
    /// guest that finds no KVM does not come up, and nothing else is started in its place.
    let posture: @Sendable () -> ContentDigest
    private let key: SymmetricKey
    private let clock: @Sendable () -> UInt64
    private let state = Mutex(State())

    private struct State {
        var next: UInt64 = 1
        /// Nonces of tickets that are neither redeemed nor over, with their deadlines.
        var outstanding: [UInt64: UInt64] = [:]
    }

    /// - Parameters:
    ///   - clock: nanoseconds that never go back.
    ///   - posture: asked when a ticket is issued, and again when it is redeemed; another answer makes it worthless.
    package init(
        clock: @escaping @Sendable () -> UInt64 = { monotonicNanoseconds() },
        posture: @escaping @Sendable () -> ContentDigest = { ContentDigest(sha256Of: []) }
    ) {
        self.posture = posture
        key = SymmetricKey(size: .bits256)
        self.clock = clock
    }

    package func issue(for subject: TicketSubject) throws(TicketError) -> Ticket {
        let now = clock()
        let nonce = state.withLock { (state: inout State) -> UInt64? in
            if state.outstanding.count >= Self.maximumOutstanding {
                state.outstanding = state.outstanding.filter { $0.value > now }
            }
            guard state.outstanding.count < Self.maximumOutstanding else { return nil }
            let nonce = state.next
            state.next += 1
            state.outstanding[nonce] = now + Self.lifetime
            return nonce
        }
        guard let nonce else { throw .tooMany(limit: Self.maximumOutstanding) }
        let deadline = now + Self.lifetime
        return Ticket(
            subject: subject, nonce: nonce, deadline: deadline,
            authenticator: Array(
                HMAC<SHA256>.authenticationCode(for: Self.message(subject, nonce, deadline), using: key)))
    }

    /// Takes a ticket back for what is about to start. It is used up by the attempt, whether that succeeds or not: of two who try, one wins.
    package func redeem(_ ticket: Ticket, for actual: TicketSubject) throws(TicketError) {
        let isAuthentic = HMAC<SHA256>.isValidAuthenticationCode(
            ticket.authenticator, authenticating: Self.message(ticket.subject, ticket.nonce, ticket.deadline),
            using: key)
        guard isAuthentic else { throw .notAuthentic }
        let known = state.withLock { $0.outstanding.removeValue(forKey: ticket.nonce) }
        guard known != nil else { throw .alreadyRedeemed }
        let now = clock()
        guard now <= ticket.deadline else { throw .expired(nanosecondsAgo: now - ticket.deadline) }
        if let part = ticket.subject.difference(from: actual) { throw .foreign(part) }
    }

    private static func message(_ subject: TicketSubject, _ nonce: UInt64, _ deadline: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in [nonce, deadline] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(number >> shift & 0xFF)) }
        }
        return bytes + subject.bytes
    }
}

extension TicketSubject {
    fileprivate func difference(from actual: TicketSubject) -> TicketError.Part? {
        if programs != actual.programs { return .program }
        if tier != actual.tier { return .tier }
        if attach != actual.attach { return .attach }
        if target != actual.target { return .target }
        if snapshot != actual.snapshot { return .snapshot }
        if image != actual.image { return .image }
        return posture != actual.posture ? .posture : nil
    }
}
