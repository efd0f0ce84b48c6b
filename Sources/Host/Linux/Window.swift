internal import CLinux

/// A reserved range of this process's address space, into which memory files are mapped at chosen offsets.
///
/// What is not mapped cannot be touched: an access there is a fault, not somebody else's memory.
@safe package struct Window: ~Copyable, Sendable {
    /// The address of offset 0.
    package let base: UInt64
    package let size: UInt64

    package init(size: UInt64) throws(SystemError) {
        base = UInt64(try checked("mmap(PROT_NONE)", Int(clinux_reserve(size))))
        self.size = size
    }

    deinit { _ = clinux_unmap(base, size) }

    /// Maps the first `size` bytes of a file at `offset`.
    package borrowing func map(
        _ descriptor: borrowing FileDescriptor, at offset: UInt64, size: UInt64, writable: Bool
    ) throws(SystemError) {
        precondition(offset <= self.size && size <= self.size - offset, "a mapping stays inside its window")
        _ = try checked(
            "mmap", Int(clinux_map_at(base + offset, size, writable ? 1 : 0, descriptor.rawValue)))
    }

    /// Maps `size` bytes of a file, from `start` on, at `offset`, in place of what was mapped there.
    package borrowing func mapAgain(
        _ descriptor: borrowing FileDescriptor, from start: UInt64, at offset: UInt64, size: UInt64
    ) throws(SystemError) {
        precondition(offset <= self.size && size <= self.size - offset, "a mapping stays inside its window")
        _ = try checked("mmap", Int(clinux_map_again(base + offset, size, descriptor.rawValue, start)))
    }

    /// Maps zeroes that only this process sees at `offset`.
    package borrowing func mapPrivate(at offset: UInt64, size: UInt64) throws(SystemError) {
        precondition(offset <= self.size && size <= self.size - offset, "a mapping stays inside its window")
        _ = try checked("mmap", Int(clinux_map_at(base + offset, size, 1, -1)))
    }
}

/// CLOCK_MONOTONIC in nanoseconds; no system call.
package func monotonicNanoseconds() -> UInt64 { clinux_monotonic_nanoseconds() }

/// Bytes from the kernel's random source.
package func randomNumber() throws(SystemError) -> UInt64 {
    var value: UInt64 = 0
    // SAFETY: the pointer is valid for eight bytes during the call.
    let result = unsafe withUnsafeMutableBytes(of: &value) { unsafe clinux_random($0.baseAddress, 8) }
    _ = try checked("getrandom", Int(result))
    return value
}
