internal import CLinux

/// What Linux's other clocks are ahead of the monotonic one, which events are stamped by.
package struct ClockOffsets: Equatable, Sendable {
    package let boot: UInt64
    package let atomic: UInt64

    /// Read once, so that all sandboxes of a process agree: neither a sleep of the host nor a step of its clock is followed.
    package static let ofThisProcess = ClockOffsets()

    package init(boot: UInt64, atomic: UInt64) {
        self.boot = boot
        self.atomic = atomic
    }

    private init() {
        let monotonic = clinux_monotonic_nanoseconds()
        boot = clinux_boot_nanoseconds() &- monotonic
        atomic = clinux_atomic_nanoseconds() &- monotonic
    }
}
