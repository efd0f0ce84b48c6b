internal import CLinux
internal import Linux

/// Calls of those who wait for others: listen(2), accept(2), and those that receive.
extension Supervisor {
    func prepareListen(_ call: clinux_notification) -> Preparation {
        let socket: TakenSocket
        do throws(SystemError) {
            socket = try TakenSocket(of: call.thread, Int32(truncatingIfNeeded: call.first))
        } catch { return .answer(-Int64(error.code)) }
        let backlog = Int32(truncatingIfNeeded: call.second)
        let status = !socket.speaksIP || broker.identifies ? CallerStatus(thread: call.thread) : nil
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        let hook: SupervisedHook = socket.domain == 2 ? .listenIPv4 : .listenIPv6
        guard socket.speaksIP, hooks.contains(hook) else {
            broker.pass()
            guard socket.speaksIP || status?.threads != 1 else { return .letGo }
            guard !socket.hidesIP else { return .refuse(.familyNotSupported) }
            return .answer(socket.listen(backlog))
        }
        // Nobody gives it another meanwhile: bind(2) comes here too, and this thread does one thing at a time.
        let form: SocketAddress.Family = hook == .listenIPv4 ? .ipv4 : .ipv6
        let own = socket.name
        let ruling = broker.ask(
            .init(
                hook: hook, caller: call.thread, status: status, family: socket.domain, type: socket.type,
                transport: socket.transport, cookie: socket.cookie, address: own.words(form), port: own.port))
        return ruling.allows ? .answer(socket.listen(backlog)) : .refuse(.notPermitted)
    }

    /// - Parameter flags: of accept4(2).
    func prepareAccept(_ call: clinux_notification, flags: UInt64) -> Preparation {
        let socket: TakenSocket
        do throws(SystemError) {
            socket = try TakenSocket(of: call.thread, Int32(truncatingIfNeeded: call.first))
        } catch { return .answer(-Int64(error.code)) }
        let status = !socket.speaksIP || broker.identifies ? CallerStatus(thread: call.thread) : nil
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        if !socket.speaksIP {
            broker.pass()
            guard !socket.hidesIP else { return .refuse(.familyNotSupported) }
            if status?.threads == 1 { return .letGo }
        }
        // SOCK_NONBLOCK, SOCK_CLOEXEC.
        guard flags & ~(0o4000 | 0o2000000) == 0 else { return .refuse(.invalid) }
        let hook: SupervisedHook? = socket.domain == 2 ? .acceptIPv4 : socket.domain == 10 ? .acceptIPv6 : nil
        return .long(
            .accept(
                Accepting(
                    socket: socket, call: call, flags: flags, hook: hook.flatMap { hooks.contains($0) ? $0 : nil },
                    status: status)))
    }

    /// The calls that receive messages with their senders' addresses.
    enum ReceivingCall {
        case recvfrom, recvmsg, recvmmsg
    }

    /// What a program says here is what the caller sees, and nothing else comes of it: a call without an address, or on a socket that the hook is
    /// not about, goes on as it was made.
    func prepareReceive(_ call: clinux_notification, _ kind: ReceivingCall) -> Preparation {
        let socket: TakenSocket
        do throws(SystemError) {
            socket = try TakenSocket(of: call.thread, Int32(truncatingIfNeeded: call.first))
        } catch { return .answer(-Int64(error.code)) }
        let hook: SupervisedHook = socket.domain == 10 ? .receiveIPv6 : .receiveIPv4
        guard socket.isUDP, hooks.contains(hook) else { return pass() }
        if case .recvmmsg = kind, call.third & 0xFFFF_FFFF == 0 { return .answer(0) }
        let room: MessageRoom
        do throws(Refusal) {
            room =
                switch kind {
                case .recvfrom: try MessageRoom(recvfrom: call)
                case .recvmsg:
                    try MessageRoom(
                        header: call.second, flags: Int32(truncatingIfNeeded: call.third), isOne: true, of: call.thread)
                case .recvmmsg:
                    try MessageRoom(
                        header: call.second, flags: Int32(truncatingIfNeeded: call.fourth) & ~Self.waitForOne,
                        isOne: false,
                        of: call.thread)
                }
        } catch { return .refuse(error) }
        // Nobody's address is asked for, or it is that of an error (ip_recv_error), about which Linux asks nobody.
        guard room.name != 0, room.flags & Self.errorQueue == 0 else { return pass() }
        let status = broker.identifies ? CallerStatus(thread: call.thread) : nil
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        let receiving = Receiving(socket: socket, room: room, hook: hook, status: status)
        let value = receiving.carryOut(waits: false, broker)
        let waits = room.flags & OutgoingMessage.doNotWait == 0
        return value == -Int64(Refusal.tryAgain.rawValue) && waits ? .long(.receive(receiving)) : .answer(value)
    }

    private static let errorQueue: Int32 = 0x2000  // MSG_ERRQUEUE
    private static let waitForOne: Int32 = 0x10000  // MSG_WAITFORONE

    private func pass() -> Preparation {
        broker.pass()
        return .letGo
    }
}

/// A connection that is waited for, and whose end there is to be decided about before its receiver has it.
struct Accepting {
    let socket: TakenSocket
    let call: clinux_notification
    let flags: UInt64
    let hook: SupervisedHook?
    let status: CallerStatus?

    private static let closesOnExec: UInt64 = 0o2000000

    /// - Returns: nil where the caller has its answer.
    func carryOut(_ listener: Int32, _ broker: BrokerChannel) -> Int64? {
        while true {
            let accepted: HeldDescriptor
            switch socket.accept(flags: Int32(flags | Self.closesOnExec)) {
            case .success(let descriptor): accepted = descriptor
            case .failure(let error): return error.value == -4 ? -512 : error.value  // -ERESTARTSYS, as for connections
            }
            let peer = SocketAddress(peerOf: accepted.rawValue)
            if let hook, !allows(hook, accepted.rawValue, peer, broker) {
                // Its maker sees it end; here it was never. The next one, then.
                continue
            }
            if call.second != 0 {
                do throws(Refusal) { try tell(peer) } catch { return -Int64(error.rawValue) }
            }
            let given = clinux_notification_answer_with(
                listener, call.id, accepted.rawValue, flags & Self.closesOnExec == 0 ? 0 : 1)
            return given >= 0 || given == -2 ? nil : given
        }
    }

    private func allows(_ hook: SupervisedHook, _ accepted: Int32, _ peer: SocketAddress, _ broker: BrokerChannel)
        -> Bool
    {
        let form: SocketAddress.Family = hook == .acceptIPv4 ? .ipv4 : .ipv6
        let own = SocketAddress(nameOf: accepted)
        return broker.ask(
            .init(
                hook: hook, caller: call.thread, status: status, family: socket.domain, type: socket.type,
                transport: socket.transport, cookie: socket.cookie, address: own.words(form), port: own.port,
                source: peer.words(form), sourcePort: peer.port)
        ).allows
    }

    /// As move_addr_to_user in net/socket.c.
    private func tell(_ peer: SocketAddress) throws(Refusal) {
        let claimed = Int32(truncatingIfNeeded: try ForeignBytes.word(call.thread, call.third, 4))
        guard claimed >= 0 else { throw .invalid }
        guard ForeignBytes.write(Array(peer.bytes.prefix(Int(claimed))), to: call.second, of: call.thread),
            ForeignBytes.write(ForeignBytes.bytes(UInt64(peer.bytes.count), 4), to: call.third, of: call.thread)
        else { throw .badAddress }
    }
}
