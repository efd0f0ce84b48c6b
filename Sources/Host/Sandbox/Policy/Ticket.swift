package import PolicyCore

/// What a decision was about, in full: a ticket is worth something for exactly this.
package struct TicketSubject: Equatable, Sendable {
    /// The programs that may run, in order, and what their code is made of.
    package var programs: [ContentDigest]
    package var tier: Tier
    /// Where the program is attached, and to what.
    package var attach: AttachType
    package var target: String
    /// The policy that decided; nil where it was one file that the caller named.
    package var snapshot: ContentDigest?
    /// The image that runs in the cell.
    package var image: ContentDigest
    /// What the host was like.
    package var posture: ContentDigest

    package init(
        programs: [ContentDigest], tier: Tier, attach: AttachType, target: String, snapshot: ContentDigest?,
        image: ContentDigest, posture: ContentDigest
    ) {
        self.programs = programs
        self.tier = tier
        self.attach = attach
        self.target = target
        self.snapshot = snapshot
        self.image = image
        self.posture = posture
    }

    /// The bytes that are authenticated: every part has a fixed size, or its length before it.
    var bytes: [UInt8] {
        var bytes = Array("ringfence-ticket/v1".utf8)
        func put(_ part: [UInt8]) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(UInt64(part.count) >> shift & 0xFF))
            }
            bytes += part
        }
        put([UInt8(truncatingIfNeeded: programs.count >> 8), UInt8(truncatingIfNeeded: programs.count)])
        for program in programs { put(program.bytes) }
        put([tier.rawValue])
        put(Array(attach.rawValue.utf8))
        put(Array(target.utf8))
        put(snapshot?.bytes ?? [])
        put(image.bytes)
        put(posture.bytes)
        return bytes
    }
}

/// Leave to start one enclosure, once, soon. It names what it is for, and no other use of it is possible.
package struct Ticket: Sendable {
    package let subject: TicketSubject
    package let nonce: UInt64
    /// On the clock of the office that issued it, in nanoseconds.
    package let deadline: UInt64
    let authenticator: [UInt8]

    /// A name for records, which says nothing about the key.
    package var id: String { "t-\(hexadecimal(ContentDigest(sha256Of: authenticator).bytes.prefix(8)))" }
}

/// Why a ticket is not worth anything.
package enum TicketError: Error, Equatable, Sendable {
    /// Nobody here issued it, or it has been changed.
    case notAuthentic
    case expired(nanosecondsAgo: UInt64)
    case alreadyRedeemed
    /// The named part is not what was decided about.
    case foreign(Part)
    /// More tickets are outstanding than an honest host has programs.
    case tooMany(limit: Int)

    package enum Part: String, Equatable, Sendable {
        case program, tier, attach, target, snapshot, image, posture
    }

    package var code: PolicyCode { .ticket }
}

extension TicketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAuthentic: "\(code): the ticket was not issued here, or has been changed"
        case .expired(let ago): "\(code): the ticket expired \(ago / 1_000_000) ms ago: decide again"
        case .alreadyRedeemed: "\(code): the ticket was used already, and is good for one start"
        case .foreign(let part): "\(code): the ticket is for another \(part.rawValue) than it is used for"
        case .tooMany(let limit): "\(code): \(limit) tickets are outstanding already"
        }
    }
}
