import Channel

/// RINGBUF (kernel/bpf/ringbuf.c), and PERF_EVENT_ARRAY as one such ring for each lane: what programs do.
///
/// The producer position moves by one store, after the header of the record says that it is busy; a commit is one store to the header.
/// So whoever dies in between leaves a ring that can be read, and a record that ``discardReservations(ofDead:)`` takes back.
extension Map {
    func ring(ofLane lane: UInt32) -> UInt64 { descriptor.storageStart &+ UInt64(lane) &* descriptor.laneStride }

    /// `bpf_ringbuf_reserve`: the address of `size` bytes, or 0 where there is no room.
    @_optimize(size) package func reserve(size: UInt64, lane: UInt32 = 0) throws(MapAccessError) -> UInt64 {
        let capacity = UInt64(descriptor.bucketMask) &+ 1
        guard size < capacity, lane < descriptor.laneCount else { return 0 }
        let length = (size &+ RingStorage.headerSize &+ 7) & ~7
        let ring = ring(ofLane: lane)
        try lock()
        defer { unlock() }
        let producer = memory.loadAcquire64(ring &+ RingStorage.producer) & ~7
        let used = producer &- memory.loadAcquire64(ring &+ RingStorage.consumer)
        guard used <= capacity, used &+ length < capacity else {
            let lost = ring &+ RingStorage.lost
            memory.storeRelease64(lost, memory.loadAcquire64(lost) &+ 1)
            return 0
        }
        let header = ring &+ RingStorage.data &+ (producer & UInt64(descriptor.bucketMask))
        memory.storeRelease32(header, UInt32(truncatingIfNeeded: size) | RingStorage.busy)
        memory.storeRelease32(header &+ 4, UInt32(truncatingIfNeeded: user.identity))
        memory.storeRelease64(ring &+ RingStorage.producer, producer &+ length)
        return header &+ RingStorage.headerSize
    }

    /// `bpf_ringbuf_submit`, `bpf_ringbuf_discard`.
    ///
    /// - Returns: false where no record that is still to be committed lies at that address of this ring.
    @_optimize(size) package func commit(_ record: UInt64, discards: Bool) -> Bool {
        let header = record &- RingStorage.headerSize
        let offset = header &- descriptor.valuesStart
        guard offset <= UInt64(descriptor.bucketMask), offset & 7 == 0, descriptor.type == MapKind.ringbuf.rawValue
        else {
            return false
        }
        let word = memory.loadAcquire32(header)
        guard word & RingStorage.busy != 0 else { return false }
        _ = memory.exchange32(header, word & ~RingStorage.busy | (discards ? RingStorage.discarded : 0))
        return true
    }

    /// `bpf_ringbuf_output`, `bpf_perf_event_output`: a record of `size` bytes at `data` and `tailSize` at `tail`, which the caller has
    /// checked.
    ///
    /// - Returns: false where there is no room.
    @_optimize(size) package func output(
        _ data: UInt64, size: UInt64, tail: UInt64, tailSize: UInt64 = 0, lane: UInt32 = 0
    ) throws(MapAccessError) -> Bool {
        let record = try reserve(size: size &+ tailSize, lane: lane)
        guard record != 0 else { return false }
        memory.move(from: data, to: record, count: size)
        memory.move(from: tail, to: record &+ size, count: tailSize)
        // Nothing is read afterwards that a reader may have changed: a release is enough.
        memory.storeRelease32(record &- RingStorage.headerSize, UInt32(truncatingIfNeeded: size &+ tailSize))
        return true
    }

    /// `bpf_ringbuf_query`: BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE, BPF_RB_CONS_POS, BPF_RB_PROD_POS; 0 for other flags.
    @_optimize(size) package func queryRing(_ flags: UInt64) -> UInt64 {
        let ring = ring(ofLane: 0)
        let consumer = memory.loadAcquire64(ring &+ RingStorage.consumer)
        let producer = memory.loadAcquire64(ring &+ RingStorage.producer)
        switch flags {
        case 0: return producer &- consumer
        case 1: return UInt64(descriptor.bucketMask) &+ 1
        case 2: return consumer
        case 3: return producer
        default: return 0
        }
    }
}
