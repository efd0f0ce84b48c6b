internal import Enclosure
internal import Maps
internal import PolicyCore
internal import ProgramPackage
internal import Prototypes

/// In what a replay differs from what was recorded.
package enum ReplayDifference: Equatable, Sendable {
    /// One of them returned, and the other did not.
    case ending(RecordedEvent.Ending, replayed: Sandbox.EventFailure?)
    case result(UInt32, replayed: UInt32)
    case verdict(String, replayed: String)
    case redirection(UInt32, replayed: UInt32)
    /// The first byte in which the packets differ.
    case packet(offset: Int, size: Int, replayedSize: Int)
    case context(offset: Int)
    /// After the last event: an element that one of them lacks, or has with another value.
    case map(name: String, key: [UInt8])

    /// What part of an event differs.
    package var field: String {
        switch self {
        case .ending: "ending"
        case .result: "result"
        case .verdict: "verdict"
        case .redirection: "redirection"
        case .packet: "packet"
        case .context: "context"
        case .map: "map"
        }
    }
}

/// Why a replay does not go on.
package enum ReplayError: Error, Sendable {
    case recording(RecordingError)
    case sandbox(SandboxError)
}

/// A recorded program in a cell of its own, which is given what the recorded one was given.
package final class ReplayedProgram {
    package let recorded: RecordedProgram
    package private(set) var sandbox: Sandbox
    private var buffer: [UInt8]
    private var context: [UInt8]
    package private(set) var events: UInt64 = 0
    package private(set) var faults: UInt64 = 0
    /// Events whose cell died when they were recorded: policy answered, and there is nothing to decide again.
    package private(set) var skipped: UInt64 = 0
    /// By row of the table of verdicts.
    package private(set) var verdicts: [UInt64]

    /// - Parameter sandbox: made with ``RecordedProgram/options`` and the recorded seeds of its maps.
    package init(_ recorded: RecordedProgram, _ sandbox: consuming Sandbox) {
        self.recorded = recorded
        buffer = [UInt8](repeating: 0, count: max(sandbox.options.maximumPayload, 1))
        context = sandbox.layout.emptyContext
        verdicts = [UInt64](repeating: 0, count: sandbox.layout.shape.verdicts.rows.count)
        self.sandbox = sandbox
    }

    /// Refuses code that is not the recorded one's: it would have been asked something else.
    package static func check(_ program: AdmittedProgram, is recorded: RecordedProgram) throws(RecordingError) {
        guard program.codeDigest == recorded.codeDigest else {
            throw .otherProgram(
                name: recorded.name, recorded: recorded.codeDigest, given: program.codeDigest)
        }
        guard program.maps.count == recorded.mapSeeds.count else {
            throw .mapCount(got: recorded.mapSeeds.count, wanted: program.maps.count, offset: 0)
        }
    }

    /// Does what the recording says of the maps at this moment, or compares with it at the end.
    package func apply(
        _ maps: RecordedMaps, of recording: borrowing Span<UInt8>
    ) throws(ReplayError) -> ReplayDifference? {
        switch maps.moment {
        case .start, .fuel: try restore(maps, of: recording)
        case .cell:
            do throws(SandboxError) { try sandbox.renew() } catch { throw .sandbox(error) }
            try restore(maps, of: recording)
        case .end: return try compare(maps, of: recording)
        }
        return nil
    }

    private func restore(_ maps: RecordedMaps, of recording: borrowing Span<UInt8>) throws(ReplayError) {
        do throws(RecordingError) { try sandbox.restore(maps, of: recording) } catch { throw .recording(error) }
    }

    private func compare(
        _ maps: RecordedMaps, of recording: borrowing Span<UInt8>
    ) throws(ReplayError) -> ReplayDifference? {
        let program = sandbox.permit.program
        var other: MapStore
        do throws(SandboxError) {
            other = try MapStore(
                program.maps, programs: program.members.map(\.program.name), types: program.valueTypes, lanes: 1,
                seeds: sandbox.maps.seeds)
        } catch { throw .sandbox(error) }
        do throws(RecordingError) { try other.restore(maps, of: recording) } catch { throw .recording(error) }
        guard case .map(let name, let key) = sandbox.maps.difference(from: other, rings: false) else { return nil }
        return .map(name: name, key: key)
    }

    /// Decides about an event again.
    ///
    /// - Parameter number: of the event, for errors.
    package func replay(_ event: RecordedEvent, number: UInt64) throws(ReplayError) -> ReplayDifference? {
        do throws(RecordingError) { try check(event, number) } catch { throw .recording(error) }
        events += 1
        guard event.ending != .cell else {
            skipped += 1
            verdicts[event.verdict] += 1
            return nil
        }
        do throws(SandboxError) {
            let result = try decide(event.event)
            verdicts[result.verdict] += 1
            if result.failure != nil { faults += 1 }
            // As it was when it was recorded: nothing of a ring or log is left for the next event.
            _ = sandbox.takeRecords(limit: .max)
            _ = try sandbox.takeLog(limit: 4_096)
            return difference(event, result)
        } catch { throw .sandbox(error) }
    }

    /// What a slot has no room for is no event of this program.
    private func check(_ event: RecordedEvent, _ number: UInt64) throws(RecordingError) {
        let layout = sandbox.layout
        guard event.event.context.count == layout.contextSize else {
            throw .event(
                field: "context", number: number, got: event.event.context.count, wanted: layout.contextSize)
        }
        let room = layout.shape.isRecord ? 0 : sandbox.options.maximumPayload
        guard event.event.visiblePacket.count <= room else {
            throw .event(field: "packet", number: number, got: event.event.packet.count, wanted: room)
        }
        // What helpers read lies behind that.
        let size = event.event.payloadSize(in: layout)
        let limit = max(sandbox.options.maximumPayload, Int(layout.shape.memory ?? 0) + EventMemory.none.count)
        guard size <= limit else {
            throw .event(field: "bytes for helpers", number: number, got: size, wanted: limit)
        }
        guard event.verdict < verdicts.count else {
            throw .event(field: "verdict", number: number, got: event.verdict, wanted: verdicts.count)
        }
    }

    private func decide(_ event: Event) throws(SandboxError) -> EventResult {
        var result: EventResult?
        var problem: SandboxError?
        // SAFETY: the buffer lives through the call and is as long as the largest packet.
        unsafe buffer.withUnsafeMutableBytes { changed in
            do throws(SandboxError) {
                result = unsafe try sandbox.decide(event, into: changed, context: &context, time: event.time ?? 0)
            } catch { problem = error }
        }
        if let problem { throw problem }
        guard let result else { preconditionFailure("a decision was made, or a problem found") }
        return result
    }

    private func difference(_ event: RecordedEvent, _ result: EventResult) -> ReplayDifference? {
        // How two engines name a fault may differ: one checks what the other leaves to the walls of its cell.
        guard (event.ending == .returned) == (result.failure == nil) else {
            return .ending(event.ending, replayed: result.failure)
        }
        guard result.failure == nil else { return nil }
        // The upper half of R0 is no result (include/uapi/linux/bpf.h: programs return an int).
        let own = UInt32(truncatingIfNeeded: result.result)
        let recorded = UInt32(truncatingIfNeeded: event.result)
        guard own == recorded else { return .result(recorded, replayed: own) }
        let rows = sandbox.layout.shape.verdicts.rows
        guard result.verdict == event.verdict else {
            return .verdict("\(rows[event.verdict].name)", replayed: "\(rows[result.verdict].name)")
        }
        guard result.redirection == event.redirection else {
            return .redirection(event.redirection, replayed: result.redirection)
        }
        let packet = event.changed?[...] ?? event.event.visiblePacket
        if !sandbox.layout.shape.isRecord, let differing = Self.firstDifference(packet, buffer[..<result.size]) {
            return .packet(offset: differing, size: packet.count, replayedSize: result.size)
        }
        if let differing = Self.firstDifference((event.left ?? event.event.context)[...], context[...]) {
            return .context(offset: differing)
        }
        return nil
    }

    private static func firstDifference(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Int? {
        for (index, (one, other)) in zip(first, second).enumerated() where one != other { return index }
        return first.count == second.count ? nil : min(first.count, second.count)
    }
}
