/// Adds up sizes that come from outside; no sum or product of them goes unchecked.
struct SizeSum {
    let limit: UInt64
    private(set) var total: UInt64 = 0

    init(limit: UInt64) { self.limit = limit }

    /// `(count + extra) × size`, rounded up to the alignment.
    func lineRounded(_ count: UInt32, plus extra: UInt64 = 0, each size: UInt32) throws(MapError) -> UInt64 {
        // At most 2^32 × (2^32 - 1) + 63, which fits 64 bits.
        let bytes = (UInt64(count) + extra) * UInt64(size)
        let (padded, overflow) = bytes.addingReportingOverflow(MapLayout.alignment - 1)
        guard !overflow else { throw .storageTooLarge(required: .max, limit: limit) }
        return padded & ~(MapLayout.alignment - 1)
    }

    /// Makes room for `count` parts of `size` bytes, and returns the offset of the first.
    mutating func append(_ size: UInt64, count: UInt32 = 1) throws(MapError) -> UInt64 {
        let start = total
        let (bytes, tooMany) = size.multipliedReportingOverflow(by: UInt64(count))
        let (end, tooLong) = start.addingReportingOverflow(bytes)
        guard !tooMany, !tooLong else { throw .storageTooLarge(required: .max, limit: limit) }
        total = end
        return start
    }

    /// The whole, if the limit allows it.
    func checked() throws(MapError) -> UInt64 {
        guard total <= limit else { throw .storageTooLarge(required: total, limit: limit) }
        return total
    }
}
