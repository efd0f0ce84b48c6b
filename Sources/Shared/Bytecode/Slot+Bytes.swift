/// Slots as the bytes of a section.
extension Slot {
    package static var byteCount: Int { 8 }

    /// The slots that `bytes` hold, which must be whole.
    package static func slots(fromLittleEndian bytes: [UInt8]) throws(DecodeError) -> [Slot] {
        guard bytes.count % byteCount == 0 else { throw .partialSlot(byteCount: bytes.count) }
        var slots: [Slot] = []
        slots.reserveCapacity(bytes.count / byteCount)
        for start in stride(from: 0, to: bytes.count, by: byteCount) {
            var bits: UInt64 = 0
            for position in 0..<byteCount { bits |= UInt64(bytes[start + position]) << (8 * position) }
            slots.append(Slot(bits: bits))
        }
        return slots
    }

    package static func littleEndianBytes(of slots: [Slot]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(slots.count * byteCount)
        for slot in slots {
            for position in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: slot.bits >> (8 * position))) }
        }
        return bytes
    }
}
