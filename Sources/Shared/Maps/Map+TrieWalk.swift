import Channel

/// LPM_TRIE (kernel/bpf/lpm_trie.c), read without its lock.
///
/// Steps are checked as those in a hash's chains are (`Map+Walk.swift`), so each link that is followed was part of the
/// trie at some moment of the look-up. Prefixes grow along the way, or the storage is corrupt: a walk has at most as many
/// steps as a key has bits, and one.
extension Map {
    /// A node beside a key.
    struct Meeting {
        let place: Place
        /// Bits of the node's prefix, and how many of them are the key's.
        let prefix: UInt32
        let match: UInt32
        var isWhole: Bool { match == prefix }
    }

    /// Holds a node that was stepped on against the first `length` bits of a key; nil where the node has changed.
    ///
    /// - Parameter least: the shortest prefix that may come here.
    @inline(never) func meet(
        _ place: Place, _ key: MapBytes, length: UInt32, least: UInt32
    ) throws(MapAccessError) -> Meeting? {
        let node = node(place.index)
        let prefix = prefixLength(node)
        let match = commonBits(self.prefix(node), key, limit: min(prefix, length, longestPrefix))
        guard loadTag(node) == place.tag else { return nil }
        guard prefix >= least, prefix <= longestPrefix else {
            throw corruption(.prefixLength, UInt64(prefix), limit: UInt64(longestPrefix &+ 1))
        }
        return Meeting(place: place, prefix: prefix, match: match)
    }

    /// The address of the value of the longest prefix of a key, or 0.
    func trieValue(key: MapBytes) throws(MapAccessError) -> UInt64 {
        guard let place = try longestMatch(key) else { return 0 }
        return nodeValue(place.index, lane: 0)
    }

    /// The element with the longest prefix that is one of the key's first bits (`trie_lookup_elem`).
    ///
    /// When the last link was read, what the answer rests on was so: the element is looked at again at the end, and below
    /// it there was nothing that fits better.
    func longestMatch(_ key: MapBytes) throws(MapAccessError) -> Place? {
        let length = key.memory.load32(key.address)
        guard length <= longestPrefix else { return nil }
        return try untilUndisturbed { () throws(MapAccessError) in
            var found: Place?
            var link = descriptor.storageStart &+ TrieHeader.root
            var previous: (node: UInt64, tag: NodeTag)?
            var least: UInt32 = 0
            walk: while true {
                switch step(from: link, previous: previous) {
                case .arrived(let place):
                    guard let meeting = try meet(place, key, length: length, least: least) else { return .disturbed }
                    guard meeting.isWhole else { break walk }
                    if isElement(place.index), place.tag.state == .live { found = place }
                    guard meeting.prefix < longestPrefix else { break walk }
                    let node = node(place.index)
                    link = child(node, bit(key, meeting.prefix))
                    previous = (node, place.tag)
                    least = meeting.prefix &+ 1
                case .end: break walk
                case .disturbed: return .disturbed
                case .impossible(let word, let got, let limit): throw corruption(word, got, limit: limit)
                }
            }
            if let found, loadTag(node(found.index)) != found.tag { return .disturbed }
            return .answer(found)
        }
    }

    enum Attempt<Answer> {
        case answer(Answer)
        case disturbed
    }

    /// Tries again while others change what is read. A repair takes the trie apart, so no answer counts that was found
    /// while one was under way.
    @inline(__always) func untilUndisturbed<Answer>(
        _ body: () throws(MapAccessError) -> Attempt<Answer>
    ) throws(MapAccessError) -> Answer {
        let repairs = descriptor.storageStart &+ HashHeader.repairs
        var restarts: UInt32 = 256
        while true {
            let repairsBefore = memory.loadAcquire32(repairs)
            switch try body() {
            case .answer(let answer):
                if repairsBefore & 1 == 0, memory.loadAcquire32(repairs) == repairsBefore { return answer }
            case .disturbed: break
            }
            guard restarts > 0 else { throw .busy(holder: 0) }
            restarts &-= 1
            pause()
        }
    }

    /// Whether there is an element with this very prefix.
    func hasPrefix(_ key: MapBytes) throws(MapAccessError) -> Bool {
        guard let place = try longestMatch(key) else { return false }
        let isExact = prefixLength(node(place.index)) == key.memory.load32(key.address)
        return isExact && loadTag(node(place.index)) == place.tag
    }
}

/// Going through a trie: longer prefixes before those they begin with, 0 before 1 (`trie_get_next_key`).
extension Map {
    func nextTrieElement(
        _ cursor: inout MapCursor, key: inout MutableRawSpan, value: inout MutableRawSpan
    ) throws(MapAccessError) -> Bool {
        // What comes next is found by the last key alone, so that key may be gone, and no key comes twice.
        var attempts: UInt32 = 256
        while true {
            guard cursor.budget.steps > 0, attempts > 0 else { throw .busy(holder: 0) }
            cursor.budget.steps &-= 1
            attempts &-= 1
            let next: Place?
            if cursor.bucket == 0 {
                next = try untilUndisturbed { () throws(MapAccessError) in
                    try firstElement(from: descriptor.storageStart &+ TrieHeader.root, previous: nil, least: 0)
                }
            } else {
                next = try withBytes(of: key.bytes) { (key) throws(MapAccessError) in try successor(of: key) }
            }
            guard let next else {
                cursor.isAtEnd = true
                return false
            }
            // `key` is still needed if this node changes; so look at what can be lost first.
            if !value.isEmpty { copy(descriptor.valueSize, from: nodeValue(next.index, lane: 0), to: &value) }
            guard loadTag(node(next.index)) == next.tag else { continue }
            copy(descriptor.keySize, from: node(next.index) &+ HashNode.key, to: &key)
            guard loadTag(node(next.index)) == next.tag else {
                // No key any more to go on from: from the beginning, within the same budget.
                cursor.bucket = 0
                continue
            }
            cursor.bucket = 1
            // What is being taken out has a place in the order still, and what follows it is found by it.
            guard next.tag.state == .live else { continue }
            return true
        }
    }

    /// The element after a key, which need not be there.
    private func successor(of key: MapBytes) throws(MapAccessError) -> Place? {
        let length = key.memory.load32(key.address)
        guard length <= longestPrefix else { return nil }
        return try untilUndisturbed { () throws(MapAccessError) in
            // What comes after all that lies below: an element on the way, or the first below another child of one.
            var after: Place?
            var other: (link: UInt64, node: UInt64, tag: NodeTag, least: UInt32)?
            var link = descriptor.storageStart &+ TrieHeader.root
            var previous: (node: UInt64, tag: NodeTag)?
            var least: UInt32 = 0
            walk: while true {
                switch step(from: link, previous: previous) {
                case .arrived(let place):
                    guard let meeting = try meet(place, key, length: length, least: least) else { return .disturbed }
                    let node = node(place.index)
                    guard meeting.isWhole else {
                        // A prefix that goes on where the key parts from it comes after the key if the key went left.
                        if meeting.match < length, bit(key, meeting.match) == 0 {
                            return try firstElement(from: link, previous: previous, least: least)
                        }
                        break walk
                    }
                    guard meeting.prefix < length else { break walk }
                    let bit = bit(key, meeting.prefix)
                    if isElement(place.index) { (after, other) = (place, nil) }
                    if bit == 0, memory.loadAcquire32(child(node, 1)) != HashNode.end {
                        other = (child(node, 1), node, place.tag, meeting.prefix &+ 1)
                    }
                    link = child(node, bit)
                    previous = (node, place.tag)
                    least = meeting.prefix &+ 1
                case .end: break walk
                case .disturbed: return .disturbed
                case .impossible(let word, let got, let limit): throw corruption(word, got, limit: limit)
                }
            }
            if let other {
                return try firstElement(from: other.link, previous: (other.node, other.tag), least: other.least)
            }
            if let after, loadTag(node(after.index)) != after.tag { return .disturbed }
            return .answer(after)
        }
    }

    /// The first element below a link: the one on the way down, to the left where there is one, that has nothing below.
    private func firstElement(
        from start: UInt64, previous first: (node: UInt64, tag: NodeTag)?, least shortest: UInt32
    ) throws(MapAccessError) -> Attempt<Place?> {
        var (link, previous, least) = (start, first, shortest)
        var found: Place?
        walk: while true {
            switch step(from: link, previous: previous) {
            case .arrived(let place):
                let node = node(place.index)
                let prefix = prefixLength(node)
                guard loadTag(node) == place.tag else { return .disturbed }
                guard prefix >= least, prefix <= longestPrefix else {
                    throw corruption(.prefixLength, UInt64(prefix), limit: UInt64(longestPrefix &+ 1))
                }
                if isElement(place.index) { found = place }
                least = prefix &+ 1
                previous = (node, place.tag)
                link = child(node, memory.loadAcquire32(child(node, 0)) == HashNode.end ? 1 : 0)
            case .end: break walk
            case .disturbed: return .disturbed
            case .impossible(let word, let got, let limit): throw corruption(word, got, limit: limit)
            }
        }
        if let found, loadTag(node(found.index)) != found.tag { return .disturbed }
        // Below a branch there is always an element.
        return found == nil && start != descriptor.storageStart &+ TrieHeader.root ? .disturbed : .answer(found)
    }
}
