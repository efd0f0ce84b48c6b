import Channel

/// Going through a map from within a program (`bpf_for_each_map_elem`): by places, not by chains, so that it ends whatever is deleted or
/// created meanwhile.
extension Map {
    /// Most bytes that a key can have, for the frame that it is copied into has no more.
    package static var mostForEachKeyBytes: UInt32 { 480 }

    /// Copies the key of the element at the place `cursor`, or of the next one behind, to `key`.
    ///
    /// - Returns: the address of its value, and the place behind it; 0 for both where there is none.
    @_optimize(size) package func element(
        from cursor: UInt64, key: UInt64
    ) throws(MapAccessError) -> (value: UInt64, next: UInt64) {
        let count = UInt64(descriptor.structure == .hash ? descriptor.nodeCount : descriptor.maximumEntries)
        var place = cursor
        while place < count {
            let index = UInt32(truncatingIfNeeded: place)
            place &+= 1
            switch descriptor.structure {
            case .array:
                memory.store32(key, index)
                return (arrayValue(index: index, lane: user.lane), place)
            case .hash:
                let node = node(index)
                guard loadTag(node).state == .live else { continue }
                MapBytes(memory: memory, address: key).fill(
                    from: MapBytes(memory: memory, address: node &+ HashNode.key), size: descriptor.keySize)
                return (nodeValue(index, lane: user.lane), place)
            case .trie, .queue, .filter, .ring: return (0, 0)
            }
        }
        return (0, 0)
    }
}
