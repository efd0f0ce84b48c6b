import CMapsTesting
import Channel
import Maps

/// A window in which a program's stack and a map's storage both lie, as in a cell.
final class Scratch {
    private var current: Storage?

    init() throws {}

    /// The map of `storage` as a program sees it. The keys and values put here lie in the same window.
    func program(_ storage: Storage, lane: UInt32 = 0) -> Map {
        current = storage
        return storage.program(lane: lane)
    }

    private let buffer = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 64)
    deinit { buffer.deallocate() }

    /// The address, in the window of the program's map, at which these bytes lie.
    func put(_ bytes: [UInt8], at offset: Int = 0) -> UInt64 {
        bytes.withUnsafeBytes { (buffer + offset).copyMemory(from: $0.baseAddress!, byteCount: bytes.count) }
        // The window's base is subtracted with wrapping, as it is added.
        let base = UInt(bitPattern: current!.start) &- UInt(Storage.address)
        return UInt64(UInt(bitPattern: buffer + offset) &- base)
    }
}
