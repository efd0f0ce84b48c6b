/// Bytes of code as they are made: several at a time, none of them looked at twice.
@safe package struct CodeBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    /// What ``count`` may be at most for a stride to fit behind it.
    private var limit: Int
    package private(set) var count = 0

    /// Bytes that may be written at once, whatever is counted of them.
    private static let stride = 64

    package init(capacity: Int) {
        limit = capacity
        // SAFETY: trivial bytes, which are written before anybody looks at them.
        unsafe base = .allocate(byteCount: capacity + Self.stride, alignment: 16)
    }

    // SAFETY: the block is this value's alone.
    deinit { unsafe base.deallocate() }

    /// Makes room for `room` bytes and a stride.
    @inline(never) private mutating func grow(_ room: Int) {
        let larger = max(2 * limit, count + room)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger + Self.stride, alignment: 16)
        // SAFETY (all): both blocks are at least `count` long, and the old one is not used afterwards.
        unsafe moved.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = moved
        limit = larger
    }

    /// Appends the `size` lowest bytes of `word`, the lowest first; at most eight.
    @inline(__always) package mutating func append(_ word: UInt64, _ size: Int) {
        if count > limit { grow(0) }
        // SAFETY: a stride, which is longer, fits behind `count`.
        unsafe base.storeBytes(of: word.littleEndian, toByteOffset: count, as: UInt64.self)
        count &+= size & 15
    }

    /// Appends bytes of another buffer.
    @inline(__always) package mutating func append(_ other: borrowing CodeBuffer, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.count, "the bytes are the other's")
        if count &+ range.count > limit { grow(range.count) }
        if range.count <= Self.stride, range.lowerBound <= other.limit {
            // SAFETY: a stride fits behind `count` here, and behind the lower bound there; bytes beyond the range count for nothing.
            unsafe (base + count).copyMemory(from: other.base + range.lowerBound, byteCount: Self.stride)
        } else {
            // SAFETY: the bytes are the other's, and there is room for them; both were made sure of above.
            unsafe (base + count).copyMemory(from: other.base + range.lowerBound, byteCount: range.count)
        }
        count &+= range.count
    }

    package var bytes: [UInt8] {
        // SAFETY: `count` bytes have been written.
        unsafe [UInt8](UnsafeRawBufferPointer(start: base, count: count))
    }
}
