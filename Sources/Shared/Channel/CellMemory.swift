public import CChannel

/// The cell's address space, seen from either side of the boundary.
///
/// Inside the cell an address is what it says, so the window starts at 0. On the host the same addresses are
/// offsets into a reserved window of 4 GiB, of which only the shared parts are mapped. One type for both, so that maps,
/// channel and interpreter are the same code on both sides.
///
/// It is public, alone in this module, so that its accessors can be inlined into other modules of the host build: the compiler does
/// that for public declarations only, and a call per word would triple the cost of an event.
///
/// Nothing here checks an address: the callers do, against regions they trust, *before* the access. Every access is one
/// machine access of its width; a value read twice may differ, since the other side may be writing it.
@frozen @safe public struct CellMemory: @unchecked Sendable {
    @usableFromInline let base: UInt

    /// - Parameter base: the host address at which cell address 0 would lie; 0 inside the cell.
    @unsafe @inlinable public init(unsafeBase base: UInt) { self.base = base }

    @inlinable @inline(__always) package func pointer(_ address: UInt64) -> UnsafeMutableRawPointer {
        // SAFETY: `base + address` is not null: page 0 of a cell is never mapped, and a host window never starts at 0.
        unsafe UnsafeMutableRawPointer(bitPattern: base &+ UInt(truncatingIfNeeded: address)).unsafelyUnwrapped
    }

    /// The address, in this process, of a cell address; for system calls that take one.
    @inlinable public func hostAddress(of address: UInt64) -> UInt64 { UInt64(base) &+ address }

    // SAFETY (every accessor below): the caller checked that `address` and the width lie in a mapped region.
    @inlinable @inline(__always) public func load8(_ a: UInt64) -> UInt8 { unsafe pointer(a).load(as: UInt8.self) }
    @inlinable @inline(__always) public func load16(_ a: UInt64) -> UInt16 {
        unsafe pointer(a).loadUnaligned(as: UInt16.self)
    }
    @inlinable @inline(__always) public func load32(_ a: UInt64) -> UInt32 {
        unsafe pointer(a).loadUnaligned(as: UInt32.self)
    }
    @inlinable @inline(__always) public func load64(_ a: UInt64) -> UInt64 {
        unsafe pointer(a).loadUnaligned(as: UInt64.self)
    }
    @inlinable @inline(__always) public func store8(_ a: UInt64, _ v: UInt8) {
        unsafe pointer(a).storeBytes(of: v, as: UInt8.self)
    }
    @inlinable @inline(__always) public func store16(_ a: UInt64, _ v: UInt16) {
        unsafe pointer(a).storeBytes(of: v, as: UInt16.self)
    }
    @inlinable @inline(__always) public func store32(_ a: UInt64, _ v: UInt32) {
        unsafe pointer(a).storeBytes(of: v, as: UInt32.self)
    }
    @inlinable @inline(__always) public func store64(_ a: UInt64, _ v: UInt64) {
        unsafe pointer(a).storeBytes(of: v, as: UInt64.self)
    }
}

/// Words that the other side may be writing: naturally aligned, one atomic access each.
extension CellMemory {
    // SAFETY (every accessor below): as above, and the caller keeps `address` aligned to the width.
    @inlinable public func loadAcquire32(_ a: UInt64) -> UInt32 { unsafe cchannel_load_acquire_u32(pointer(a)) }
    @inlinable public func loadAcquire64(_ a: UInt64) -> UInt64 { unsafe cchannel_load_acquire_u64(pointer(a)) }
    @inlinable public func loadRelaxed32(_ a: UInt64) -> UInt32 { unsafe cchannel_load_u32(pointer(a)) }
    @inlinable public func loadRelaxed64(_ a: UInt64) -> UInt64 { unsafe cchannel_load_u64(pointer(a)) }
    @inlinable public func storeRelaxed32(_ a: UInt64, _ v: UInt32) { unsafe cchannel_store_u32(pointer(a), v) }
    @inlinable public func storeRelaxed64(_ a: UInt64, _ v: UInt64) { unsafe cchannel_store_u64(pointer(a), v) }
    @inlinable public func storeRelease32(_ a: UInt64, _ v: UInt32) { unsafe cchannel_store_release_u32(pointer(a), v) }
    @inlinable public func storeRelease64(_ a: UInt64, _ v: UInt64) { unsafe cchannel_store_release_u64(pointer(a), v) }

    /// Each returns the value before the operation.
    @inlinable public func fetchAdd32(_ a: UInt64, _ v: UInt32) -> UInt32 {
        unsafe cchannel_fetch_add_u32(pointer(a), v)
    }
    @inlinable public func fetchOr32(_ a: UInt64, _ v: UInt32) -> UInt32 { unsafe cchannel_fetch_or_u32(pointer(a), v) }
    @inlinable public func fetchAnd32(_ a: UInt64, _ v: UInt32) -> UInt32 {
        unsafe cchannel_fetch_and_u32(pointer(a), v)
    }
    @inlinable public func fetchXor32(_ a: UInt64, _ v: UInt32) -> UInt32 {
        unsafe cchannel_fetch_xor_u32(pointer(a), v)
    }
    @inlinable public func exchange32(_ a: UInt64, _ v: UInt32) -> UInt32 {
        unsafe cchannel_exchange_u32(pointer(a), v)
    }
    @inlinable public func compareExchange32(_ a: UInt64, expected: UInt32, desired: UInt32) -> UInt32 {
        unsafe cchannel_compare_exchange_u32(pointer(a), expected, desired)
    }
    @inlinable public func fetchAdd64(_ a: UInt64, _ v: UInt64) -> UInt64 {
        unsafe cchannel_fetch_add_u64(pointer(a), v)
    }
    @inlinable public func fetchOr64(_ a: UInt64, _ v: UInt64) -> UInt64 { unsafe cchannel_fetch_or_u64(pointer(a), v) }
    @inlinable public func fetchAnd64(_ a: UInt64, _ v: UInt64) -> UInt64 {
        unsafe cchannel_fetch_and_u64(pointer(a), v)
    }
    @inlinable public func fetchXor64(_ a: UInt64, _ v: UInt64) -> UInt64 {
        unsafe cchannel_fetch_xor_u64(pointer(a), v)
    }
    @inlinable public func exchange64(_ a: UInt64, _ v: UInt64) -> UInt64 {
        unsafe cchannel_exchange_u64(pointer(a), v)
    }
    @inlinable public func compareExchange64(_ a: UInt64, expected: UInt64, desired: UInt64) -> UInt64 {
        unsafe cchannel_compare_exchange_u64(pointer(a), expected, desired)
    }
}

/// Orders all accesses before it against all after it, on both sides.
@inlinable public func fence() { cchannel_fence() }

/// Tells the processor that this is a polling loop.
@inlinable public func pause() { cchannel_pause() }

extension CellMemory {
    /// Copies bytes out of the cell into private memory; parse the copy, never the original.
    @inlinable public func copyOut(_ address: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
        guard let destination = bytes.baseAddress else { return }
        // SAFETY: the caller checked that `address ..< address + bytes.count` is mapped; the destination is the caller's.
        unsafe destination.copyMemory(from: pointer(address), byteCount: bytes.count)
    }

    /// Copies private bytes into the cell.
    @inlinable public func copyIn(_ bytes: UnsafeRawBufferPointer, to address: UInt64) {
        guard let source = bytes.baseAddress else { return }
        // SAFETY: the caller checked that `address ..< address + bytes.count` is mapped and ours to write.
        unsafe pointer(address).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Copies bytes from one place of the cell to another; they may overlap.
    @inlinable public func move(from source: UInt64, to destination: UInt64, count: UInt64) {
        // SAFETY: the caller checked that both ranges are mapped, and that the second is its to write.
        unsafe pointer(destination).copyMemory(from: pointer(source), byteCount: Int(truncatingIfNeeded: count))
    }

    /// Sets `count` bytes to zero.
    @inlinable public func zero(_ address: UInt64, count: Int) {
        // SAFETY: the caller checked that `address ..< address + count` is mapped and ours to write.
        unsafe pointer(address).initializeMemory(as: UInt8.self, repeating: 0, count: count)
    }
}
