internal import CommandSupport
internal import Linux
internal import Prototypes
internal import Sandbox

/// One event of a caller's making, run as BPF_PROG_TEST_RUN has it.
enum TestRun {
    struct Result {
        let event: EventResult
        /// As the program left them, of the last run.
        let packet: [UInt8]
        let context: [UInt8]
        /// The average of the whole way, from the broker to the cell and back.
        let nanoseconds: UInt64
        let log: [String]
    }

    /// ETH_HLEN, which the kernel asks for too.
    static let smallestPacket = 14

    /// - Parameters:
    ///   - packet: nil where there is none, or where the context names it.
    ///   - context: a JSON object.
    static func event(_ layout: EventLayout, packet: [UInt8]?, context: String) throws(Failure) -> Event {
        var event = Event(context: layout.emptyContext)
        do throws(EventLineError) {
            var lines = EventLines(layout, isTest: true)
            event.packet = packet ?? []
            guard try lines.next(in: Array(context.utf8), packet: packet, &event) else {
                throw EventLineError(line: 1, field: nil, problem: .expected("an object"))
            }
        } catch { throw Failure(.badInput, "the context", error.description) }
        guard !layout.shape.packet.isOfLink || event.packet.count >= smallestPacket else {
            throw Failure(
                .badInput, "the packet", "has \(event.packet.count) bytes",
                remedy: "these programs take frames of Ethernet: at least \(smallestPacket) bytes")
        }
        return event
    }

    /// - Parameter limit: nanoseconds after which no other run is begun, so that nobody is kept waiting by one who asks for many.
    static func perform(
        _ sandbox: inout Sandbox, _ event: Event, times: Int, within limit: UInt64 = .max
    ) throws(SandboxError) -> Result {
        var buffer = [UInt8](repeating: 0, count: max(sandbox.options.maximumPayload, 1))
        var context = sandbox.layout.emptyContext
        var last: EventResult?
        let started = monotonicNanoseconds()
        var runs: UInt64 = 0
        while runs < times, last?.failure == nil, monotonicNanoseconds() - started < limit {
            runs += 1
            var problem: SandboxError?
            // SAFETY: the buffer holds the largest packet, and nobody else uses it meanwhile.
            unsafe buffer.withUnsafeMutableBytes {
                do throws(SandboxError) {
                    last = unsafe try sandbox.decide(event, into: $0, context: &context, time: monotonicNanoseconds())
                } catch { problem = error }
            }
            if let problem { throw problem }
        }
        guard let last else { preconditionFailure("an event is run at least once") }
        let nanoseconds = (monotonicNanoseconds() - started) / runs
        return Result(
            event: last, packet: last.failure == nil ? Array(buffer[..<last.size]) : [], context: context,
            nanoseconds: nanoseconds, log: try sandbox.takeLog(limit: 64))
    }
}
