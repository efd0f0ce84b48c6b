import Channel

/// Writing a trie, under its lock.
///
/// As in a hash, what an element is, its tag says by one store, and a repair makes links, branches and free lists anew
/// from the elements' tags and prefixes. Readers see each change by one store of one link. The shape depends on the elements
/// alone: a branch stands where prefixes part, has two children, and goes when one of them does.
extension Map {
    /// Where a prefix is, or would be.
    struct TrieSpot {
        /// The link that leads there.
        let link: UInt64
        /// What lies there; nil: nothing.
        let meeting: Meeting?
        /// The node that holds the link, and the link that leads to it.
        let parent: (index: UInt32, tag: NodeTag, link: UInt64)?
    }

    /// Walks down as long as nodes are whole prefixes of the key, and shorter (`trie_update_elem`).
    @_optimize(size) func locate(_ key: MapBytes, length: UInt32) throws(MapAccessError) -> TrieSpot {
        var parent: (index: UInt32, tag: NodeTag, link: UInt64)?
        var link = descriptor.storageStart &+ TrieHeader.root
        var least: UInt32 = 0
        while true {
            let index = memory.loadAcquire32(link)
            guard index != HashNode.end else { return TrieSpot(link: link, meeting: nil, parent: parent) }
            guard isNode(index) else { throw badLink(.chainLink, index) }
            let node = node(index)
            let place = Place(index: index, tag: loadTag(node), link: link)
            guard place.tag.state == .live else { throw corruption(.nodeState, place.tag.rawValue & 3, limit: 1) }
            // Whoever changes it now does not hold the lock.
            guard let meeting = try meet(place, key, length: length, least: least) else {
                throw corruption(.nodeState, place.tag.rawValue & 3, limit: 1)
            }
            guard meeting.isWhole, meeting.prefix < length else {
                return TrieSpot(link: link, meeting: meeting, parent: parent)
            }
            parent = (index, place.tag, link)
            link = child(node, bit(key, meeting.prefix))
            least = meeting.prefix &+ 1
        }
    }

    @_optimize(size) func setTrieValue(key: MapBytes, value: MapBytes, mode: MapUpdate) throws(MapAccessError) -> Int64
    {
        let length = key.memory.load32(key.address)
        guard length <= longestPrefix else { return LinuxErrno.invalid }
        try lock()
        defer { unlock() }
        // Written before it is looked for, and looked for by what was written: the key may be in another cell's reach.
        let new = try firstFree(of: .elements)
        let node = node(new.index)
        memory.publish(key, size: descriptor.keySize, to: node &+ HashNode.key)
        memory.storeRelease32(node &+ HashNode.key, length)
        memory.publish(value, size: descriptor.valueSize, to: nodeValue(new.index, lane: 0))
        let spot = try locate(prefix(node), length: length)
        guard let meeting = spot.meeting, meeting.isWhole, isElement(meeting.place.index) else {
            guard mode != .replace else { return LinuxErrno.noEntry }
            // The last free element is kept for replacements.
            guard new.next != HashNode.end else { return LinuxErrno.noSpace }
            try attach(new.index, at: spot) {
                take(new, from: .elements)
                storeTag(node, new.tag.reborn)
            }
            return 0
        }
        guard mode != .create else { return LinuxErrno.exists }
        try replace(meeting.place, by: new, at: spot)
        return 0
    }

    @_optimize(size) private func replace(_ old: Place, by new: FreeNode, at spot: TrieSpot) throws(MapAccessError) {
        let (node, oldNode) = (node(new.index), node(old.index))
        let children = (try loadChild(oldNode, 0), try loadChild(oldNode, 1))
        take(new, from: .elements)
        memory.storeRelease32(child(node, 0), children.0)
        memory.storeRelease32(child(node, 1), children.1)
        let replacement = descriptor.storageStart &+ HashHeader.replacement
        memory.storeRelease64(replacement, UInt64(new.index &+ 1) &<< 32 | UInt64(old.index &+ 1))
        storeTag(node, new.tag.reborn)
        memory.storeRelease32(spot.link, new.index)
        storeTag(oldNode, old.tag.inState(.free))
        memory.storeRelease64(replacement, 0)
        giveBack(old.index, to: .elements)
    }

    /// Links an element whose prefix and value are written where its prefix belongs, and nothing but a branch may be.
    ///
    /// - Parameter commit: makes the element live; called when nothing can be refused any more.
    @_optimize(size) func attach(_ index: UInt32, at spot: TrieSpot, commit: () -> Void) throws(MapAccessError) {
        let node = node(index)
        let length = prefixLength(node)
        guard let meeting = spot.meeting else {
            commit()
            return link(index, (HashNode.end, HashNode.end), at: spot.link)
        }
        let there = meeting.place
        let other = self.node(there.index)
        if meeting.isWhole {
            // A branch with this very prefix: the element takes its place.
            let children = (try loadChild(other, 0), try loadChild(other, 1))
            commit()
            link(index, children, at: spot.link)
            storeTag(other, there.tag.inState(.free))
            return giveBack(there.index, to: .branches)
        }
        if meeting.match == length {
            let right = bit(prefix(other), length) == 1
            commit()
            return link(
                index, right ? (HashNode.end, there.index) : (there.index, HashNode.end), at: spot.link)
        }
        let free = try firstFree(of: .branches)
        let branch = self.node(free.index)
        let goesRight = bit(prefix(node), meeting.match) == 1
        take(free, from: .branches)
        memory.publish(prefix(node), size: descriptor.keySize, to: branch &+ HashNode.key)
        memory.storeRelease32(branch &+ HashNode.key, meeting.match)
        commit()
        memory.storeRelease32(child(node, 0), HashNode.end)
        memory.storeRelease32(child(node, 1), HashNode.end)
        storeTag(branch, free.tag.reborn)
        link(free.index, goesRight ? (there.index, index) : (index, there.index), at: spot.link)
    }

    @_optimize(size) private func link(_ index: UInt32, _ children: (UInt32, UInt32), at link: UInt64) {
        memory.storeRelease32(child(node(index), 0), children.0)
        memory.storeRelease32(child(node(index), 1), children.1)
        memory.storeRelease32(link, index)
    }

    @_optimize(size) func removeTrieValue(key: MapBytes) throws(MapAccessError) -> Int64 {
        let length = key.memory.load32(key.address)
        guard length <= longestPrefix else { return LinuxErrno.invalid }
        try lock()
        defer { unlock() }
        let spot = try locate(key, length: length)
        guard let meeting = spot.meeting, meeting.isWhole, meeting.prefix == length, isElement(meeting.place.index)
        else { return LinuxErrno.noEntry }
        let place = meeting.place
        let node = node(place.index)
        let (left, right) = (try loadChild(node, 0), try loadChild(node, 1))
        if left != HashNode.end, right != HashNode.end {
            // What lies below parts here: a branch takes the element's place.
            let free = try firstFree(of: .branches)
            let branch = self.node(free.index)
            take(free, from: .branches)
            memory.publish(prefix(node), size: descriptor.keySize, to: branch &+ HashNode.key)
            storeTag(node, place.tag.inState(.leaving))
            storeTag(branch, free.tag.reborn)
            link(free.index, (left, right), at: spot.link)
        } else if left == HashNode.end, right == HashNode.end, let parent = spot.parent, !isElement(parent.index) {
            // A branch with one child is none.
            let parentNode = self.node(parent.index)
            let sibling = try loadChild(parentNode, spot.link == child(parentNode, 0) ? 1 : 0)
            storeTag(node, place.tag.inState(.leaving))
            memory.storeRelease32(parent.link, sibling)
            storeTag(parentNode, parent.tag.inState(.free))
            giveBack(parent.index, to: .branches)
        } else {
            storeTag(node, place.tag.inState(.leaving))
            memory.storeRelease32(spot.link, left == HashNode.end ? right : left)
        }
        storeTag(node, place.tag.inState(.free))
        giveBack(place.index, to: .elements)
        return 0
    }
}

/// The free lists: stacks that only the holder of the lock touches.
extension Map {
    enum TrieNodes {
        case elements, branches

        var firstFree: UInt64 {
            switch self {
            case .elements: TrieHeader.firstFreeElement
            case .branches: TrieHeader.firstFreeBranch
            }
        }
    }

    @_optimize(size) private func isFree(_ index: UInt32, of nodes: TrieNodes) -> Bool {
        switch nodes {
        case .elements: isElement(index)
        case .branches: isNode(index) && !isElement(index)
        }
    }

    /// Looks at the top of the stack, and leaves it there.
    @_optimize(size) func firstFree(of nodes: TrieNodes) throws(MapAccessError) -> FreeNode {
        let index = memory.loadAcquire32(descriptor.storageStart &+ nodes.firstFree)
        guard isFree(index, of: nodes) else { throw badLink(.freeLink, index) }
        let node = node(index)
        let tag = loadTag(node)
        guard tag.state == .free else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
        let next = memory.loadAcquire32(node &+ HashNode.nextFree)
        guard isFree(next, of: nodes) || next == HashNode.end else { throw badLink(.freeLink, next) }
        return FreeNode(index: index, tag: tag, next: next)
    }

    @_optimize(size) private func take(_ free: FreeNode, from nodes: TrieNodes) {
        memory.storeRelease32(descriptor.storageStart &+ nodes.firstFree, free.next)
    }

    @_optimize(size) func giveBack(_ index: UInt32, to nodes: TrieNodes) {
        let top = descriptor.storageStart &+ nodes.firstFree
        memory.storeRelease32(node(index) &+ HashNode.nextFree, memory.loadAcquire32(top))
        memory.storeRelease32(top, index)
    }
}
