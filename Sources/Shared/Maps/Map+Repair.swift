import Channel

/// What a repair found.
package struct MapRepair: Equatable, Sendable {
    /// Elements that the map holds now.
    package let elements: UInt32
    /// Elements of a map with more than it can hold, which only a hostile cell leaves behind.
    package let dropped: UInt32

    package init(elements: UInt32, dropped: UInt32) {
        self.elements = elements
        self.dropped = dropped
    }
}

/// Making a map whole again after a cell died in it. For the host alone.
extension Map {
    /// Writes the storage of a new map, which must be zero-filled. No cell may see it yet.
    package func format() {
        guard hasLock else { return }
        _ = rebuild()
    }

    /// Arrays and filters are written word by word, and whatever their words say is a value.
    package var hasLock: Bool {
        switch descriptor.structure {
        case .array, .filter: false
        case .hash, .trie, .queue, .ring: true
        }
    }

    /// Breaks the lock of a dead cell and repairs what it left. Returns nil where the lock is free, so that there
    /// is nothing to repair.
    ///
    /// - Parameter identity: the dead cell's ``MapUser/identity``. It must not run again: a writer that comes back
    ///   to a broken lock goes on writing beside the next holder.
    package func recover(fromDead identity: UInt64) throws(MapAccessError) -> MapRepair? {
        guard hasLock else { return nil }
        let word = descriptor.storageStart &+ HashHeader.lock
        let holder = memory.compareExchange64(word, expected: identity, desired: user.identity)
        guard holder != 0 else { return nil }
        guard holder == identity else { throw .busy(holder: holder) }
        defer { unlock() }
        return rebuild()
    }

    /// Repairs the map whatever its lock says. For when no cell that has the map runs, or when what it holds
    /// has been found corrupt.
    package func repair() -> MapRepair? {
        guard hasLock else { return nil }
        _ = memory.exchange64(descriptor.storageStart &+ HashHeader.lock, user.identity)
        defer { unlock() }
        return rebuild()
    }

    private func rebuild() -> MapRepair {
        switch descriptor.structure {
        case .hash: rebuildHash()
        case .trie: rebuildTrie()
        case .queue: rebuildQueue()
        case .ring: MapRepair(elements: 0, dropped: 0)
        case .array, .filter: MapRepair(elements: descriptor.maximumEntries, dropped: 0)
        }
    }

    /// Makes chains and free list again from the tags and the keys, and believes nothing else.
    ///
    /// One pass over the nodes, however they are linked. Other cells may be reading: their hits stay true, since no
    /// live node's tag or key changes; their misses are held back by the count of repairs.
    private func rebuildHash() -> MapRepair {
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        let firstFree = descriptor.storageStart &+ HashHeader.firstFree
        let underWay = memory.loadAcquire32(repairs) | 1
        // A full barrier: no reader may see a chain emptied and the count still even.
        _ = memory.exchange32(repairs, underWay)
        finishReplacement()

        var bucket: UInt32 = 0
        while true {
            memory.storeRelease32(self.bucket(ofHash: bucket), HashNode.end)
            guard bucket != descriptor.bucketMask else { break }
            bucket &+= 1
        }
        memory.storeRelease32(firstFree, HashNode.end)
        if descriptor.isLRU { forgetRecency() }

        var elements: UInt32 = 0
        var dropped: UInt32 = 0
        var top = HashNode.end
        var index = descriptor.nodeCount
        while index > 0 {
            index &-= 1
            let node = node(index)
            let tag = loadTag(node)
            if tag.state == .live, elements < descriptor.maximumEntries {
                link(node, index)
                if descriptor.isLRU { relinkRecency(index) }
                elements &+= 1
            } else {
                if tag.state == .live { dropped &+= 1 }
                storeTag(node, tag.inState(.free))
                memory.storeRelease32(node &+ HashNode.nextFree, top)
                top = index
            }
        }
        memory.storeRelease32(firstFree, top)
        memory.storeRelease32(repairs, underWay &+ 1)
        return MapRepair(elements: elements, dropped: dropped)
    }

    /// If the last writer died while two nodes had one key, removes the older.
    func finishReplacement() {
        let word = descriptor.storageStart &+ HashHeader.replacement
        let replacement = memory.loadAcquire64(word)
        let old = UInt32(truncatingIfNeeded: replacement) &- 1
        let new = UInt32(truncatingIfNeeded: replacement &>> 32) &- 1
        if replacement != 0, old != new, isNode(old), isNode(new), loadTag(node(new)).state == .live {
            let tag = loadTag(node(old))
            if tag.state == .live { storeTag(node(old), tag.inState(.free)) }
        }
        memory.storeRelease64(word, 0)
    }

    private func link(_ node: UInt64, _ index: UInt32) {
        let key = MapBytes(memory: memory, address: node &+ HashNode.key)
        let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
        let head = bucket(ofHash: hash)
        // The rest of the key's last word must be zero, or the key would never be found; an honest writer left it so.
        let lastWord = (descriptor.keySize &- 1) & ~7
        memory.storeRelease64(key.address &+ UInt64(lastWord), key.word(at: lastWord, of: descriptor.keySize))
        memory.storeRelease32(node &+ HashNode.hash, hash)
        memory.storeRelease32(node &+ HashNode.next, memory.loadAcquire32(head))
        memory.storeRelease32(head, index)
    }
}
