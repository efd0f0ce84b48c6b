internal import Channel


/// The memory that a program may touch while it handles one event, and the check that every access goes through.
///
/// Most accesses hit the stack or the region of the access before, so those two are looked at first and in line; what is
/// left is searched out of line and becomes the new "region of the access before".
struct Regions {
    /// Lowest byte of the frames in use; the frames end at ``stackEnd``.
    var stackStart: UInt64
    let stackEnd: UInt64
    /// The region that was last hit outside the stack.
    var recentStart: UInt64 = 0
    var recentSize: UInt64 = 0
    var recentIsWritable = false

    var payloadStart: UInt64 = 0
    var payloadSize: UInt64 = 0
    var contextStart: UInt64 = 0
    var contextSize: UInt64 = 0
    let maps: MapTable

    var payload = Area()
    var recent = Area()
    var recentWritable = Area()

    init(stackEnd: UInt64, maps: MapTable) {
        self.stackEnd = stackEnd
        stackStart = stackEnd
        self.maps = maps
    }

    /// Makes the payload and context of a new event the ones that count, and one stack frame.
    mutating func begin(payload: UInt64, _ payloadSize: UInt64, context: UInt64, _ contextSize: UInt64) {
        stackStart = stackEnd &- ProgramRunner.frameSize
        payloadStart = payload
        self.payloadSize = payloadSize
        contextStart = context
        self.contextSize = contextSize
        self.payload = Area(payload, payloadSize)
        remember(payload, payloadSize, writable: true)
    }

    /// By widths
    @inline(__always) func allowsRead(_ address: UInt64, _ size: UInt64) -> Bool {
        payload.holds(address, size) || inStack(address, size) || recent.holds(address, size)
    }
    @inline(__always) func allowsWrite(_ address: UInt64, _ size: UInt64) -> Bool {
        payload.holds(address, size) || inStack(address, size) || recentWritable.holds(address, size)
    }
    @inline(__always) func inStack(_ address: UInt64, _ size: UInt64) -> Bool {
        address &- stackStart <= ProgramRunner.stackEnd &- size &- stackStart
    }

    @inline(__always) mutating func mayRead(_ address: UInt64, _ size: UInt64) -> Bool {
        let inStack = address &- stackStart
        if inStack < stackEnd &- stackStart, inStack &+ size <= stackEnd &- stackStart { return true }
        let inRecent = address &- recentStart
        if inRecent < recentSize, inRecent &+ size <= recentSize { return true }
        return find(address, size)
    }

    @inline(__always) mutating func mayWrite(_ address: UInt64, _ size: UInt64) -> Bool {
        let inStack = address &- stackStart
        if inStack < stackEnd &- stackStart, inStack &+ size <= stackEnd &- stackStart { return true }
        let inRecent = address &- recentStart
        if inRecent < recentSize, inRecent &+ size <= recentSize { return recentIsWritable }
        return find(address, size) && recentIsWritable
    }

    /// As ``mayRead(_:_:)`` for a length that is not a constant; an empty range is readable anywhere.
    mutating func mayRead(_ address: UInt64, count: UInt64) -> Bool {
        count == 0 || count < 1 << 31 && mayRead(address, count)
    }

    /// Why an atomic operation on `size` bytes at `address` may not be, or nil. It reads and writes.
    @inline(__always) mutating func refusesAtomic(_ address: UInt64, _ size: UInt64) -> FaultKind? {
        guard mayWrite(address, size) else { return .outOfBoundsWrite }
        return address & (size &- 1) == 0 ? nil : .misalignedAtomic
    }

    @inline(never) private mutating func find(_ address: UInt64, _ size: UInt64) -> Bool {
        let inPayload = address &- payloadStart
        if inPayload < payloadSize, inPayload &+ size <= payloadSize {
            remember(payloadStart, payloadSize, writable: true)
            return true
        }
        let inContext = address &- contextStart
        if inContext < contextSize, inContext &+ size <= contextSize {
            remember(contextStart, contextSize, writable: false)
            return true
        }
        guard let value = maps.value(containing: address), value.size &- (address &- value.start) >= size else {
            return false
        }
        remember(value.start, value.size, writable: value.isWritable)
        return true
    }

    private mutating func remember(_ start: UInt64, _ size: UInt64, writable: Bool) {
        recentStart = start
        recentSize = size
        recentIsWritable = writable
        recent = Area(start, size)
        recentWritable = writable ? recent : Area()
    }
}

struct Area {
    var start: UInt64 = 0
    var room1: UInt64 = 0, room2: UInt64 = 0, room4: UInt64 = 0, room8: UInt64 = 0
    init() {}
    init(_ start: UInt64, _ size: UInt64) {
        self.start = start
        room1 = size
        room2 = size >= 2 ? size - 1 : 0
        room4 = size >= 4 ? size - 3 : 0
        room8 = size >= 8 ? size - 7 : 0
    }
    @inline(__always) func holds(_ address: UInt64, _ size: UInt64) -> Bool {
        let offset = address &- start
        switch size {
        case 1: return offset < room1
        case 2: return offset < room2
        case 4: return offset < room4
        default: return offset < room8
        }
    }
}
