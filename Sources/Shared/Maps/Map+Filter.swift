import Channel

/// BLOOM_FILTER (kernel/bpf/bloom_filter.c): each value sets ``MapDescriptor/nodeCount`` bits, and may have been seen if
/// all of its bits are set. No lock: bits are only ever set, each by one atomic operation.
///
/// Which bits: those of `h1 + i × h2` for the halves of one keyed hash (Kirsch and Mitzenmacher, "Less hashing, same
/// performance"); Linux hashes once for each. So both have the same rate of false answers, and not the same ones.
extension Map {
    @_optimize(size) func remember(_ value: MapBytes) {
        var bits = FilterBits(value, descriptor)
        while let bit = bits.next() {
            let word = descriptor.bucketsStart &+ UInt64(bit &>> 5) &* 4
            let mask: UInt32 = 1 &<< (bit & 31)
            // A value that was seen before is not written, so that the line stays with all who read it.
            if memory.loadRelaxed32(word) & mask == 0 { _ = memory.fetchOr32(word, mask) }
        }
    }

    @_optimize(size) func mayHold(_ value: MapBytes) -> Bool {
        var bits = FilterBits(value, descriptor)
        while let bit = bits.next() {
            let word = memory.loadRelaxed32(descriptor.bucketsStart &+ UInt64(bit &>> 5) &* 4)
            guard word & 1 &<< (bit & 31) != 0 else { return false }
        }
        return true
    }

    /// How many bits are set, of how many. For the host alone.
    @_optimize(size) package func filterOccupancy() -> (set: UInt64, bits: UInt64) {
        var set: UInt64 = 0
        let bits = UInt64(descriptor.bucketMask) &+ 1
        var offset: UInt64 = 0
        while offset < bits / 8 {
            set &+= UInt64(memory.loadRelaxed64(descriptor.bucketsStart &+ offset).nonzeroBitCount)
            offset &+= 8
        }
        return (set, bits)
    }
}

private struct FilterBits {
    private var bit: UInt32
    private let step: UInt32
    private let mask: UInt32
    private var left: UInt32

    init(_ value: MapBytes, _ descriptor: MapDescriptor) {
        let hash = keyedHash64(value, size: descriptor.valueSize, seed: descriptor.seed)
        bit = UInt32(truncatingIfNeeded: hash)
        // Odd, so that no two steps of one value come to the same bit.
        step = UInt32(truncatingIfNeeded: hash &>> 32) | 1
        mask = descriptor.bucketMask
        left = descriptor.nodeCount
    }

    @_optimize(size) mutating func next() -> UInt32? {
        guard left > 0 else { return nil }
        left &-= 1
        bit &+= step
        return bit & mask
    }
}
