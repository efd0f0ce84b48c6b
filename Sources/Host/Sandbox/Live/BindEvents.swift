internal import Enclosure
internal import Supervision

/// Where a name that a socket is to have goes in the context of a program of eBPF for Windows' bind type.
///
/// Its address is a `sockaddr_in`. Of IPv6 it has the first 16 bytes of a `sockaddr_in6`, as there: family, port, and half of the address.
struct BindFields {
    private let layout: EventLayout
    private let address: Range<Int>?

    private static let unitLimit = 4096
    static let largestPayload = unitLimit * 2

    init(_ layout: EventLayout) {
        self.layout = layout
        address = layout.field("socket_address")?.range
    }

    func event(_ call: SupervisedCall, to name: SocketDestination) -> Event {
        var event = Event(context: layout.emptyContext)
        layout.set("process_id", UInt64(call.process), in: &event)
        layout.set("socket_address_length", UInt64(address?.count ?? 0), in: &event)
        layout.set("operation", call.isOver ? 1 : 0, in: &event)
        layout.set("protocol", UInt64(call.transport & 0xFF), in: &event)
        if let address {
            func bytes(_ word: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            let isIPv4 = call.family == 2
            let start: [UInt8] = [isIPv4 ? 2 : 23, 0] + bytes(name.port).prefix(2)
            let rest =
                isIPv4
                ? bytes(name.words[0]) + [UInt8](repeating: 0, count: 8)
                : bytes(0) + bytes(name.words[0]) + bytes(name.words[1])
            event.context.replaceSubrange(address, with: start + rest)
        }
        // Windows tells the last part of the path.
        let start = call.image.lastIndex(of: 0x2F).map { $0 + 1 } ?? 0
        event.packet = String(decoding: call.image[start...], as: UTF8.self).utf16.prefix(Self.unitLimit).flatMap {
            [UInt8($0 & 0xFF), UInt8($0 >> 8)]
        }
        event.identity = EventIdentity(call)
        return event
    }

    /// The name as a program left it: of IPv6 its port.
    func name(in context: [UInt8], _ call: SupervisedCall, from name: SocketDestination) -> SocketDestination {
        guard let address else { return name }
        let bytes = Array(context[address])
        var changed = name
        changed.port = UInt32(bytes[2]) | UInt32(bytes[3]) << 8
        if call.family == 2 { changed.words[0] = bytes[4..<8].reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        return changed
    }
}
