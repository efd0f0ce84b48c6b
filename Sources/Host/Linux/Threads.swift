internal import CLinux

/// A lock that a thread may take again while it has it.
@safe package final class RecursiveLock: Sendable {
    // SAFETY (all that follow): the lock is this object's own, and is there as long as it is.
    private nonisolated(unsafe) let lock: UnsafeMutableRawPointer

    package init() { unsafe lock = clinux_lock_make_recursive() }

    deinit { unsafe clinux_lock_free(lock) }

    package func whileHeld<Result: ~Copyable, Problem: Error>(
        _ body: () throws(Problem) -> Result
    ) throws(Problem) -> Result {
        unsafe clinux_lock_take(lock)
        defer { unsafe clinux_lock_leave(lock) }
        return try body()
    }
}

private final class ThreadWork {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Runs something on a thread of its own, which ends with it. Whoever starts it finds out by themselves when that is.
package func startThread(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
    // SAFETY: the thread takes the reference over; where there is no thread, it is taken back.
    let context = unsafe Unmanaged.passRetained(ThreadWork(body))
    let result = unsafe clinux_thread_start(
        { context in
            guard let context = unsafe context else { return }
            unsafe Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().body()
        }, context.toOpaque())
    if result < 0 { unsafe context.release() }
    _ = try checked("pthread_create", Int(result))
}

/// Lets another thread have the processor.
package func yieldProcessor() { _ = clinux_yield() }
