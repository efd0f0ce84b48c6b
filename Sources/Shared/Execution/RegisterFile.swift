internal import CExecution
internal import Channel

/// R0...R10, in the cell's private memory behind the frames, where no region reaches.
///
/// There is room for 256, so that any byte is a register number: none needs a check.
@safe struct RegisterFile {
    private static var start: UInt64 { AddressMap.privateMemory &+ 2 &* AddressMap.pageSize }
    /// A word that no instruction names, for a helper that has an argument in a register and needs it in memory.
    static var spare: UInt64 { start &+ 255 &* 8 }
    let base: UnsafeMutablePointer<UInt64>

    init(in memory: CellMemory) {
        // SAFETY: private memory is mapped, page-aligned, and 16 pages long, of which this uses half of the third.
        unsafe base = memory.pointer(Self.start).assumingMemoryBound(to: UInt64.self)
    }

    /// - Parameter base: ``base`` of another.
    @unsafe @inline(__always) init(base: UnsafeMutablePointer<UInt64>) { unsafe self.base = base }

    @inline(__always) subscript(_ number: UInt8) -> UInt64 {
        // SAFETY (both): there is room for each number.
        get { unsafe cexecution_read(base, number) }
        nonmutating set { unsafe cexecution_write(base, number, newValue) }
    }

    /// The registers, as calls take them.
    var first: [16 of UInt64] {
        // SAFETY (both): 16 of the 256 words, contiguous as the array's are.
        @inline(__always) unsafeAddress { unsafe UnsafeRawPointer(base).assumingMemoryBound(to: [16 of UInt64].self) }
        @inline(__always) nonmutating unsafeMutableAddress {
            unsafe UnsafeMutableRawPointer(base).assumingMemoryBound(to: [16 of UInt64].self)
        }
    }
}
