/// How the storage of one map is divided, planned and checked before a byte of it exists.
///
/// The limits are Linux's: a hash key must fit the stack it is built on (`MAX_BPF_STACK`, `kernel/bpf/hashtab.c`),
/// a value one allocation (`KMALLOC_MAX_SIZE`, 4 MiB), a per-CPU value one unit (`PCPU_MIN_UNIT_SIZE`, 32 KiB).
///
/// An array is nothing but values, lane after lane, each lane's padded to a cache line. A hash is, in this order
/// and each part on a cache line of its own: header, bucket heads, nodes (links and keys), values.
package struct MapLayout: Equatable, Sendable {
    package static var alignment: UInt64 { 64 }
    package static var maximumKeySize: UInt32 { 512 }
    package static var maximumValueSize: UInt32 { 4 << 20 }
    package static var maximumPerCPUValueSize: UInt32 { 32 << 10 }
    package static var maximumLanes: UInt32 { 1024 }
    /// Every address of a cell fits 32 bits.
    package static var addressLimit: UInt64 { 1 << 32 }
    /// Page 0 is never mapped.
    package static var lowestAddress: UInt64 { 4096 }

    package let kind: MapKind
    package let flags: MapFlags
    package let keySize: UInt32
    package let valueSize: UInt32
    package let valueStride: UInt32
    package let maximumEntries: UInt32
    package let laneCount: UInt32
    package let laneStride: UInt64
    package let nodeStride: UInt32
    package let nodeCount: UInt32
    package let bucketMask: UInt32
    package let bucketsOffset: UInt64
    package let nodesOffset: UInt64
    package let valuesOffset: UInt64
    /// Bytes of storage.
    package let size: UInt64

    /// Plans the map that a definition describes.
    ///
    /// - Parameters:
    ///   - type: Linux's number.
    ///   - lanes: how many lanes the cells have; only per-CPU maps use it.
    ///   - storageLimit: the most bytes that this map may take.
    package static func plan(
        type: UInt32, keySize: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32, lanes: UInt32 = 1,
        storageLimit: UInt64 = MapLayout.addressLimit
    ) throws(MapError) -> MapLayout {
        guard let kind = MapKind(rawValue: type) else { throw .unsupportedType(type) }
        let accepted = try MapLayout.accept(flags, for: kind)
        guard lanes >= 1, lanes <= maximumLanes else { throw .laneCount(got: lanes, maximum: maximumLanes) }
        guard maximumEntries >= 1 else { throw .noEntries }
        try check(keySize: keySize, valueSize: valueSize, of: kind)

        var sum = SizeSum(limit: min(storageLimit, addressLimit))
        let stride = (valueSize + 7) & ~7
        switch kind {
        case .array, .programArray, .perCPUArray:
            let lanes = kind == .perCPUArray ? lanes : 1
            let laneStride = try sum.lineRounded(maximumEntries, each: stride)
            let values = try sum.append(laneStride, count: lanes)
            return MapLayout(
                kind: kind, flags: accepted, keySize: keySize, valueSize: valueSize, valueStride: stride,
                maximumEntries: maximumEntries, laneCount: lanes, laneStride: laneStride, nodeStride: 0, nodeCount: 0,
                bucketMask: 0, bucketsOffset: 0, nodesOffset: 0, valuesOffset: values, size: try sum.checked())
        case .hash:
            let (nodeCount, overflow) = maximumEntries.addingReportingOverflow(1)
            // Checked before the rounding below, which has no answer above 2^31.
            guard !overflow, maximumEntries <= 1 << 31 else { throw .storageTooLarge(required: .max, limit: sum.limit) }
            let bucketMask = bucketMask(holding: maximumEntries)
            let nodeStride = HashNode.headerSize + ((keySize + 7) & ~7)
            _ = try sum.append(HashHeader.size, count: 1)
            let buckets = try sum.append(try sum.lineRounded(bucketMask, plus: 1, each: 4), count: 1)
            let nodes = try sum.append(try sum.lineRounded(nodeCount, each: nodeStride), count: 1)
            let valueBytes = try sum.lineRounded(nodeCount, each: stride)
            let values = try sum.append(valueBytes, count: 1)
            return MapLayout(
                kind: kind, flags: accepted, keySize: keySize, valueSize: valueSize, valueStride: stride,
                maximumEntries: maximumEntries, laneCount: 1, laneStride: valueBytes, nodeStride: nodeStride,
                nodeCount: nodeCount, bucketMask: bucketMask, bucketsOffset: buckets, nodesOffset: nodes,
                valuesOffset: values, size: try sum.checked())
        }
    }

    /// The descriptor of this map with its storage at `address` of the cell.
    ///
    /// - Parameter seed: fresh random bytes; ignored where the map was defined with `BPF_F_ZERO_SEED`.
    package func descriptor(storageAt address: UInt64, seed: MapSeed) throws(MapError) -> MapDescriptor {
        guard address % MapLayout.alignment == 0 else {
            throw .misalignedStorage(address: address, alignment: MapLayout.alignment)
        }
        let (end, overflow) = address.addingReportingOverflow(size)
        guard !overflow, address >= MapLayout.lowestAddress, end <= MapLayout.addressLimit else {
            throw .storageOutsideAddressSpace(start: address, size: size)
        }
        return MapDescriptor(self, storageStart: address, seed: seed)
    }

    private static func accept(_ flags: UInt32, for kind: MapKind) throws(MapError) -> MapFlags {
        let refused = flags & ~kind.supportedFlags.rawValue
        guard refused == 0 else { throw .unsupportedFlag(refused & (~refused &+ 1), kind) }
        let accepted = MapFlags(rawValue: flags)
        guard !accepted.isSuperset(of: [.readOnlyForProgram, .writeOnlyForProgram]) else {
            throw .contradictoryFlags(flags)
        }
        return accepted
    }

    private static func check(keySize: UInt32, valueSize: UInt32, of kind: MapKind) throws(MapError) {
        let keys: (minimum: UInt32, maximum: UInt32)
        var valueMinimum: UInt32 = 1
        let valueMaximum: UInt32
        switch kind {
        case .hash: (keys, valueMaximum) = ((1, maximumKeySize), maximumValueSize)
        case .array: (keys, valueMaximum) = ((4, 4), maximumValueSize)
        case .programArray: (keys, valueMinimum, valueMaximum) = ((4, 4), 4, 4)
        case .perCPUArray: (keys, valueMaximum) = ((4, 4), maximumPerCPUValueSize)
        }
        guard keySize >= keys.minimum, keySize <= keys.maximum else {
            throw .keySize(got: keySize, minimum: keys.minimum, maximum: keys.maximum)
        }
        guard valueSize >= valueMinimum, valueSize <= valueMaximum else {
            throw .valueSize(got: valueSize, minimum: valueMinimum, maximum: valueMaximum)
        }
    }

    /// One less than the smallest power of two that is not below `entries`, which is 1...2^31.
    private static func bucketMask(holding entries: UInt32) -> UInt32 {
        entries == 1 ? 0 : UInt32.max >> UInt32((entries - 1).leadingZeroBitCount)
    }
}

/// Adds up sizes that come from outside; no sum or product of them goes unchecked.
private struct SizeSum {
    let limit: UInt64
    private(set) var total: UInt64 = 0

    init(limit: UInt64) { self.limit = limit }

    /// `(count + extra) × size`, rounded up to the alignment.
    func lineRounded(_ count: UInt32, plus extra: UInt64 = 0, each size: UInt32) throws(MapError) -> UInt64 {
        // At most 2^32 × (2^32 - 1) + 63, which fits 64 bits.
        let bytes = (UInt64(count) + extra) * UInt64(size)
        let (padded, overflow) = bytes.addingReportingOverflow(MapLayout.alignment - 1)
        guard !overflow else { throw .storageTooLarge(required: .max, limit: limit) }
        return padded & ~(MapLayout.alignment - 1)
    }

    /// Makes room for `count` parts of `size` bytes, and returns the offset of the first.
    mutating func append(_ size: UInt64, count: UInt32) throws(MapError) -> UInt64 {
        let start = total
        let (bytes, tooMany) = size.multipliedReportingOverflow(by: UInt64(count))
        let (end, tooLong) = start.addingReportingOverflow(bytes)
        guard !tooMany, !tooLong else { throw .storageTooLarge(required: .max, limit: limit) }
        total = end
        return start
    }

    /// The whole, if the limit allows it.
    func checked() throws(MapError) -> UInt64 {
        guard total <= limit else { throw .storageTooLarge(required: total, limit: limit) }
        return total
    }
}
