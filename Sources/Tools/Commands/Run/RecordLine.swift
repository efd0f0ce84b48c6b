internal import Sandbox

/// A record that a program handed out through a ring buffer or a perf event array, as a line of JSON.
struct RecordLine: Encodable {
    /// The event during which it was taken out, counted from 1.
    let event: UInt64
    let map: String
    /// Which lane wrote it; 0 in a ring buffer.
    let lane: UInt32
    let size: Int
    /// Its bytes, in hexadecimal.
    let data: String
    /// What its type makes of them, where one is known.
    let fields: RenderedValue?

    private enum CodingKeys: String, CodingKey {
        // The fields are in the lines of a file, which are written by hand: their order is the type's.
        case event, map, lane, size, data
    }

    init(event: UInt64, _ record: RingRecord, _ types: RecordTypes?) {
        self.event = event
        map = record.map
        lane = record.lane
        size = record.bytes.count
        data = hexadecimalDigits(record.bytes)
        fields = types?.render(record)
    }

    var text: String { RenderedValue.fields(members).json() + "\n" }

    /// What the line has, in the order of its names.
    var members: [RenderedValue.Field] {
        var members = [
            RenderedValue.Field(name: "data", value: .word(data)), .init(name: "event", value: .number("\(event)")),
        ]
        if let fields { members.append(.init(name: "fields", value: fields)) }
        members += [
            .init(name: "lane", value: .number("\(lane)")), .init(name: "map", value: .word(map)),
            .init(name: "size", value: .number("\(size)")),
        ]
        return members
    }

    /// For people: a long one is cut.
    var sentence: String {
        if let fields { return "\(map): \(fields.c())" }
        let shown = data.prefix(96)
        return "\(map): \(size) bytes: \(shown)\(shown.count < data.count ? "…" : "")"
    }
}
