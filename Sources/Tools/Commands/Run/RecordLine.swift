internal import FoundationEssentials
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

    init(event: UInt64, _ record: RingRecord) {
        self.event = event
        map = record.map
        lane = record.lane
        size = record.bytes.count
        data = hexadecimalDigits(record.bytes)
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// For people: a long one is cut.
    var sentence: String {
        let shown = data.prefix(96)
        return "\(map): \(size) bytes: \(shown)\(shown.count < data.count ? "…" : "")"
    }
}
