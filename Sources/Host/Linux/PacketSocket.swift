internal import CLinux

/// The frames of one interface, in and out, through rings that are shared with the kernel.
///
/// The interface is promiscuous for as long as this is open. What goes out by it does not come back in.
@safe package struct PacketSocket: ~Copyable {
    private var port: clinux_packet_port

    /// The kernel's number of the interface.
    package var interface: UInt32 { unsafe port.interface }
    /// For ``waitForPackets(on:milliseconds:)``, and for who keeps descriptors open.
    package var rawDescriptor: Int32 { unsafe port.descriptor }

    /// The largest frame that fits: what the kernel joins of a stream (64 KiB), its Ethernet header, and a tag.
    package static let largestFrame = 65_536 + 14 + 4
    /// Of a ring's place: the frame, and what the kernel writes before it, in whole pages.
    private static let placeSize: UInt32 = 17 * 4096

    /// Who gets what comes in by the interface.
    package enum Share: Equatable, Sendable {
        /// This one, all of it.
        case all
        /// This one, and those that join it later.
        case first
        /// This one and the others of a group: each flow is one's.
        case group(Int32)
    }

    /// What others join by: nil where it has all to itself.
    package var group: Int32? { unsafe port.group >= 0 ? port.group : nil }

    /// Needs CAP_NET_RAW; nothing that is done with it later does.
    package init(interface name: String, frames: UInt32 = 256, share: Share = .all) throws(SystemError) {
        let group =
            switch share {
            case .all: Int32(CLINUX_PACKET_ALONE)
            case .first: Int32(CLINUX_PACKET_NEW_GROUP)
            case .group(let number): number
            }
        var opened = unsafe clinux_packet_port()
        // SAFETY: the string is a terminated C string during the call, which fills the structure.
        let result = unsafe name.withCString { unsafe clinux_packet_open($0, Self.placeSize, frames, group, &opened) }
        _ = try checked("socket(AF_PACKET)", Int(result))
        unsafe port = opened
    }

    // SAFETY: nobody has the rings any more.
    deinit {
        var port = unsafe port
        unsafe clinux_packet_close(&port)
    }

    /// What the sender left to be done by a device.
    package struct Offload: Sendable {
        fileprivate var raw = clinux_packet_offload()

        package init() {}
        fileprivate init(_ raw: clinux_packet_offload) { self.raw = raw }

        /// Whether the frame stands for several: what a device would send as segments.
        package var isSeveral: Bool { raw.segments != 0 }
    }

    @safe package enum Arrival {
        /// The bytes are the ring's, until they are given back; who looks at them after that looks at another frame.
        case frame(UnsafeMutableRawBufferPointer, Offload)
        /// Longer than a place of the ring, or what the kernel says of it makes no sense: nothing is to be had of it.
        case unusable
    }

    /// The next frame that has come in, as it was on the wire: with its tag, and with its checksum where it is one packet. Nil where there is
    /// none. Frames are given back in the order in which they came.
    ///
    /// - Parameter ahead: how many that were not given back yet are to be passed over. Each is asked for once: what the kernel left to be done
    ///   is done to its bytes.
    package borrowing func next(ahead: Int = 0) -> Arrival? {
        var packet = unsafe clinux_packet()
        // SAFETY: the structures are valid during the calls; the bytes that they name are the ring's.
        guard unsafe withUnsafePointer(to: port, { unsafe clinux_packet_next($0, UInt32(ahead), &packet) }) == 1 else {
            return nil
        }
        guard unsafe packet.original <= packet.size else { return .unusable }
        if unsafe packet.tag != 0, unsafe clinux_packet_put_tag(&packet) < 0 { return .unusable }
        if unsafe packet.offload.flags != 0, unsafe packet.offload.segments == 0,
            unsafe clinux_packet_complete(&packet) < 0
        {
            return .unusable
        }
        return unsafe .frame(
            UnsafeMutableRawBufferPointer(start: packet.bytes, count: Int(packet.size)), Offload(packet.offload))
    }

    package mutating func giveBack() { unsafe clinux_packet_give_back(&port) }

    /// Room for a frame to send; nil where the ring is full.
    package borrowing func room() -> UnsafeMutableRawBufferPointer? {
        var capacity: UInt32 = 0
        // SAFETY: as above.
        let start = unsafe withUnsafePointer(to: port) { unsafe clinux_packet_room($0, &capacity) }
        guard let start = unsafe start else { return nil }
        return unsafe UnsafeMutableRawBufferPointer(start: start, count: Int(capacity))
    }

    /// Queues what was written to ``room()``. It goes out with the next ``flush()``.
    package mutating func put(size: Int, _ offload: Offload = Offload()) {
        var raw = offload.raw
        unsafe clinux_packet_put(&port, UInt32(size), &raw)
    }

    /// One system call for all that is queued; none where nothing is.
    package mutating func flush() throws(SystemError) {
        _ = try checked("sendto(AF_PACKET)", Int(unsafe clinux_packet_flush(&port)))
    }

    /// Frames that were lost because nobody took them out of the ring, since this was last asked.
    package borrowing func takeLost() -> UInt64 {
        // SAFETY: as above.
        let lost = unsafe withUnsafePointer(to: port) { unsafe clinux_packet_lost($0) }
        return UInt64(max(lost, 0))
    }
}

/// Waits until one of the sockets has a frame, or for so long.
///
/// - Returns: whether one has.
package func waitForPackets(on sockets: [Int32], milliseconds: Int32) throws(SystemError) -> Bool {
    // SAFETY: the array lives through the call.
    let result = unsafe sockets.withUnsafeBufferPointer {
        unsafe clinux_packet_wait($0.baseAddress, UInt32($0.count), milliseconds)
    }
    return try checked("poll", Int(result)) > 0
}

/// Whether two packets are the same: a frame of 64 KiB is compared in a microsecond or two.
package func isSame(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
    // SAFETY: both have as many bytes as are compared.
    unsafe one.count == other.count && clinux_same(one.baseAddress, other.baseAddress, UInt64(one.count)) == 1
}
