internal import Enclosure
internal import PolicyCore
internal import Prototypes

/// Events as people write them.
///
/// A number is what the field holds, as the program reads it. A string is what the field means: `"10.0.0.1"` in an address, `"443"` in a
/// port, whatever the order of its bytes; hexadecimal digits in a packet; `"0x…"` anywhere else.
extension EventLayout {
    /// The members that tell of the event rather than of its context.
    private static let ofEvent = ["packet", "pid", "tid", "uid", "gid", "comm", "cgroup", "cookie", "time", "cpu"]

    /// - Parameters:
    ///   - given: the packet, where the value is not to have it.
    ///   - line: for errors.
    func event(
        _ value: JSONValue, _ given: [UInt8]?, line: Int, isTest: Bool
    ) throws(EventLineError) -> Event {
        guard case .object(let members) = value else {
            throw EventLineError(line: line, field: nil, problem: .expected("an object: {\"field\": value, …}"))
        }
        var event = Event(context: emptyContext)
        // First the packet: what follows from it is what a member may then contradict.
        if let packet = value["packet"] ?? given.map({ _ in .string([]) }) {
            guard !shape.packet.isNone else {
                throw EventLineError(
                    line: line, field: "packet", problem: .contradiction("events of this type have no packet"))
            }
            let reader = FieldReader(line: line, field: "packet")
            let written = try reader.hexadecimal(try reader.string(packet, "hexadecimal digits"))
            guard given == nil || written.isEmpty else {
                throw EventLineError(line: line, field: "packet", problem: .contradiction("the packet is given twice"))
            }
            event.packet = given ?? written
        }
        let text = try writeText(value, line: line, into: &event)
        let hidden = try writeHidden(value, line: line, into: &event)
        let memory = try writeMemory(value, line: line, into: &event)
        prepareWritten(&event, isTest: isTest)
        var hasThread = false
        var identity = EventIdentity()
        var hasIdentity = false
        for member in members {
            let name = String(decoding: member.name, as: UTF8.self)
            let reader = FieldReader(line: line, field: name)
            if let field = field(name) {
                try reader.write(member.value, field, into: &event.context)
                continue
            }
            switch name {
            case "packet", text, hidden, memory: continue
            case "sk" where !socketFields.isEmpty:
                try writeSocket(member.value, line: line, into: &event.context)
                continue
            case "time":
                event.time = try reader.number(member.value, bits: 64)
                continue
            case "cpu":
                event.processor = UInt32(truncatingIfNeeded: try reader.number(member.value, bits: 32))
                continue
            case "pid": identity.process = UInt32(truncatingIfNeeded: try reader.number(member.value, bits: 32))
            case "tid":
                identity.thread = UInt32(truncatingIfNeeded: try reader.number(member.value, bits: 32))
                hasThread = true
            case "uid": identity.user = UInt32(truncatingIfNeeded: try reader.number(member.value, bits: 32))
            case "gid": identity.group = UInt32(truncatingIfNeeded: try reader.number(member.value, bits: 32))
            case "cgroup": identity.cgroup = try reader.number(member.value, bits: 64)
            case "cookie": identity.cookie = try reader.number(member.value, bits: 64)
            case "comm":
                identity.command = try reader.string(member.value, "a name of at most 15 bytes")
                guard identity.command.count <= 15 else { throw reader.expected("a name of at most 15 bytes") }
            case _:
                let own = socketFields.isEmpty ? [] : ["sk"]
                throw EventLineError(
                    line: line, field: name,
                    problem: .unknownField(
                        known: fields.map(\.name) + own + [text, hidden, memory].compactMap { $0 } + Self.ofEvent))
            }
            hasIdentity = true
        }
        if hasIdentity {
            if !hasThread { identity.thread = identity.process }
            event.identity = identity
        }
        return event
    }

    /// What events have instead of a packet, where it is text; the name of its member.
    private func writeText(_ value: JSONValue, line: Int, into event: inout Event) throws(EventLineError) -> String? {
        guard case .text(let name, let form) = shape.packet else { return nil }
        guard let text = value["\(name)"] else { return "\(name)" }
        let reader = FieldReader(line: line, field: "\(name)")
        guard event.packet.isEmpty else {
            throw EventLineError(
                line: line, field: "\(name)", problem: .contradiction("\"packet\" is given too, and is the same bytes"))
        }
        event.packet = Self.encoded(try reader.string(text, "text"), form)
        return "\(name)"
    }

    /// What lies behind that; the name of its member.
    private func writeHidden(_ value: JSONValue, line: Int, into event: inout Event) throws(EventLineError) -> String? {
        guard let name = shape.hidden, case .text(_, let form) = shape.packet else { return nil }
        guard let text = value["\(name)"] else { return "\(name)" }
        let reader = FieldReader(line: line, field: "\(name)")
        event.hidden = Self.encoded(try reader.string(text, "text"), form)
        return "\(name)"
    }

    /// What it brings along of a process's memory: a list of `{"at": ADDRESS, "text": …}`, with a 0 behind the text, or `"bytes"` in
    /// hexadecimal; the name of its member.
    private func writeMemory(_ value: JSONValue, line: Int, into event: inout Event) throws(EventLineError) -> String? {
        guard shape.memory != nil else { return nil }
        let name = "memory"
        guard let memory = value[name] else { return name }
        let reader = FieldReader(line: line, field: name)
        let what = "a list of {\"at\": address, \"text\": text} or {\"at\": address, \"bytes\": hexadecimal digits}"
        guard case .array(let items) = memory, items.count <= EventMemory.partLimit else { throw reader.expected(what) }
        var parts: [EventMemory.Part] = []
        for item in items {
            guard let place = item["at"] else { throw reader.expected(what) }
            let bytes: [UInt8]
            if let text = item["text"] {
                bytes = try reader.string(text, "text") + [0]
            } else if let digits = item["bytes"] {
                bytes = try reader.hexadecimal(try reader.string(digits, "hexadecimal digits"))
            } else {
                throw reader.expected(what)
            }
            parts.append(EventMemory.Part(address: try reader.number(place, bits: 64), bytes: bytes))
        }
        let size = parts.reduce(0) { $0 + $1.bytes.count + Int(EventMemory.partSize) } + Int(EventMemory.headerSize)
        guard size <= EventMemory.capacity else {
            throw reader.expected("at most \(EventMemory.capacity) bytes, with \(EventMemory.partSize) for each part")
        }
        event.memory = EventMemory.bytes(of: parts)
        return name
    }

    private static func encoded(_ text: [UInt8], _ form: EventShape.TextForm) -> [UInt8] {
        switch form {
        case .utf8: text
        case .utf16: String(decoding: text, as: UTF8.self).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        }
    }

    /// A packet that somebody writes begins where the program's does.
    private func prepareWritten(_ event: inout Event, isTest: Bool) {
        guard case .network = shape.packet, !isTest else { return prepare(&event, isTest: isTest) }
        set("len", UInt64(event.packet.count), in: &event)
        set("ifindex", 1, in: &event)
        set("ingress_ifindex", 1, in: &event)
        // ETH_P_IP, ETH_P_IPV6 in network order.
        switch event.packet.first.map({ $0 >> 4 }) {
        case 4: set("protocol", 0x0008, in: &event)
        case 6: set("protocol", 0xDD86, in: &event)
        case _: break
        }
    }

    private func writeSocket(_ value: JSONValue, line: Int, into context: inout [UInt8]) throws(EventLineError) {
        guard case .object(let members) = value else {
            throw FieldReader(line: line, field: "sk").expected("an object with fields of struct bpf_sock")
        }
        for member in members {
            let name = String(decoding: member.name, as: UTF8.self)
            let reader = FieldReader(line: line, field: "sk.\(name)")
            guard let field = socketFields.first(where: { $0.name == name }) else {
                throw EventLineError(
                    line: line, field: "sk.\(name)", problem: .unknownField(known: socketFields.map(\.name)))
            }
            try reader.write(member.value, field, into: &context)
        }
    }
}

/// Reads the value of one member, and names it where that fails.
struct FieldReader {
    let line: Int
    let field: String

    func expected(_ what: String) -> EventLineError {
        EventLineError(line: line, field: field, problem: .expected(what))
    }

    func string(_ value: JSONValue, _ what: String) throws(EventLineError) -> [UInt8] {
        guard case .string(let text) = value else { throw expected("\(what), in quotes") }
        return text
    }

    /// A number of so many bits; negative ones are what two's complement makes of them.
    func number(_ value: JSONValue, bits: Int) throws(EventLineError) -> UInt64 {
        let what = "a number of \(bits) bits"
        let text: String
        switch value {
        case .number(let digits): text = String(decoding: digits, as: UTF8.self)
        case .string(let characters):
            text = String(decoding: characters, as: UTF8.self)
            guard text.hasPrefix("0x"), let number = UInt64(text.dropFirst(2), radix: 16),
                bits == 64 || number >> UInt64(bits) == 0
            else { throw expected("\(what): digits, or \"0x…\"") }
            return number
        case .array, .object, .boolean: throw expected(what)
        }
        if let number = UInt64(text), bits == 64 || number >> UInt64(bits) == 0 { return number }
        if let number = Int64(text), number < 0, bits == 64 || number >= -(1 << Int64(bits - 1)) {
            let pattern = UInt64(bitPattern: number)
            return bits == 64 ? pattern : pattern & (1 << UInt64(bits) - 1)
        }
        throw expected(what)
    }

    func hexadecimal(_ text: [UInt8]) throws(EventLineError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        guard text.count % 2 == 0 else { throw expected("an even number of hexadecimal digits") }
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = Self.digit(text[index]), let low = Self.digit(text[index + 1]) else {
                throw expected("hexadecimal digits")
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        case _: nil
        }
    }

    func write(
        _ value: JSONValue, _ field: EventLayout.Field, into context: inout [UInt8]
    ) throws(EventLineError) {
        switch (field.form, value) {
        case (.named(let names), .string(let text)) where !text.starts(with: "0x".utf8):
            guard let index = names.firstIndex(where: { $0.utf8.elementsEqual(text) }) else {
                throw expected("a number, or one of \(names.joined(separator: ", "))")
            }
            put(UInt64(index), at: field.offset, field.size, into: &context)
        case (.socketAddress, .string(let text)):
            guard let bytes = NetworkAddress.socketAddress(String(decoding: text, as: UTF8.self)) else {
                throw expected("address and port such as \"10.0.0.1:443\", or a list of \(field.size) bytes")
            }
            context.replaceSubrange(field.range, with: bytes)
        case (.socketAddress, _): try writeWords(value, field, 1, into: &context)
        case (.words(let size), _): try writeWords(value, field, size, into: &context)
        case (.address, .string(let text)):
            let address = String(decoding: text, as: UTF8.self)
            let bytes = field.size == 4 ? NetworkAddress.ipv4(address) : NetworkAddress.ipv6(address)
            guard let bytes else {
                throw expected(
                    field.size == 4 ? "an IPv4 address such as \"10.0.0.1\"" : "an IPv6 address such as \"fe80::1\"")
            }
            context.replaceSubrange(field.range, with: bytes)
        case (.address, .array) where field.size == 16: try writeWords(value, field, 4, into: &context)
        case (.address, _) where field.size == 16: throw expected("an IPv6 address, or a list of four numbers")
        case (.portFirst, .string(let text)), (.portLast, .string(let text)), (.port, .string(let text)):
            guard let port = UInt16(String(decoding: text, as: UTF8.self)) else {
                throw expected("a port such as \"443\"")
            }
            let order = [UInt8(port >> 8), UInt8(port & 0xFF)]
            let bytes: [UInt8] =
                switch field.form {
                case .portFirst: order + [0, 0]
                case .portLast: [0, 0] + order
                case .port, .number, .words, .address, .named, .socketAddress: order.reversed() + [0, 0]
                }
            context.replaceSubrange(field.range, with: bytes.prefix(field.size))
        case (.number, _), (.address, _), (.portFirst, _), (.portLast, _), (.port, _), (.named, _):
            put(try number(value, bits: field.size * 8), at: field.offset, field.size, into: &context)
        }
    }

    private func writeWords(
        _ value: JSONValue, _ field: EventLayout.Field, _ size: Int, into context: inout [UInt8]
    ) throws(EventLineError) {
        let most = field.size / size
        guard case .array(let items) = value, items.count <= most else {
            throw expected("a list of at most \(most) numbers of \(size * 8) bits")
        }
        for (index, item) in items.enumerated() {
            put(try number(item, bits: size * 8), at: field.offset + index * size, size, into: &context)
        }
    }

    private func put(_ number: UInt64, at offset: Int, _ size: Int, into context: inout [UInt8]) {
        for index in 0..<min(size, 8) {
            context[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
        }
    }
}
