internal import CommandSupport
internal import FoundationEssentials
internal import Linux
internal import Logging

/// A line of JSON on standard error for each message, as collectors of logs read them.
struct LogLines: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    private struct Line: Encodable {
        let time: Int64
        let level: String
        let message: String
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(time: wallClockSeconds(), level: event.level.rawValue, message: "\(event.message)")
        guard let text = try? encoder.encode(line) else { return }
        StandardError.write(String(decoding: text, as: UTF8.self) + "\n")
    }
}
