package import PolicyCore
internal import PolicyTrust

extension LogRecord {
    /// The longest line that is written, or read. A decision under 512 rules that all match stays below it.
    package static let maximumLineBytes = 256 << 10

    /// The line, without the newline that ends it.
    package var line: [UInt8] {
        var text = JSONText()
        text.object { text in
            text.number("v", 1)
            text.number("seq", sequence)
            text.string("prev", previous.description)
            text.string("kind", body.kind)
            text.object("time") { text in
                text.string("wall", time.wall.description)
                text.string("floor", time.floor.description)
                text.number("boot_ns", time.bootNanoseconds)
            }
            text.string("snapshot", snapshot.map { ContentDigest.prefix + $0.description })
            body.write(to: &text)
        }
        return text.bytes
    }

    /// Reads a line. It proves nothing: see ``LogVerifier``.
    package init(line: [UInt8]) throws(LogLineError) {
        let json: JSONValue
        do throws(JSONError) {
            // Deep enough for a condition of a rule of a decision.
            json = try StrictJSON.parse(
                line, maximumBytes: Self.maximumLineBytes, integers: true, booleans: true, depth: 6, members: 1024)
        } catch {
            throw .json(error)
        }
        do throws(JSONMemberError) {
            guard try json.natural("v") == 1 else { throw JSONMemberError("v") }
            guard let clocks = json["time"] else { throw JSONMemberError("time") }
            sequence = try json.natural("seq")
            previous = try json.requiredValue("prev") { ContentDigest(hexadecimal: $0) }
            time = LogTime(
                wall: try clocks.requiredValue("wall", utcTime), floor: try clocks.requiredValue("floor", utcTime),
                bootNanoseconds: try clocks.natural("boot_ns"))
            snapshot = try json.optionalValue("snapshot", digest)
            body = try Body(reading: json)
        } catch {
            throw .member(error.name)
        }
    }
}

/// A line that is no record.
package enum LogLineError: Error, Equatable, Sendable, CustomStringConvertible {
    case json(JSONError)
    case member(String)

    package var description: String {
        switch self {
        case .json(let error): "malformed at \(error)"
        case .member(let name): "no proper \"\(name)\""
        }
    }
}

extension LogRecord.Body {
    package var kind: String {
        switch self {
        case .start: "start"
        case .decision: "decision"
        case .reload: "reload"
        case .floor: "floor"
        case .recovery: "recovery"
        case .lost: "lost"
        case .torn: "torn"
        case .rotation: "rotation"
        case .checkpoint: "checkpoint"
        }
    }

    fileprivate func write(to text: inout JSONText) {
        switch self {
        case .start(let start):
            text.string("log", start.log.description)
            text.string("key", start.key.description)
            text.number("file", start.file)
            text.number("epoch", start.epoch)
        case .decision(let record, let ticket):
            record.write("decision", to: &text)
            text.string("ticket", ticket)
        case .reload(let reload):
            text.string("from", reload.from.map { ContentDigest.prefix + $0.description })
            text.strings("alarms", reload.alarms)
        case .floor(let floor):
            text.string("name", floor.name)
            text.number("version", floor.version)
            text.string("sha256", floor.sha256.description)
        case .recovery(let recovery):
            text.string("id", recovery.id)
            text.string("sha256", recovery.sha256.description)
            text.string("expires", recovery.expires.description)
        case .lost(let lost):
            text.number("count", lost.count)
            text.string("since", lost.since.description)
            text.string("why", lost.why)
        case .torn(let torn):
            text.number("lines", torn.lines)
            text.string("sha256", torn.sha256.description)
            if let sequence = torn.unacknowledged { text.number("unacknowledged", sequence) }
        case .rotation(let file): text.number("to", file)
        case .checkpoint(let checkpoint):
            text.string("log", checkpoint.log.description)
            text.number("epoch", checkpoint.epoch)
            text.string("key", checkpoint.key.description)
            text.string("mac", hexadecimal(checkpoint.mac))
            text.string("sig", String(decoding: Base64.encode(checkpoint.signature), as: UTF8.self))
        }
    }

    fileprivate init(reading json: JSONValue) throws(JSONMemberError) {
        switch try json.requiredText("kind") {
        case "start":
            self = .start(
                LogRecord.Start(
                    log: try json.requiredValue("log", LogID.init), key: try json.requiredValue("key", KeyID.init),
                    file: try json.natural("file"), epoch: try json.natural("epoch")))
        case "decision":
            guard let decision = json["decision"] else { throw JSONMemberError("decision") }
            self = .decision(try DecisionRecord(reading: decision), ticket: try json.optionalText("ticket"))
        case "reload":
            self = .reload(
                LogRecord.Reload(from: try json.optionalValue("from", digest), alarms: try json.texts("alarms")))
        case "floor":
            self = .floor(
                LogRecord.Floor(
                    name: try json.requiredText("name"), version: try json.natural("version"),
                    sha256: try json.requiredValue("sha256") { ContentDigest(hexadecimal: $0) }))
        case "recovery":
            self = .recovery(
                LogRecord.Recovery(
                    id: try json.requiredText("id"),
                    sha256: try json.requiredValue("sha256") { ContentDigest(hexadecimal: $0) },
                    expires: try json.requiredValue("expires", utcTime)))
        case "lost":
            self = .lost(
                LogRecord.Lost(
                    count: try json.natural("count"), since: try json.requiredValue("since", utcTime),
                    why: try json.requiredText("why")))
        case "torn":
            self = .torn(
                LogRecord.Torn(
                    lines: try json.natural("lines"),
                    sha256: try json.requiredValue("sha256") { ContentDigest(hexadecimal: $0) },
                    unacknowledged: json["unacknowledged"] == nil ? nil : try json.natural("unacknowledged")))
        case "rotation": self = .rotation(to: try json.natural("to"))
        case "checkpoint":
            self = .checkpoint(
                LogRecord.Checkpoint(
                    log: try json.requiredValue("log", LogID.init), epoch: try json.natural("epoch"),
                    key: try json.requiredValue("key", KeyID.init),
                    mac: try json.requiredValue("mac") { bytes(fromHexadecimal: $0.utf8) },
                    signature: try json.requiredValue("sig") { Base64.decode(Array($0.utf8)) }))
        case _: throw JSONMemberError("kind")
        }
    }
}

private func utcTime(_ text: String) -> UTCTime? { try? UTCTime(text: text.utf8) }

private func digest(_ text: String) -> ContentDigest? {
    guard text.utf8.starts(with: ContentDigest.prefix.utf8) else { return nil }
    return ContentDigest(hexadecimal: String(text.dropFirst(ContentDigest.prefix.utf8.count)))
}
