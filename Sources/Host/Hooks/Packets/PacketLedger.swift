internal import Linux

/// What became of the packets of a link.
package struct PacketStatistics: Equatable, Sendable {
    /// Packets that came in and were decided about, and those of the direction about which nothing is decided.
    package var received: UInt64 = 0
    package var returned: UInt64 = 0
    package var sent: UInt64 = 0
    package var dropped: UInt64 = 0
    /// For want of room in the ring of the interface that they were to go out by.
    package var congested: UInt64 = 0
    /// For an interface that is none of the link's.
    package var misdirected: UInt64 = 0
    /// What the kernel joins of a stream, and a program made longer or shorter: nobody can say where it would be parted.
    package var unpartable: UInt64 = 0
    /// Longer than any packet, or not as the kernel says that they are.
    package var unusable: UInt64 = 0
    /// Lost before this was reached, because it was not fast enough.
    package var lost: UInt64 = 0

    package init() {}
}

/// Does what was decided about packets, and counts it.
struct PacketLedger {
    var statistics = PacketStatistics()

    mutating func forward(
        _ arrival: PacketSocket.Arrival, from source: inout PacketSocket, to target: inout PacketSocket,
        isDecided: Bool, _ decide: (PacketLink.Delivery) throws(LinkError) -> PacketLink.Outcome
    ) throws(LinkError) {
        // The frame is the ring's as long as it is not given back.
        defer { source.giveBack() }
        guard case .frame(let frame, let offload) = arrival else {
            statistics.unusable += 1
            return
        }
        guard let room = unsafe Self.room(in: &target) else {
            statistics.congested += 1
            return
        }
        guard isDecided else {
            statistics.returned += 1
            // SAFETY: both are rings' places, and what came out of one fits into the other.
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(frame))
            target.put(size: frame.count, offload)
            return
        }
        statistics.received += 1
        let size = frame.count
        // SAFETY: both are there until the outcome is known.
        let outcome = unsafe try decide(
            PacketLink.Delivery(packet: UnsafeRawBufferPointer(frame), changed: room, interface: source.interface))
        switch outcome {
        case .drop: statistics.dropped += 1
        case .pass(let left):
            guard isPartable(size, left, offload) else { return }
            target.put(size: left, offload)
            statistics.sent += 1
        case .redirect(let interface, let left) where interface == target.interface:
            guard isPartable(size, left, offload) else { return }
            target.put(size: left, offload)
            statistics.sent += 1
        case .sendBack(let left):
            unsafe send(room, size, left, offload, back: &source)
        case .redirect(let interface, let left) where interface == source.interface:
            unsafe send(room, size, left, offload, back: &source)
        case .redirect: statistics.misdirected += 1
        }
    }

    private mutating func send(
        _ packet: UnsafeMutableRawBufferPointer, _ size: Int, _ left: Int, _ offload: PacketSocket.Offload,
        back source: inout PacketSocket
    ) {
        guard isPartable(size, left, offload) else { return }
        guard let room = unsafe Self.room(in: &source) else {
            statistics.congested += 1
            return
        }
        // SAFETY: both are rings' places of one size.
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: packet[..<left]))
        source.put(size: left, offload)
        statistics.sent += 1
    }

    private mutating func isPartable(_ size: Int, _ left: Int, _ offload: PacketSocket.Offload) -> Bool {
        guard offload.isSeveral, size != left else { return true }
        statistics.unpartable += 1
        return false
    }

    /// A place of the ring; where it is full, the kernel is told of what is in it, and asked once more.
    private static func room(in target: inout PacketSocket) -> UnsafeMutableRawBufferPointer? {
        if let room = unsafe target.room() { return unsafe room }
        try? target.flush()
        return unsafe target.room()
    }
}
