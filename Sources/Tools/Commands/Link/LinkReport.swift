internal import CommandSupport
internal import Hooks

/// What a link came to: the run, and where its packets went.
struct LinkReport: Encodable {
    /// Of each program, in their order.
    private let runs: [RunReport]
    private let link: Link

    private struct Link: Encodable {
        let first: String
        let second: String?
        let received: UInt64
        let returned: UInt64
        let sent: UInt64
        let dropped: UInt64
        let congested: UInt64
        let misdirected: UInt64
        let unpartable: UInt64
        let unusable: UInt64
        let lost: UInt64
        let ports: [Port]
        /// How many packets each lane decided about.
        let lanes: [UInt64]
        /// How often a program took another's place.
        let replacements: Int
    }

    /// An interface, and how many packets came in and went out by it.
    private struct Port: Encodable {
        let name: String
        let received: UInt64
        let sent: UInt64
    }

    private enum Key: String, CodingKey { case link, chained }

    init(
        _ runs: [RunReport], _ packets: PacketStatistics, _ traffic: [PortTraffic], _ lanes: [UInt64],
        from first: String, to second: String?, replacements: Int
    ) {
        precondition(!runs.isEmpty, "a link has a program")
        self.runs = runs
        link = Link(
            first: first, second: second, received: packets.received, returned: packets.returned, sent: packets.sent,
            dropped: packets.dropped, congested: packets.congested, misdirected: packets.misdirected,
            unpartable: packets.unpartable, unusable: packets.unusable, lost: packets.lost,
            ports: traffic.map { Port(name: $0.name, received: $0.received, sent: $0.sent) },
            lanes: lanes,
            replacements: replacements)
    }

    /// The keys of the first program's run, `link` beside them, and `chained`: the runs of the others, where there are any.
    func encode(to encoder: any Encoder) throws {
        try runs[0].encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(link, forKey: .link)
        if runs.count > 1 { try container.encode(Array(runs.dropFirst()), forKey: .chained) }
    }

    func text(for terminal: Terminal) -> String {
        var table = Table(.left("packets"), .right(""))
        table.add("decided about", Table.Cell(Quantity.grouped(link.received)))
        if link.second != nil {
            table.add("sent on or back", Table.Cell(Quantity.grouped(link.sent)))
            table.add("dropped", Table.Cell(Quantity.grouped(link.dropped)))
            table.add("returned undecided", Table.Cell(Quantity.grouped(link.returned)))
        }
        if link.ports.count > 2 {
            for port in link.ports {
                table.add(Table.Cell("sent by \(port.name)"), Table.Cell(Quantity.grouped(port.sent)))
            }
        }
        if link.lanes.count > 1 {
            for (lane, count) in link.lanes.enumerated() {
                table.add(Table.Cell("on lane \(lane)"), Table.Cell(Quantity.grouped(count)))
            }
        }
        let losses: [(String, UInt64)] = [
            ("lost in the ring", link.lost), ("lost, no room to send", link.congested),
            ("lost, for no interface of the link", link.misdirected), ("lost, joined and resized", link.unpartable),
            ("lost, unusable", link.unusable),
        ]
        for (name, count) in losses where count > 0 {
            table.add(Table.Cell(name), Table.Cell(Quantity.grouped(count), .bad))
        }
        return runs.map { $0.text(for: terminal) }.joined(separator: "\n") + "\n" + table.text(for: terminal)
    }
}
