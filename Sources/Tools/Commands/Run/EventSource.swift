internal import CommandSupport
internal import Hooks
internal import PolicyCommands
internal import Prototypes
internal import Sandbox

/// Where the events of a run come from: a file, whole in memory, which is gone over event by event.
struct EventSource {
    enum Kind {
        /// Packets, as they came in by Ethernet.
        case capture
        /// Events, one a line.
        case lines
    }

    let kind: Kind
    let bytes: [UInt8]
    let path: String
    let layout: EventLayout

    init(_ kind: Kind, _ bytes: [UInt8], path: String, _ layout: EventLayout) throws(Failure) {
        guard kind == .lines || layout.shape.packet.isOfLink else {
            throw Failure(
                .badInput, path, "a capture has packets, and events of \(layout.descriptor.name) programs have none",
                remedy: "give it events as JSON lines: --events FILE")
        }
        self.kind = kind
        self.bytes = bytes
        self.path = path
        self.layout = layout
    }

    /// Reads everything once, so that a damaged file is refused before anything runs.
    func survey() throws -> (events: UInt64, largest: Int) {
        var stream = try stream()
        var event = Event(context: layout.emptyContext)
        var events: UInt64 = 0
        var largest = layout.shape.isRecord ? layout.contextSize : 0
        while try stream.next(&event) {
            events += 1
            largest = max(largest, event.payloadSize(in: layout))
        }
        return (events, largest)
    }

    func stream() throws(Failure) -> EventStream { try EventStream(self) }
}

/// One way over a source.
struct EventStream {
    private let source: EventSource
    private var capture: CaptureReader?
    private var lines: EventLines
    private let context: [UInt8]
    /// The packet's place in the capture; nil where the events are lines.
    private(set) var record: CaptureRecord?

    fileprivate init(_ source: EventSource) throws(Failure) {
        self.source = source
        lines = EventLines(source.layout)
        context = source.layout.emptyContext
        switch source.kind {
        case .capture:
            do throws(CaptureError) { capture = try CaptureReader(source.bytes.span) } catch {
                throw Failure(file: source.path, error)
            }
        case .lines: capture = nil
        }
    }

    /// The header with which packets of this stream are written again.
    var header: CaptureHeader { capture?.header ?? CaptureHeader() }

    /// Puts the next event in the place of another; false where there is none.
    mutating func next(_ event: inout Event) throws(Failure) -> Bool {
        guard capture != nil else { return try nextLine(&event) }
        let bytes = source.bytes
        do throws(CaptureError) { record = try capture?.next(in: bytes.span) } catch {
            throw Failure(file: source.path, error)
        }
        guard let record else { return false }
        // The arrays of the event before are used again.
        event.packet.removeAll(keepingCapacity: true)
        event.packet.append(contentsOf: source.bytes[record.bytes])
        event.context.removeAll(keepingCapacity: true)
        event.context.append(contentsOf: context)
        source.layout.prepare(&event)
        return true
    }

    private mutating func nextLine(_ event: inout Event) throws(Failure) -> Bool {
        do throws(EventLineError) { return try lines.next(in: source.bytes, &event) } catch {
            throw Failure(
                .badInput, "\(source.path):\(error.line)", "\(error)",
                remedy: "each line is one event: {\"field\": value, …}; ringfence run --help names what there is")
        }
    }
}
