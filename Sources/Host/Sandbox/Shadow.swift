package import Confinement
package import Enclosure
package import Maps
package import PolicyCore
internal import Prototypes

/// In what two tiers differ about one event.
package enum ShadowDifference: Equatable, Sendable {
    case verdict(String, shadow: String)
    /// One of them returned, and the other did not.
    case failure(Sandbox.EventFailure?, shadow: Sandbox.EventFailure?)
    /// The first byte in which the packets differ: the end of the shorter one where they agree until there.
    case packet(offset: Int, size: Int, shadowSize: Int)
    /// The first byte in which the contexts differ.
    case context(offset: Int)
    /// An element that one of them lacks, or has with another value.
    case map(name: String, key: [UInt8])
}

/// The same program in another tier, which is given every event that the first has decided.
///
/// Whatever the two could differ in without either being wrong is the same for both: the time of an event, and the seed that random
/// numbers and the hashes of maps come of. So a difference is a mistake of an engine, or the work of a cell that was taken over.
package struct Shadow: ~Copyable {
    private var sandbox: Sandbox
    private var buffer: [UInt8]
    private var context: [UInt8]
    /// Events that both have decided, and those about which they differed.
    package private(set) var events: UInt64 = 0
    package private(set) var differences: UInt64 = 0

    /// - Parameters:
    ///   - native: as for any sandbox.
    ///   - options: those of the sandbox that is shadowed, which have a seed.
    ///   - seeds: those of its maps, where they are not what the seed gives: of maps that were kept.
    package init(
        _ permit: Permit, native: NativeProgram?, in jail: Jail, options: SandboxOptions, seeds: [MapSeed]? = nil
    ) throws(SandboxError) {
        precondition(options.seed != nil, "two sandboxes agree only where their random numbers do")
        sandbox = try Sandbox(permit, native: native, in: jail, options: options, seeds: seeds)
        buffer = [UInt8](repeating: 0, count: max(options.maximumPayload, 1))
        context = sandbox.layout.emptyContext
    }

    /// Begins with what the maps of the sandbox that is shadowed hold, which has the same seeds.
    package mutating func takeMaps(of first: borrowing Sandbox) { sandbox.maps.copyContents(of: first.maps) }

    package var tier: Tier { sandbox.permit.decision.outcome }
    package var cellProcess: Int32 { sandbox.cellProcess }
    package var cellConfinement: ConfinementReport? { sandbox.cellConfinement }

    /// Lets the shadow decide about an event that `first` has just decided about, and compares verdict, packet, context and maps.
    ///
    /// - Parameters:
    ///   - event: as `first` was given it.
    ///   - result: what came of it there, `changed` the packet afterwards, `left` the context.
    ///   - time: the event's.
    package mutating func compare(
        _ event: Event, _ result: EventResult, _ changed: UnsafeRawBufferPointer, _ left: [UInt8],
        time: UInt64, with first: borrowing Sandbox
    ) throws(SandboxError) -> ShadowDifference? {
        var own: EventResult?
        var problem: SandboxError?
        // SAFETY: the buffer lives through the call and is as long as the largest packet.
        unsafe buffer.withUnsafeMutableBytes { buffer in
            do throws(SandboxError) {
                own = unsafe try sandbox.decide(event, into: buffer, context: &context, time: time)
            } catch { problem = error }
        }
        if let problem { throw problem }
        guard let own else { return nil }
        // What the shadow printed, the first has printed.
        _ = try sandbox.takeLog(limit: 4_096)
        events += 1
        // SAFETY: the results are trivial values, and `changed` is the buffer that `result` was put into.
        let difference =
            unsafe difference(result, own) ?? packetDifference(result, own, changed)
            ?? contextDifference(result, left) ?? sandbox.maps.difference(from: first.maps)
        guard let difference else { return nil }
        differences += 1
        // Otherwise every later event would differ for the same reason.
        sandbox.maps.copyContents(of: first.maps)
        return difference
    }

    private func difference(_ first: EventResult, _ own: EventResult) -> ShadowDifference? {
        // How the two engines name a fault may differ: one checks what the other leaves to the walls of its cell.
        if (first.failure == nil) != (own.failure == nil) { return .failure(first.failure, shadow: own.failure) }
        let rows = sandbox.layout.shape.verdicts.rows
        if first.verdict != own.verdict {
            return .verdict("\(rows[first.verdict].name)", shadow: "\(rows[own.verdict].name)")
        }
        if UInt32(truncatingIfNeeded: first.result) != UInt32(truncatingIfNeeded: own.result)
            || first.redirection != own.redirection
        {
            return .verdict(Self.text(first), shadow: Self.text(own))
        }
        return nil
    }

    private static func text(_ result: EventResult) -> String {
        "result \(Int32(truncatingIfNeeded: result.result)), interface \(result.redirection)"
    }

    private func contextDifference(_ first: EventResult, _ left: [UInt8]) -> ShadowDifference? {
        guard first.failure == nil, !left.isEmpty else { return nil }
        return zip(left, context).enumerated().first { $0.element.0 != $0.element.1 }.map {
            .context(offset: $0.offset)
        }
    }

    private func packetDifference(
        _ first: EventResult, _ own: EventResult, _ changed: UnsafeRawBufferPointer
    ) -> ShadowDifference? {
        let common = min(first.size, own.size)
        // SAFETY: a result is no longer than the buffer that it was put into.
        let differing = (0..<common).first { unsafe changed[$0] != buffer[$0] }
        guard differing != nil || first.size != own.size else { return nil }
        return .packet(offset: differing ?? common, size: first.size, shadowSize: own.size)
    }
}
