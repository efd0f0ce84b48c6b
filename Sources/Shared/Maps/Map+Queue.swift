import Channel

/// The words of a queue or stack: its ends. A place is below ``MapDescriptor/nodeCount``; between `oldest` and `next`
/// lie the values, and there is always a free place, so that equal ends mean that there are none.
///
/// | offset | width | word | written |
/// |---|---|---|---|
/// | 0 | 8 | lock | by whoever takes or gives back the lock |
/// | 16 | 4 | `next`: where the next value goes | with the other, in one store, under the lock |
/// | 20 | 4 | `oldest` | |
struct QueueEnds: Equatable {
    static var offset: UInt64 { 16 }
    var next: UInt32
    var oldest: UInt32
}

/// QUEUE and STACK (kernel/bpf/queue_stack_maps.c): values in a ring, pushed at one end, and popped at the other or at
/// the same.
///
/// What the ring holds changes by one store of both ends, after the value was written and after it was read; so whoever
/// dies in between has changed nothing.
extension Map {
    private var ends: UInt64 { descriptor.storageStart &+ QueueEnds.offset }

    @_optimize(size) private func loadEnds() throws(MapAccessError) -> QueueEnds {
        let word = memory.loadAcquire64(ends)
        let (next, oldest) = (UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word &>> 32))
        guard next < descriptor.nodeCount else { throw badLink(.queueEnds, next) }
        guard oldest < descriptor.nodeCount else { throw badLink(.queueEnds, oldest) }
        return QueueEnds(next: next, oldest: oldest)
    }

    @_optimize(size) private func store(_ ends: QueueEnds) {
        memory.storeRelease64(self.ends, UInt64(ends.oldest) &<< 32 | UInt64(ends.next))
    }

    @_optimize(size) private func after(_ place: UInt32) -> UInt32 {
        place &+ 1 == descriptor.nodeCount ? 0 : place &+ 1
    }
    @_optimize(size) private func before(_ place: UInt32) -> UInt32 {
        place == 0 ? descriptor.nodeCount &- 1 : place &- 1
    }

    @_optimize(size) private func count(_ ends: QueueEnds) -> UInt32 {
        ends.next >= ends.oldest ? ends.next &- ends.oldest : ends.next &+ (descriptor.nodeCount &- ends.oldest)
    }

    /// - Parameter replacesOldest: whether a full queue gives up its oldest value (`BPF_EXIST`).
    @_optimize(size) func putIn(_ value: MapBytes, replacesOldest: Bool) throws(MapAccessError) -> Int64 {
        try lock()
        defer { unlock() }
        var ends = try loadEnds()
        let next = after(ends.next)
        if next == ends.oldest {
            guard replacesOldest else { return LinuxErrno.tooBig }
            ends.oldest = after(ends.oldest)
        }
        memory.publish(value, size: descriptor.valueSize, to: nodeValue(ends.next, lane: 0))
        ends.next = next
        store(ends)
        return 0
    }

    /// Copies the oldest value of a queue or the newest of a stack; zeros where there is none.
    @_optimize(size) func takeOut(into value: MapBytes, removes: Bool) throws(MapAccessError) -> Int64 {
        try lock()
        defer { unlock() }
        var ends = try loadEnds()
        guard ends.next != ends.oldest else {
            value.clear(size: descriptor.valueSize)
            return LinuxErrno.noEntry
        }
        let isStack = descriptor.type == MapKind.stack.rawValue
        let place = isStack ? before(ends.next) : ends.oldest
        value.fill(from: MapBytes(memory: memory, address: nodeValue(place, lane: 0)), size: descriptor.valueSize)
        guard removes else { return 0 }
        if isStack { ends.next = place } else { ends.oldest = after(place) }
        store(ends)
        return 0
    }
}

/// For the host alone.
extension Map {
    /// Copies the value that would be popped after so many others. What is pushed or popped meanwhile moves them.
    @_optimize(size) func nextQueueElement(_ cursor: inout MapCursor, value: inout MutableRawSpan)
        throws(MapAccessError) -> Bool
    {
        try lock()
        defer { unlock() }
        let ends = try loadEnds()
        guard cursor.bucket < count(ends), cursor.bucket < descriptor.maximumEntries else {
            cursor.isAtEnd = true
            return false
        }
        var place = descriptor.type == MapKind.stack.rawValue ? ends.next : ends.oldest
        if descriptor.type == MapKind.stack.rawValue {
            place =
                place > cursor.bucket
                ? place &- cursor.bucket &- 1 : place &+ descriptor.nodeCount &- cursor.bucket &- 1
        } else {
            let room = descriptor.nodeCount &- place
            place = cursor.bucket < room ? place &+ cursor.bucket : cursor.bucket &- room
        }
        if !value.isEmpty { copy(descriptor.valueSize, from: nodeValue(place, lane: 0), to: &value) }
        cursor.bucket &+= 1
        return true
    }

    /// Ends that no honest writer leaves hold nothing: the queue is emptied.
    @_optimize(size) func rebuildQueue() -> MapRepair {
        let ends = (try? loadEnds()) ?? QueueEnds(next: 0, oldest: 0)
        store(ends)
        return MapRepair(elements: count(ends), dropped: 0)
    }

    @_optimize(size) func auditQueue() throws(MapAccessError) -> UInt32 { count(try loadEnds()) }
}
