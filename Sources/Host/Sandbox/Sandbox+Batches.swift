internal import Channel
internal import Enclosure
internal import Prototypes

/// Packets for an XDP program, several at once: while it decides about one, the next is there already. On a machine with few processors
/// one change between host and cell is then enough for all of them.
extension Sandbox {
    /// So many may be submitted and not concluded.
    package static let largestBatch = 16

    /// A packet whose bytes whoever submitted it keeps until it is concluded.
    @safe struct Outstanding {
        let packet: UnsafeRawBufferPointer
        let interface: UInt32
        let time: UInt64
    }

    /// Hands a packet over. The bytes have to stay until ``conclude(into:)`` has returned for it: should the cell die with a packet before it,
    /// it is handed to the next cell.
    package mutating func submit(xdp packet: UnsafeRawBufferPointer, interface: UInt32, time: UInt64) {
        precondition(layout.shape.buffer == .express, "only an XDP program takes the events of one")
        precondition(outstanding.count < Self.largestBatch, "a batch has a limit")
        // SAFETY: the caller keeps the bytes.
        let event = unsafe Outstanding(packet: packet, interface: interface, time: time)
        outstanding.append(event)
        put(event)
    }

    private mutating func put(_ event: Outstanding) {
        var context = XDPContext(ingressInterface: event.interface)
        // SAFETY: the context is a trivial value that lives through the call; the packet is kept by whoever submitted it.
        unsafe withUnsafeBytes(of: &context) {
            unsafe cell.ring.submit(
                context: $0, payload: event.packet, lane: lane, time: event.time, headers: .link,
                pointers: layout.pointers)
        }
    }

    /// Waits for what becomes of the oldest packet that was submitted.
    ///
    /// - Parameter changed: receives it as the program left it; at least as long as it was.
    package mutating func conclude(into changed: UnsafeMutableRawBufferPointer) throws(SandboxError) -> EventResult {
        precondition(!outstanding.isEmpty, "what is concluded was submitted")
        cell.notify()
        let event = outstanding.removeFirst()
        let nothing = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
        // SAFETY: the caller keeps the bytes until this returns.
        let result = unsafe try conclude(
            UnsafeRawBufferPointer(nothing), packetSize: event.packet.count, .link, into: changed, context: nothing)
        if case .cell = result.failure {
            // The cell that died had them; the one that is there now has not.
            for waiting in outstanding { put(waiting) }
        }
        return result
    }

    /// Forgets what was submitted and will not be concluded: the error that ended the batch ended the sandbox too.
    package mutating func forget() { outstanding.removeAll(keepingCapacity: true) }
}
