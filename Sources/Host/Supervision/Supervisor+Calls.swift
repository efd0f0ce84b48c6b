internal import CLinux
internal import Confinement
internal import Linux

extension Supervisor {
    /// Copies what a call is about, asks, and says what is to become of it.
    func prepare(_ call: clinux_notification) -> Preparation {
        if !observed.needTracer, observed.wantsEntry(of: call.call), let own = observe(call) { return own }
        switch UInt32(bitPattern: call.call) {
        case 42: return prepareWithAddress(call, .connect)
        case 49: return prepareWithAddress(call, .bind)
        case 41: return prepareSocket(call)
        case 44: return prepareMessage(call, .sendto)
        case 46: return prepareMessage(call, .sendmsg)
        case 307: return prepareMessage(call, .sendmmsg)
        case 43: return prepareAccept(call, flags: 0)
        case 288: return prepareAccept(call, flags: call.fourth & 0xFFFF_FFFF)
        case 50: return prepareListen(call)
        case 45: return prepareReceive(call, .recvfrom)
        case 47: return prepareReceive(call, .recvmsg)
        case 299: return prepareReceive(call, .recvmmsg)
        case 59, 322: return prepareExecution(call)
        // The filter asks about no other call.
        case _: return .refuse(.notPermitted)
        }
    }

    /// Tells of a call, which waits meanwhile; what becomes of it, where no hook decides about that.
    ///
    /// It goes on as it was made, and nothing that it points to was judged: what others write there meanwhile a program has not seen, and that is all.
    private func observe(_ call: clinux_notification) -> Preparation? {
        let arguments = [call.first, call.second, call.third, call.fourth, call.fifth, call.sixth]
        broker.tell(.init(thread: call.thread, call: call.call, arguments: arguments))
        switch left.decision(number: UInt32(bitPattern: call.call), arguments: arguments) {
        case .notify: return nil
        case .allow: return .letGo
        case .refuse(let errno): return .answer(-Int64(errno))
        case .kill: return .refuse(.notPermitted)
        }
    }

    enum Deed {
        case connect, bind
    }

    private func prepareWithAddress(_ call: clinux_notification, _ deed: Deed) -> Preparation {
        let socket: TakenSocket
        do throws(SystemError) {
            socket = try TakenSocket(of: call.thread, Int32(truncatingIfNeeded: call.first))
        } catch { return .answer(-Int64(error.code)) }
        var copy: SocketAddress
        do throws(Refusal) { copy = try copyAddress(of: call) } catch { return .refuse(error) }
        let needsStatus =
            !socket.speaksIP || broker.identifies
            || (deed == .bind && (own.bindsLowPorts || hooks.contains(.windowsBind)))
        let status = needsStatus ? CallerStatus(thread: call.thread) : nil
        // Whatever was read up to here was read of a thread that waits in this very call.
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        guard socket.speaksIP else { return prepareOther(call, socket, copy, status, deed) }

        guard let number = copy.family else { return .refuse(.invalid) }
        guard let family = SocketAddress.Family(rawValue: number) else { return .refuse(.familyNotSupported) }
        guard copy.bytes.count >= SocketAddress.leastSize(of: family) else { return .refuse(.invalid) }
        let hook: SupervisedHook
        switch (family, deed) {
        // Ends what a socket was connected to; Linux asks nobody.
        case (.unspecified, .connect):
            broker.pass()
            return .answer(socket.connect(copy))
        // An old way to say any address of IPv4 (inet_bind in net/ipv4/af_inet.c).
        case (.unspecified, .bind):
            guard copy.bytes.count >= SocketAddress.leastSize(of: .ipv4) else { return .refuse(.invalid) }
            hook = .bindIPv4
        case (.ipv4, .connect): hook = .connectIPv4
        case (.ipv6, .connect): hook = .connectIPv6
        case (.ipv4, .bind): hook = .bindIPv4
        case (.ipv6, .bind): hook = .bindIPv6
        case (.local, _), (.mappedIPv4, _): return .refuse(.familyNotSupported)
        }
        let form: SocketAddress.Family = family == .unspecified ? .ipv4 : family
        var anyPort = false
        if hooks.contains(hook) {
            let ruling = broker.ask(
                .init(
                    hook: hook, caller: call.thread, status: status, family: socket.domain, type: socket.type,
                    transport: socket.transport, cookie: socket.cookie, address: copy.words(form), port: copy.port))
            guard ruling.allows else { return .refuse(.notPermitted) }
            anyPort = ruling.anyPort
            if let (address, port) = ruling.rewritten { copy.replace(form, address, port: port) }
        } else {
            broker.pass()
        }
        switch deed {
        case .connect:
            return socket.connects
                ? .long(.connect(Connecting(socket: socket, address: copy))) : .answer(socket.connect(copy))
        case .bind:
            let isEntitled = anyPort || own.entitles(call.thread, status)
            return bind(socket, copy, form, call, status, isEntitled: isEntitled)
        }
    }

    /// Binds, if those let it who know the very name.
    private func bind(
        _ socket: TakenSocket, _ asked: SocketAddress, _ form: SocketAddress.Family, _ call: clinux_notification,
        _ status: CallerStatus?, isEntitled: Bool
    ) -> Preparation {
        var asked = asked
        let image = hooks.contains(.windowsBind) ? ExecutedImage.path(through: "/proc/\(call.thread)/exe") : []
        func question(_ hook: SupervisedHook, _ address: SocketAddress, isOver: Bool = false) -> BrokerChannel.Question
        {
            BrokerChannel.Question(
                hook: hook, caller: call.thread, status: status, family: socket.domain, type: socket.type,
                transport: socket.transport, cookie: socket.cookie, address: address.words(form), port: address.port,
                isOver: isOver, image: hook == .windowsBind ? image : [])
        }
        if hooks.contains(.windowsBind) {
            let ruling = broker.ask(question(.windowsBind, asked))
            guard ruling.allows else { return .refuse(.notPermitted) }
            if let (address, port) = ruling.rewritten { asked.replace(form, address, port: port) }
        }
        let after: SupervisedHook = socket.domain == 2 ? .afterBindIPv4 : .afterBindIPv6
        var tries = 8
        while true {
            var name = asked
            if hooks.contains(after) {
                // Nobody but the kernel can take a name back, so it is asked about before it is had: the port that the kernel would choose, too.
                let choosesPort = asked.port == 0 && (socket.type == 1 || socket.type == 2)
                if choosesPort { name = socket.choosePort(for: asked) ?? asked }
                guard broker.ask(question(after, name)).allows else { return .refuse(.notPermitted) }
            }
            let value = own.withLowPorts(isEntitled) { socket.bind(name) }
            // Somebody else has had the port meanwhile.
            if value == -98, name.port != asked.port, tries > 0 {
                tries -= 1
                continue
            }
            if value == 0, hooks.contains(.windowsBind) {
                _ = broker.ask(question(.windowsBind, socket.name, isOver: true))
            }
            return .answer(value)
        }
    }

    /// As move_addr_to_kernel in net/socket.c.
    private func copyAddress(of call: clinux_notification) throws(Refusal) -> SocketAddress {
        let size = Int32(truncatingIfNeeded: call.third)
        guard size >= 0, Int(size) <= SocketAddress.capacity else { throw .invalid }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        // SAFETY: the shim writes at most the array's bytes.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe clinux_read_memory(call.thread, call.second, $0.baseAddress, UInt64($0.count))
        }
        guard count == Int64(size) else { throw .badAddress }
        return SocketAddress(bytes)
    }

    /// A socket that no hook judges. The kernel carries the call out as it was made, if the descriptor cannot come to mean another socket
    /// before that: if the caller's thread, which waits, is the only one that has the caller's descriptors.
    private func prepareOther(
        _ call: clinux_notification, _ socket: TakenSocket, _ copy: SocketAddress, _ status: CallerStatus?, _ deed: Deed
    ) -> Preparation {
        broker.pass()
        guard let status else { return .refuse(.noSuchProcess) }
        guard !socket.hidesIP else { return .refuse(.familyNotSupported) }
        if status.threads == 1 { return .letGo }
        let address: LocalPlace
        do throws(Refusal) {
            address = try LocalPlace(copy, of: call.thread, status, own)
        } catch { return .refuse(error) }
        guard clinux_notification_waits(listener, call.id) == 0 else { return .refuse(.noSuchProcess) }
        switch deed {
        case .connect:
            return socket.connects
                ? .long(.connect(Connecting(socket: socket, address: address.address, place: address)))
                : .answer(socket.connect(address.address))
        case .bind: return .answer(socket.bind(address.address))
        }
    }

    /// The kernel reads the path again; what comes of that, the tracer holds against what was allowed.
    private func prepareExecution(_ call: clinux_notification) -> Preparation {
        guard let tracer else { return .refuse(.notPermitted) }
        let isAllowed = tracer.allows(call) { clinux_notification_waits(listener, call.id) == 0 }
        guard let isAllowed else { return .refuse(.noSuchProcess) }
        return isAllowed ? .letGo : .refuse(.notPermitted)
    }

    /// All of a call of socket(2) is in registers, so nothing that was judged can change.
    private func prepareSocket(_ call: clinux_notification) -> Preparation {
        let family = Int32(truncatingIfNeeded: call.first)
        let status = broker.identifies ? CallerStatus(thread: call.thread) : nil
        guard hooks.contains(.socketCreate) else { return .letGo }
        let ruling = broker.ask(
            .init(
                hook: .socketCreate, caller: call.thread, status: status, family: family,
                type: Int32(truncatingIfNeeded: call.second & 0xF), transport: Int32(truncatingIfNeeded: call.third),
                cookie: 0))
        return ruling.allows ? .letGo : .refuse(.notPermitted)
    }
}
