/// Little-endian numbers in bytes from a file. A read that does not fit gives nil; the caller knows what to call that.
struct ByteView: Sendable {
    let bytes: [UInt8]

    var count: Int { bytes.count }

    func uint8(at offset: Int) -> UInt8? {
        bytes.indices.contains(offset) ? bytes[offset] : nil
    }

    func uint16(at offset: Int) -> UInt16? {
        guard fits(2, at: offset) else { return nil }
        return UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    }

    func uint32(at offset: Int) -> UInt32? {
        guard fits(4, at: offset) else { return nil }
        return UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
            | UInt32(bytes[offset + 3]) << 24
    }

    func uint64(at offset: Int) -> UInt64? {
        guard let low = uint32(at: offset), let high = uint32(at: offset + 4) else { return nil }
        return UInt64(low) | UInt64(high) << 32
    }

    /// The bytes from `offset` up to the next zero byte, or nil where there is none. Of more than `limit` bytes the
    /// first `limit + 1` are enough to see that they are too many: a table can make each of its offsets the start of
    /// one huge string, and looking for its end every time would take hours.
    func terminated(at offset: Int, limit: Int) -> ArraySlice<UInt8>? {
        guard bytes.indices.contains(offset) else { return nil }
        let window = bytes[offset...].prefix(limit + 1)
        if let end = window.firstIndex(of: 0) { return window[..<end] }
        return window.count == limit + 1 ? window : nil
    }

    private func fits(_ size: Int, at offset: Int) -> Bool {
        offset >= 0 && offset <= bytes.count - size
    }
}
