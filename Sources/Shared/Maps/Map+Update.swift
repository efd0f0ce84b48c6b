import Channel

/// Writing a hash, under its lock.
///
/// A writer may die between any two stores. What an element is, its node's tag says by one store; links and free
/// list only follow, and a repair can make them again from the tags:
/// - a new element exists once its tag says live; until then its node is free, whatever has been written into it;
/// - a replacement is first announced in the header as (old, new); from the store of the new tag on, a repair
///   removes the old one;
/// - a deleted element is gone once its tag says leaving, before it is unlinked, or a repair would bring back what
///   others saw deleted.
///
/// Every index is checked before the first store, so that a corrupt map is refused and not made worse.
///
/// The value of a lane is the exception: it is written in place, since a replacement would have to copy what the other
/// lanes are changing (`htab_percpu_map_update_elem`, kernel/bpf/hashtab.c). As in an array, half of it may be new.
extension Map {
    func setHashValue(
        key: MapBytes, value: MapBytes, lane: UInt32, mode: MapUpdate
    ) throws(MapAccessError) -> Int64 {
        guard lane < descriptor.laneCount || descriptor.laneCount == 1 else { return LinuxErrno.invalid }
        let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
        try lock()
        defer { unlock() }
        let old = try find(key, hash: hash)
        switch mode {
        case .create: if old.index != HashNode.end { return LinuxErrno.exists }
        case .replace: if old.index == HashNode.end { return LinuxErrno.noEntry }
        case .createOrReplace: break
        }
        if old.index == HashNode.end { return try insert(key, hash: hash, value: value, lane: lane) }
        guard !descriptor.isPerCPU else {
            memory.publish(value, size: descriptor.valueSize, to: nodeValue(old.index, lane: lane))
            if descriptor.isLRU { markUsed(old.index) }
            return 0
        }
        try replace(old, key, hash: hash, value: value)
        return 0
    }

    private func insert(
        _ key: MapBytes, hash: UInt32, value: MapBytes, lane: UInt32
    ) throws(MapAccessError) -> Int64 {
        var free = try firstFree()
        if free.next == HashNode.end {
            // The last free node is kept for replacements, which need one for a moment even in a full map.
            guard descriptor.isLRU else { return LinuxErrno.tooBig }
            try evict()
            free = try firstFree()
        }
        let head = bucket(ofHash: hash)
        try fill(free, key: key, hash: hash, value: value, lane: lane, next: memory.loadAcquire32(head))
        storeTag(node(free.index), free.tag.reborn)
        memory.storeRelease32(head, free.index)
        if descriptor.isLRU { try linkNewest(free.index, on: .inactive, isUsed: false) }
        return 0
    }

    private func replace(
        _ old: Place, _ key: MapBytes, hash: UInt32, value: MapBytes
    ) throws(MapAccessError) {
        let free = try firstFree()
        let oldNode = node(old.index)
        try fill(
            free, key: key, hash: hash, value: value, lane: 0, next: memory.loadAcquire32(oldNode &+ HashNode.next))
        let replacement = descriptor.storageStart &+ HashHeader.replacement
        memory.storeRelease64(replacement, UInt64(free.index &+ 1) &<< 32 | UInt64(old.index &+ 1))
        storeTag(node(free.index), free.tag.reborn)
        memory.storeRelease32(old.link, free.index)
        storeTag(oldNode, old.tag.inState(.free))
        memory.storeRelease64(replacement, 0)
        if descriptor.isLRU {
            try unlinkRecency(old.index)
            try linkNewest(free.index, on: .inactive, isUsed: true)
        }
        pushFree(old.index)
    }

    func removeHashValue(key: MapBytes) throws(MapAccessError) -> Int64 {
        let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
        try lock()
        defer { unlock() }
        let place = try find(key, hash: hash)
        guard place.index != HashNode.end else { return LinuxErrno.noEntry }
        if descriptor.isLRU { try unlinkRecency(place.index) }
        remove(place)
        return 0
    }

    /// Takes a live node out of its chain, which gives out its link, and frees it.
    func remove(_ place: Place) {
        let node = node(place.index)
        storeTag(node, place.tag.inState(.leaving))
        memory.storeRelease32(place.link, memory.loadAcquire32(node &+ HashNode.next))
        storeTag(node, place.tag.inState(.free))
        pushFree(place.index)
    }
}

/// The free list: a stack that only the holder of the lock touches.
extension Map {
    struct FreeNode {
        let index: UInt32
        let tag: NodeTag
        /// The one below it, or `HashNode.end`.
        let next: UInt32
    }

    /// Looks at the top of the stack, and leaves it there.
    private func firstFree() throws(MapAccessError) -> FreeNode {
        let index = memory.loadAcquire32(descriptor.storageStart &+ HashHeader.firstFree)
        guard isNode(index) else { throw badLink(.freeLink, index) }
        let node = node(index)
        let tag = loadTag(node)
        guard tag.state == .free else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
        let next = memory.loadAcquire32(node &+ HashNode.nextFree)
        guard isNode(next) || next == HashNode.end else { throw badLink(.freeLink, next) }
        return FreeNode(index: index, tag: tag, next: next)
    }

    /// Takes the top off the stack and writes everything but its tag.
    private func fill(
        _ free: FreeNode, key: MapBytes, hash: UInt32, value: MapBytes, lane: UInt32, next: UInt32
    ) throws(MapAccessError) {
        guard isNode(next) || next == HashNode.end else { throw badLink(.chainLink, next) }
        memory.storeRelease32(descriptor.storageStart &+ HashHeader.firstFree, free.next)
        let node = node(free.index)
        memory.storeRelease32(node &+ HashNode.hash, hash)
        memory.publish(key, size: descriptor.keySize, to: node &+ HashNode.key)
        publish(value, to: free.index, lane: lane)
        memory.storeRelease32(node &+ HashNode.next, next)
    }

    /// Writes a new element's value; the lanes that did not give one begin with zeros.
    private func publish(_ value: MapBytes, to index: UInt32, lane: UInt32) {
        var other: UInt32 = 0
        while other < descriptor.laneCount {
            if other != lane, descriptor.laneCount > 1 {
                var offset: UInt64 = 0
                while offset < UInt64(descriptor.valueStride) {
                    memory.storeRelease64(nodeValue(index, lane: other) &+ offset, 0)
                    offset &+= 8
                }
            }
            other &+= 1
        }
        memory.publish(value, size: descriptor.valueSize, to: nodeValue(index, lane: lane))
    }

    private func pushFree(_ index: UInt32) {
        let top = descriptor.storageStart &+ HashHeader.firstFree
        memory.storeRelease32(node(index) &+ HashNode.nextFree, memory.loadAcquire32(top))
        memory.storeRelease32(top, index)
    }
}
