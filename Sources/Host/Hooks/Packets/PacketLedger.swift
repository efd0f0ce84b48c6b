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

    package static func + (left: PacketStatistics, right: PacketStatistics) -> PacketStatistics {
        var sum = left
        sum.received += right.received
        sum.returned += right.returned
        sum.sent += right.sent
        sum.dropped += right.dropped
        sum.congested += right.congested
        sum.misdirected += right.misdirected
        sum.unpartable += right.unpartable
        sum.unusable += right.unusable
        sum.lost += right.lost
        return sum
    }
}

/// Does what was decided about packets, and counts it.
@safe struct PacketLedger: ~Copyable {
    var statistics = PacketStatistics()
    /// What is being decided about: kept from one time to the next, so that nothing is allocated.
    private var arrivals: [PacketSocket.Arrival] = []
    /// Where packets go that have nowhere else to go.
    private let scratch: UnsafeMutableRawBufferPointer

    init() {
        arrivals.reserveCapacity(PacketLink.batch)
        // SAFETY: freed when this ends, and used by nobody else.
        unsafe scratch = .allocate(byteCount: PacketSocket.largestFrame, alignment: 64)
    }

    // SAFETY: nobody has it any more.
    deinit { unsafe scratch.deallocate() }

    /// Looks at what has come in, and announces it.
    private mutating func take(
        from source: LinkPort, limit: Int, isDecided: Bool, _ announce: (PacketLink.Delivery) throws(LinkError) -> Void
    ) throws(LinkError) {
        arrivals.removeAll(keepingCapacity: true)
        while arrivals.count < min(limit, PacketLink.batch), let arrival = source.socket.next(ahead: arrivals.count) {
            arrivals.append(arrival)
            guard isDecided, case .frame(let frame, _) = arrival else { continue }
            // SAFETY: the frame is the ring's until it is given back.
            unsafe try announce(
                PacketLink.Delivery(
                    packet: UnsafeRawBufferPointer(frame), changed: scratch, interface: source.interface))
        }
    }

    /// Sends on what has come in, as it is decided.
    mutating func pump(
        from source: LinkPort, to target: LinkPort, of ports: [LinkPort], isDecided: Bool, limit: Int,
        announce: (PacketLink.Delivery) throws(LinkError) -> Void,
        decide: (PacketLink.Delivery) throws(LinkError) -> PacketLink.Outcome
    ) throws(LinkError) -> Int {
        var count = 0
        while count < limit {
            try take(from: source, limit: limit - count, isDecided: isDecided, announce)
            guard !arrivals.isEmpty else { break }
            for index in arrivals.indices {
                try forward(arrivals[index], from: source, to: target, of: ports, isDecided: isDecided, decide)
            }
            count += arrivals.count
        }
        return count
    }

    /// Counts what is decided about copies.
    mutating func observe(
        _ source: LinkPort, limit: Int, announce: (PacketLink.Delivery) throws(LinkError) -> Void,
        decide: (PacketLink.Delivery) throws(LinkError) -> PacketLink.Outcome
    ) throws(LinkError) -> Int {
        try take(from: source, limit: limit, isDecided: true, announce)
        for arrival in arrivals {
            defer { source.socket.giveBack() }
            source.countArrival()
            guard case .frame(let frame, _) = arrival else {
                statistics.unusable += 1
                continue
            }
            statistics.received += 1
            // SAFETY: both are there until the outcome is known.
            _ = unsafe try decide(
                PacketLink.Delivery(
                    packet: UnsafeRawBufferPointer(frame), changed: scratch, interface: source.interface))
        }
        return arrivals.count
    }

    private mutating func forward(
        _ arrival: PacketSocket.Arrival, from source: LinkPort, to target: LinkPort, of ports: [LinkPort],
        isDecided: Bool, _ decide: (PacketLink.Delivery) throws(LinkError) -> PacketLink.Outcome
    ) throws(LinkError) {
        // The frame is the ring's as long as it is not given back.
        defer { source.socket.giveBack() }
        source.countArrival()
        guard case .frame(let frame, let offload) = arrival else {
            statistics.unusable += 1
            return
        }
        let room = unsafe target.room()
        guard isDecided else {
            guard let room = unsafe room else {
                statistics.congested += 1
                return
            }
            statistics.returned += 1
            // SAFETY: both are rings' places, and what came out of one fits into the other.
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(frame))
            target.put(size: frame.count, offload)
            return
        }
        statistics.received += 1
        let size = frame.count
        // What was announced is decided about, whether there is room for it or not.
        let changed = unsafe room ?? scratch
        // SAFETY: both are there until the outcome is known.
        let outcome = unsafe try decide(
            PacketLink.Delivery(packet: UnsafeRawBufferPointer(frame), changed: changed, interface: source.interface))
        switch outcome {
        case .drop: statistics.dropped += 1
        case .pass(let left): sendOn(size, left, offload, hasRoom: unsafe room != nil, to: target)
        case .sendBack(let left): unsafe send(changed, size, left, offload, by: source)
        case .redirect(let interface, let left):
            if interface == target.interface {
                sendOn(size, left, offload, hasRoom: unsafe room != nil, to: target)
            } else if let other = Self.port(interface, of: ports) {
                unsafe send(changed, size, left, offload, by: other)
            } else {
                statistics.misdirected += 1
            }
        }
    }

    private static func port(_ interface: UInt32, of ports: [LinkPort]) -> LinkPort? {
        for port in ports where port.interface == interface { return port }
        return nil
    }

    private mutating func sendOn(
        _ size: Int, _ left: Int, _ offload: PacketSocket.Offload, hasRoom: Bool, to target: LinkPort
    ) {
        guard isPartable(size, left, offload) else { return }
        guard hasRoom else {
            statistics.congested += 1
            return
        }
        target.put(size: left, offload)
        statistics.sent += 1
    }

    /// Sends by another interface than the one in whose ring, or beside it, the packet was put.
    private mutating func send(
        _ packet: UnsafeMutableRawBufferPointer, _ size: Int, _ left: Int, _ offload: PacketSocket.Offload,
        by port: LinkPort
    ) {
        guard isPartable(size, left, offload) else { return }
        guard let room = unsafe port.room() else {
            statistics.congested += 1
            return
        }
        // SAFETY: both are rings' places of one size.
        unsafe room.copyMemory(from: UnsafeRawBufferPointer(rebasing: packet[..<left]))
        port.put(size: left, offload)
        statistics.sent += 1
    }

    private mutating func isPartable(_ size: Int, _ left: Int, _ offload: PacketSocket.Offload) -> Bool {
        guard offload.isSeveral, size != left else { return true }
        statistics.unpartable += 1
        return false
    }
}
