internal import CLinux

/// Being asked to end, by SIGINT or SIGTERM, for who has something to put back first.
package enum EndRequest {
    /// To be called before processes are started that are to outlive a Ctrl-C until this one ends them.
    package static func ignoreInterrupts() throws(SystemError) {
        _ = try checked("sigaction", Int(clinux_ignore_interrupt()))
    }

    /// From here on requests are remembered, and interrupt what waits.
    package static func catchAll() throws(SystemError) { _ = try checked("sigaction", Int(clinux_catch_end())) }

    package static var isPending: Bool { clinux_was_asked_to_end() != 0 }
}

/// Being asked to read anew what was read at the start, by SIGHUP.
package enum RenewalRequest {
    /// From here on requests are remembered, and interrupt what waits.
    package static func catchAll() throws(SystemError) { _ = try checked("sigaction", Int(clinux_catch_renewal())) }

    /// Whether there was one since the last time.
    package static func take() -> Bool { clinux_take_renewal() != 0 }
}
