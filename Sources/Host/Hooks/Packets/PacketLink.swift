internal import Linux

/// A program between two interfaces, or beside one.
///
/// *Inline*: what comes in on the first is decided about, and goes out on the second, back, or nowhere. What comes in on the second goes to the
/// first, decided about too where both directions are asked for. The two must not be connected in any other way.
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

    private var first: PacketSocket
    private var second: PacketSocket?
    private let decidesBoth: Bool
    private var ledger = PacketLedger()

    package init(from first: String, to second: String? = nil, both: Bool = false) throws(LinkError) {
        let incoming = try Self.open(first)
        var outgoing: PacketSocket?
        if let second {
            guard second != first else { throw .sameInterface(first) }
            outgoing = try Self.open(second)
        }
        self.first = consume incoming
        self.second = consume outgoing
        decidesBoth = both
    }

    private static func open(_ interface: String) throws(LinkError) -> PacketSocket {
        do throws(SystemError) { return try PacketSocket(interface: interface) } catch {
            throw .attach(interface: interface, error)
        }
    }

    package var statistics: PacketStatistics { ledger.statistics }

    /// The sockets, for who closes everything else.
    package var rawDescriptors: [Int32] {
        switch second {
        case .some(let second): [first.rawDescriptor, second.rawDescriptor]
        case nil: [first.rawDescriptor]
        }
    }

    /// The numbers of the interfaces.
    package var interfaces: [UInt32] {
        switch second {
        case .some(let second): [first.interface, second.interface]
        case nil: [first.interface]
        }
    }

    /// So many packets are announced at once.
    package static let batch = 16

    package mutating func serve(
        limit: Int, announce: (Delivery) throws(LinkError) -> Void, decide: (Delivery) throws(LinkError) -> Outcome
    ) throws(LinkError) -> Int {
        guard var other = second.take() else {
            return try ledger.observe(&first, limit: limit, announce: announce, decide: decide)
        }
        do throws(LinkError) {
            let count = try exchange(with: &other, limit, announce, decide)
            second = consume other
            return count
        } catch {
            second = consume other
            throw error
        }
    }

    private mutating func exchange(
        with other: inout PacketSocket, _ limit: Int, _ announce: (Delivery) throws(LinkError) -> Void,
        _ decide: (Delivery) throws(LinkError) -> Outcome
    ) throws(LinkError) -> Int {
        let there = try ledger.pump(
            from: &first, to: &other, isDecided: true, limit: limit, announce: announce, decide: decide)
        let back = try ledger.pump(
            from: &other, to: &first, isDecided: decidesBoth, limit: limit, announce: announce, decide: decide)
        do throws(SystemError) {
            try first.flush()
            try other.flush()
        } catch { throw .lost(error) }
        return there + back
    }

    package func wait(milliseconds: Int32) throws(LinkError) {
        do throws(SystemError) {
            _ = try waitForPackets(on: rawDescriptors, milliseconds: milliseconds)
        } catch { throw .lost(error) }
    }

    /// Looks at how many packets the kernel dropped because they were not taken out of its rings in time.
    package mutating func countLost() {
        ledger.statistics.lost += first.takeLost()
        guard let other = second.take() else { return }
        ledger.statistics.lost += other.takeLost()
        second = consume other
    }

    package consuming func detach() throws(LinkError) {
        do throws(SystemError) {
            try first.flush()
            if var other = second.take() { try other.flush() }
        } catch { throw .lost(error) }
    }
}
