/// How events are delivered to programs of one type, and what comes back: beside ``ProgramDescriptor``, which says what the programs may do
/// with them. Types without a shape can be verified and do not run.
package struct EventShape: Sendable {
    /// What a program's packet begins with.
    package enum Packet: Sendable {
        /// Events of this type have none.
        case none
        /// The header of the link, as a capture has it.
        case link
        /// The header of the network; that of the link lies before it.
        case network
        /// No packet: bytes that a person writes as text, under this name.
        case text(StaticString, TextForm)

        /// Whether a capture's packets can be its events.
        package var isOfLink: Bool {
            switch self {
            case .none, .text: false
            case .link, .network: true
            }
        }

        package var isNone: Bool {
            switch self {
            case .none: true
            case .link, .network, .text: false
            }
        }
    }

    /// How text becomes bytes.
    package enum TextForm: Sendable {
        /// As Windows has it, the lower byte of each unit first.
        case utf16, utf8
    }

    /// What a program's packet is to its helpers.
    package enum Buffer: Sendable {
        case none, express, socket
        /// Bytes that records may take along and nothing else asks for.
        case plain
    }

    package var packet: Packet
    package var buffer: Buffer
    package var verdicts: VerdictTable
    /// The context takes the place of the packet: it is too large for its own.
    package var isRecord = false
    /// The member of text that lies behind the packet, past what the program may read of it: only a helper does. Its form is the packet's.
    package var hidden: StaticString?
    /// Where, from the payload's start, the memory lies that events bring along for helpers to read; nil where there is none.
    package var memory: UInt32?

    package init(
        _ packet: Packet, _ buffer: Buffer, _ verdicts: VerdictTable, isRecord: Bool = false,
        hidden: StaticString? = nil, memory: UInt32? = nil
    ) {
        self.packet = packet
        self.buffer = buffer
        self.verdicts = verdicts
        self.isRecord = isRecord
        self.hidden = hidden
        self.memory = memory
    }
}

/// What the results of a type of programs mean.
package struct VerdictTable: Sendable {
    /// What becomes of a packet.
    package enum Fate: Sendable {
        case kept, dropped
        /// As many bytes as the result says are kept.
        case cut
        case sentBack, redirected
    }

    package struct Row: Sendable {
        /// The result, as 32 bits with a sign.
        package var result: Int32
        package var name: StaticString
        package var fate: Fate
    }

    /// Events whose result does not matter, because the number in a field of their context is this one.
    package struct Exemption: Sendable {
        /// Of the byte that holds the number.
        package var offset: Int
        package var value: UInt8
        /// Their row, whatever the result.
        package var row: Int
    }

    package enum Rule: Sendable {
        /// The result is looked up among the rows; what is not there is the row at this index.
        case listed(otherwise: Int)
        /// The result is a number of bytes: row 0 for none, row 1 for some of a packet, row 2 for the whole.
        case length
        /// Any result is row 0.
        case ignored
    }

    package var rows: [Row]
    package var rule: Rule
    /// The results that stand for a program which did not return, where the policy says `closed` and `open`.
    package var closed: Int32
    package var open: Int32
    package var exemption: Exemption?

    package init(_ rows: [Row], _ rule: Rule, closed: Int32, open: Int32, exemption: Exemption? = nil) {
        self.rows = rows
        self.rule = rule
        self.closed = closed
        self.open = open
        self.exemption = exemption
    }

    /// The row of a result, which is R0's lower half, for a packet of so many bytes.
    package func index(of result: UInt64, packetSize: Int) -> Int {
        let result = Int32(truncatingIfNeeded: result)
        switch rule {
        case .listed(let otherwise): return rows.firstIndex { $0.result == result } ?? otherwise
        case .length:
            let length = UInt32(bitPattern: result)
            return length == 0 ? 0 : UInt64(length) < UInt64(packetSize) ? 1 : 2
        case .ignored: return 0
        }
    }
}
