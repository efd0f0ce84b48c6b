internal import CLinux

/// Where the message that another process receives is to go in its memory (struct msghdr), copied once.
struct MessageRoom {
    let thread: UInt32
    private(set) var parts: [(address: UInt64, size: Int)] = []
    /// Where the sender's address goes, and where its size; the room that the caller says there is.
    private(set) var name: UInt64 = 0
    private(set) var nameCapacity = 0
    private let nameSizePlace: UInt64
    private(set) var control: UInt64 = 0
    private(set) var controlCapacity = 0
    /// Of struct msghdr, and of struct mmsghdr; 0 where the call has none.
    private let header: UInt64
    private let countPlace: UInt64
    let flags: Int32

    /// A datagram of UDP is no larger.
    private static let capacity = 1 << 16
    private static let headerSize = 56
    private static let partCapacity: UInt64 = 1024  // UIO_MAXIOV
    private static let controlLimit: UInt64 = 20 << 10

    var size: Int { min(parts.reduce(0) { $0 + $1.size }, Self.capacity) }

    /// The room of recvfrom(2).
    init(recvfrom call: clinux_notification) throws(Refusal) {
        thread = call.thread
        flags = Int32(truncatingIfNeeded: call.fourth)
        parts = [(call.second, Int(min(call.third, UInt64(Self.capacity))))]
        name = call.fifth
        (header, countPlace, nameSizePlace) = (0, 0, call.sixth)
        guard name != 0 else { return }
        let claimed = Int32(truncatingIfNeeded: try ForeignBytes.word(call.thread, call.sixth, 4))
        guard claimed >= 0 else { throw .invalid }
        nameCapacity = Int(claimed)
    }

    /// The room of recvmsg(2), or the first of recvmmsg(2).
    init(header place: UInt64, flags: Int32, isOne: Bool, of thread: UInt32) throws(Refusal) {
        self.thread = thread
        self.flags = flags
        (header, countPlace, nameSizePlace) = (place, isOne ? 0 : place &+ UInt64(Self.headerSize), place &+ 8)
        let bytes = try ForeignBytes.copy(thread, place, Self.headerSize)
        func word(_ offset: Int) -> UInt64 { ForeignBytes.word(bytes, offset) }
        let claimedName = Int32(truncatingIfNeeded: word(8))
        guard claimedName >= 0 else { throw .invalid }
        name = word(0)
        nameCapacity = name == 0 ? 0 : Int(claimedName)
        guard word(24) <= Self.partCapacity else { throw .messageTooLong }
        let list = try ForeignBytes.copy(thread, word(16), Int(word(24)) * 16)
        for part in stride(from: 0, to: list.count, by: 16) {
            let size = Int(min(ForeignBytes.word(list, part + 8), UInt64(Self.capacity)))
            parts.append((ForeignBytes.word(list, part), size))
        }
        control = word(32)
        controlCapacity = control == 0 ? 0 : Int(min(word(40), Self.controlLimit))
    }

    /// Puts a message where its receiver wants it; false where there is no memory.
    func fill(_ message: ReceivedMessage) -> Bool {
        var rest = message.bytes[...]
        for part in parts where !rest.isEmpty {
            let bytes = rest.prefix(part.size)
            guard ForeignBytes.write(Array(bytes), to: part.address, of: thread) else { return false }
            rest = rest.dropFirst(part.size)
        }
        if name != 0 {
            guard ForeignBytes.write(Array(message.address.bytes.prefix(nameCapacity)), to: name, of: thread),
                ForeignBytes.write(
                    ForeignBytes.bytes(UInt64(message.address.bytes.count), 4), to: nameSizePlace, of: thread)
            else { return false }
        }
        guard header != 0 else { return true }
        if control != 0, !ForeignBytes.write(message.control, to: control, of: thread) { return false }
        guard
            ForeignBytes.write(ForeignBytes.bytes(UInt64(message.control.count), 8), to: header &+ 40, of: thread),
            ForeignBytes.write(
                ForeignBytes.bytes(UInt64(UInt32(bitPattern: message.flags)), 4), to: header &+ 48, of: thread)
        else { return false }
        guard countPlace != 0 else { return true }
        return ForeignBytes.write(ForeignBytes.bytes(UInt64(message.size), 4), to: countPlace, of: thread)
    }

    /// What the call gives.
    func result(_ message: ReceivedMessage) -> Int64 { countPlace == 0 ? message.size : 1 }
}

/// A message as the kernel gave it.
struct ReceivedMessage {
    /// What the call gives, which may be more than there was room for.
    var size: Int64
    var bytes: [UInt8]
    var address: SocketAddress
    var control: [UInt8]
    var flags: Int32
}

/// A datagram that is to be received, perhaps after a wait.
struct Receiving {
    let socket: TakenSocket
    let room: MessageRoom
    let hook: SupervisedHook
    let status: CallerStatus?

    private static let doNotWait: Int32 = 0x40  // MSG_DONTWAIT

    func carryOut(waits: Bool, _ broker: BrokerChannel) -> Int64 {
        var message: ReceivedMessage
        switch socket.receive(
            room.size, control: room.controlCapacity, flags: room.flags | (waits ? 0 : Self.doNotWait))
        {
        case .success(let received): message = received
        // -ERESTARTSYS, as for connections.
        case .failure(let refusal): return refusal.value == -4 ? -512 : refusal.value
        }
        let form: SocketAddress.Family = hook == .receiveIPv6 ? .ipv6 : .ipv4
        if message.address.bytes.count >= SocketAddress.leastSize(of: form) {
            let ruling = broker.ask(
                .init(
                    hook: hook, caller: room.thread, status: status, family: socket.domain, type: socket.type,
                    transport: socket.transport, cookie: socket.cookie, address: message.address.words(form),
                    port: message.address.port))
            if let (address, port) = ruling.rewritten { message.address.replace(form, address, port: port) }
        }
        return room.fill(message) ? room.result(message) : -Int64(Refusal.badAddress.rawValue)
    }
}

/// A negated errno.
struct CallError: Error { let value: Int64 }

/// Bytes of another process, once.
enum ForeignBytes {
    static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes[offset..<offset + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func word(_ thread: UInt32, _ address: UInt64, _ size: Int) throws(Refusal) -> UInt64 {
        try copy(thread, address, size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func bytes(_ number: UInt64, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
    }

    static func copy(_ thread: UInt32, _ address: UInt64, _ size: Int) throws(Refusal) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        guard size > 0 else { return bytes }
        // SAFETY: the shim writes at most the array's bytes.
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe clinux_read_memory(thread, address, $0.baseAddress, UInt64($0.count))
        }
        guard count == Int64(size) else { throw .badAddress }
        return bytes
    }

    static func write(_ bytes: [UInt8], to address: UInt64, of thread: UInt32) -> Bool {
        guard !bytes.isEmpty else { return true }
        // SAFETY: the shim reads the array's bytes.
        return unsafe clinux_write_memory(thread, address, bytes, UInt64(bytes.count)) == Int64(bytes.count)
    }
}
