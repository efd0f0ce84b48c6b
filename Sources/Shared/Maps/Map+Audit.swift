import Channel

/// Checking a map that nobody writes at the moment: after a repair, or before its contents are kept for a new cell.
extension Map {
    /// Checks the structure of the map.
    ///
    /// - Returns: the number of elements.
    package func audit() throws(MapAccessError) -> UInt32 {
        switch descriptor.structure {
        case .array, .filter: descriptor.maximumEntries
        case .hash: try auditHash()
        case .trie: try auditTrie()
        case .queue: try auditQueue()
        case .ring: 0
        }
    }

    /// Checks that every node is in exactly one place: the chain of its key's bucket, or the free list.
    ///
    /// A node is live or free, never both, and a key has one bucket. So if no list is a ring, nodes that are
    /// counted are counted once, and if their number is right, none is missing: no record of visits is needed.
    private func auditHash() throws(MapAccessError) -> UInt32 {
        var seen: UInt32 = 0
        for bucket in 0...descriptor.bucketMask {
            var index = memory.loadAcquire32(self.bucket(ofHash: bucket))
            while index != HashNode.end {
                try visit(index, &seen, expecting: .live, .chainLink)
                let node = node(index)
                let key = MapBytes(memory: memory, address: node &+ HashNode.key)
                let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
                guard hash == memory.loadAcquire32(node &+ HashNode.hash), hash & descriptor.bucketMask == bucket else {
                    throw badLink(.chainLink, index)
                }
                index = memory.loadAcquire32(node &+ HashNode.next)
            }
        }
        let elements = seen
        var index = memory.loadAcquire32(descriptor.storageStart &+ HashHeader.firstFree)
        while index != HashNode.end {
            try visit(index, &seen, expecting: .free, .freeLink)
            index = memory.loadAcquire32(node(index) &+ HashNode.nextFree)
        }
        guard seen == descriptor.nodeCount else {
            throw corruption(.lostNodes, UInt64(descriptor.nodeCount &- seen), limit: 1)
        }
        if descriptor.isLRU { try auditRecency(elements: elements) }
        return elements
    }

    func visit(
        _ index: UInt32, _ seen: inout UInt32, expecting state: NodeTag.State, _ word: MapCorruption.Word
    ) throws(MapAccessError) {
        guard isNode(index) else { throw badLink(word, index) }
        guard seen < descriptor.nodeCount else {
            throw corruption(.chainLength, UInt64(seen), limit: UInt64(descriptor.nodeCount))
        }
        seen &+= 1
        let tag = loadTag(node(index))
        guard tag.state == state else { throw corruption(.nodeState, tag.rawValue & 3, limit: state.rawValue) }
    }
}
