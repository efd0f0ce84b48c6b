import Channel

/// The words of a trie's header, besides those that every map with a lock has (``HashHeader``).
///
/// | offset | width | word |
/// |---|---|---|
/// | 16 | 4 | first free element |
/// | 20 | 4 | first free branch |
/// | 24 | 4 | root |
///
/// All are written under the lock; so are a node's links:
///
/// | offset in a node | width | word |
/// |---|---|---|
/// | 0, 4 | 4 | the node that goes on with a 0, with a 1; in a free node, the second is the next free node |
/// | 8 | 8 | tag |
/// | 16 | 4 | length of the prefix, in bits |
/// | 20 | | the prefix, padded to whole words |
enum TrieHeader {
    static var firstFreeElement: UInt64 { 16 }
    static var firstFreeBranch: UInt64 { 20 }
    static var root: UInt64 { 24 }
}

/// A trie's nodes are of two sorts, each with its own indices and its own free list: elements, which have a value, and
/// branches, where two prefixes part that have no element in common. So what a node is cannot be forged, and branches need
/// no room for values.
extension Map {
    /// Bits of the longest prefix.
    var longestPrefix: UInt32 { (descriptor.keySize &- 4) &* 8 }

    /// Elements come first, one of them to spare.
    @inline(__always) func isElement(_ index: UInt32) -> Bool { index <= descriptor.maximumEntries }

    /// The link of a node that goes on with this bit.
    @inline(__always) func child(_ node: UInt64, _ bit: UInt32) -> UInt64 { node &+ UInt64(bit) &* 4 }

    @inline(__always) func prefixLength(_ node: UInt64) -> UInt32 { memory.loadAcquire32(node &+ HashNode.key) }

    /// The prefix of a node, in the form that the keys of a trie have.
    @inline(__always) func prefix(_ node: UInt64) -> MapBytes {
        MapBytes(memory: memory, address: node &+ HashNode.key)
    }

    /// A child, or the end mark.
    func loadChild(_ node: UInt64, _ bit: UInt32) throws(MapAccessError) -> UInt32 {
        let index = memory.loadAcquire32(child(node, bit))
        guard isNode(index) || index == HashNode.end else { throw badLink(.chainLink, index) }
        return index
    }

    /// How many bits two keys have in common from the first on, at most `limit`, which is no more than their length.
    @inline(__always) func commonBits(_ key: MapBytes, _ other: MapBytes, limit: UInt32) -> UInt32 {
        let size = descriptor.keySize
        var offset: UInt32 = 4
        var bits: UInt32 = 0
        while bits < limit {
            // Bit 0 is the highest of the first byte.
            let difference = (key.half(at: offset, of: size) ^ other.half(at: offset, of: size)).byteSwapped
            if difference != 0 { return min(limit, bits &+ UInt32(difference.leadingZeroBitCount)) }
            bits &+= 32
            offset &+= 4
        }
        return limit
    }

    /// Bit `index` of a key, which has it.
    @inline(__always) func bit(_ key: MapBytes, _ index: UInt32) -> UInt32 {
        let byte = key.memory.load8(key.address &+ 4 &+ UInt64(index &>> 3))
        return UInt32(byte &>> UInt8(7 &- (index & 7))) & 1
    }
}

extension MapBytes {
    /// As ``word(at:of:)``, four bytes.
    @inline(__always) func half(at offset: UInt32, of size: UInt32) -> UInt32 {
        let remaining = size &- offset
        let address = address &+ UInt64(offset)
        guard remaining < 4 else { return memory.load32(address) }
        return UInt32(truncatingIfNeeded: memory.partialWord(address, count: remaining))
    }
}
