package import Channel
package import Enclosure
internal import Prototypes

/// One event, as a hook would have seen it: what a program is given, but for addresses, which only its slot has.
package struct Event: Sendable {
    /// The context by its layout, pointers zero; ``EventLayout/emptyContext`` to begin with.
    package var context: [UInt8]
    /// The bytes before the packet that ``headers`` says are there, and the packet.
    package var packet: [UInt8] = []
    package var headers = PacketHeaders.networkOnly
    /// What lies behind the packet for a helper to read, where the type has such (``EventShape/hidden``).
    package var hidden: [UInt8] = []
    /// What it brings along of a process's memory, for helpers to read (``EventMemory``); empty: nothing.
    package var memory: [UInt8] = []
    /// Nil where nobody knows.
    package var identity: EventIdentity?
    /// What `bpf_ktime_get_ns` gives; nil: the time at which the event is decided.
    package var time: UInt64?
    /// What `bpf_get_smp_processor_id` gives.
    package var processor: UInt32 = 0

    package init(context: [UInt8]) { self.context = context }

    /// Bytes that a slot has to have room for.
    package func payloadSize(in layout: EventLayout) -> Int {
        packet.count + (layout.shape.hidden == nil ? 0 : Self.hiddenHeader + hidden.count)
            + (layout.shape.memory.map { Int($0) + memoryBytes.count } ?? 0)
    }

    /// The number of hidden bytes, before them.
    static let hiddenHeader = 4

    /// Its memory, as the slot has it.
    var memoryBytes: [UInt8] { memory.isEmpty ? EventMemory.none : memory }

    /// What is hidden, as the slot has it.
    var hiddenBytes: [UInt8] {
        (0..<Self.hiddenHeader).map { UInt8(truncatingIfNeeded: hidden.count >> (8 * $0)) } + hidden
    }

    /// The packet without what lies before it.
    package var visiblePacket: ArraySlice<UInt8> { packet.dropFirst(Int(headers.sizeBefore)) }
}

/// What came of one event.
package struct EventResult: Sendable {
    /// R0, or what the policy's answer to a failure stands for.
    package let result: UInt64
    /// Its row in the table of verdicts.
    package let verdict: Int
    /// Bytes of the packet after the program; 0 where it did not return.
    package let size: Int
    /// The interface that the program named, where it redirects the packet.
    package let redirection: UInt32
    /// Why the program did not return, and the verdict is the policy's.
    package let failure: Sandbox.EventFailure?

    /// What the result is to an XDP program.
    package var action: XDPAction { XDPAction(result: result) }
}
