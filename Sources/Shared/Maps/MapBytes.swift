package import Channel

/// Where the bytes of a key or a value begin: in the cell, or on the host in private memory.
///
/// The length is the map's key or value size, which whoever makes one has checked against the bytes that are there.
@frozen package struct MapBytes {
    package let memory: CellMemory
    package let address: UInt64

    @inlinable package init(memory: CellMemory, address: UInt64) {
        self.memory = memory
        self.address = address
    }

    /// The eight bytes at `offset` of `size`, little-endian, padded with zeros at the end; reads nothing past `size`.
    @inline(__always) func word(at offset: UInt32, of size: UInt32) -> UInt64 {
        let remaining = size &- offset
        let address = address &+ UInt64(offset)
        return remaining >= 8 ? memory.load64(address) : memory.partialWord(address, count: remaining)
    }

    /// Writes `size` bytes here, wherever that is: nothing past them, and each word of the source loaded once.
    func fill(from source: MapBytes, size: UInt32) {
        var offset: UInt32 = 0
        while size &- offset >= 8 {
            memory.store64(address &+ UInt64(offset), source.memory.loadAcquire64(source.address &+ UInt64(offset)))
            offset &+= 8
        }
        guard offset < size else { return }
        // The storage has room for whole words.
        var word = source.memory.loadAcquire64(source.address &+ UInt64(offset))
        while offset < size {
            memory.store8(address &+ UInt64(offset), UInt8(truncatingIfNeeded: word))
            word &>>= 8
            offset &+= 1
        }
    }

    func clear(size: UInt32) {
        var offset: UInt32 = 0
        while offset < size {
            memory.store8(address &+ UInt64(offset), 0)
            offset &+= 1
        }
    }
}

extension CellMemory {
    /// `count` bytes (0...7) as a little-endian word padded with zeros, each byte read once.
    @inline(__always) func partialWord(_ address: UInt64, count: UInt32) -> UInt64 {
        var address = address
        var word: UInt64 = 0
        var shift: UInt64 = 0
        if count & 4 != 0 {
            word = UInt64(load32(address))
            address &+= 4
            shift = 32
        }
        if count & 2 != 0 {
            word |= UInt64(load16(address)) &<< shift
            address &+= 2
            shift &+= 16
        }
        if count & 1 != 0 { word |= UInt64(load8(address)) &<< shift }
        return word
    }

    /// Writes `size` bytes of `source` to an aligned place that has room for whole words.
    ///
    /// Each word is one release store: 64-bit values are never seen torn, and a reader that has acquired any of
    /// the words also sees what was stored before them (the state of the node).
    func publish(_ source: MapBytes, size: UInt32, to address: UInt64) {
        var offset: UInt32 = 0
        while offset < size {
            storeRelease64(address &+ UInt64(offset), source.word(at: offset, of: size))
            offset &+= 8
        }
    }
}
