internal import Enclosure
package import PolicyCore
package import Supervision

extension SocketHook {
    /// What policy calls it.
    package var attachType: AttachType {
        switch self {
        case .connectIPv4: .cgroupInet4Connect
        case .connectIPv6: .cgroupInet6Connect
        case .bindIPv4: .cgroupInet4Bind
        case .bindIPv6: .cgroupInet6Bind
        case .sendIPv4: .cgroupUdp4Sendmsg
        case .sendIPv6: .cgroupUdp6Sendmsg
        case .socketCreate: .cgroupInetSockCreate
        }
    }
}

/// Where a supervised call goes in the context of a program, and where an address comes back.
struct SocketFields {
    private let template: [UInt8]
    private let userFamily: Int?
    private let family: Int?
    private let type: Int?
    private let transport: Int?
    private let port: Int?
    /// Four bytes of it for IPv4, sixteen for IPv6.
    private let address: Range<Int>?
    /// Where a program may write another address to send from.
    private let source: Range<Int>?
    /// The same three of the socket that the context points to.
    private let socket: (family: Int, type: Int, transport: Int)?

    init(_ layout: EventLayout) {
        template = layout.emptyContext
        userFamily = layout.field("user_family")?.offset
        family = layout.field("family")?.offset
        type = layout.field("type")?.offset
        transport = layout.field("protocol")?.offset
        port = layout.field("user_port")?.offset
        address = (layout.field("user_ip4") ?? layout.field("user_ip6"))?.range
        source = (layout.field("msg_src_ip4") ?? layout.field("msg_src_ip6"))?.range
        func inSocket(_ name: String) -> Int? { layout.socketFields.first { $0.name == name }?.offset }
        if let family = inSocket("family"), let type = inSocket("type"), let transport = inSocket("protocol") {
            socket = (family, type, transport)
        } else {
            socket = nil
        }
    }

    /// The event of a call whose address may by now be another than the caller's: an earlier program's.
    func event(_ call: SupervisedCall, to destination: SocketDestination) -> Event {
        var event = Event(context: template)
        func put(_ value: UInt32, _ offset: Int?) {
            guard let offset else { return }
            for index in 0..<4 {
                event.context[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
            }
        }
        put(UInt32(address?.count == 16 ? 10 : 2), userFamily)
        put(call.family, family)
        put(call.type, type)
        put(call.transport, transport)
        put(destination.port, port)
        if let address {
            for (index, offset) in stride(from: address.lowerBound, to: address.upperBound, by: 4).enumerated() {
                put(destination.words[index], offset)
            }
        }
        if let socket {
            put(call.family, socket.family)
            put(call.type, socket.type)
            put(call.transport, socket.transport)
        }
        var identity = EventIdentity()
        identity.process = call.process
        identity.thread = call.thread
        identity.user = call.user
        identity.group = call.group
        identity.cookie = call.cookie
        identity.command = call.command
        event.identity = identity
        return event
    }

    /// Whether a program wants a message to come from somewhere else, which nobody does for it.
    func namesSource(in context: [UInt8]) -> Bool {
        guard let source else { return false }
        return context[source].contains { $0 != 0 }
    }

    /// The address as a program left it.
    func destination(in context: [UInt8]) -> SocketDestination? {
        guard let port, let address else { return nil }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(context[offset + $1]) << (8 * UInt32($1)) }
        }
        var words: [4 of UInt32] = [0, 0, 0, 0]
        for (index, offset) in stride(from: address.lowerBound, to: address.upperBound, by: 4).enumerated() {
            words[index] = word(offset)
        }
        // A port has sixteen bits; what a program wrote beyond them is nothing (`__u32 user_port` in include/uapi/linux/bpf.h).
        return SocketDestination(words: words, port: word(port) & 0xFFFF)
    }
}
