internal import Channel

/// Where the packet of an event lies: metadata, then the packet itself, without a gap.
struct Packet {
    var meta: UInt64 = 0
    var start: UInt64 = 0
    var end: UInt64 = 0
    /// The lowest byte that has been the packet's since the event began: those below hold what another event left.
    var lowest: UInt64 = 0

    init() {}

    init(start: UInt64, size: UInt64) {
        meta = start
        self.start = start
        end = start &+ size
        lowest = start
    }

    var size: UInt64 { end &- start }

    /// Whether `count` bytes from `offset` on are the packet's.
    func holds(_ offset: UInt64, _ count: UInt64) -> Bool { offset <= size && count <= size &- offset }
}

/// Errors as Linux numbers them.
enum LinuxError {
    static let noEntry: Int64 = -2
    static let tooBig: Int64 = -7
    static let again: Int64 = -11
    static let noMemory: Int64 = -12
    static let access: Int64 = -13
    static let fault: Int64 = -14
    static let invalid: Int64 = -22
    static let noSpace: Int64 = -28
    static let range: Int64 = -34
    static let notSupported: Int64 = -95
}
