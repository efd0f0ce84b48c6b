import Channel

/// How far an iteration has come. Only the host holds one; a cell cannot change it.
package struct MapCursor {
    /// Hash: the bucket to look in. Array and queue: the next index. Trie: 0 at the beginning.
    var bucket: UInt32 = 0
    /// The element last given out, if it was in this bucket.
    var last: Map.Place?
    var budget: Map.WalkBudget
    var isAtEnd = false
}

/// Going through a map while others change it.
///
/// A key that is there from the beginning to the end is given out at least once, and exactly once unless elements
/// of its own bucket are deleted meanwhile: replacing an element keeps its place. Keys that come or go meanwhile
/// may be given out or not. The number of steps is bounded by the size of the map, whatever the storage says.
extension Map {
    package func makeCursor() -> MapCursor {
        MapCursor(budget: WalkBudget(nodeCount: max(descriptor.nodeCount, descriptor.maximumEntries)))
    }

    /// Copies the next element.
    ///
    /// - Parameters:
    ///   - key: must still hold what the call before left in it: should the element have been replaced since, it is
    ///     found again by its key.
    ///   - value: may be empty, if only keys are wanted.
    /// - Returns: false at the end.
    package func next(
        _ cursor: inout MapCursor, key: inout MutableRawSpan, value: inout MutableRawSpan, lane: UInt32 = 0
    ) throws(MapAccessError) -> Bool {
        try check(key: key.byteCount, value: value.isEmpty ? nil : value.byteCount, lane: lane)
        guard !cursor.isAtEnd else { return false }
        switch descriptor.structure {
        case .array: return nextArrayElement(&cursor, key: &key, value: &value, lane: lane)
        case .hash: return try nextHashElement(&cursor, key: &key, value: &value, lane: lane)
        case .trie: return try nextTrieElement(&cursor, key: &key, value: &value)
        case .queue: return try nextQueueElement(&cursor, value: &value)
        // What a filter has seen, it does not tell; a ring has a reader of its own.
        case .filter, .ring:
            cursor.isAtEnd = true
            return false
        }
    }

    /// Finds the key after `key` (`BPF_MAP_GET_NEXT_KEY`): the first one, if the map has no such key or it is nil.
    ///
    /// - Returns: false where `key` is the last.
    package func nextKey(after key: RawSpan?, into next: inout MutableRawSpan) throws(MapAccessError) -> Bool {
        try check(key: next.byteCount)
        var cursor = makeCursor()
        if let key {
            try check(key: key.byteCount)
            switch descriptor.structure {
            case .hash: try withBytes(of: key) { (key) throws(MapAccessError) in try seek(&cursor, to: key) }
            case .trie:
                cursor.bucket = try withBytes(of: key) { (key) throws(MapAccessError) in
                    try hasPrefix(key) ? 1 : 0
                }
            case .array:
                let index = arrayIndex(key)
                cursor.bucket = index < descriptor.maximumEntries ? index &+ 1 : 0
            case .queue, .filter, .ring: break
            }
            for offset in 0..<key.byteCount {
                // SAFETY: both spans have the map's key size, as checked above.
                next.storeBytes(
                    of: unsafe key.unsafeLoad(fromByteOffset: offset, as: UInt8.self), toByteOffset: offset,
                    as: UInt8.self)
            }
        }
        var nothing = MutableRawSpan()
        return try self.next(&cursor, key: &next, value: &nothing)
    }

    private func nextArrayElement(
        _ cursor: inout MapCursor, key: inout MutableRawSpan, value: inout MutableRawSpan, lane: UInt32
    ) -> Bool {
        let index = cursor.bucket
        let address = arrayValue(index: index, lane: lane)
        guard address != 0 else {
            cursor.isAtEnd = true
            return false
        }
        key.storeBytes(of: index, toByteOffset: 0, as: UInt32.self)
        if !value.isEmpty { copy(descriptor.valueSize, from: address, to: &value) }
        cursor.bucket &+= 1
        return true
    }

    private func nextHashElement(
        _ cursor: inout MapCursor, key: inout MutableRawSpan, value: inout MutableRawSpan, lane: UInt32
    ) throws(MapAccessError) -> Bool {
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        var restarts: UInt32 = 256
        while true {
            let repairsBefore = memory.loadAcquire32(repairs)
            var link = bucket(ofHash: cursor.bucket)
            var previous: (node: UInt64, tag: NodeTag)?
            if let last = cursor.last {
                let node = node(last.index)
                link = node &+ HashNode.next
                previous = (node, last.tag)
            }
            walk: while true {
                switch step(from: link, previous: previous) {
                case .arrived(let place):
                    guard cursor.budget.steps > 0 else { throw endlessWalk(repairsBefore: repairsBefore) }
                    cursor.budget.steps &-= 1
                    let node = node(place.index)
                    if place.tag.state == .live {
                        if !value.isEmpty {
                            copy(descriptor.valueSize, from: nodeValue(place.index, lane: lane), to: &value)
                        }
                        guard loadTag(node) == place.tag else { break walk }
                        copy(descriptor.keySize, from: node &+ HashNode.key, to: &key)
                        guard loadTag(node) == place.tag else {
                            // `key` holds no key any more to go on from: this bucket from its beginning.
                            cursor.last = nil
                            break walk
                        }
                        cursor.last = place
                        return true
                    }
                    link = node &+ HashNode.next
                    previous = (node, place.tag)
                case .end:
                    guard repairsBefore & 1 == 0, memory.loadAcquire32(repairs) == repairsBefore else { break walk }
                    cursor.last = nil
                    guard cursor.bucket != descriptor.bucketMask else {
                        cursor.isAtEnd = true
                        return false
                    }
                    cursor.bucket &+= 1
                    link = bucket(ofHash: cursor.bucket)
                    previous = nil
                case .disturbed:
                    break walk
                case .impossible(let word, let got, let limit):
                    throw corruption(word, got, limit: limit)
                }
            }
            guard restarts > 0, cursor.budget.steps > 0 else { throw .busy(holder: 0) }
            restarts &-= 1
            cursor.budget.steps &-= 1
            pause()
            if let last = cursor.last, loadTag(node(last.index)) != last.tag {
                try withBytes(of: key.bytes) { (key) throws(MapAccessError) in
                    let place = try find(key, hash: keyedHash(key, size: descriptor.keySize, seed: descriptor.seed))
                    cursor.last = place.index == HashNode.end ? nil : place
                }
            }
        }
    }

    /// Places the cursor on a key, or at the beginning where there is none such.
    private func seek(_ cursor: inout MapCursor, to key: MapBytes) throws(MapAccessError) {
        let hash = keyedHash(key, size: descriptor.keySize, seed: descriptor.seed)
        let place = try find(key, hash: hash)
        guard place.index != HashNode.end else { return }
        cursor.bucket = hash & descriptor.bucketMask
        cursor.last = place
    }
}
