import Foundation
import Synchronization

/// What a stream of bytes came to: how many, and a sum that is another where one of them is.
struct StreamSum: Equatable {
    var count: UInt64 = 0
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            count += 1
            sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }
    }

    var bytes: [UInt8] {
        [count, sum].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } }
    }
}

/// Sockets of the kernel's own, in whichever namespace they were opened.
enum Conversation {
    struct Failure: Error { let what: String, code: Int32 }

    static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }

    static func socket(_ kind: __socket_type, seconds: Int = 5) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw Failure(what: "socket", code: errno) }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        return socket
    }

    static func bound(_ kind: __socket_type, to text: String, _ port: UInt16) throws -> Int32 {
        let socket = try socket(kind)
        var one: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var place = address(text, port)
        guard withPointer(to: &place, { bind(socket, $0, $1) }) == 0 else { throw Failure(what: "bind", code: errno) }
        return socket
    }

    /// - Returns: nil where nobody answers in time.
    static func connected(_ kind: __socket_type, to text: String, _ port: UInt16, seconds: Int = 5) throws -> Int32? {
        let socket = try socket(kind, seconds: seconds)
        var place = address(text, port)
        // A connection is waited for as long as a send is (SO_SNDTIMEO).
        if withPointer(to: &place, { connect(socket, $0, $1) }) == 0 { return socket }
        let code = errno
        close(socket)
        guard [EINPROGRESS, EAGAIN, ETIMEDOUT].contains(code) else { throw Failure(what: "connect", code: code) }
        return nil
    }

    private static func withPointer(
        to address: inout sockaddr_in, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    /// Sends bytes over a stream; what the other end says that it had of them.
    static func exchange(_ socket: Int32, bytes count: Int, _ next: () -> UInt8) throws -> (
        own: StreamSum, said: [UInt8]
    ) {
        var own = StreamSum()
        var left = count
        while left > 0 {
            let piece = (0..<min(left, 16_384)).map { _ in next() }
            var done = 0
            while done < piece.count {
                let sent = piece[done...].withUnsafeBytes {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard sent > 0 else { throw Failure(what: "send", code: errno) }
                done += sent
            }
            own.add(piece)
            left -= piece.count
        }
        shutdown(socket, Int32(SHUT_WR))
        var said: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure(what: "recv", code: errno) }
            if count == 0 { return (own, said) }
            said += buffer.prefix(count)
        }
    }
}

/// Takes streams, one after the other, and tells each sender what came of its own.
final class StreamServer: Sendable {
    private let socket: Int32
    private let isOver = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(_ address: String, _ port: UInt16) throws {
        socket = try Conversation.bound(SOCK_STREAM, to: address, port)
        listen(socket, 64)
        let (socket, ended) = (socket, ended)
        Thread { [isOver = Unowned(self)] in
            while !isOver.value.isOver.load(ordering: .relaxed) {
                // It waits as long as a socket of ours does (SO_RCVTIMEO).
                let connection = accept(socket, nil, nil)
                if connection >= 0 { Self.serve(connection) }
            }
            ended.signal()
        }.start()
    }

    /// Its thread ends before it does.
    private struct Unowned: @unchecked Sendable {
        unowned let value: StreamServer

        init(_ value: StreamServer) { self.value = value }
    }

    private static func serve(_ connection: Int32) {
        defer { close(connection) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var sum = StreamSum()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count >= 0 else { return }
            if count == 0 { break }
            sum.add(buffer.prefix(count))
        }
        let answer = sum.bytes
        _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    func end() {
        isOver.store(true, ordering: .relaxed)
        shutdown(socket, Int32(SHUT_RDWR))
        ended.wait()
        close(socket)
    }
}
