package import Channel

/// The memory that programs are tried in: one stretch of this process, laid out as a cell is, so that the interpreter finds in it
/// what it finds there. Made once, before the process gives up what it needs to make it, and used for one program after the other.
///
/// ```
/// program      instructions
/// host words   zero
/// descriptors  of maps: first the program's, then one for each region that a run has made
/// packets      four places, a megabyte apart; a helper that moves the packet moves it to the next
/// regions      context, map values, what helpers hand out; between any two lies memory that nobody may touch
/// private      stack frames and registers
/// ```
@safe package final class Arena {
    static let code = AddressMap.program
    static let codeCapacity = AddressMap.programCapacity
    static let descriptors: UInt64 = 0x0090_0000
    static let packets: UInt64 = 0x00A0_0000
    static let packetStride: UInt64 = 0x0010_0000
    static let packetPlaces: UInt64 = 4
    static let regions = AddressMap.channel
    static let regionsEnd = AddressMap.privateMemory
    /// Addresses of things that a program may hold but not look into: nothing lies there.
    static let handles: UInt64 = 0x4000_0000
    /// What a program gets for the address of one of its functions.
    static let functions: UInt64 = 0x5000_0000
    private static let start = AddressMap.program
    private static let end = AddressMap.privateMemory + AddressMap.privateSize

    package let memory: CellMemory
    private let bytes: UnsafeMutableRawPointer

    package init() {
        // SAFETY: freed in `deinit`; the allocator maps a block of this size by itself, so what is never touched costs nothing.
        unsafe bytes = UnsafeMutableRawPointer.allocate(
            byteCount: Int(Arena.end - Arena.start), alignment: Int(AddressMap.pageSize))
        // SAFETY: every address that the machine hands to this memory lies between `start` and `end`, which are those of the block.
        unsafe memory = CellMemory(unsafeBase: UInt(bitPattern: bytes) &- UInt(Arena.start))
        memory.zero(AddressMap.hostWords, count: Int(AddressMap.hostWordsSize))
        memory.zero(AddressMap.privateMemory, count: Int(AddressMap.privateSize))
    }

    // SAFETY: allocated in `init`; nobody keeps the memory longer than the arena.
    deinit { unsafe bytes.deallocate() }
}
