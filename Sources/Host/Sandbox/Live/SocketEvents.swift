internal import Enclosure
package import PolicyCore
internal import Prototypes
package import Supervision

extension SupervisedHook {
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
        case .process: .process
        case .receiveIPv4: .cgroupUdp4Recvmsg
        case .receiveIPv6: .cgroupUdp6Recvmsg
        case .afterBindIPv4: .cgroupInet4PostBind
        case .afterBindIPv6: .cgroupInet6PostBind
        case .acceptIPv4: .cgroupInet4RecvAccept
        case .acceptIPv6: .cgroupInet6RecvAccept
        case .listenIPv4, .listenIPv6: .cgroupListen
        case .windowsBind: .bind
        case .callEntered, .callReturned: .tracepoint
        case .rawCallEntered, .rawCallReturned: .rawTracepoint
        }
    }
}

/// Where a supervised call goes in the context of a program, and where an address comes back.
struct SocketFields {
    private let template: [UInt8]
    /// The number of AF_INET6 is Windows' own there.
    private let isOfWindows: Bool
    private let userFamily: EventLayout.Field?
    private let family: EventLayout.Field?
    private let type: EventLayout.Field?
    private let transport: EventLayout.Field?
    private let port: EventLayout.Field?
    /// Of what a socket is bound to, which has its port in the host's order and is nobody's to write.
    private let ownPort: EventLayout.Field?
    /// Four bytes of it for IPv4, sixteen for IPv6.
    private let address: Range<Int>?
    /// Who the other side is, or where a program of Linux may write another address to send from.
    private let source: Range<Int>?
    private let sourcePort: EventLayout.Field?
    /// The same three of the socket that the context points to.
    private let socket: (family: EventLayout.Field, type: EventLayout.Field, transport: EventLayout.Field)?

    init(_ layout: EventLayout) {
        template = layout.emptyContext
        isOfWindows = layout.descriptor.isOfWindows
        userFamily = layout.field("user_family")
        family = layout.field("family")
        type = layout.field("type")
        transport = layout.field("protocol")
        port = layout.field("user_port")
        ownPort = port == nil ? layout.field("src_port") : nil
        func first(_ names: String...) -> Range<Int>? {
            names.lazy.compactMap { layout.field($0)?.range }.first
        }
        address = first("user_ip4", "user_ip6", "src_ip4", "src_ip6")
        source = first("msg_src_ip4", "msg_src_ip6")
        sourcePort = layout.field("msg_src_port")
        func inSocket(_ name: String) -> EventLayout.Field? { layout.socketFields.first { $0.name == name } }
        if let family = inSocket("family"), let type = inSocket("type"), let transport = inSocket("protocol") {
            socket = (family, type, transport)
        } else {
            socket = nil
        }
    }

    /// The event of a call whose address may by now be another than the caller's: an earlier program's.
    func event(_ call: SupervisedCall, to destination: SocketDestination) -> Event {
        var event = Event(context: template)
        func put(_ value: UInt32, _ field: EventLayout.Field?) {
            guard let field else { return }
            for index in 0..<min(4, field.size) {
                event.context[field.offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index)))
            }
        }
        func put(_ words: [4 of UInt32], _ range: Range<Int>?) {
            guard let range else { return }
            for (index, offset) in stride(from: range.lowerBound, to: range.upperBound, by: 4).enumerated() {
                for byte in 0..<4 {
                    event.context[offset + byte] = UInt8(truncatingIfNeeded: words[index] >> (8 * UInt32(byte)))
                }
            }
        }
        put(UInt32(address?.count == 16 ? 10 : 2), userFamily)
        put(isOfWindows ? (address?.count == 16 ? 23 : 2) : call.family, family)
        put(call.type, type)
        put(call.transport, transport)
        put(destination.port, port)
        put(destination.port >> 8 & 0xFF | destination.port << 8 & 0xFF00, ownPort)
        put(destination.words, address)
        if isOfWindows {
            put(call.source.words, source)
            put(call.source.port, sourcePort)
        }
        if let socket {
            put(call.family, socket.family)
            put(call.type, socket.type)
            put(call.transport, socket.transport)
        }
        event.identity = EventIdentity(call)
        return event
    }

    /// Whether a program wants a message to come from somewhere else, which nobody does for it.
    func namesSource(in context: [UInt8]) -> Bool {
        guard let source, !isOfWindows else { return false }
        return context[source].contains { $0 != 0 }
    }

    /// The address as a program left it; nil where it is nobody's to change.
    func destination(in context: [UInt8]) -> SocketDestination? {
        guard let port, let address, !isOfWindows else { return nil }
        func word(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(context[offset + $1]) << (8 * UInt32($1)) }
        }
        var words: [4 of UInt32] = [0, 0, 0, 0]
        for (index, offset) in stride(from: address.lowerBound, to: address.upperBound, by: 4).enumerated() {
            words[index] = word(offset)
        }
        // A port has sixteen bits; what a program wrote beyond them is nothing (`__u32 user_port` in include/uapi/linux/bpf.h).
        return SocketDestination(words: words, port: word(port.offset) & 0xFFFF)
    }
}

extension EventIdentity {
    init(_ call: SupervisedCall) {
        self.init()
        process = call.process
        thread = call.thread
        user = call.user
        group = call.group
        cookie = call.cookie
        command = call.command
    }
}
