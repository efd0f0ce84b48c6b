import Channel
import Maps

/// The stack of a program, in the window of the map that it works on.
final class Scratch {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 64)
    /// The host address of cell address 0 in the window of the current program.
    private var base: UInt = 0

    deinit { buffer.deallocate() }

    /// The map of `storage` as a program sees it, whose keys and values are put here.
    func program(_ storage: Storage, lane: UInt32 = 0) -> Map {
        base = UInt(bitPattern: storage.start) &- UInt(Storage.address)
        return storage.program(lane: lane)
    }

    /// The address, in the window of the program's map, at which these bytes now lie.
    func put(_ bytes: [UInt8], at offset: Int = 0) -> UInt64 {
        let place = UnsafeMutableRawBufferPointer(rebasing: buffer[offset...])
        place.copyBytes(from: bytes)
        return UInt64(UInt(bitPattern: place.baseAddress) &- base)
    }
}
