/// The offsets in one event slot. The broker writes all of it, the ``sequence`` last; the cell may change the payload.
///
/// A small context shares the first cache line with the header, so that a small event moves one line between the processors.
package enum EventSlot {
    /// Equals the event's sequence number once the event is whole (release store, acquire load).
    package static let sequence: UInt64 = 0
    /// Bytes of the context at ``context``.
    package static let contextSize: UInt64 = 4
    /// Bytes of payload at ``payload``.
    package static let payloadSize: UInt64 = 8
    /// The lane's number, as `bpf_get_smp_processor_id` returns it.
    package static let lane: UInt64 = 12
    /// CLOCK_MONOTONIC when the event was taken, in nanoseconds; the cell has no clock.
    package static let time: UInt64 = 16
    package static let context: UInt64 = 32
    package static let contextCapacity: UInt64 = 224
    /// Room before the payload for `bpf_xdp_adjust_head`, as XDP_PACKET_HEADROOM (256).
    package static let headroom: UInt64 = 256
    package static let payload: UInt64 = 512
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
