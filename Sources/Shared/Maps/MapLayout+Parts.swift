/// The limits of each kind. A hash key must fit the stack of a program that makes one (`MAX_BPF_STACK`); newer kernels take longer
/// ones from the host. The others are Linux's: a value is one allocation (`KMALLOC_MAX_SIZE`, 4 MiB), a per-CPU value one unit
/// (`PCPU_MIN_UNIT_SIZE`, 32 KiB); a prefix has 8 to 2048 bits behind its length (`LPM_DATA_SIZE_MAX`,
/// kernel/bpf/lpm_trie.c).
extension MapKind {
    var keySizes: ClosedRange<UInt32> {
        switch self {
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .hashOfMaps: 1...512
        case .array, .programArray, .perCPUArray, .arrayOfMaps, .devmap, .devmapHash, .cpumap, .xskmap, .perfEventArray:
            4...4
        case .lpmTrie: 5...260
        case .queue, .stack, .bloomFilter, .ringbuf: 0...0
        }
    }

    var valueSizes: ClosedRange<UInt32> {
        switch self {
        case .programArray, .arrayOfMaps, .hashOfMaps, .xskmap, .perfEventArray: 4...4
        // An interface or a length of a queue, alone or with a program.
        case .devmap, .devmapHash, .cpumap: 4...8
        case .ringbuf: 0...0
        case .hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .queue, .stack, .bloomFilter:
            1...(isPerCPU ? 32 << 10 : 4 << 20)
        }
    }
}

/// What the storage of each structure consists of, in this order.
extension MapLayout {
    /// Nothing but values, lane after lane.
    mutating func planArray(_ sum: inout SizeSum) throws(MapError) {
        laneStride = try sum.lineRounded(maximumEntries, each: valueStride)
        try planValues(&sum)
    }

    /// Lane after lane: a page of its own, the reader's page, the writers' page, the data, and room to map the data once more
    /// (``RingStorage``).
    mutating func planRings(_ sum: inout SizeSum) throws(MapError) {
        let bytes = kind == .perfEventArray ? RingStorage.perfBytes : maximumEntries
        guard bytes.nonzeroBitCount == 1, UInt64(bytes) >= RingStorage.pageSize, bytes <= RingStorage.mostBytes else {
            throw .ringSize(got: bytes)
        }
        bucketMask = bytes - 1
        laneStride = RingStorage.data + UInt64(bytes) * 2
        _ = try sum.append(laneStride, count: laneCount)
        valuesOffset = RingStorage.data
        valuesEnd = valuesOffset
    }

    /// Header, heads of the chains, nodes (links and keys), what an LRU knows of each node, values lane after lane.
    mutating func planHash(_ sum: inout SizeSum) throws(MapError) {
        // Checked before the rounding below, which has no answer above 2^31.
        guard maximumEntries <= 1 << 31 else { throw .storageTooLarge(required: .max, limit: sum.limit) }
        nodeCount = maximumEntries + 1
        bucketMask = Self.mask(holding: maximumEntries)
        nodeStride = HashNode.headerSize + ((keySize + 7) & ~7)
        _ = try sum.append(HashHeader.size)
        bucketsOffset = try sum.append(try sum.lineRounded(bucketMask, plus: 1, each: 4))
        nodesOffset = try sum.append(try sum.lineRounded(nodeCount, each: nodeStride))
        if kind.isLRU { recencyOffset = try sum.append(try sum.lineRounded(nodeCount, each: Recency.size)) }
        laneStride = try sum.lineRounded(nodeCount, each: valueStride)
        try planValues(&sum)
    }

    /// Header, nodes (first those of elements, one to spare, then those of branches), values of the elements.
    mutating func planTrie(_ sum: inout SizeSum) throws(MapError) {
        guard maximumEntries <= 1 << 30 else { throw .storageTooLarge(required: .max, limit: sum.limit) }
        // A branch has two children, so there are fewer branches than elements.
        nodeCount = maximumEntries * 2 + 1
        nodeStride = HashNode.headerSize + ((keySize + 7) & ~7)
        _ = try sum.append(HashHeader.size)
        nodesOffset = try sum.append(try sum.lineRounded(nodeCount, each: nodeStride))
        laneStride = try sum.lineRounded(maximumEntries, plus: 1, each: valueStride)
        try planValues(&sum)
    }

    /// Header, values in a ring, one place to spare. No program sees an address of them.
    mutating func planQueue(_ sum: inout SizeSum) throws(MapError) {
        guard maximumEntries < .max else { throw .storageTooLarge(required: .max, limit: sum.limit) }
        nodeCount = maximumEntries + 1
        _ = try sum.append(HashHeader.size)
        valuesOffset = try sum.append(try sum.lineRounded(nodeCount, each: valueStride))
        valuesEnd = valuesOffset
    }

    /// Bits: the power of two above `entries × hashes × 7 / 5`, at least 64 (`bloom_map_alloc`, kernel/bpf/bloom_filter.c).
    mutating func planFilter(_ sum: inout SizeSum) throws(MapError) {
        nodeCount = extra == 0 ? 5 : UInt32(extra)
        let (bits, tooMany) = maximumEntries.multipliedReportingOverflow(by: nodeCount)
        let (enough, tooLarge) = (bits / 5).multipliedReportingOverflow(by: 7)
        bucketMask = tooMany || tooLarge || enough > 1 << 31 ? .max : Self.mask(holding: max(enough, 64))
        bucketsOffset = try sum.append(try sum.lineRounded(bucketMask / 8, plus: 1, each: 1))
        valuesOffset = sum.total
        valuesEnd = valuesOffset
    }

    private mutating func planValues(_ sum: inout SizeSum) throws(MapError) {
        valuesOffset = try sum.append(laneStride, count: laneCount)
        // What only names something is no program's to touch.
        valuesEnd = kind.holdsReferences ? valuesOffset : sum.total
    }

    /// One less than the smallest power of two that is not below `count`, which is 1...2^31.
    private static func mask(holding count: UInt32) -> UInt32 {
        count == 1 ? 0 : UInt32.max >> UInt32((count - 1).leadingZeroBitCount)
    }
}
