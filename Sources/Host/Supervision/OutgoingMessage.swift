internal import CLinux
internal import Linux

/// A copy of a message that another process sends (struct msghdr): data, control and address, gathered once.
struct OutgoingMessage {
    var address: SocketAddress
    private(set) var bytes: [UInt8] = []
    private(set) var control: [UInt8] = []
    let flags: Int32
    /// Descriptors that the message hands over, which are this process's while it is sent.
    private var handed: HandedDescriptors?

    private final class HandedDescriptors {
        var numbers: [Int32] = []
        deinit { for number in numbers { _ = clinux_close(number) } }
    }

    static let fastOpen: Int32 = 0x2000_0000  // MSG_FASTOPEN
    private static let zeroCopy: Int32 = 0x400_0000  // MSG_ZEROCOPY
    static let doNotWait: Int32 = 0x40  // MSG_DONTWAIT
    private static let noSignal: Int32 = 0x4000  // MSG_NOSIGNAL
    /// More than a datagram of IP or a local socket may have; of a stream so much is sent, and the caller told how much.
    static let capacity = 1 << 20
    private static let controlCapacity = 20 << 10
    private static let partCapacity: UInt64 = 1024  // UIO_MAXIOV
    private static let headerSize = 56

    /// The message of sendto(2).
    init(sendto call: clinux_notification) throws(Refusal) {
        let size = Int32(truncatingIfNeeded: call.sixth)
        guard size >= 0, Int(size) <= SocketAddress.capacity else { throw .invalid }
        address = SocketAddress(try ForeignBytes.copy(call.thread, call.fifth, Int(size)))
        flags = Int32(truncatingIfNeeded: call.fourth)
        bytes = try ForeignBytes.copy(call.thread, call.second, Int(min(call.third, UInt64(Self.capacity))))
    }

    /// The message of sendmsg(2), or the first of sendmmsg(2).
    init(header place: UInt64, flags: Int32, of thread: UInt32) throws(Refusal) {
        let header = try ForeignBytes.copy(thread, place, Self.headerSize)
        func word(_ offset: Int) -> UInt64 { ForeignBytes.word(header, offset) }
        let claimedName = Int32(truncatingIfNeeded: word(8))
        guard claimedName >= 0 else { throw .invalid }
        let nameSize = word(0) == 0 ? 0 : min(Int(claimedName), SocketAddress.capacity)
        address = SocketAddress(try ForeignBytes.copy(thread, word(0), nameSize))
        self.flags = flags
        guard word(24) <= Self.partCapacity else { throw .messageTooLong }
        let parts = try ForeignBytes.copy(thread, word(16), Int(word(24)) * 16)
        for part in stride(from: 0, to: parts.count, by: 16) {
            let size = min(ForeignBytes.word(parts, part + 8), UInt64(Self.capacity - bytes.count))
            bytes += try ForeignBytes.copy(thread, ForeignBytes.word(parts, part), Int(size))
        }
        guard word(40) <= UInt64(Self.controlCapacity) else { throw .noBuffers }
        control = word(32) == 0 ? [] : try ForeignBytes.copy(thread, word(32), Int(word(40)))
    }

    /// Takes the descriptors that the message hands over (SCM_RIGHTS), so that they are handed over from here.
    mutating func takeDescriptors(of thread: UInt32) throws(Refusal) {
        let handed = HandedDescriptors()
        var place = 0
        while place + 16 <= control.count {
            let length = ForeignBytes.word(control, place)
            guard length >= 16, length <= UInt64(control.count - place) else { throw .invalid }
            let end = place + Int(length)
            // SOL_SOCKET, SCM_RIGHTS.
            if control[place + 8..<place + 16].elementsEqual([1, 0, 0, 0, 1, 0, 0, 0]) {
                for offset in stride(from: place + 16, to: end - 3, by: 4) {
                    let number = control[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                    let taken: Int32
                    do throws(SystemError) {
                        taken = try TakenSocket.take(Int32(bitPattern: number), of: thread).release()
                    } catch { throw Refusal(rawValue: error.code) ?? .badDescriptor }
                    handed.numbers.append(taken)
                    for index in 0..<4 {
                        control[offset + index] = UInt8(truncatingIfNeeded: taken >> (8 * Int32(index)))
                    }
                }
            }
            place = (end + 7) & ~7
        }
        self.handed = handed
    }

    /// The flags that it is sent with here: SIGPIPE would be this process's, and pages that go out uncopied would be too.
    func ownFlags(waits: Bool) -> Int32 {
        (flags & ~Self.zeroCopy) | Self.noSignal | (waits ? 0 : Self.doNotWait)
    }
}
