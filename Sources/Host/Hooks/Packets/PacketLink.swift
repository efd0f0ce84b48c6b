internal import Linux

/// A program between interfaces, or beside one.
///
/// *Inline*: what comes in on the first is decided about, and goes out on the second, back, by one of the others, or nowhere. What comes in on the
/// others is decided about too, and what is let pass of it goes out on the second. What comes in on the second goes to the first, decided about
/// where both directions are asked for. The interfaces must not be connected in any other way.
///
/// *Beside*: of what comes in on an interface the program sees copies. Nothing is held up, and nothing is sent.
@safe package struct PacketLink: ~Copyable, HookProvider {
    /// A packet, from its Ethernet header on. The bytes are there for as long as it is being decided about.
    @safe package struct Delivery {
        package let packet: UnsafeRawBufferPointer
        /// Where the packet goes as the program left it: at least ``PacketSocket/largestFrame`` bytes.
        package let changed: UnsafeMutableRawBufferPointer
        /// Where it came in.
        package let interface: UInt32
    }

    /// What is to be done with a packet; sizes are of what is in ``Delivery/changed``.
    package enum Outcome: Equatable, Sendable {
        case pass(size: Int)
        case drop
        case sendBack(size: Int)
        case redirect(to: UInt32, size: Int)
    }

    /// The first, the second, and the others; the first alone where the program looks on.
    private let ports: [LinkPort]
    private let decidesBoth: Bool
    private var ledger = PacketLedger()

    /// - Parameters:
    ///   - others: interfaces to which a program may redirect, beside the two.
    ///   - isShared: whether there are to be others of its kind, for other lanes.
    package init(
        from first: String, to second: String? = nil, others: [String] = [], both: Bool = false, isShared: Bool = false
    ) throws(LinkError) {
        precondition(second != nil || others.isEmpty, "a program that looks on sends nothing anywhere")
        var ports: [LinkPort] = []
        for name in [first] + (second.map { [$0] } ?? []) + others {
            let port = try LinkPort(name, share: isShared ? .first : .all)
            // One interface may have several names (altname).
            guard !ports.contains(where: { $0.interface == port.interface }) else { throw .sameInterface(name) }
            ports.append(port)
        }
        self.ports = ports
        decidesBoth = both
    }

    /// The same link on one more lane. From here on each flow that comes in by an interface is the one's or the other's, whichever way its packets
    /// go; what was one's may become the other's once, now.
    package func sibling() throws(LinkError) -> PacketLink {
        var others: [LinkPort] = []
        for port in ports {
            guard let group = port.socket.group else { preconditionFailure("a link was made to be shared") }
            others.append(try LinkPort(port.name, share: .group(group)))
        }
        return PacketLink(others, decidesBoth: decidesBoth)
    }

    private init(_ ports: [LinkPort], decidesBoth: Bool) {
        self.ports = ports
        self.decidesBoth = decidesBoth
    }

    package var statistics: PacketStatistics { ledger.statistics }

    /// What went by each interface, in their order.
    package var traffic: [PortTraffic] { ports.map(\.traffic) }

    /// The sockets, for who closes everything else.
    package var rawDescriptors: [Int32] { ports.map { $0.socket.rawDescriptor } }

    /// The kernel's numbers of the interfaces.
    package var interfaces: [String: UInt32] {
        Dictionary(ports.map { ($0.name, $0.interface) }) { first, _ in first }
    }

    /// So many packets are announced at once.
    package static let batch = 16

    /// So many interfaces a link may have: as many as are waited for at once.
    package static let maximumPorts = 16

    package mutating func serve(
        limit: Int, announce: (Delivery) throws(LinkError) -> Void, decide: (Delivery) throws(LinkError) -> Outcome
    ) throws(LinkError) -> Int {
        guard ports.count > 1 else {
            return try ledger.observe(ports[0], limit: limit, announce: announce, decide: decide)
        }
        var count = 0
        for (index, port) in ports.enumerated() {
            count += try ledger.pump(
                from: port, to: index == 1 ? ports[0] : ports[1], of: ports, isDecided: index != 1 || decidesBoth,
                limit: limit, announce: announce, decide: decide)
        }
        for port in ports { try port.flush() }
        return count
    }

    package func wait(milliseconds: Int32) throws(LinkError) {
        do throws(SystemError) {
            _ = try waitForPackets(on: rawDescriptors, milliseconds: milliseconds)
        } catch { throw .lost(error) }
    }

    /// Looks at how many packets the kernel dropped because they were not taken out of its rings in time.
    package mutating func countLost() {
        for port in ports { ledger.statistics.lost += port.socket.takeLost() }
    }

    package consuming func detach() throws(LinkError) { for port in ports { try port.flush() } }
}
