import Glibc

/// Whether tests can start guests here.
public enum KVM {
    /// Whether `/dev/kvm` may be opened, which is all that the product itself asks before it tries.
    public static let isUsable: Bool = {
        let descriptor = open("/dev/kvm", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }()

    /// What a skipped test says.
    public static let reason = "needs /dev/kvm, which cannot be opened here"
}
