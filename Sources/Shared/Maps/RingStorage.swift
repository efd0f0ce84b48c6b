import Channel

/// How a ring lies in memory: for a reader, exactly as Linux maps one (`ringbuf_map_mmap_kern`, kernel/bpf/ringbuf.c), with the lock in
/// a page before that.
///
/// | offset | width | word | written |
/// |---|---|---|---|
/// | 0 | 8 | lock (only the first lane's) | by whoever takes or gives back the lock |
/// | 4096 | 8 | consumer position: bytes read since ever | by the reader |
/// | 8192 | 8 | producer position: bytes reserved since ever | under the lock |
/// | 8200 | 8 | records for which there was no room | under the lock |
/// | 12288 | N | the data | by whoever reserved the record |
/// | 12288 + N | N | the same data again: the same pages, so that every record is in one piece | |
///
/// A record begins at a multiple of 8, with its header:
///
/// | offset | width | word |
/// |---|---|---|
/// | 0 | 4 | bytes behind the header, ``busy`` until it is committed, ``discarded`` if it is to be skipped |
/// | 4 | 4 | who reserved it: lane + 1. Linux has the distance to its own bookkeeping here, which no reader uses |
package enum RingStorage {
    package static var pageSize: UInt64 { 4096 }
    package static var consumer: UInt64 { 4096 }
    package static var producer: UInt64 { 8192 }
    package static var lost: UInt64 { 8200 }
    package static var data: UInt64 { 12288 }
    package static var headerSize: UInt64 { 8 }
    /// BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT.
    package static var busy: UInt32 { 1 << 31 }
    package static var discarded: UInt32 { 1 << 30 }
    /// A quarter of a cell's room for maps.
    static var mostBytes: UInt32 { 1 << 28 }
    /// Data of each lane of a perf event array: what libbpf's `perf_buffer__new` is mostly asked for, 16 pages.
    static var perfBytes: UInt32 { 1 << 16 }
}

extension MapDescriptor {
    /// The data of each ring, which every address space has to map twice: where, and how many bytes.
    package func ringData(ofLane lane: UInt32) -> (start: UInt64, size: UInt64)? {
        guard structure == .ring, lane < laneCount else { return nil }
        return (valuesStart &+ UInt64(lane) &* laneStride, UInt64(bucketMask) &+ 1)
    }
}
