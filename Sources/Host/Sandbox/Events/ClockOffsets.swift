internal import CLinux

/// What Linux's other clocks are ahead of the monotonic one, which events are stamped by.
struct ClockOffsets {
    let boot: UInt64
    let atomic: UInt64

    /// Read once, so that all sandboxes of a process agree: neither a sleep of the host nor a step of its clock is followed.
    static let ofThisProcess = ClockOffsets()

    private init() {
        let monotonic = clinux_monotonic_nanoseconds()
        boot = clinux_boot_nanoseconds() &- monotonic
        atomic = clinux_atomic_nanoseconds() &- monotonic
    }
}
