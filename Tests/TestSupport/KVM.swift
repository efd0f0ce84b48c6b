import Dispatch
import Glibc

/// Whether tests can start guests here.
public enum KVM {
    /// Whether `/dev/kvm` is the device (10:232, Documentation/admin-guide/devices.txt) and may be opened, which is what the
    /// product itself asks before it tries.
    public static let isUsable: Bool = {
        let descriptor = open("/dev/kvm", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_rdev == 10 << 8 | 232
    }()

    /// What a skipped test says.
    public static let reason = "needs /dev/kvm, which cannot be opened here"
}

/// Lets one test at a time have cells: they poll, and two processors are soon too few for what a deadline promises.
///
/// Tests of cells are synchronous, so the one that waits here keeps its thread, and the one that holds it needs no other.
public final class MachineRoom: Sendable {
    private static let door = DispatchSemaphore(value: 1)

    /// Waits until nobody else is in.
    public init() { Self.door.wait() }

    deinit { Self.door.signal() }
}
