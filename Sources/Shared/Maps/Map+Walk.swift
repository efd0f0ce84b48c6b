import Channel

/// Reading a hash without its lock.
///
/// Nodes are preallocated and come back in other chains, so a reader may stand on a node that has moved from under
/// it. Linux ends each chain with its bucket's number and starts over where the number is wrong (`hlist_nulls`).
/// That still misses a key which is replaced while a reader is between its two nodes. Here each step is checked
/// instead:
///
/// 1. The reader stands at a link: a bucket's head, or the `next` of a node whose tag it knows.
/// 2. It loads the index in the link, then the tag of that node, then the link again, then the tag of the node that
///    holds the link. If neither changed, there was one moment when the link was part of the chain and led to this
///    node: tags never come back, and `next` changes only while its node is in a chain, or has a new tag.
/// 3. To find the key is to compare it, and then to see the same tag again.
///
/// A replacement takes the place of its predecessor, in one store, so whoever stands before the old node finds the
/// new one. Therefore a hit was true at some moment of the lookup, and so is a miss. If a check fails, another user
/// has made progress just here: start over.
///
/// Ordering. Every load is an acquire and every store a release, both plain moves on x86-64. A writer changes a
/// node's tag before its other words, and a reader loads it again after them: whoever has acquired a later word
/// sees the newer tag.
extension Map {
    /// A place in a chain.
    struct Place {
        /// The node, or `HashNode.end` where there is none.
        var index: UInt32
        var tag: NodeTag
        /// The address of the link that led here.
        var link: UInt64
    }

    /// How one step came out.
    enum Step {
        case arrived(Place)
        /// The chain ends here, and the link that says so was part of it.
        case end
        /// Another user changed the chain right here.
        case disturbed
        case impossible(MapCorruption.Word, got: UInt64, limit: UInt64)
    }

    /// Bounds one operation, whatever the storage says: honest chains are never longer than the number of nodes,
    /// and starting over is rare.
    struct WalkBudget {
        var steps: UInt64
        var restarts: UInt32 = 256

        init(nodeCount: UInt32) { steps = UInt64(nodeCount) &* 2 &+ 4096 }
    }

    /// Takes one step from `link`; `previous` is the node that holds the link, unless it is a bucket's head.
    @inline(__always) func step(from link: UInt64, previous: (node: UInt64, tag: NodeTag)?) -> Step {
        let index = memory.loadAcquire32(link)
        guard index != HashNode.end else {
            if let previous, loadTag(previous.node) != previous.tag { return .disturbed }
            return .end
        }
        guard isNode(index) else {
            return .impossible(.chainLink, got: UInt64(index), limit: UInt64(descriptor.nodeCount))
        }
        let tag = loadTag(node(index))
        guard memory.loadAcquire32(link) == index else { return .disturbed }
        if let previous, loadTag(previous.node) != previous.tag { return .disturbed }
        guard let state = tag.state else { return .impossible(.nodeState, got: tag.rawValue & 3, limit: 3) }
        switch state {
        case .free: return .disturbed
        case .live, .leaving: return .arrived(Place(index: index, tag: tag, link: link))
        }
    }

    /// Finds the node of a key; its index is `HashNode.end` where there is none.
    @inline(never) func find(_ key: MapBytes, hash: UInt32) throws(MapAccessError) -> Place {
        var budget = WalkBudget(nodeCount: descriptor.nodeCount)
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        while true {
            let repairsBefore = memory.loadAcquire32(repairs)
            var link = bucket(ofHash: hash)
            var previous: (node: UInt64, tag: NodeTag)?
            walk: while true {
                switch step(from: link, previous: previous) {
                case .arrived(let place):
                    let node = node(place.index)
                    if place.tag.state == .live, memory.loadAcquire32(node &+ HashNode.hash) == hash,
                        holds(node, key)
                    {
                        guard loadTag(node) == place.tag else { break walk }
                        return place
                    }
                    guard budget.steps > 0 else { throw endlessWalk(repairsBefore: repairsBefore) }
                    budget.steps &-= 1
                    link = node &+ HashNode.next
                    previous = (node, place.tag)
                case .end:
                    // A repair empties the chains before it fills them again; only then may the key have been there
                    // all along.
                    guard repairsBefore & 1 == 0, memory.loadAcquire32(repairs) == repairsBefore else { break walk }
                    return Place(index: HashNode.end, tag: NodeTag(rawValue: 0), link: link)
                case .disturbed:
                    break walk
                case .impossible(let word, let got, let limit):
                    throw corruption(word, got, limit: limit)
                }
            }
            guard budget.restarts > 0 else { throw .busy(holder: 0) }
            budget.restarts &-= 1
            pause()
        }
    }

    /// What it means to have gone further than any chain is long.
    @inline(never) func endlessWalk(repairsBefore: UInt32) -> MapAccessError {
        // While a repair links nodes again, old links beside new ones may form a ring for a moment.
        let repairs = memory.loadAcquire32(descriptor.storageStart &+ HashHeader.repairs)
        guard repairsBefore & 1 == 0, repairs == repairsBefore else { return .busy(holder: 0) }
        return corruption(.chainLength, UInt64(descriptor.nodeCount), limit: UInt64(descriptor.nodeCount))
    }

    /// Whether the key in the node is this one. Whoever trusts a yes looks at the tag again.
    @inline(__always) func holds(_ node: UInt64, _ key: MapBytes) -> Bool {
        let size = descriptor.keySize
        var offset: UInt32 = 0
        while offset < size {
            // The rest of a key's last word is zero, here as in `word(at:of:)`.
            let stored = memory.loadAcquire64(node &+ HashNode.key &+ UInt64(offset))
            guard stored == key.word(at: offset, of: size) else { return false }
            offset &+= 8
        }
        return true
    }

    /// The address of a key's value in a lane, or 0.
    ///
    /// - Parameter marksUse: whether an LRU is to remember that the element was used; what the host looks at is not.
    package func hashValue(key: MapBytes, lane: UInt32, marksUse: Bool = true) throws(MapAccessError) -> UInt64 {
        guard lane < descriptor.laneCount || descriptor.laneCount == 1 else { return 0 }
        let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
        let place = try find(key, hash: hash)
        guard place.index != HashNode.end else { return 0 }
        if marksUse, descriptor.isLRU { markUsed(place.index) }
        return nodeValue(place.index, lane: lane)
    }
}
