internal import Channel
internal import CommandSupport
internal import Enclosure
internal import Hooks
internal import Linux
internal import Prototypes
internal import Sandbox

/// A program behind the first of a link: it decides about packets that those before it let go on, each as they left it.
final class ChainedProgram {
    var program: LinkedProgram
    private var event: Event
    private var emptyContext: [UInt8]

    init(_ program: consuming LinkedProgram) {
        emptyContext = program.layout.emptyContext
        event = Event(context: emptyContext)
        event.processor = program.lane
        self.program = program
    }

    /// Decides about what is in the place for changed packets, and leaves it changed there.
    ///
    /// - Parameters:
    ///   - context: as the program before left it; empty where that could change nothing.
    ///   - goesOn: whether the next program is asked.
    func decide(
        _ delivery: PacketLink.Delivery, size: Int, _ context: inout [UInt8], time: UInt64, goesOn: inout Bool
    ) throws(LinkError) -> PacketLink.Outcome {
        let before = monotonicNanoseconds()
        let layout = program.layout
        if emptyContext.count != layout.contextSize { emptyContext = layout.emptyContext }
        event.context.copy(context.count == layout.contextSize ? context : emptyContext)
        event.packet.removeAll(keepingCapacity: true)
        // SAFETY: the program before has left so many bytes there.
        unsafe event.packet.append(contentsOf: UnsafeRawBufferPointer(rebasing: delivery.changed[..<size]))
        layout.prepare(&event, interface: delivery.interface)
        context.copy(event.context)
        // SAFETY: the place is there until the packet is decided about.
        let decided = unsafe try decide(into: delivery.changed, &context, time: time)
        program.count(decided, nanoseconds: monotonicNanoseconds() - before)
        goesOn = layout.goesOn(decided)
        guard decided.failure == nil else {
            // Nothing was put in the place of what it was given.
            context.copy(event.context)
            return layout.outcome(of: decided, size: size)
        }
        // SAFETY: as many bytes were written.
        let left = unsafe UnsafeRawBufferPointer(rebasing: delivery.changed[..<decided.size])
        if unsafe !event.packet.withUnsafeBytes({ unsafe isSame(left, $0) }) { program.result.changed += 1 }
        return layout.outcome(of: decided, size: decided.size)
    }

    private func decide(
        into changed: UnsafeMutableRawBufferPointer, _ context: inout [UInt8], time: UInt64
    ) throws(LinkError) -> EventResult {
        let recorded = program.recorded
        var live = program.live.take()
        defer { program.live = live }
        var lines: [String] = []
        let event = event
        let decided = try program.governed.withSandbox { (sandbox) throws(LinkError) in
            do throws(SandboxError) {
                guard let recorded else {
                    // SAFETY (both): the place is there until the packet is decided about.
                    return unsafe try sandbox.decide(event, into: changed, context: &context, time: time)
                }
                let decided = unsafe try recorded.decide(
                    event, into: changed, context: &context, time: time, by: &sandbox)
                lines = try LinkedProgram.takeWords(of: &sandbox, &live, limit: 4_096)
                return decided
            } catch { throw .undecided("\(error)") }
        }
        LinkedProgram.keep(lines, in: &program.result)
        guard let decided else { throw .undecided("a program of the link is detached") }
        return decided
    }
}

extension [UInt8] {
    /// Makes these the other's, in the memory that they have: an assignment would share it, and the next change allocate.
    mutating func copy(_ other: [UInt8]) {
        removeAll(keepingCapacity: true)
        append(contentsOf: other)
    }
}
