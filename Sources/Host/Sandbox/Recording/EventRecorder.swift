internal import Channel
internal import Enclosure
internal import Linux
internal import Maps
internal import PolicyCore
package import ProgramPackage

/// Writes down what sandboxes decide, so that it can be decided again.
///
/// Whoever records takes the records and lines of a sandbox after each event, and hands it one event at a time: how much of a ring or log was
/// read is then the same each time.
package final class EventRecorder {
    private struct Source {
        var generation: UInt32
        /// Of the event under way: the fuel ran out in the last one.
        var isOutOfFuel = false
    }

    private var sources: [Source] = []
    private var events: UInt64 = 0
    /// What was not written to the file yet.
    private var pending: [UInt8] = []
    private var size: UInt64 = 0
    private let limit: UInt64
    /// Whether it is complete: nothing comes behind the end.
    package private(set) var isFinished = false
    /// Whether there was more than it has room for.
    package private(set) var isFull = false

    /// What the end needs.
    private static let reserve = UInt64(RecordingForm.frameBytes + 8)

    /// - Parameter limit: bytes that the whole may have.
    package init(limit: UInt64) {
        self.limit = limit
        put(RecordingForm.magic)
        put(RecordingForm.version)
        put(0 as UInt32)
        size = UInt64(pending.count)
    }

    package var recorded: UInt64 { events }

    /// Adds a program, before the first event.
    ///
    /// - Returns: its number, and nil where there is no room for it and its maps.
    package func add(
        _ object: AdmissionRequest, path: String, of sandbox: borrowing Sandbox
    ) -> Int? {
        precondition(sandbox.options.seed != nil, "what is not determined by a seed cannot be decided again")
        guard events == 0, sources.count < RecordingForm.programs else { return nil }
        let program = RecordedProgram(object, path: path, of: sandbox)
        let number = sources.count
        let start = pending.count
        frame(.program) { put(program) }
        frame(.maps) { putMaps(of: sandbox, number, .start) }
        let length = UInt64(pending.count - start)
        guard size + length + Self.reserve <= limit else {
            pending.removeSubrange(start...)
            isFull = true
            return nil
        }
        size += length
        sources.append(Source(generation: sandbox.generation))
        return number
    }

    /// Has the program decide about an event, and writes down what came of it.
    package func decide(
        _ event: Event, into changed: UnsafeMutableRawBufferPointer, context: inout [UInt8], time: UInt64,
        by sandbox: inout Sandbox, number: Int
    ) throws(SandboxError) -> EventResult {
        noteMaps(of: sandbox, number)
        let time = event.time ?? time
        // SAFETY: the caller keeps the buffer through the call.
        let result = unsafe try sandbox.decide(event, into: changed, context: &context, time: time)
        guard !isFinished else { return result }
        let start = pending.count
        // SAFETY: a result is no longer than the buffer that it was put into.
        // A replay has room for so much.
        let size = min(result.size, max(sandbox.options.maximumPayload, 1))
        let packet = unsafe UnsafeRawBufferPointer(rebasing: changed[..<size])
        frame(.event) { unsafe put(event, time, result, packet, context, number) }
        if case .program(let fault) = result.failure, fault.kind == .fuelExhausted {
            sources[number].isOutOfFuel = true
        }
        if keep(from: start) { events += 1 }
        return result
    }

    /// Writes down the maps where an event would find others than the last has left: in a new cell, or behind one that ran out of fuel.
    private func noteMaps(of sandbox: borrowing Sandbox, _ number: Int) {
        guard !isFinished else { return }
        let isNew = sources[number].generation != sandbox.generation
        guard isNew || sources[number].isOutOfFuel else { return }
        let start = pending.count
        frame(.maps) { putMaps(of: sandbox, number, isNew ? .cell : .fuel) }
        sources[number].generation = sandbox.generation
        sources[number].isOutOfFuel = false
        _ = keep(from: start)
    }

    /// Writes down what the maps hold after the last event.
    package func close(_ sandbox: borrowing Sandbox, number: Int) {
        noteMaps(of: sandbox, number)
        guard !isFinished else { return }
        let start = pending.count
        frame(.maps) { putMaps(of: sandbox, number, .end) }
        _ = keep(from: start)
    }

    package func finish() {
        guard !isFinished else { return }
        isFinished = true
        frame(.end) { put(events) }
    }

    /// What there is to be written, if there is enough of it.
    package func takePending(atLeast count: Int = 1) -> [UInt8]? {
        guard pending.count >= max(count, 1) else { return nil }
        defer {
            pending = []
            pending.reserveCapacity(count)
        }
        return pending
    }

    /// Takes a frame that has no room back, and ends.
    private func keep(from start: Int) -> Bool {
        let length = UInt64(pending.count - start)
        guard size + length + Self.reserve <= limit else {
            pending.removeSubrange(start...)
            isFull = true
            finish()
            return false
        }
        size += length
        return true
    }
}

// MARK: Frames

extension EventRecorder {
    private func frame(_ kind: RecordingForm.Kind, _ body: () -> Void) {
        put(kind.rawValue)
        let place = pending.count
        put(0 as UInt32)
        body()
        let length = pending.count - place - 4
        // What does not fit the number is over every limit, and is taken back.
        store(UInt32(clamping: length), at: place)
    }

    private func put(_ program: RecordedProgram) {
        put(program.checksEverything ? 1 : 0 as UInt32)
        put(UInt32(program.tier.rawValue))
        for number in [program.fuel, program.seed, program.clocks.boot, program.clocks.atomic] { put(number) }
        put(UInt32(clamping: program.maximumPayload))
        pending += program.codeDigest.bytes
        for text in [program.name, program.section, program.type, program.path] {
            put(bytes: Array(text.utf8.prefix(RecordingForm.nameBytes)))
        }
        put(UInt32(program.mapSeeds.count))
        for seed in program.mapSeeds {
            put(seed.low)
            put(seed.high)
        }
        put(bytes: program.object.serialized())
    }

    private func put(
        _ event: Event, _ time: UInt64, _ result: EventResult, _ packet: UnsafeRawBufferPointer, _ left: [UInt8],
        _ number: Int
    ) {
        let ending: RecordedEvent.Ending =
            switch result.failure {
            case nil: .returned
            case .program: .fault
            case .cell: .cell
            }
        // SAFETY: the caller keeps the packet through the call.
        let isChanged =
            unsafe ending == .returned && !event.visiblePacket.withUnsafeBytes { unsafe isSame(packet, $0) }
        let isLeftChanged = ending == .returned && !left.isEmpty && left != event.context
        put(UInt32(number))
        put(
            ending.rawValue | (event.identity == nil ? 0 : EventFlags.identity)
                | (isChanged ? EventFlags.packet : 0) | (isLeftChanged ? EventFlags.context : 0)
                | (event.hidden.isEmpty ? 0 : EventFlags.hidden)
                | (event.memory.isEmpty ? 0 : EventFlags.memory))
        put(time)
        put(event.processor)
        put(UInt32(event.headers.rawValue))
        put(bytes: event.context)
        put(bytes: event.packet)
        if !event.hidden.isEmpty { put(bytes: event.hidden) }
        if !event.memory.isEmpty { put(bytes: event.memory) }
        if let identity = event.identity {
            for part in [identity.process, identity.thread, identity.user, identity.group] { put(part) }
            put(identity.cgroup)
            put(identity.cookie)
            put(bytes: Array(identity.command.prefix(RecordingForm.commandBytes)))
        }
        put(result.result)
        put(UInt32(result.verdict))
        put(result.redirection)
        if isChanged {
            put(UInt32(packet.count))
            unsafe pending.append(contentsOf: packet)
        }
        if isLeftChanged { put(bytes: left) }
    }

    private func putMaps(of sandbox: borrowing Sandbox, _ number: Int, _ moment: RecordedMaps.Moment) {
        put(UInt32(number))
        put(moment.rawValue)
        sandbox.maps.putWords(into: &pending)
    }

    private func put(bytes: [UInt8]) {
        put(UInt32(bytes.count))
        pending += bytes
    }

    private func put(_ number: UInt32) { pending.append(number) }
    private func put(_ number: UInt64) { pending.append(number) }

    private func store(_ number: UInt32, at place: Int) {
        for index in 0..<4 { pending[place + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(index))) }
    }
}

/// Bits of an event's flags, above its ending.
enum EventFlags {
    static let ending: UInt32 = 0xFF
    static let identity: UInt32 = 1 << 8
    static let packet: UInt32 = 1 << 9
    static let context: UInt32 = 1 << 10
    /// The event has bytes that only helpers read.
    static let hidden: UInt32 = 1 << 11
    /// The event brings memory along.
    static let memory: UInt32 = 1 << 12
    static let all: UInt32 = 0x1FFF
}

extension [UInt8] {
    mutating func append(_ number: UInt32) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    mutating func append(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
