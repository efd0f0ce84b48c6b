/// The offsets in one event slot. The broker writes all of it, the ``sequence`` last; the cell may change the payload.
///
/// A small context shares the first cache line with the header, so that a small event moves one line between the processors.
package enum EventSlot {
    /// Equals the event's sequence number once the event is whole (release store, acquire load).
    package static let sequence: UInt64 = 0
    /// Bytes of the context at ``context``, in the lower 16 bits; above them ``PacketHeaders``.
    package static let contextSize: UInt64 = 4
    /// Bytes of payload at ``payload``.
    package static let payloadSize: UInt64 = 8
    /// The lane's number, as `bpf_get_smp_processor_id` returns it.
    package static let lane: UInt64 = 12
    /// CLOCK_MONOTONIC when the event was taken, in nanoseconds; the cell has no clock.
    package static let time: UInt64 = 16
    /// What `bpf_get_socket_cookie` returns.
    package static let cookie: UInt64 = 24
    package static let context: UInt64 = 32
    package static let contextCapacity: UInt64 = 224
    /// Who did what the event tells of: `tgid << 32 | pid`, `gid << 32 | uid`, the cgroup's number, and 16 bytes of a name.
    package static let process: UInt64 = 256
    package static let user: UInt64 = 264
    package static let cgroup: UInt64 = 272
    package static let command: UInt64 = 280
    package static let commandSize: UInt64 = 16
    /// Room before the payload for `bpf_xdp_adjust_head`, as XDP_PACKET_HEADROOM (256).
    package static let headroom: UInt64 = 256
    /// What of the headroom is no packet's: Linux keeps a `struct xdp_frame` there, this slot the event's process.
    package static let reservedHeadroom: UInt64 = 40
    package static let payload: UInt64 = 512
}

/// Where the headers of a packet lie, which helpers may ask for: 16 bits of the slot.
package struct PacketHeaders: Equatable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Of Ethernet; what programs at the link layer are given begins with it.
    package static let linkSize: UInt16 = 14
    /// The packet begins with the header of its network; what lay before is not there.
    package static let networkOnly = PacketHeaders(rawValue: 0)
    /// The packet begins with the header of its network; that of the link lies in the headroom.
    package static let linkBefore = PacketHeaders(rawValue: linkSize)
    /// The packet begins with the header of its link.
    package static let link = PacketHeaders(rawValue: linkSize << 8)

    /// Bytes in front of the payload.
    package var sizeBefore: UInt64 { UInt64(rawValue & 0xFF) }
    /// From the payload's start.
    package var networkOffset: UInt64 { UInt64(rawValue >> 8) }
    package var hasLink: Bool { rawValue != 0 }
}

/// What came of one event, as the cell says. One cache line; ``sequence`` is written last.
package enum VerdictRecord {
    package static let size: UInt64 = 64
    package static let sequence: UInt64 = 0
    /// ``FaultKind``, 0 where the program returned.
    package static let fault: UInt64 = 4
    /// R0.
    package static let result: UInt64 = 8
    /// Index of the faulting instruction.
    package static let instruction: UInt64 = 16
    /// Bytes of the refused access.
    package static let accessSize: UInt64 = 20
    /// The refused address, helper or map.
    package static let address: UInt64 = 24
    /// Fuel left, so that the broker can count instructions.
    package static let fuelLeft: UInt64 = 32
    /// Payload after the program: offset from ``EventSlot/payload`` (may be negative) and size.
    package static let payloadOffset: UInt64 = 40
    package static let payloadSize: UInt64 = 44
    /// The interface that a redirecting program named; it counts where the result says that the packet goes there.
    package static let redirection: UInt64 = 48
}

/// One line that a program printed. ``sequence`` is written last; the text is hostile.
package enum LogRecord {
    package static let size: UInt64 = 128
    package static let sequence: UInt64 = 0
    package static let length: UInt64 = 4
    package static let text: UInt64 = 8
    package static let textCapacity: UInt64 = 120
}

/// Why a program did not return. The raw values cross the channel.
@frozen package enum FaultKind: UInt32, CaseIterable, Sendable {
    case outOfBoundsRead = 1
    case outOfBoundsWrite = 2
    case misalignedAtomic = 3
    /// More than eight frames.
    case callDepthExceeded = 4
    case fuelExhausted = 5
    /// The helper is not offered to this program; `address` is its id.
    case unknownHelper = 6
    /// An argument of a helper is not what it must be; `address` is the argument.
    case invalidHelperArgument = 7
    /// An instruction that admission should have refused or resolved.
    case invalidInstruction = 8
    /// A map's memory holds what no sound writer writes; `address` is the map's index.
    case corruptMap = 9
}
