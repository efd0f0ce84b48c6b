package import Channel

/// The host's side of a channel: events in, verdicts out, written against a hostile cell.
///
/// Every word that the cell can write is loaded once, the copy is validated, the copy is used. Indices are private and never
/// read back. An impossible value is a ``ChannelError`` that names it; the caller destroys the cell.
package struct EventRing: ~Copyable {
    private let memory: CellMemory
    package let geometry: ChannelGeometry
    private let fuel: UInt64
    /// Whether slots may hold who did what an earlier event told of.
    private var hasIdentities: Bool
    /// The sequence number of the next event to submit, and of the next verdict to take.
    private var nextEvent: UInt32
    private var nextVerdict: UInt32

    /// Makes the channel ready for a cell that has not started: every record says "not yet".
    ///
    /// - Parameters:
    ///   - memory: a window in which the channel of this geometry is mapped, writable.
    ///   - isFresh: the channel is all zeroes, so that nothing need be written, and no page touched, where the numbers start at 0.
    package init(memory: CellMemory, boot: BootRecord, isFresh: Bool = false) {
        self.memory = memory
        geometry = boot.geometry
        fuel = boot.fuel
        nextEvent = boot.initialSequence &+ 1
        nextVerdict = nextEvent
        hasIdentities = !isFresh
        guard !isFresh || boot.initialSequence != 0 else { return }
        memory.zero(AddressMap.channel, count: Int(CellWords.capacity))
        for index in 0..<geometry.slotCount {
            memory.storeRelaxed32(geometry.slot(index) + EventSlot.sequence, boot.initialSequence)
            memory.storeRelaxed32(geometry.verdict(index) + VerdictRecord.sequence, boot.initialSequence)
        }
        for index in 0..<geometry.logCount {
            memory.storeRelaxed32(geometry.log(index) + LogRecord.sequence, boot.initialSequence)
        }
        fence()
    }

    /// Events submitted whose verdict was not taken.
    package var pending: UInt32 { nextEvent &- nextVerdict }
    package var isFull: Bool { pending >= geometry.slotCount }
    /// The sequence number of the next verdict.
    package var expectedSequence: UInt32 { nextVerdict }

    /// The cell address of the payload that the next event will have.
    package var nextPayloadAddress: UInt64 { geometry.slot(nextEvent) + EventSlot.payload }

    /// Writes an event into the next slot and publishes it. The slot must be free (``isFull``).
    ///
    /// - Parameters:
    ///   - payload: what lies before the packet (``PacketHeaders/sizeBefore``), and the packet.
    ///   - hidden: how much of the payload's end is no packet's: programs are not told of it.
    ///   - pointers: the words of the context that hold addresses of this very slot.
    ///   - identity: who did what the event tells of; nil: nobody that is known.
    package mutating func submit(
        context: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, lane: UInt32, time: UInt64,
        headers: PacketHeaders = .networkOnly, hidden: Int = 0, pointers: ContextPointers = ContextPointers(),
        identity: EventIdentity? = nil
    ) {
        precondition(!isFull, "an event is submitted only into a free slot")
        precondition(UInt64(context.count) <= EventSlot.contextCapacity, "a context fits its slot")
        precondition(UInt64(payload.count) >= headers.sizeBefore, "a payload has the headers that it is said to have")
        let payloadSize = UInt64(payload.count) - headers.sizeBefore
        precondition(payloadSize <= geometry.payloadCapacity, "a payload fits its slot")
        precondition(hidden >= 0 && UInt64(hidden) <= payloadSize, "what is hidden is some of the payload")
        let slot = geometry.slot(nextEvent)
        memory.storeRelaxed32(
            slot + EventSlot.contextSize, UInt32(context.count) | UInt32(headers.rawValue) << 16)
        memory.storeRelaxed32(slot + EventSlot.payloadSize, UInt32(payloadSize))
        memory.storeRelaxed32(slot + EventSlot.lane, lane)
        memory.storeRelaxed64(slot + EventSlot.time, time)
        // SAFETY: both sizes were checked against the slot just above.
        unsafe memory.copyIn(context, to: slot + EventSlot.context)
        unsafe memory.copyIn(payload, to: slot + EventSlot.payload - headers.sizeBefore)
        pointers.write(
            to: memory, slot: slot, payloadSize: payloadSize - UInt64(hidden), contextSize: context.count)
        if hasIdentities || identity != nil {
            (identity ?? EventIdentity()).write(to: memory, slot: slot)
            hasIdentities = true
        }
        memory.storeRelease32(slot + EventSlot.sequence, nextEvent)
        nextEvent &+= 1
    }

    /// Takes the next verdict if it is there.
    @inline(__always)
    package mutating func poll() throws(ChannelError) -> Verdict? {
        guard pending > 0 else { return nil }
        let record = geometry.verdict(nextVerdict)
        let sequence = memory.loadAcquire32(record + VerdictRecord.sequence)
        guard sequence == nextVerdict else {
            try checkNotYet(sequence)
            return nil
        }
        return try take(record)
    }

    /// A record that does not hold the next verdict holds the one of the lap before, or none yet.
    @inline(__always)
    private func checkNotYet(_ sequence: UInt32) throws(ChannelError) {
        guard nextVerdict &- sequence <= geometry.slotCount else {
            throw .sequence(got: sequence, expected: nextVerdict)
        }
    }

    private mutating func take(_ record: UInt64) throws(ChannelError) -> Verdict {
        let fault = memory.loadRelaxed32(record + VerdictRecord.fault)
        let result = memory.loadRelaxed64(record + VerdictRecord.result)
        let instruction = memory.loadRelaxed32(record + VerdictRecord.instruction)
        let accessSize = memory.loadRelaxed32(record + VerdictRecord.accessSize)
        let address = memory.loadRelaxed64(record + VerdictRecord.address)
        let fuelLeft = memory.loadRelaxed64(record + VerdictRecord.fuelLeft)
        let payloadOffset = Int32(bitPattern: memory.loadRelaxed32(record + VerdictRecord.payloadOffset))
        let payloadSize = memory.loadRelaxed32(record + VerdictRecord.payloadSize)
        let redirection = memory.loadRelaxed32(record + VerdictRecord.redirection)

        guard fuelLeft <= fuel else { throw .fuel(got: fuelLeft, limit: fuel) }
        guard payloadOffset >= -Int32(EventSlot.headroom), payloadOffset <= Int32(geometry.payloadCapacity),
            UInt64(Int64(payloadSize) + Int64(max(payloadOffset, 0))) <= geometry.payloadCapacity
        else {
            throw .payload(offset: payloadOffset, size: payloadSize, limit: UInt32(geometry.payloadCapacity))
        }
        let ending: Verdict.Ending
        if fault == 0 {
            ending = .returned(result)
        } else {
            guard let kind = FaultKind(rawValue: fault) else {
                throw .faultKind(got: fault, limit: UInt32(FaultKind.allCases.count))
            }
            ending = .faulted(
                ProgramFault(kind: kind, instruction: instruction, address: address, accessSize: accessSize))
        }
        let verdict = Verdict(
            ending: ending, instructionsExecuted: fuel - fuelLeft,
            payloadAddress: UInt64(Int64(geometry.slot(nextVerdict) + EventSlot.payload) + Int64(payloadOffset)),
            payloadSize: payloadSize, redirection: redirection,
            contextAddress: geometry.slot(nextVerdict) + EventSlot.context)
        nextVerdict &+= 1
        return verdict
    }

    /// Copies the payload that a verdict left out of the channel. Valid until the slot is used again.
    package func copyPayload(of verdict: Verdict, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(Int(verdict.payloadSize), bytes.count)
        // SAFETY: only ``take(_:)`` makes verdicts, with a payload inside its slot.
        unsafe memory.copyOut(verdict.payloadAddress, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
        return count
    }

    /// Copies the context that a verdict left out of the channel, its first `bytes.count` bytes, at most all that a slot has room for.
    package func copyContext(of verdict: Verdict, into bytes: UnsafeMutableRawBufferPointer) {
        precondition(UInt64(bytes.count) <= EventSlot.contextCapacity, "no more is copied than a context can have")
        // SAFETY: only ``take(_:)`` makes verdicts, with the context of its slot, which has room for so many bytes.
        unsafe memory.copyOut(verdict.contextAddress, into: bytes)
    }
}

/// What a cell wrote that no sound image writes. The cell is destroyed; nothing that it said is used.
package enum ChannelError: Error, Equatable, Sendable {
    /// A verdict out of order, repeated or invented.
    case sequence(got: UInt32, expected: UInt32)
    case faultKind(got: UInt32, limit: UInt32)
    /// More fuel left than there was.
    case fuel(got: UInt64, limit: UInt64)
    case payload(offset: Int32, size: UInt32, limit: UInt32)
    /// A log record longer than its room.
    case logLength(got: UInt32, limit: UInt32)
    case logSequence(got: UInt32, expected: UInt32)
}

/// What came of one event.
package struct Verdict: Equatable, Sendable {
    package enum Ending: Equatable, Sendable {
        /// The program returned R0.
        case returned(UInt64)
        case faulted(ProgramFault)
    }

    package let ending: Ending
    package let instructionsExecuted: UInt64
    let payloadAddress: UInt64
    /// Bytes of the payload after the program.
    package let payloadSize: UInt32
    /// The interface that the program says it sent the packet to.
    package let redirection: UInt32
    let contextAddress: UInt64
}

/// Where and why a program stopped short.
package struct ProgramFault: Error, Equatable, Sendable {
    package let kind: FaultKind
    /// Index of the instruction.
    package let instruction: UInt32
    /// The refused address; for a helper, its id or the argument that it refused.
    package let address: UInt64
    /// Bytes of the refused access.
    package let accessSize: UInt32
}
