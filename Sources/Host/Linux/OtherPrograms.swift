internal import CLinux

extension FileDescriptor {
    /// A connection to the local stream socket of that name.
    package static func connect(to path: String) throws(SystemError) -> FileDescriptor {
        // SAFETY: the text lives through the call, which only reads it.
        let descriptor = try checked("connect", Int(unsafe path.withCString { unsafe clinux_connect_local($0) }))
        return FileDescriptor(owning: Int32(descriptor))
    }
}

/// Sends all bytes over a socket.
package func send(_ bytes: [UInt8], over socket: borrowing FileDescriptor) throws(SystemError) {
    // SAFETY: the shim reads `count` bytes, which live through the call.
    let result = unsafe bytes.withUnsafeBufferPointer {
        unsafe clinux_send_all(socket.rawValue, $0.baseAddress, UInt64($0.count))
    }
    _ = try checked("send", Int(result))
}

/// Receives exactly so many bytes from a socket.
package func receive(_ count: Int, over socket: borrowing FileDescriptor) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // SAFETY: the shim writes `count` bytes, for which there is room.
    let result = unsafe bytes.withUnsafeMutableBufferPointer {
        unsafe clinux_receive_all(socket.rawValue, $0.baseAddress, UInt64($0.count))
    }
    _ = try checked("recv", Int(result))
    return bytes
}

/// What a command that was run came to.
package struct FilterResult: Equatable, Sendable {
    /// As waitpid(2) gives it; 0 is success.
    package let status: Int32
    package let output: [UInt8]
    /// Whether the output was longer than wanted, and is cut.
    package let isCut: Bool
}

/// Runs `sh -c command` with these bytes as its standard input.
package func runFilter(_ command: String, input: [UInt8], outputLimit: Int) throws(SystemError) -> FilterResult {
    var output = [UInt8](repeating: 0, count: outputLimit)
    var length: UInt64 = 0
    // SAFETY: the shim reads `size` bytes of input and the text, and writes at most `capacity` bytes of output; all three live through the call.
    let result = unsafe command.withCString { command in
        unsafe input.withUnsafeBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe clinux_run_filter(
                    command, input.baseAddress, UInt64(input.count), output.baseAddress, UInt64(output.count), &length)
            }
        }
    }
    let status = try checked("posix_spawn", Int(result))
    let isCut = length > UInt64(outputLimit)
    return FilterResult(
        status: Int32(truncatingIfNeeded: status), output: isCut ? output : Array(output.prefix(Int(length))),
        isCut: isCut)
}
