internal import CLinux

/// A value at which one thread looks at a time.
///
/// Behind a lock of the C library, and not in a `Mutex`: where two threads want one of those, the kernel hands it from one to the other
/// (futex(2), FUTEX_LOCK_PI). The thread sanitizer does not see that and calls it a race, so it could not be asked about what is here.
@safe package final class Guarded<Value: Sendable>: Sendable {
    // SAFETY (all that follow): the lock is this object's own and is there as long as it is; the value is touched with the lock held, and by
    // initialization and deinitialization, when nobody else has the object.
    private nonisolated(unsafe) let lock: UnsafeMutableRawPointer
    private nonisolated(unsafe) var value: Value

    package init(_ value: Value) {
        unsafe self.value = value
        unsafe lock = clinux_lock_make()
    }

    deinit { unsafe clinux_lock_free(lock) }

    package func withLock<Result, Problem: Error>(
        _ body: (inout Value) throws(Problem) -> Result
    ) throws(Problem) -> Result {
        unsafe clinux_lock_take(lock)
        defer { unsafe clinux_lock_leave(lock) }
        return try unsafe body(&value)
    }
}
