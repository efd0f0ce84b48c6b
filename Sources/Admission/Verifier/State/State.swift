/// What is known at one point of the program on one way there (or on several, once states were joined).
struct State: Sendable {
    /// R0 to R10 of the running function.
    var registers: [Value]
    /// Values at known places: spilled to the stack, saved by calls, the lock that is held. Ascending by ``Cell/key``,
    /// not overlapping.
    var cells: [Cell] = []
    /// For each frame, which of its bytes hold numbers.
    var frames: [FrameBytes]
    /// Where each caller goes on: index of the call.
    var returns: [Int32] = []
    /// Bytes between `data` and `data_end`, between `data_meta` and `data`.
    var packetMinimum: UInt32 = 0
    var packetMaximum: UInt32 = maximumPacketSize
    var metaMinimum: UInt32 = 0
    /// What was acquired and not released yet, ascending.
    var references: [UInt32] = []
    /// Where in the history this state is.
    var node: Int32 = 0
    /// It stands for more than one way.
    var isMerged = false

    init() {
        registers = [Value](repeating: .unusable, count: 11)
        registers[10] = .pointer(.stack)
        frames = [FrameBytes()]
    }

    var depth: Int { frames.count - 1 }
}

/// A value at a place.
struct Cell: Sendable {
    /// Frame, kind of place, and offset: see ``Place``.
    var key: UInt32
    /// Bytes, for the stack: 1, 2, 4 or 8.
    var size: UInt8
    var value: Value
}

/// Keys of cells.
enum Place {
    /// Byte of a frame: 0 is its lowest address, 512 what R10 points to.
    @inline(__always) static func stack(_ frame: Int, _ byte: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: frame) << 16 | UInt32(truncatingIfNeeded: byte)
    }
    /// R6 to R9 of a caller.
    static func saved(_ frame: Int, _ register: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: frame) << 16 | 0x1000 | UInt32(truncatingIfNeeded: register)
    }
    /// The map value whose lock is held.
    static let lock: UInt32 = 0xFFFF_0000
    static func isStack(_ key: UInt32) -> Bool { key & 0xF000 == 0 && key < lock }
    static func frame(_ key: UInt32) -> Int { Int(key >> 16) }
    static func byte(_ key: UInt32) -> Int { Int(key & 0xFFF) }
}

let frameSize = 512
let maximumFrames = 8

/// A bit for each byte of a frame.
struct FrameBytes: Equatable, Sendable {
    private var words: [8 of UInt64] = [8 of UInt64](repeating: 0)

    @inline(__always) private static func mask(_ word: Int, _ start: Int, _ end: Int) -> UInt64 {
        let low = max(start - word * 64, 0)
        let high = min(end - word * 64, 64)
        guard low < high else { return 0 }
        return (high - low == 64 ? ~0 : (1 << UInt64(high - low)) - 1) << UInt64(low)
    }

    mutating func insert(_ start: Int, _ end: Int) {
        for word in start >> 6..<(end + 63) >> 6 { words[word] |= Self.mask(word, start, end) }
    }

    mutating func remove(_ start: Int, _ end: Int) {
        for word in start >> 6..<(end + 63) >> 6 { words[word] &= ~Self.mask(word, start, end) }
    }

    func containsAll(_ start: Int, _ end: Int) -> Bool {
        for word in start >> 6..<(end + 63) >> 6 {
            let mask = Self.mask(word, start, end)
            if words[word] & mask != mask { return false }
        }
        return true
    }

    /// The first byte of the range that is not in the set.
    func firstMissing(_ start: Int, _ end: Int) -> Int? { (start..<end).first { !containsAll($0, $0 + 1) } }

    func isSuperset(of other: FrameBytes) -> Bool {
        for word in 0..<8 where other.words[word] & ~words[word] != 0 { return false }
        return true
    }

    /// Keeps the bytes whose bit, one for eight bytes, is set.
    mutating func keep(_ mask: UInt64) {
        for word in 0..<8 {
            // Spread eight bits to eight bytes of ones.
            let bits = mask >> UInt64(word * 8) & 0xFF
            let spread = (bits &* 0x8040_2010_0804_0201) >> 7 & 0x0101_0101_0101_0101
            words[word] &= (spread &* 0xFF).byteSwapped
        }
    }

    func mix(into body: (UInt64) -> Void) { for word in 0..<8 { body(words[word]) } }

    mutating func formIntersection(_ other: FrameBytes) {
        for word in 0..<8 { words[word] &= other.words[word] }
    }

    static func == (a: FrameBytes, b: FrameBytes) -> Bool {
        for word in 0..<8 where a.words[word] != b.words[word] { return false }
        return true
    }
}
