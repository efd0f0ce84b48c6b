internal import CChannel

/// The cell's address space, seen from either side of the boundary.
///
/// Inside the cell an address is what it says, so the window starts at 0. On the host the same addresses are
/// offsets into a reserved window of 4 GiB, of which only the shared parts are mapped. One type for both, so that maps,
/// channel and interpreter are the same code on both sides.
///
/// Nothing here checks an address: the callers do, against regions they trust, *before* the access. Every access is one
/// machine access of its width; a value read twice may differ, since the other side may be writing it.
@frozen @safe package struct CellMemory: @unchecked Sendable {
    @usableFromInline let base: UInt

    /// - Parameter base: the host address at which cell address 0 would lie; 0 inside the cell.
    @unsafe @inlinable package init(unsafeBase base: UInt) { self.base = base }

    @inlinable @inline(__always) package func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
        // SAFETY: `base + address` is not null: page 0 of a cell is never mapped, and a host window never starts at 0.
        unsafe UnsafeMutableRawPointer(bitPattern: base &+ UInt(truncatingIfNeeded: address)).unsafelyUnwrapped
    }

    /// The address, in this process, of a cell address; for system calls that take one.
    package func hostAddress(of address: UInt64) -> UInt64 { UInt64(base) &+ address }

    // SAFETY (every accessor below): the caller checked that `address` and the width lie in a mapped region.
    @inlinable @inline(__always) package func load8(_ a: UInt64) -> UInt8 { unsafe pointer(a).load(as: UInt8.self) }
    @inlinable @inline(__always) package func load16(_ a: UInt64) -> UInt16 { unsafe pointer(a).loadUnaligned(as: UInt16.self) }
    @inlinable @inline(__always) package func load32(_ a: UInt64) -> UInt32 { unsafe pointer(a).loadUnaligned(as: UInt32.self) }
    @inlinable @inline(__always) package func load64(_ a: UInt64) -> UInt64 { unsafe pointer(a).loadUnaligned(as: UInt64.self) }
    @inlinable @inline(__always) package func store8(_ a: UInt64, _ v: UInt8) { unsafe pointer(a).storeBytes(of: v, as: UInt8.self) }
    @inlinable @inline(__always) package func store16(_ a: UInt64, _ v: UInt16) { unsafe pointer(a).storeBytes(of: v, as: UInt16.self) }
    @inlinable @inline(__always) package func store32(_ a: UInt64, _ v: UInt32) { unsafe pointer(a).storeBytes(of: v, as: UInt32.self) }
    @inlinable @inline(__always) package func store64(_ a: UInt64, _ v: UInt64) { unsafe pointer(a).storeBytes(of: v, as: UInt64.self) }
}

/// Words that the other side may be writing: naturally aligned, one atomic access each.
extension CellMemory {
    // SAFETY (every accessor below): as above, and the caller keeps `address` aligned to the width.
    package func loadAcquire32(_ a: UInt64) -> UInt32 { unsafe cchannel_load_acquire_u32(pointer(a)) }
    package func loadAcquire64(_ a: UInt64) -> UInt64 { unsafe cchannel_load_acquire_u64(pointer(a)) }
    package func loadRelaxed32(_ a: UInt64) -> UInt32 { unsafe cchannel_load_u32(pointer(a)) }
    package func loadRelaxed64(_ a: UInt64) -> UInt64 { unsafe cchannel_load_u64(pointer(a)) }
    package func storeRelaxed32(_ a: UInt64, _ v: UInt32) { unsafe cchannel_store_u32(pointer(a), v) }
    package func storeRelaxed64(_ a: UInt64, _ v: UInt64) { unsafe cchannel_store_u64(pointer(a), v) }
    package func storeRelease32(_ a: UInt64, _ v: UInt32) { unsafe cchannel_store_release_u32(pointer(a), v) }
    package func storeRelease64(_ a: UInt64, _ v: UInt64) { unsafe cchannel_store_release_u64(pointer(a), v) }

    /// Each returns the value before the operation.
    package func fetchAdd32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_fetch_add_u32(pointer(a), v) }
    package func fetchOr32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_fetch_or_u32(pointer(a), v) }
    package func fetchAnd32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_fetch_and_u32(pointer(a), v) }
    package func fetchXor32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_fetch_xor_u32(pointer(a), v) }
    package func exchange32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_exchange_u32(pointer(a), v) }
    package func compareExchange32(_ a: UInt64, expected: UInt32, desired: UInt32) -> UInt32 {
        unsafe cchannel_compare_exchange_u32(pointer(a), expected, desired)
    }
    package func fetchAdd64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_fetch_add_u64(pointer(a), v) }
    package func fetchOr64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_fetch_or_u64(pointer(a), v) }
    package func fetchAnd64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_fetch_and_u64(pointer(a), v) }
    package func fetchXor64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_fetch_xor_u64(pointer(a), v) }
    package func exchange64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_exchange_u64(pointer(a), v) }
    package func compareExchange64(_ a: UInt64, expected: UInt64, desired: UInt64) -> UInt64 {
        unsafe cchannel_compare_exchange_u64(pointer(a), expected, desired)
    }
}

/// Orders all accesses before it against all after it, on both sides.
package func fence() { cchannel_fence() }

/// Tells the processor that this is a polling loop.
package func pause() { cchannel_pause() }

extension CellMemory {
    /// Copies bytes out of the cell into private memory; parse the copy, never the original.
    package func copyOut(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
        guard let destination = bytes.baseAddress else { return }
        // SAFETY: the caller checked that `address ..< address + bytes.count` is mapped; the destination is the caller's.
        unsafe destination.copyMemory(from: pointer(address), byteCount: bytes.count)
    }

    /// Copies private bytes into the cell.
    package func copyIn(_ bytes: UnsafeRawBufferPointer, to address: UInt64) {
        guard let source = bytes.baseAddress else { return }
        // SAFETY: the caller checked that `address ..< address + bytes.count` is mapped and ours to write.
        unsafe pointer(address).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Sets `count` bytes to zero.
    package func zero(_ address: UInt64, count: Int) {
        // SAFETY: the caller checked that `address ..< address + count` is mapped and ours to write.
        unsafe pointer(address).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }
}
