internal import CLinux

/// Standard error, as commands use it.
package enum StandardError {
    package static var isTerminal: Bool { clinux_is_terminal(2) == 1 }

    /// Writes what it can; there is nowhere to say that it could not.
    package static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // SAFETY: the pointer is valid during the call.
        _ = unsafe clinux_write(2, bytes, UInt64(bytes.count))
    }
}

/// Standard output, for who says something as it happens: nothing is kept back.
package enum StandardOutput {
    /// Writes all of it, or what there is a reader for.
    package static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            // SAFETY: the pointer is valid for `bytes.count - done` bytes during the call.
            let written = unsafe bytes.withUnsafeBytes {
                unsafe clinux_write(1, $0.baseAddress.unsafelyUnwrapped + done, UInt64(bytes.count - done))
            }
            guard written > 0 else { return }
            done += Int(written)
        }
    }
}

/// Whether standard output is a terminal.
package func standardOutputIsTerminal() -> Bool { clinux_is_terminal(1) == 1 }
