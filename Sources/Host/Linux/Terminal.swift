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

/// Whether standard output is a terminal.
package func standardOutputIsTerminal() -> Bool { clinux_is_terminal(1) == 1 }
