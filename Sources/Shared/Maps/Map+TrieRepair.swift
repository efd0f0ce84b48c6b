import Channel

/// A trie after a death, and when it is checked. For the host alone.
extension Map {
    /// Puts every live element into an empty trie, by its prefix, and believes nothing else.
    @_optimize(size) func rebuildTrie() -> MapRepair {
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        let underWay = memory.loadAcquire32(repairs) | 1
        // A full barrier: no reader may see a trie without its root and the count still even.
        _ = memory.exchange32(repairs, underWay)
        finishReplacement()
        memory.storeRelease32(descriptor.storageStart &+ TrieHeader.root, HashNode.end)
        memory.storeRelease32(descriptor.storageStart &+ TrieHeader.firstFreeElement, HashNode.end)
        memory.storeRelease32(descriptor.storageStart &+ TrieHeader.firstFreeBranch, HashNode.end)

        var index = descriptor.nodeCount
        while index > 0 {
            index &-= 1
            if isElement(index) {
                if loadTag(node(index)).state != .live { free(index, to: .elements) }
            } else {
                free(index, to: .branches)
            }
        }
        var (elements, dropped): (UInt32, UInt32) = (0, 0)
        index = 0
        while isElement(index) {
            if loadTag(node(index)).state == .live {
                if elements < descriptor.maximumEntries, (try? relink(index)) == true {
                    elements &+= 1
                } else {
                    free(index, to: .elements)
                    dropped &+= 1
                }
            }
            index &+= 1
        }
        memory.storeRelease32(repairs, underWay &+ 1)
        return MapRepair(elements: elements, dropped: dropped)
    }

    @_optimize(size) private func free(_ index: UInt32, to nodes: TrieNodes) {
        storeTag(node(index), loadTag(node(index)).inState(.free))
        giveBack(index, to: nodes)
    }

    /// Returns false for a prefix that is too long, or there already.
    @_optimize(size) private func relink(_ index: UInt32) throws(MapAccessError) -> Bool {
        let length = prefixLength(node(index))
        guard length <= longestPrefix else { return false }
        let spot = try locate(prefix(node(index)), length: length)
        if let meeting = spot.meeting, meeting.isWhole, isElement(meeting.place.index) { return false }
        try attach(index, at: spot) {}
        return true
    }

    private struct TrieCount {
        var elements: UInt32 = 0
        var branches: UInt32 = 0
    }

    /// Checks that every node is in exactly one place, the one that its prefix has, or in its free list.
    @_optimize(size) func auditTrie() throws(MapAccessError) -> UInt32 {
        var seen = TrieCount()
        let root = memory.loadAcquire32(descriptor.storageStart &+ TrieHeader.root)
        try auditSubtree(root, below: nil, &seen)
        let elements = seen.elements
        try auditFreeList(isElements: true, &seen)
        try auditFreeList(isElements: false, &seen)
        return elements
    }

    @_optimize(size) private func auditSubtree(
        _ index: UInt32, below parent: (node: UInt64, length: UInt32, bit: UInt32)?, _ seen: inout TrieCount
    ) throws(MapAccessError) {
        guard index != HashNode.end else { return }
        guard isNode(index) else { throw badLink(.chainLink, index) }
        try count(index, &seen)
        let node = node(index)
        let tag = loadTag(node)
        guard tag.state == .live else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
        let length = prefixLength(node)
        guard length <= longestPrefix, parent.map({ length > $0.length }) ?? true else {
            throw corruption(.prefixLength, UInt64(length), limit: UInt64(longestPrefix &+ 1))
        }
        if let parent {
            let common = commonBits(prefix(node), prefix(parent.node), limit: parent.length)
            guard common == parent.length, bit(prefix(node), parent.length) == parent.bit else {
                throw corruption(.prefixBits, UInt64(common), limit: UInt64(parent.length))
            }
        }
        let children = (try loadChild(node, 0), try loadChild(node, 1))
        guard isElement(index) || children.0 != HashNode.end && children.1 != HashNode.end else {
            throw badLink(.chainLink, HashNode.end)
        }
        guard children.0 != HashNode.end || children.1 != HashNode.end else { return }
        try auditSubtree(children.0, below: (node, length, 0), &seen)
        try auditSubtree(children.1, below: (node, length, 1), &seen)
    }

    @_optimize(size) private func auditFreeList(isElements: Bool, _ seen: inout TrieCount) throws(MapAccessError) {
        let nodes: TrieNodes = isElements ? .elements : .branches
        var index = memory.loadAcquire32(descriptor.storageStart &+ nodes.firstFree)
        while index != HashNode.end {
            guard isNode(index), isElement(index) == isElements else { throw badLink(.freeLink, index) }
            try count(index, &seen)
            let tag = loadTag(node(index))
            guard tag.state == .free else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
            index = memory.loadAcquire32(node(index) &+ HashNode.nextFree)
        }
        let (found, all) =
            isElements
            ? (seen.elements, descriptor.maximumEntries &+ 1) : (seen.branches, descriptor.maximumEntries)
        guard found == all else { throw corruption(.lostNodes, UInt64(all &- found), limit: 1) }
    }

    /// No list is longer than there are nodes, so a ring is found.
    @_optimize(size) private func count(_ index: UInt32, _ seen: inout TrieCount) throws(MapAccessError) {
        if isElement(index) { seen.elements &+= 1 } else { seen.branches &+= 1 }
        guard seen.elements <= descriptor.maximumEntries &+ 1, seen.branches <= descriptor.maximumEntries else {
            throw corruption(.chainLength, UInt64(descriptor.nodeCount), limit: UInt64(descriptor.nodeCount))
        }
    }
}
