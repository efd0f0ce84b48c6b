internal import CLinux

/// Ends the process with a message and status 1.
func fail(_ message: String) -> Never {
    var text = Array("ringfence-conformance: \(message)\n".utf8)
    // SAFETY: the pointer is valid for the call, and a short write to standard error changes nothing that matters.
    _ = unsafe clinux_write(2, &text, UInt64(text.count))
    clinux_exit(1)
}
