internal import CLinux
internal import Linux

/// The messages between the broker and the spawner: fixed size, descriptors beside them.
///
/// The spawner believes the broker. The broker does not believe the spawner's children, but none of them holds this socket.
struct JailMessage: Equatable {
    enum Kind: UInt32 {
        /// Broker, to a process that waits for a cell: make it. Descriptors: ``CellDescriptors``.
        case startCell = 1
        /// Broker: read an object. Descriptors: input, output.
        case admit = 2
        /// Broker: verify a package, within the limits of the message. Descriptors: input, output.
        case verify = 9
        /// Broker: compile a program, within the limits of the message. Descriptors: input, output.
        case compile = 10
        /// Broker: start a monitor, or a child, that waits to be told its cell.
        case prepareCell = 7
        /// Spawner: the admission or verification jail `process` runs; its pidfd comes along.
        case started = 3
        /// Spawner: the process `process` waits for its cell; its pidfd comes along, and the socket on which it waits.
        case cellReady = 8
        /// Spawner: the child could not be started; `status` is the errno.
        case refused = 4
        /// Spawner: the child `process` is gone; `status` as waitpid(2) gives it.
        case ended = 5
        /// Spawner: it is confined and ready; its confinement report comes behind the message.
        case ready = 6
    }

    static let size = 72

    var kind: Kind
    var process: Int32 = 0
    var status: Int32 = 0
    var programSize: UInt64 = 0
    var channelSize: UInt64 = 0
    var mapsSize: UInt64 = 0
    var codeSize: UInt64 = 0
    /// What a verification or compilation may take.
    var addressSpace: UInt64 = 0
    var cpuSeconds: UInt64 = 0

    init(_ kind: Kind) { self.kind = kind }

    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        func append(_ value: UInt64) {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
        append(UInt64(kind.rawValue))
        append(UInt64(UInt32(bitPattern: process)))
        append(UInt64(UInt32(bitPattern: status)))
        append(programSize)
        append(channelSize)
        append(mapsSize)
        append(addressSpace)
        append(cpuSeconds)
        append(codeSize)
        bytes += [UInt8](repeating: 0, count: Self.size - bytes.count)
        return bytes
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        func word(_ index: Int) -> UInt64 { (0..<8).reduce(0) { $0 | UInt64(bytes[index * 8 + $1]) << (8 * $1) } }
        guard let kind = Kind(rawValue: UInt32(truncatingIfNeeded: word(0))) else { return nil }
        self.kind = kind
        process = Int32(truncatingIfNeeded: word(1))
        status = Int32(truncatingIfNeeded: word(2))
        programSize = word(3)
        channelSize = word(4)
        mapsSize = word(5)
        addressSpace = word(6)
        cpuSeconds = word(7)
        codeSize = word(8)
    }
}

/// One end of the socket.
struct JailSocket: ~Copyable {
    let descriptor: FileDescriptor
    private static let capacity = 1024

    init(descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    func send(
        _ message: JailMessage, _ descriptors: [Int32] = [], trailer: [UInt8] = []
    ) throws(SystemError) {
        let bytes = message.bytes + trailer
        // SAFETY: both pointers are valid for their counts during the call.
        let sent = unsafe clinux_send(
            descriptor.rawValue, bytes, UInt64(bytes.count), descriptors, Int32(descriptors.count))
        _ = try checked("sendmsg", Int(sent))
    }

    /// Waits for a message; nil once the other end is gone. The descriptors are the caller's to close.
    func receive() throws(SystemError) -> (message: JailMessage, descriptors: [Int32], trailer: [UInt8])? {
        var bytes = [UInt8](repeating: 0, count: Self.capacity)
        var descriptors = [Int32](repeating: -1, count: 8)
        var count: Int32 = 0
        // SAFETY: the pointers are valid for the sizes that go with them; the shim writes at most eight descriptors.
        let received = unsafe clinux_receive(
            descriptor.rawValue, &bytes, UInt64(Self.capacity), &descriptors, &count)
        let size = try checked("recvmsg", Int(received))
        if size == 0 { return nil }
        guard size >= JailMessage.size, let message = JailMessage(Array(bytes[..<JailMessage.size])) else {
            throw SystemError(call: "recvmsg (a message of \(size) bytes that means nothing)", code: 71)
        }
        return (message, Array(descriptors.prefix(Int(count))), Array(bytes[JailMessage.size..<size]))
    }
}
