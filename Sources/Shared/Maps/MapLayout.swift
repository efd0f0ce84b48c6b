/// How the storage of one map is divided, planned and checked before a byte of it exists.
///
/// Each part begins on a cache line of its own. What the parts are depends on how the kind is built
/// (``MapStructure``); `MapLayout+Parts.swift` has them.
package struct MapLayout: Equatable, Sendable {
    package static var alignment: UInt64 { 64 }
    package static var maximumLanes: UInt32 { 1024 }
    /// Every address of a cell fits 32 bits.
    package static var addressLimit: UInt64 { 1 << 32 }
    /// Page 0 is never mapped.
    package static var lowestAddress: UInt64 { 4096 }

    package let kind: MapKind
    package let flags: MapFlags
    package let extra: UInt64
    package let keySize: UInt32
    package let valueSize: UInt32
    package let valueStride: UInt32
    package let maximumEntries: UInt32
    package let laneCount: UInt32
    package internal(set) var laneStride: UInt64 = 0
    package internal(set) var nodeStride: UInt32 = 0
    package internal(set) var nodeCount: UInt32 = 0
    package internal(set) var bucketMask: UInt32 = 0
    package internal(set) var bucketsOffset: UInt64 = 0
    package internal(set) var nodesOffset: UInt64 = 0
    package internal(set) var recencyOffset: UInt64 = 0
    package internal(set) var valuesOffset: UInt64 = 0
    /// Where the values that programs may touch end.
    package internal(set) var valuesEnd: UInt64 = 0
    /// Bytes of storage.
    package internal(set) var size: UInt64 = 0

    /// Plans the map that a definition describes.
    ///
    /// - Parameters:
    ///   - type: Linux's number.
    ///   - extra: `map_extra`.
    ///   - lanes: how many lanes the cells have; only per-CPU maps use it.
    ///   - storageLimit: the most bytes that this map may take.
    package static func plan(
        type: UInt32, keySize: UInt32, valueSize: UInt32, maximumEntries: UInt32, flags: UInt32, extra: UInt64 = 0,
        lanes: UInt32 = 1, storageLimit: UInt64 = MapLayout.addressLimit
    ) throws(MapError) -> MapLayout {
        guard let kind = MapKind(rawValue: type) else { throw .unsupportedType(type) }
        let accepted = try MapLayout.accept(flags, for: kind)
        guard extra & ~kind.supportedExtra == 0 else { throw .unsupportedExtra(extra, kind) }
        guard lanes >= 1, lanes <= maximumLanes else { throw .laneCount(got: lanes, maximum: maximumLanes) }
        // A perf event array has as many elements as there are processors, whatever was asked for.
        guard maximumEntries >= 1 || kind == .perfEventArray else { throw .noEntries }
        try check(keySize: keySize, valueSize: valueSize, of: kind)

        var layout = MapLayout(
            kind: kind, flags: accepted, extra: extra, keySize: keySize, valueSize: valueSize,
            valueStride: (valueSize + 7) & ~7, maximumEntries: maximumEntries, laneCount: kind.isPerCPU ? lanes : 1)
        var sum = SizeSum(limit: min(storageLimit, addressLimit))
        switch kind.structure {
        case .array: try layout.planArray(&sum)
        case .hash: try layout.planHash(&sum)
        case .trie: try layout.planTrie(&sum)
        case .queue: try layout.planQueue(&sum)
        case .filter: try layout.planFilter(&sum)
        case .ring: try layout.planRings(&sum)
        }
        layout.size = try sum.checked()
        return layout
    }

    private init(
        kind: MapKind, flags: MapFlags, extra: UInt64, keySize: UInt32, valueSize: UInt32, valueStride: UInt32,
        maximumEntries: UInt32, laneCount: UInt32
    ) {
        self.kind = kind
        self.flags = flags
        self.extra = extra
        self.keySize = keySize
        self.valueSize = valueSize
        self.valueStride = valueStride
        self.maximumEntries = maximumEntries
        self.laneCount = laneCount
    }

    /// The descriptor of this map with its storage at `address` of the cell.
    ///
    /// - Parameter seed: fresh random bytes; ignored where the map was defined with `BPF_F_ZERO_SEED`.
    package func descriptor(storageAt address: UInt64, seed: MapSeed) throws(MapError) -> MapDescriptor {
        let alignment = kind.structure == .ring ? RingStorage.pageSize : MapLayout.alignment
        guard address % alignment == 0 else {
            throw .misalignedStorage(address: address, alignment: alignment)
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
        let missing = kind.requiredFlags.rawValue & ~flags
        guard missing == 0 else { throw .missingFlag(missing & (~missing &+ 1), kind) }
        let accepted = MapFlags(rawValue: flags)
        guard !accepted.isSuperset(of: [.readOnlyForProgram, .writeOnlyForProgram]) else {
            throw .contradictoryFlags(flags)
        }
        return accepted.union(kind.impliedFlags)
    }

    private static func check(keySize: UInt32, valueSize: UInt32, of kind: MapKind) throws(MapError) {
        let keys = kind.keySizes
        guard keys.contains(keySize) else {
            throw .keySize(got: keySize, minimum: keys.lowerBound, maximum: keys.upperBound)
        }
        let values = kind.valueSizes
        guard values.contains(valueSize) else {
            throw .valueSize(got: valueSize, minimum: values.lowerBound, maximum: values.upperBound)
        }
    }
}
