internal import Channel

/// The memory that a program may touch while it handles one event, and the check that every access goes through.
///
/// Most accesses hit the payload, the stack, or the region of the last access that hit neither, so those three are looked at
/// first and in line. What is left is searched out of line and becomes the new "region of the last access".
struct Regions {
    /// Lowest byte of the frames in use; the frames end at ``stackEnd``.
    var stackStart: UInt64
    private(set) var payload = Region()
    /// The last region that was searched for, and itself again if it may be written.
    private var recent = Region()
    private var recentWritable = Region()
    /// The one before that: programs go to and fro between two values.
    private var previous = Region()
    private var previousWritable = Region()
    private var context = Region()
    private var contextStart: UInt64 = 0
    private let writableContext: ContextBytes
    /// Whether the program has asked for a value of another lane in this event (`bpf_map_lookup_percpu_elem`).
    var showsAllLanes = false
    private let maps: MapTable

    init(maps: MapTable, writableContext: ContextBytes) {
        stackStart = ProgramRunner.stackEnd
        self.writableContext = writableContext
        self.maps = maps
    }

    @inline(__always) var stackEnd: UInt64 { ProgramRunner.stackEnd }

    /// Makes the payload and context of a new event the ones that count, and one stack frame.
    mutating func begin(payload: UInt64, _ payloadSize: UInt64, context: UInt64, _ contextSize: UInt64) {
        stackStart = stackEnd &- ProgramRunner.frameSize
        self.payload = Region(payload, payloadSize)
        self.context = Region(context, contextSize)
        contextStart = context
        recent = self.context
        recentWritable = Region()
        previous = Region()
        previousWritable = Region()
        showsAllLanes = false
    }

    /// Makes other memory the payload: the packet has moved.
    mutating func move(payload: UInt64, _ payloadSize: UInt64) { self.payload = Region(payload, payloadSize) }

    /// Whether a read of 1, 2, 4 or 8 bytes is in a region at hand. False says no more than that ``mayRead(_:_:)`` must decide.
    @inline(__always) func showsReadable(_ address: UInt64, _ size: UInt64) -> Bool {
        payload.holds(address, size) || isOnStack(address, size) || recent.holds(address, size)
    }

    /// As ``showsReadable(_:_:)`` for a write.
    @inline(__always) func showsWritable(_ address: UInt64, _ size: UInt64) -> Bool {
        payload.holds(address, size) || isOnStack(address, size) || recentWritable.holds(address, size)
    }

    @inline(__always) private func isOnStack(_ address: UInt64, _ size: UInt64) -> Bool {
        address &- stackStart <= stackEnd &- size &- stackStart
    }

    /// Whether the program may read `size` bytes at `address`.
    mutating func mayRead(_ address: UInt64, _ size: UInt64) -> Bool {
        if payload.contains(address, size) || recent.contains(address, size) { return true }
        if Region(stackStart, stackEnd &- stackStart).contains(address, size) { return true }
        return find(address, size)
    }

    @_optimize(size) mutating func mayWrite(_ address: UInt64, _ size: UInt64) -> Bool {
        if payload.contains(address, size) || recentWritable.contains(address, size) { return true }
        if Region(stackStart, stackEnd &- stackStart).contains(address, size) { return true }
        if context.contains(address, size) {
            guard isWritableContext(address &- contextStart, size) else { return false }
            // What was found must show itself to the access that asked: just these bytes of the context.
            remember(context, writable: false)
            recentWritable = Region(address, size)
            return true
        }
        return find(address, size) && recentWritable.contains(address, size)
    }

    @_optimize(size) private func isWritableContext(_ offset: UInt64, _ size: UInt64) -> Bool {
        var byte = offset
        while byte < offset &+ size {
            guard writableContext.contains(byte) else { return false }
            byte &+= 1
        }
        return true
    }

    /// As ``mayRead(_:_:)`` for a length that is not a constant; an empty range is readable anywhere.
    mutating func mayRead(_ address: UInt64, count: UInt64) -> Bool {
        count == 0 || mayRead(address, count)
    }

    /// Makes the region that holds the range, of those besides payload and stack, the recent one.
    @_optimize(size) private mutating func find(_ address: UInt64, _ size: UInt64) -> Bool {
        if recent.contains(address, size) { return true }
        if previous.contains(address, size) {
            swap(&recent, &previous)
            swap(&recentWritable, &previousWritable)
            return true
        }
        if context.contains(address, size) {
            remember(context, writable: false)
            return true
        }
        guard let value = maps.value(containing: address, anyLane: showsAllLanes) else { return false }
        let region = Region(value.start, value.size)
        guard region.contains(address, size) else { return false }
        remember(region, writable: value.isWritable)
        return true
    }

    private mutating func remember(_ region: Region, writable: Bool) {
        previous = recent
        previousWritable = recentWritable
        recent = region
        recentWritable = writable ? region : Region()
    }
}

/// A range of bytes, ready to be compared with.
struct Region {
    private let start: UInt64
    /// How many accesses of 1, 2, 4 and 8 bytes begin inside and end inside: one comparison decides, and none can wrap.
    private let room1: UInt64
    private let room2: UInt64
    private let room4: UInt64
    private let room8: UInt64

    /// Holds nothing.
    init() { self.init(0, 0) }

    @inline(never) init(_ start: UInt64, _ size: UInt64) {
        self.start = start
        room1 = size
        room2 = size >= 2 ? size &- 1 : 0
        room4 = size >= 4 ? size &- 3 : 0
        room8 = size >= 8 ? size &- 7 : 0
    }

    /// - Parameter size: 1, 2, 4 or 8, a constant.
    @inline(__always) func holds(_ address: UInt64, _ size: UInt64) -> Bool {
        let offset = address &- start
        switch size {
        case 1: return offset < room1
        case 2: return offset < room2
        case 4: return offset < room4
        default: return offset < room8
        }
    }

    /// As ``holds(_:_:)`` for any size but 0.
    func contains(_ address: UInt64, _ size: UInt64) -> Bool {
        let offset = address &- start
        return offset < room1 && room1 &- offset >= size
    }
}
