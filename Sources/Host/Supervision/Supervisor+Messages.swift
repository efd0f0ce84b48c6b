internal import CLinux
internal import Linux

extension Supervisor {
    /// The calls that send messages.
    enum SendingCall {
        case sendto, sendmsg, sendmmsg
    }

    /// Copies a message, asks about its address, and has the copy sent. Of several messages one is sent, as the kernel may do too.
    func prepareMessage(_ call: clinux_notification, _ kind: SendingCall) -> Preparation {
        let socket: TakenSocket
        do throws(SystemError) {
            socket = try TakenSocket(of: call.thread, Int32(truncatingIfNeeded: call.first))
        } catch { return .answer(-Int64(error.code)) }
        if case .sendmmsg = kind, call.third & 0xFFFF_FFFF == 0 { return .answer(0) }
        var message: OutgoingMessage
        do throws(Refusal) {
            message =
                switch kind {
                case .sendto: try OutgoingMessage(sendto: call)
                case .sendmsg:
                    try OutgoingMessage(
                        header: call.second, flags: Int32(truncatingIfNeeded: call.third), of: call.thread)
                case .sendmmsg:
                    try OutgoingMessage(
                        header: call.second, flags: Int32(truncatingIfNeeded: call.fourth), of: call.thread)
                }
        } catch { return .refuse(error) }
        let status = !socket.speaksIP || broker.identifies ? CallerStatus(thread: call.thread) : nil
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        var place: LocalPlace?
        if socket.speaksIP {
            if let refusal = judge(&message, call, socket, status) { return .refuse(refusal) }
        } else {
            broker.pass()
            guard let status else { return .refuse(.noSuchProcess) }
            guard !socket.hidesIP else { return .refuse(.familyNotSupported) }
            if status.threads == 1 { return .letGo }
            do throws(Refusal) {
                let own = try LocalPlace(message.address, of: call.thread, status, self.own)
                try message.takeDescriptors(of: call.thread)
                message.address = own.address
                place = own
            } catch { return .refuse(error) }
            guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        }
        let count: CountPlace? =
            if case .sendmmsg = kind { CountPlace(thread: call.thread, address: call.second &+ 56) } else { nil }
        let sending = Sending(socket: socket, message: message, place: place, count: count)
        // A stream takes as much as it has room for where nobody waits, and its callers may be used to more.
        let waits = message.flags & OutgoingMessage.doNotWait == 0
        if waits, socket.type == 1 { return .long(.send(sending)) }
        let value = sending.carryOut(waits: false)
        return value == -Int64(Refusal.tryAgain.rawValue) && waits ? .long(.send(sending)) : .answer(value)
    }

    /// What of a message of IP is judged: where it goes, if it says so.
    private func judge(
        _ message: inout OutgoingMessage, _ call: clinux_notification, _ socket: TakenSocket, _ status: CallerStatus?
    ) -> Refusal? {
        guard message.flags & OutgoingMessage.fastOpen == 0 else { return .notSupported }
        // A stream has its peer; what a message says is nothing to the kernel, and not to be something in another moment.
        if socket.type == 1 { message.address = SocketAddress([]) }
        guard !message.address.bytes.isEmpty else {
            broker.pass()
            return nil
        }
        guard let number = message.address.family else { return .invalid }
        guard let family = SocketAddress.Family(rawValue: number) else { return .familyNotSupported }
        let form: SocketAddress.Family
        switch family {
        // To a socket of IPv4 an old way to say IPv4, to one of IPv6 nothing (udp_sendmsg, udpv6_sendmsg).
        case .unspecified:
            guard socket.domain == 2 else {
                message.address = SocketAddress([])
                broker.pass()
                return nil
            }
            form = .ipv4
        case .ipv4: form = .ipv4
        // What it goes out by: udpv6_sendmsg hands an address of IPv4 within one of IPv6 to udp_sendmsg.
        case .ipv6: form = message.address.isMappedIPv4 ? .mappedIPv4 : .ipv6
        case .local, .mappedIPv4: return .familyNotSupported
        }
        guard message.address.bytes.count >= SocketAddress.leastSize(of: form) else { return .invalid }
        let hook: SupervisedHook = form == .ipv6 ? .sendIPv6 : .sendIPv4
        guard hooks.contains(hook) else {
            broker.pass()
            return nil
        }
        let ruling = broker.ask(
            .init(
                hook: hook, caller: call.thread, status: status, family: socket.domain, type: socket.type,
                transport: socket.transport, cookie: socket.cookie, address: message.address.words(form),
                port: message.address.port))
        guard ruling.allows else { return .notPermitted }
        if let (address, port) = ruling.rewritten { message.address.replace(form, address, port: port) }
        return nil
    }
}

/// Where a caller wants to be told how much of its first message was sent (struct mmsghdr).
struct CountPlace {
    let thread: UInt32
    let address: UInt64
}

/// A message that is to be sent, perhaps after a wait.
struct Sending {
    let socket: TakenSocket
    let message: OutgoingMessage
    /// Gives the address its meaning, where it is one of this process.
    let place: LocalPlace?
    let count: CountPlace?

    func carryOut(waits: Bool) -> Int64 {
        let value = socket.send(message, waits: waits)
        if value == -4 { return -512 }  // -ERESTARTSYS, as for connections
        guard let count, value >= 0 else { return value }
        let sent = UInt32(truncatingIfNeeded: value)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: sent >> (8 * UInt32($0))) }
        // SAFETY: the shim reads four bytes. Where the caller's memory is gone, it is the caller that does not learn it.
        _ = unsafe clinux_write_memory(count.thread, count.address, bytes, 4)
        return 1
    }
}

/// Work that may have to wait for the network, by a thread that does nothing else meanwhile.
enum LongWork {
    case connect(Connecting)
    case send(Sending)
    case accept(Accepting)
    case receive(Receiving)

    /// - Returns: nil where the caller has its answer already.
    func carryOut(_ listener: Int32, _ broker: BrokerChannel) -> Int64? {
        switch self {
        case .connect(let connecting): connecting.carryOut()
        case .send(let sending): sending.carryOut(waits: true)
        case .accept(let accepting): accepting.carryOut(listener, broker)
        case .receive(let receiving): receiving.carryOut(waits: true, broker)
        }
    }
}
