package import Channel

/// `bpf_map_lookup_elem` in a cell where nothing disturbs it, which is nearly always: once through the chain or down the trie, without a
/// second try, an error, or a copy of the descriptor. What is not plain comes out as nil, and the careful look-up (`Map+Walk.swift`,
/// `Map+TrieWalk.swift`) begins from the start.
///
/// What makes an answer true is the same as there: after the tag of a node is loaded, the link that led to it is looked at again, and the tag
/// of the node that holds the link. What was read of a node counts if its tag is the same afterwards; where the walk goes on, that is
/// the look at the holder of the next link. An answer is the address of the value, or 0 where there is none.
///
/// Each function reads what it needs of the descriptor, whose address the caller has checked, as it has that the key may be read.
package enum QuickLookUp {
    /// How the map is built whose descriptor lies there; nil where programs may not read it.
    @inlinable @inline(__always) package static func structure(
        _ memory: CellMemory, _ descriptor: UInt64
    ) -> MapStructure? {
        let descriptor = MapDescriptor(viewing: memory, at: descriptor)
        return descriptor.isWriteOnlyForProgram ? nil : descriptor.structure
    }

    /// - Parameter lane: whose values a per-CPU map shows.
    @inline(never) package static func hash(
        _ memory: CellMemory, _ descriptor: UInt64, key: UInt64, lane: UInt32
    ) -> UInt64? {
        let map = MapDescriptor(viewing: memory, at: descriptor)
        guard lane < map.laneCount || map.laneCount == 1 else { return nil }
        let key = MapBytes(memory: memory, address: key)
        let hash = keyedHash(key, size: map.keySize, seed: map.seed)
        let repairs = map.storageStart &+ HashHeader.repairs
        let repairsBefore = memory.loadAcquire32(repairs)
        var link = map.bucketsStart &+ UInt64(hash & map.bucketMask) &* 4
        // The node that holds the link, and its tag; 0 while a bucket does.
        var holder: UInt64 = 0
        var holderTag: UInt64 = 0
        var steps = mostSteps
        while true {
            let index = memory.loadAcquire32(link)
            guard index != HashNode.end else { break }
            guard index < map.nodeCount, steps > 0 else { return nil }
            steps &-= 1
            let node = map.nodesStart &+ UInt64(index) &* UInt64(map.nodeStride)
            let tag = memory.loadAcquire64(node &+ HashNode.tag)
            guard isInChain(tag), memory.loadAcquire32(link) == index, isUnchanged(memory, holder, holderTag) else {
                return nil
            }
            if memory.loadAcquire32(node &+ HashNode.hash) == hash, isLive(tag), holds(node, key, map.keySize) {
                guard memory.loadAcquire64(node &+ HashNode.tag) == tag else { return nil }
                if map.isLRU { Recency.markUsed(index, recencyStart: map.recencyStart, memory) }
                let value = map.valuesStart &+ UInt64(index) &* UInt64(map.valueStride)
                return map.laneCount == 1 ? value : value &+ UInt64(lane) &* map.laneStride
            }
            link = node &+ HashNode.next
            holder = node
            holderTag = tag
        }
        guard isUnchanged(memory, holder, holderTag), repairsBefore & 1 == 0,
            memory.loadAcquire32(repairs) == repairsBefore
        else { return nil }
        return 0
    }

    @inline(never) package static func trie(_ memory: CellMemory, _ descriptor: UInt64, key: UInt64) -> UInt64? {
        let map = MapDescriptor(viewing: memory, at: descriptor)
        let longest = (map.keySize &- 4) &* 8
        let length = memory.load32(key)
        guard length <= longest else { return nil }
        // The key's first bits, of which the first is the highest: most prefixes have no others.
        let first = MapBytes(memory: memory, address: key).half(at: 4, of: map.keySize).byteSwapped
        let repairsBefore = memory.loadAcquire32(map.storageStart &+ HashHeader.repairs)
        var link = map.storageStart &+ TrieHeader.root
        var holder: UInt64 = 0
        var holderTag: UInt64 = 0
        var least: UInt32 = 0
        var found = HashNode.end
        var foundTag: UInt64 = 0
        while true {
            let index = memory.loadAcquire32(link)
            guard index != HashNode.end else { break }
            guard index < map.nodeCount else { return nil }
            let node = map.nodesStart &+ UInt64(index) &* UInt64(map.nodeStride)
            let tag = memory.loadAcquire64(node &+ HashNode.tag)
            let prefix = memory.loadAcquire32(node &+ HashNode.key)
            let difference = memory.loadAcquire32(node &+ HashNode.key &+ 4).byteSwapped ^ first
            // Prefixes grow, so the walk ends.
            guard isInChain(tag), memory.loadAcquire32(link) == index, isUnchanged(memory, holder, holderTag),
                prefix >= least, prefix <= longest
            else { return nil }
            holder = node
            holderTag = tag
            guard prefix <= length, isZero(prefix, of: difference) else { break }
            if prefix > 32, !continues(node, prefix, MapBytes(memory: memory, address: key), map.keySize) { break }
            let isElement = index <= map.maximumEntries && isLive(tag)
            found = isElement ? index : found
            foundTag = isElement ? tag : foundTag
            guard prefix < longest else { break }
            let byte = memory.load8(key &+ 4 &+ UInt64(prefix &>> 3))
            link = node &+ UInt64(byte &>> UInt8(7 &- (prefix & 7)) & 1) &* 4
            least = prefix &+ 1
        }
        guard isUnchanged(memory, holder, holderTag), repairsBefore & 1 == 0,
            memory.loadAcquire32(map.storageStart &+ HashHeader.repairs) == repairsBefore
        else { return nil }
        guard found != HashNode.end else { return 0 }
        let node = map.nodesStart &+ UInt64(found) &* UInt64(map.nodeStride)
        guard memory.loadAcquire64(node &+ HashNode.tag) == foundTag else { return nil }
        return map.valuesStart &+ UInt64(found) &* UInt64(map.valueStride)
    }

    /// More nodes than a chain has where keys are spread.
    private static var mostSteps: UInt32 { 64 }

    @inline(__always) private static func isLive(_ tag: UInt64) -> Bool { tag & 3 == NodeTag.State.live.rawValue }
    /// Live or leaving.
    @inline(__always) private static func isInChain(_ tag: UInt64) -> Bool { tag & 3 &- 1 < 2 }

    /// Whether a node has the tag that it had; one that is 0 stands for what has none: a bucket, or a trie's root.
    @inline(__always) private static func isUnchanged(_ memory: CellMemory, _ node: UInt64, _ tag: UInt64) -> Bool {
        node == 0 || memory.loadAcquire64(node &+ HashNode.tag) == tag
    }

    @inline(__always) private static func holds(_ node: UInt64, _ key: MapBytes, _ size: UInt32) -> Bool {
        var offset: UInt32 = 0
        while offset < size {
            let stored = key.memory.loadAcquire64(node &+ HashNode.key &+ UInt64(offset))
            guard stored == key.word(at: offset, of: size) else { return false }
            offset &+= 8
        }
        return true
    }

    /// Whether the highest bits of a word are zero, all of them if there are no more than `count`.
    @inline(__always) private static func isZero(_ count: UInt32, of word: UInt32) -> Bool {
        (UInt64(word) &<< UInt64(min(count, 32))) &>> 32 == 0
    }

    /// Whether the first `count` bits of a node's prefix, which are more than 32 and no more than the key has, are the key's, where the first
    /// 32 are.
    @inline(never) private static func continues(
        _ node: UInt64, _ count: UInt32, _ key: MapBytes, _ size: UInt32
    ) -> Bool {
        let prefix = MapBytes(memory: key.memory, address: node &+ HashNode.key)
        var offset: UInt32 = 8
        var left = count &- 32
        while left > 0 {
            let difference = (prefix.half(at: offset, of: size) ^ key.half(at: offset, of: size)).byteSwapped
            guard isZero(left, of: difference) else { return false }
            offset &+= 4
            left &-= min(left, 32)
        }
        return true
    }
}
