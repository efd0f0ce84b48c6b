import Channel

/// The first bytes of the storage of every map with a lock. All of it can be written by every cell that has the map.
///
/// What lies from 16 on depends on how the map is built; this is a hash's.
///
/// | offset | width | word | written |
/// |---|---|---|---|
/// | 0 | 8 | lock: identity of the holder, or 0 | by whoever takes or gives back the lock |
/// | 8 | 8 | replacement under way: old node + 1, and new node + 1 in the upper half; or 0 | under the lock |
/// | 16 | 4 | first free node | under the lock |
/// | 20 | 24 | LRU: the lists of recency (``RecencyList``) | under the lock |
/// | 64 | 4 | repairs: odd while one is under way | by the repairer |
enum HashHeader {
    static var size: UInt64 { 128 }
    static var lock: UInt64 { 0 }
    static var replacement: UInt64 { 8 }
    static var firstFree: UInt64 { 16 }
    /// On a cache line of its own: every lookup reads it, and the lock's line is written by every update.
    static var repairs: UInt64 { 64 }
}

/// A node: its links, and its key padded to whole words. Its value lies elsewhere, under the same index.
///
/// | offset | width | word |
/// |---|---|---|
/// | 0 | 4 | next node of the chain; kept when the node leaves it |
/// | 4 | 4 | hash of the key; in a free node, the next free node |
/// | 8 | 8 | tag |
/// | 16 | | key |
enum HashNode {
    static var headerSize: UInt32 { 16 }
    static var next: UInt64 { 0 }
    static var hash: UInt64 { 4 }
    static var nextFree: UInt64 { 4 }
    static var tag: UInt64 { 8 }
    static var key: UInt64 { 16 }

    /// In place of an index: the chain, or the free list, ends here.
    static var end: UInt32 { .max }
}

/// Which life of a node this is, and how far it has come: `life × 4 + state`. No tag comes back, so a tag that is
/// unchanged says that nothing about the node has changed.
struct NodeTag: Equatable {
    let rawValue: UInt64

    enum State: UInt64 {
        /// In the free list, or being filled by whoever holds the lock.
        case free = 0
        /// An element.
        case live = 1
        /// Deleted, but perhaps still linked.
        case leaving = 2
    }

    /// Nil for the one bit pattern that no state has.
    var state: State? { State(rawValue: rawValue & 3) }

    func inState(_ state: State) -> NodeTag { NodeTag(rawValue: rawValue & ~3 | state.rawValue) }

    /// The next life of a free node.
    var reborn: NodeTag { NodeTag(rawValue: (rawValue & ~3 &+ 4) | State.live.rawValue) }
}

/// Addresses of the parts. Indices come in checked.
extension Map {
    @inline(__always) func bucket(ofHash hash: UInt32) -> UInt64 {
        descriptor.bucketsStart &+ UInt64(hash & descriptor.bucketMask) &* 4
    }

    @inline(__always) func node(_ index: UInt32) -> UInt64 {
        descriptor.nodesStart &+ UInt64(index) &* UInt64(descriptor.nodeStride)
    }

    /// - Parameter lane: below the number of lanes; any for a map whose lanes share their values.
    @inline(__always) func nodeValue(_ index: UInt32, lane: UInt32) -> UInt64 {
        let start = descriptor.valuesStart &+ UInt64(index) &* UInt64(descriptor.valueStride)
        return descriptor.laneCount == 1 ? start : start &+ UInt64(lane) &* descriptor.laneStride
    }

    @inline(__always) func loadTag(_ node: UInt64) -> NodeTag {
        NodeTag(rawValue: memory.loadAcquire64(node &+ HashNode.tag))
    }

    @inline(__always) func storeTag(_ node: UInt64, _ tag: NodeTag) {
        memory.storeRelease64(node &+ HashNode.tag, tag.rawValue)
    }

    @inline(__always) func isNode(_ index: UInt32) -> Bool { index < descriptor.nodeCount }

    /// Not inlined: what nobody expects need not lie in the way of what everybody does.
    @inline(never) func corruption(_ word: MapCorruption.Word, _ got: UInt64, limit: UInt64) -> MapAccessError {
        .corrupt(MapCorruption(word: word, got: got, limit: limit))
    }

    @inline(never) func badLink(_ word: MapCorruption.Word, _ got: UInt32) -> MapAccessError {
        corruption(word, UInt64(got), limit: UInt64(descriptor.nodeCount))
    }
}
