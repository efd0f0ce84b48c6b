/// The shape of one channel: how many events may be under way, and how large one may be.
///
/// ```
/// channel + 0        cell words
///         + 1024     verdict records, 64 bytes each, one per slot
///         + …        log records
///         + …        event slots
/// ```
/// Everything before the event slots is the cell's to write, in as few pages as possible: the first touch of each costs a fault. The
/// slots are the broker's, except the payload that a program may change. No cache line has two writers.
@frozen package struct ChannelGeometry: Equatable, Sendable {
    /// Binary logarithm of the number of event slots.
    package let slotCountShift: UInt32
    /// Binary logarithm of the bytes of one slot.
    package let slotSizeShift: UInt32
    /// Binary logarithm of the number of log records.
    package let logCountShift: UInt32

    /// Why a shape cannot be.
    package enum GeometryError: Error, Equatable {
        case slotCount(shift: UInt32, allowed: ClosedRange<UInt32>)
        case slotSize(shift: UInt32, allowed: ClosedRange<UInt32>)
        case logCount(shift: UInt32, allowed: ClosedRange<UInt32>)
        case channelSize(bytes: UInt64, limit: UInt64)
    }

    package static let slotCounts: ClosedRange<UInt32> = 0...12
    package static let slotSizes: ClosedRange<UInt32> = 12...18
    package static let logCounts: ClosedRange<UInt32> = 0...12

    package init(slotCountShift: UInt32, slotSizeShift: UInt32, logCountShift: UInt32) throws(GeometryError) {
        guard Self.slotCounts.contains(slotCountShift) else {
            throw .slotCount(shift: slotCountShift, allowed: Self.slotCounts)
        }
        guard Self.slotSizes.contains(slotSizeShift) else {
            throw .slotSize(shift: slotSizeShift, allowed: Self.slotSizes)
        }
        guard Self.logCounts.contains(logCountShift) else {
            throw .logCount(shift: logCountShift, allowed: Self.logCounts)
        }
        self.slotCountShift = slotCountShift
        self.slotSizeShift = slotSizeShift
        self.logCountShift = logCountShift
        guard size <= AddressMap.channelCapacity else {
            throw .channelSize(bytes: size, limit: AddressMap.channelCapacity)
        }
    }

    package var slotCount: UInt32 { 1 << slotCountShift }
    package var slotSize: UInt64 { 1 << UInt64(slotSizeShift) }
    package var logCount: UInt32 { 1 << logCountShift }
    /// The largest payload an event may carry.
    package var payloadCapacity: UInt64 { slotSize &- EventSlot.payload }

    package var verdicts: UInt64 { AddressMap.channel &+ CellWords.capacity }
    package var logs: UInt64 { verdicts &+ UInt64(slotCount) &* VerdictRecord.size }
    package var slots: UInt64 { roundedToPage(logs &+ UInt64(logCount) &* LogRecord.size) }
    /// Bytes of the whole channel.
    package var size: UInt64 { slots &+ UInt64(slotCount) &* slotSize &- AddressMap.channel }

    /// The slot and verdict record that sequence number `sequence` uses; the mask keeps any number inside.
    package func slot(_ sequence: UInt32) -> UInt64 {
        slots &+ UInt64(sequence & (slotCount &- 1)) << UInt64(slotSizeShift)
    }
    package func verdict(_ sequence: UInt32) -> UInt64 {
        verdicts &+ UInt64(sequence & (slotCount &- 1)) &* VerdictRecord.size
    }
    package func log(_ sequence: UInt32) -> UInt64 {
        logs &+ UInt64(sequence & (logCount &- 1)) &* LogRecord.size
    }
}

/// `size` rounded up to whole pages.
package func roundedToPage(_ size: UInt64) -> UInt64 {
    (size &+ (AddressMap.pageSize &- 1)) & ~(AddressMap.pageSize &- 1)
}
