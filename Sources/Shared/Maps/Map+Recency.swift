import Channel

/// One of the two lists that an LRU's nodes are on, newest first.
///
/// | offset in the header | width | word |
/// |---|---|---|
/// | 20, 24, 28 | 4 | inactive: newest and oldest node, number of nodes |
/// | 32, 36, 40 | 4 | active: the same |
enum RecencyList: UInt32 {
    case inactive = 1
    case active = 2

    private var start: UInt64 { 8 &+ UInt64(rawValue) &* 12 }
    var newest: UInt64 { start }
    var oldest: UInt64 { start &+ 4 }
    var count: UInt64 { start &+ 8 }
}

/// What an LRU knows of a node.
///
/// | offset | width | word | written |
/// |---|---|---|---|
/// | 0 | 4 | the next newer node of its list, or the end mark | under the lock |
/// | 4 | 4 | the next older | under the lock |
/// | 8 | 4 | ``RecencyList``, or 0 | under the lock |
/// | 12 | 4 | not 0 once the element was used | by every lookup of a program |
enum Recency {
    static var size: UInt32 { 16 }
    static var newer: UInt64 { 0 }
    static var older: UInt64 { 4 }
    static var list: UInt64 { 8 }
    static var isUsed: UInt64 { 12 }
    /// How many nodes one eviction moves at most, of each list; so many a Linux CPU looks at (`LOCAL_NR_SCANS`).
    static var scans: UInt32 { 128 }

    @inline(__always) static func markUsed(_ index: UInt32, recencyStart: UInt64, _ memory: CellMemory) {
        let word = recencyStart &+ UInt64(index) &* UInt64(size) &+ isUsed
        // Looked at first, so that lookups of one element on many processors share its line.
        if memory.loadRelaxed32(word) == 0 { memory.storeRelaxed32(word, 1) }
    }
}

/// Which element a full LRU gives up: Linux's two lists with second chances (kernel/bpf/bpf_lru_list.c), one pair for
/// the whole map.
///
/// A new element begins as the newest inactive one. A lookup only marks it. To make room:
/// 1. while fewer nodes are inactive than active, the oldest active ones are looked at: marked ones lose the mark and
///    become the newest active, others the newest inactive;
/// 2. then the oldest inactive ones: marked ones lose the mark and become the newest active; the first without goes;
/// 3. if none of ``Recency/scans`` was without, the oldest goes in spite of its mark.
///
/// So what was used twice outlives any number of elements that are used once. An eviction moves a node only after a
/// lookup marked it or another eviction let it become inactive: O(1) for each operation in the long run, and never
/// more than 2 × 128 moves. Where Linux evicts a batch for the free list of a CPU, here one goes at a time: a map holds
/// as many elements as it may.
extension Map {
    @inline(__always) private func recency(_ index: UInt32) -> UInt64 {
        descriptor.recencyStart &+ UInt64(index) &* UInt64(Recency.size)
    }

    private func head(_ offset: UInt64) -> UInt64 { descriptor.storageStart &+ offset }

    private func count(_ list: RecencyList) -> UInt32 { memory.loadRelaxed32(head(list.count)) }

    /// Without the lock; a mark that hits the next element in the node does no harm.
    @inline(__always) func markUsed(_ index: UInt32) {
        Recency.markUsed(index, recencyStart: descriptor.recencyStart, memory)
    }

    /// Makes a node that is on no list the newest of one.
    func linkNewest(_ index: UInt32, on list: RecencyList, isUsed: Bool) throws(MapAccessError) {
        let own = recency(index)
        let newest = memory.loadAcquire32(head(list.newest))
        guard isNode(newest) || newest == HashNode.end else { throw badLink(.recencyLink, newest) }
        memory.storeRelaxed32(own &+ Recency.newer, HashNode.end)
        memory.storeRelaxed32(own &+ Recency.older, newest)
        memory.storeRelaxed32(own &+ Recency.list, list.rawValue)
        memory.storeRelaxed32(own &+ Recency.isUsed, isUsed ? 1 : 0)
        memory.storeRelaxed32(
            newest == HashNode.end ? head(list.oldest) : recency(newest) &+ Recency.newer, index)
        memory.storeRelaxed32(head(list.newest), index)
        memory.storeRelaxed32(head(list.count), count(list) &+ 1)
    }

    /// Takes a node off its list.
    func unlinkRecency(_ index: UInt32) throws(MapAccessError) {
        let own = recency(index)
        let word = memory.loadRelaxed32(own &+ Recency.list)
        guard let list = RecencyList(rawValue: word) else { throw corruption(.recencyList, UInt64(word), limit: 3) }
        let newer = memory.loadRelaxed32(own &+ Recency.newer)
        let older = memory.loadRelaxed32(own &+ Recency.older)
        guard isNode(newer) || newer == HashNode.end else { throw badLink(.recencyLink, newer) }
        guard isNode(older) || older == HashNode.end else { throw badLink(.recencyLink, older) }
        memory.storeRelaxed32(newer == HashNode.end ? head(list.newest) : recency(newer) &+ Recency.older, older)
        memory.storeRelaxed32(older == HashNode.end ? head(list.oldest) : recency(older) &+ Recency.newer, newer)
        memory.storeRelaxed32(own &+ Recency.list, 0)
        memory.storeRelaxed32(head(list.count), count(list) &- 1)
    }

    /// The oldest node of a list; nil where the list is empty.
    private func oldest(_ list: RecencyList) throws(MapAccessError) -> UInt32? {
        let index = memory.loadAcquire32(head(list.oldest))
        guard index != HashNode.end else { return nil }
        guard isNode(index) else { throw badLink(.recencyLink, index) }
        return index
    }

    private func isUsed(_ index: UInt32) -> Bool { memory.loadRelaxed32(recency(index) &+ Recency.isUsed) != 0 }

    /// Frees the node of the element that is least likely to be missed.
    func evict() throws(MapAccessError) {
        var scans = Recency.scans
        while scans > 0, count(.inactive) < count(.active), let index = try oldest(.active) {
            let list: RecencyList = isUsed(index) ? .active : .inactive
            try unlinkRecency(index)
            try linkNewest(index, on: list, isUsed: false)
            scans &-= 1
        }
        scans = Recency.scans
        while scans > 0, let index = try oldest(.inactive) {
            guard isUsed(index) else { return try giveUp(index) }
            try unlinkRecency(index)
            try linkNewest(index, on: .active, isUsed: false)
            scans &-= 1
        }
        if let index = try oldest(.inactive) { return try giveUp(index) }
        guard let index = try oldest(.active) else { throw corruption(.recencyList, 0, limit: 1) }
        try giveUp(index)
    }

    private func giveUp(_ index: UInt32) throws(MapAccessError) {
        let tag = loadTag(node(index))
        guard tag.state == .live else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
        let link = try self.link(to: index)
        try unlinkRecency(index)
        remove(Place(index: index, tag: tag, link: link))
    }

    /// Where the chain of a live node leads to it; under the lock.
    private func link(to index: UInt32) throws(MapAccessError) -> UInt64 {
        var link = bucket(ofHash: memory.loadAcquire32(node(index) &+ HashNode.hash))
        var steps = descriptor.nodeCount
        while true {
            let next = memory.loadAcquire32(link)
            guard next != index else { return link }
            guard isNode(next) else { throw badLink(.chainLink, next) }
            guard steps > 0 else { throw badLink(.chainLength, descriptor.nodeCount) }
            steps &-= 1
            link = node(next) &+ HashNode.next
        }
    }
}

/// Recency after a death, and when it is checked. For the host alone.
extension Map {
    /// Empties both lists, before a repair links every element anew.
    func forgetRecency() {
        forget(.inactive)
        forget(.active)
    }

    private func forget(_ list: RecencyList) {
        memory.storeRelaxed32(head(list.newest), HashNode.end)
        memory.storeRelaxed32(head(list.oldest), HashNode.end)
        memory.storeRelaxed32(head(list.count), 0)
    }

    /// Links an element whose links are lost. It stays as active and as used as it was; its age is lost.
    func relinkRecency(_ index: UInt32) {
        let list = RecencyList(rawValue: memory.loadRelaxed32(recency(index) &+ Recency.list)) ?? .inactive
        // Only a cell that writes the header meanwhile makes this fail; the next operation finds that out.
        try? linkNewest(index, on: list, isUsed: isUsed(index))
    }

    /// Checks that so many live nodes are on the lists, each once and linked both ways.
    func auditRecency(elements: UInt32) throws(MapAccessError) {
        let seen = try audit(.inactive, limit: elements) &+ audit(.active, limit: elements)
        guard seen == elements else { throw corruption(.recencyList, UInt64(seen), limit: UInt64(elements)) }
    }

    private func audit(_ list: RecencyList, limit: UInt32) throws(MapAccessError) -> UInt32 {
        var seen: UInt32 = 0
        var newer = HashNode.end
        var index = memory.loadAcquire32(head(list.newest))
        while index != HashNode.end {
            guard isNode(index) else { throw badLink(.recencyLink, index) }
            guard seen < limit else { throw corruption(.recencyList, UInt64(seen), limit: UInt64(limit)) }
            seen &+= 1
            let own = recency(index)
            let word = memory.loadRelaxed32(own &+ Recency.list)
            guard word == list.rawValue else { throw corruption(.recencyList, UInt64(word), limit: 3) }
            guard memory.loadRelaxed32(own &+ Recency.newer) == newer else { throw badLink(.recencyLink, index) }
            let tag = loadTag(node(index))
            guard tag.state == .live else { throw corruption(.nodeState, tag.rawValue & 3, limit: 1) }
            newer = index
            index = memory.loadRelaxed32(own &+ Recency.older)
        }
        guard memory.loadAcquire32(head(list.oldest)) == newer, count(list) == seen else {
            throw corruption(.recencyList, UInt64(seen), limit: UInt64(count(list)))
        }
        return seen
    }
}
