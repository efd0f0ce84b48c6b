/// Bytes of code as they are made: room is made sure of for an instruction at a time, and no byte is looked at twice.
@safe package struct CodeBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    package private(set) var count = 0

    /// Bytes that one ``append(_:_:)`` touches, whatever it counts.
    private static let stride = 8

    package init(capacity: Int) {
        self.capacity = capacity + Self.stride
        // SAFETY: trivial bytes, which `append` writes before anybody reads them.
        unsafe base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    // SAFETY: the block is this value's alone.
    deinit { unsafe base.deallocate() }

    /// Makes sure of room for `room` bytes more.
    @inline(__always) package mutating func reserve(_ room: Int) {
        if count + room + Self.stride > capacity { grow(room) }
    }

    @inline(never) private mutating func grow(_ room: Int) {
        let larger = max(2 * capacity, count + room + Self.stride)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        // SAFETY (all three): both blocks are at least `count` long, and the old one is not used afterwards.
        unsafe moved.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = moved
        capacity = larger
    }

    /// Appends the `size` lowest bytes of `word`, the lowest first.
    @inline(__always) package mutating func append(_ word: UInt64, _ size: Int) {
        precondition(count + Self.stride <= capacity, "room was made sure of before")
        // SAFETY: checked just above.
        unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        count += size
    }

    /// Appends bytes of another buffer.
    package mutating func append(_ other: borrowing CodeBuffer, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.count, "the bytes are the other's")
        reserve(range.count)
        // SAFETY: checked just above, and `reserve` made the room.
        unsafe (base + count).copyMemory(from: other.base + range.lowerBound, byteCount: range.count)
        count += range.count
    }

    package var bytes: [UInt8] {
        // SAFETY: `count` bytes have been written.
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }
}
