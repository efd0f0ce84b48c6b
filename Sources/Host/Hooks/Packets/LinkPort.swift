internal import Linux

/// One interface of a link, and what went by it. An object, since a packet goes from any of them to any.
@safe final class LinkPort {
    let name: String
    let interface: UInt32
    var socket: PacketSocket
    private(set) var traffic: PortTraffic

    init(_ name: String, share: PacketSocket.Share) throws(LinkError) {
        do throws(SystemError) { socket = try PacketSocket(interface: name, share: share) } catch {
            throw .attach(interface: name, error)
        }
        self.name = name
        interface = socket.interface
        traffic = PortTraffic(name: name)
    }

    func countArrival() { traffic.received += 1 }

    /// Queues what was written to its room.
    func put(size: Int, _ offload: PacketSocket.Offload) {
        traffic.sent += 1
        socket.put(size: size, offload)
    }

    /// A place of the ring; where it is full, the kernel is told of what is in it, and asked once more.
    func room() -> UnsafeMutableRawBufferPointer? {
        if let room = unsafe socket.room() { return unsafe room }
        try? socket.flush()
        return unsafe socket.room()
    }

    func flush() throws(LinkError) {
        do throws(SystemError) { try socket.flush() } catch { throw .lost(error) }
    }
}

/// How many packets came in by an interface, and went out by it.
package struct PortTraffic: Equatable, Sendable {
    package let name: String
    package var received: UInt64 = 0
    package var sent: UInt64 = 0

    package init(name: String) { self.name = name }

    package static func + (left: PortTraffic, right: PortTraffic) -> PortTraffic {
        var sum = left
        sum.received += right.received
        sum.sent += right.sent
        return sum
    }
}
