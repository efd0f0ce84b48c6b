package import Channel

/// Everything about a map that does not change, in the form in which the cell finds it.
///
/// The host writes descriptors into pages that the cell can only read, and works from its own copy, so both sides may
/// believe every field. Offsets are bytes from the descriptor's start; all words are little-endian; the rest is zero.
///
/// | offset | width | field |
/// |---|---|---|
/// | 0 | 4 | `type`, Linux's number |
/// | 4 | 4 | `flags` |
/// | 8 | 4 | `keySize` |
/// | 12 | 4 | `valueSize` |
/// | 16 | 4 | `valueStride` |
/// | 20 | 4 | `maximumEntries` |
/// | 24 | 4 | `laneCount` |
/// | 28 | 4 | `nodeStride` |
/// | 32 | 8 | `storageStart` |
/// | 40 | 8 | `storageSize` |
/// | 48 | 8 | `valuesStart` |
/// | 56 | 8 | `valuesEnd` |
/// | 64 | 8 | `laneStride` |
/// | 72 | 8 | `bucketsStart` |
/// | 80 | 8 | `nodesStart` |
/// | 88 | 4 | `bucketMask` |
/// | 92 | 4 | `nodeCount` |
/// | 96 | 16 | `seed` |
/// | 112 | 8 | `recencyStart` |
/// | 124 | 4 | `form` |
@frozen package struct MapDescriptor: Equatable, Sendable {
    /// Bytes from one descriptor to the next.
    @inlinable package static var size: UInt64 { 128 }

    package let type: UInt32
    package let flags: MapFlags
    package let keySize: UInt32
    package let valueSize: UInt32
    /// ``valueSize`` rounded up to 8, so that every value is aligned for 64-bit atomic operations.
    package let valueStride: UInt32
    package let maximumEntries: UInt32
    /// How many copies of each value there are: 1, or the number of lanes for a per-CPU map.
    package let laneCount: UInt32
    /// Hash and trie: bytes from one node to the next.
    package let nodeStride: UInt32
    package let storageStart: UInt64
    package let storageSize: UInt64
    /// The only bytes of the storage that a program may touch: values lie together, away from links and locks.
    package let valuesStart: UInt64
    package let valuesEnd: UInt64
    /// Bytes from the values of one lane to those of the next.
    package let laneStride: UInt64
    /// Hash: where the heads of the chains lie. Filter: where the bits lie.
    package let bucketsStart: UInt64
    /// Hash and trie: where the nodes lie.
    package let nodesStart: UInt64
    /// Hash: the number of buckets, a power of two, less one. Filter: the number of bits, less one. Ring: its bytes, less one.
    package let bucketMask: UInt32
    /// Hash: ``maximumEntries`` and one to spare, which a replacement is written to. Trie: as many, then
    /// ``maximumEntries`` branches. Queue: places in the ring, one of them always free. Filter: hashes of a value.
    package let nodeCount: UInt32
    /// The key of the keyed hash.
    package let seed: MapSeed
    /// LRU only: where each node's place among those that were used before and after it lies.
    package let recencyStart: UInt64
    /// What ``type`` means.
    @usableFromInline let form: MapForm

    @inlinable package var isReadOnlyForProgram: Bool { flags.contains(.readOnlyForProgram) }
    @inlinable package var isWriteOnlyForProgram: Bool { flags.contains(.writeOnlyForProgram) }

    /// Reads a descriptor that ``store(to:at:)`` wrote.
    @inlinable package init(loading memory: CellMemory, at address: UInt64) {
        self.init(viewing: memory, at: address)
    }

    /// The same for a function that needs a few fields: inlined, so that only those are read.
    @inlinable @inline(__always) init(viewing memory: CellMemory, at address: UInt64) {
        type = memory.load32(address)
        flags = MapFlags(rawValue: memory.load32(address &+ 4))
        keySize = memory.load32(address &+ 8)
        valueSize = memory.load32(address &+ 12)
        valueStride = memory.load32(address &+ 16)
        maximumEntries = memory.load32(address &+ 20)
        laneCount = memory.load32(address &+ 24)
        nodeStride = memory.load32(address &+ 28)
        storageStart = memory.load64(address &+ 32)
        storageSize = memory.load64(address &+ 40)
        valuesStart = memory.load64(address &+ 48)
        valuesEnd = memory.load64(address &+ 56)
        laneStride = memory.load64(address &+ 64)
        bucketsStart = memory.load64(address &+ 72)
        nodesStart = memory.load64(address &+ 80)
        bucketMask = memory.load32(address &+ 88)
        nodeCount = memory.load32(address &+ 92)
        seed = MapSeed(low: memory.load64(address &+ 96), high: memory.load64(address &+ 104))
        recencyStart = memory.load64(address &+ 112)
        form = MapForm(rawValue: memory.load32(address &+ 124))
    }

    /// Whether the descriptor there is one of a map of maps.
    @inlinable @inline(__always) package static func isMapOfMaps(_ memory: CellMemory, at address: UInt64) -> Bool {
        MapForm(rawValue: memory.load32(address &+ 124)).isMapOfMaps
    }

    init(_ layout: MapLayout, storageStart start: UInt64, seed: MapSeed) {
        type = layout.kind.rawValue
        flags = layout.flags
        keySize = layout.keySize
        valueSize = layout.valueSize
        valueStride = layout.valueStride
        maximumEntries = layout.maximumEntries
        laneCount = layout.laneCount
        nodeStride = layout.nodeStride
        storageStart = start
        storageSize = layout.size
        valuesStart = start + layout.valuesOffset
        valuesEnd = start + layout.valuesEnd
        laneStride = layout.laneStride
        bucketsStart = start + layout.bucketsOffset
        nodesStart = start + layout.nodesOffset
        bucketMask = layout.bucketMask
        nodeCount = layout.nodeCount
        self.seed = layout.flags.contains(.zeroSeed) ? MapSeed(low: 0, high: 0) : seed
        recencyStart = start + layout.recencyOffset
        form = MapForm(of: layout.kind)
    }

    /// Writes the descriptor where the cell will find it: ``size`` bytes at `address`.
    package func store(to memory: CellMemory, at address: UInt64) {
        memory.store32(address, type)
        memory.store32(address &+ 4, flags.rawValue)
        memory.store32(address &+ 8, keySize)
        memory.store32(address &+ 12, valueSize)
        memory.store32(address &+ 16, valueStride)
        memory.store32(address &+ 20, maximumEntries)
        memory.store32(address &+ 24, laneCount)
        memory.store32(address &+ 28, nodeStride)
        memory.store64(address &+ 32, storageStart)
        memory.store64(address &+ 40, storageSize)
        memory.store64(address &+ 48, valuesStart)
        memory.store64(address &+ 56, valuesEnd)
        memory.store64(address &+ 64, laneStride)
        memory.store64(address &+ 72, bucketsStart)
        memory.store64(address &+ 80, nodesStart)
        memory.store32(address &+ 88, bucketMask)
        memory.store32(address &+ 92, nodeCount)
        memory.store64(address &+ 96, seed.low)
        memory.store64(address &+ 104, seed.high)
        memory.store64(address &+ 112, recencyStart)
        memory.store32(address &+ 120, 0)
        memory.store32(address &+ 124, form.rawValue)
    }

    /// How the storage is built.
    @inlinable package var structure: MapStructure { form.structure }
    @inlinable package var isLRU: Bool { form.isLRU }
    /// Whether every lane has values of its own.
    @inlinable package var isPerCPU: Bool { form.isPerCPU }
    @inlinable package var isMapOfMaps: Bool { form.isMapOfMaps }
    /// Whether elements mean something to the host alone.
    @inlinable package var holdsReferences: Bool { form.holdsReferences }

    /// How many values a lane has room for, of which programs may see the address.
    package var valueCount: UInt32 {
        switch structure {
        case .array: maximumEntries
        case .hash: nodeCount
        case .trie: maximumEntries &+ 1
        case .queue, .filter, .ring: 0
        }
    }

    /// The values of all lanes, as addresses.
    package var values: (start: UInt64, end: UInt64) { (valuesStart, valuesEnd) }

    /// The values that a lane's programs may touch, as addresses.
    @inlinable package func values(ofLane lane: UInt32) -> (start: UInt64, end: UInt64) {
        guard laneCount > 1 else { return (valuesStart, valuesEnd) }
        guard lane < laneCount else { return (valuesStart, valuesStart) }
        let start = valuesStart &+ UInt64(lane) &* laneStride
        return (start, start &+ laneStride)
    }
}

/// The 128-bit key of a map's hash. A cell can read its own; whoever sends packets cannot, and so cannot choose
/// collisions.
@frozen package struct MapSeed: Equatable, Sendable {
    package let low: UInt64
    package let high: UInt64

    @inlinable package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}
