internal import Channel
internal import Maps

/// The maps of a program, found by index, by the address that a program holds of them, or by an address inside a value.
struct MapTable {
    private let memory: CellMemory
    private let descriptors: UInt64
    private let count: UInt64
    private let user: MapUser

    init(memory: CellMemory, descriptors: UInt64, count: UInt64, user: MapUser) {
        self.memory = memory
        self.descriptors = descriptors
        self.count = count
        self.user = user
    }

    /// What a program gets for a reference to map `index`: the address of its descriptor, or an address that is no map's.
    func address(ofDescriptor index: UInt64) -> UInt64 { descriptors &+ index &* MapDescriptor.size }

    /// The map whose descriptor lies at `address`, or nil.
    func map(at address: UInt64) -> Map? {
        guard isDescriptor(address) else { return nil }
        return Map(memory: memory, descriptor: MapDescriptor(loading: memory, at: address), user: user)
    }

    /// What a look-up in the map whose descriptor lies at `address` finds, if it is found quickly (``QuickLookUp``).
    @inline(__always) func quickValue(inMapAt address: UInt64, key: UInt64) -> UInt64? {
        guard isDescriptor(address) else { return nil }
        switch QuickLookUp.structure(memory, address) {
        case .hash:
            let value = QuickLookUp.hash(memory, address, key: key, lane: user.lane)
            guard let value, MapDescriptor.isMapOfMaps(memory, at: address) else { return value }
            return innerMap(at: value)
        case .trie: return QuickLookUp.trie(memory, address, key: key)
        case .array, .queue, .filter, .ring, nil: return nil
        }
    }

    @inline(__always) private func isDescriptor(_ address: UInt64) -> Bool {
        let offset = address &- descriptors
        return offset < count &* MapDescriptor.size && offset % MapDescriptor.size == 0
    }

    /// As ``map(at:)``, for helpers that look at elements: not every map has some that programs may see.
    func map(ofElementsAt address: UInt64) -> Map? {
        map(at: address, among: Self.kindsWithElements)
    }

    /// As ``map(at:)``, for `bpf_redirect_map`.
    func map(ofTargetsAt address: UInt64) -> Map? { map(at: address, among: Self.kindsOfTargets) }

    private func map(at address: UInt64, among kinds: UInt64) -> Map? {
        guard let map = map(at: address), kinds &>> UInt64(map.descriptor.type) & 1 != 0 else { return nil }
        return map
    }

    private static var kindsOfTargets: UInt64 {
        [MapKind.devmap, .devmapHash, .cpumap, .xskmap].reduce(0) { $0 | 1 &<< UInt64($1.rawValue) }
    }

    /// By their numbers; a look-up in a map of maps finds a map.
    private static var kindsWithElements: UInt64 {
        [
            MapKind.hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .queue, .stack,
            .bloomFilter, .devmap, .devmapHash, .xskmap, .arrayOfMaps, .hashOfMaps,
        ].reduce(0) { $0 | 1 &<< UInt64($1.rawValue) }
    }

    func map(at address: UInt64, ofType kind: MapKind) -> Map? {
        guard let map = map(at: address), map.descriptor.type == kind.rawValue else { return nil }
        return map
    }

    /// The map that element `value` of a map of maps names, as the address that programs hold of it; 0 where it names none.
    func innerMap(at value: UInt64) -> UInt64 {
        // The host writes numbers of maps from 1 on; what a hostile cell writes there leads it to a map of its own, or to none.
        let number = value == 0 ? 0 : UInt64(memory.loadAcquire32(value))
        return number == 0 || number > count ? 0 : address(ofDescriptor: number &- 1)
    }

    /// The ring buffer that a record lies in.
    @_optimize(size) func ring(holding address: UInt64) -> Map? {
        var descriptor = descriptors
        let end = self.address(ofDescriptor: count)
        while descriptor < end {
            // The first words are enough to look at, and most maps are none.
            if memory.load32(descriptor) == MapKind.ringbuf.rawValue, let map = map(at: descriptor),
                address &- map.descriptor.valuesStart < map.descriptor.laneStride &- RingStorage.data
            {
                return map
            }
            descriptor &+= MapDescriptor.size
        }
        return nil
    }

    /// Takes the lock in a value, or gives up.
    @inline(__always) func acquire(_ lock: UInt64) -> Bool {
        Self.acquire(lock, for: low(user.identity), user.patience, memory)
    }

    /// Without the whole table, which would be copied for the call.
    @_optimize(size) @inline(never) private static func acquire(
        _ lock: UInt64, for holder: UInt32, _ patience: UInt32, _ memory: CellMemory
    ) -> Bool {
        var looks: UInt32 = 0
        while memory.compareExchange32(lock, expected: 0, desired: holder) != 0 {
            looks = EventPatience.look(after: looks, of: patience, memory)
            guard looks > 0 else { return false }
        }
        return true
    }

    /// The address of the one value of map `index`, an array; nil where there is no such map.
    func onlyValue(of index: UInt64) -> UInt64? {
        guard index < count else { return nil }
        let descriptor = MapDescriptor(loading: memory, at: address(ofDescriptor: index))
        guard descriptor.type == MapKind.array.rawValue else { return nil }
        return descriptor.valuesStart
    }

    /// A value, as the bytes that a program may touch.
    struct ValueRange {
        let start: UInt64
        let size: UInt64
        let isWritable: Bool
    }

    /// The value that `address` lies in; nil where it lies in none, or in the padding behind one.
    ///
    /// - Parameter anyLane: whether the values of other lanes are the program's too: it has asked for one.
    @_optimize(size) func value(containing address: UInt64, anyLane: Bool) -> ValueRange? {
        if let ring = ring(holding: address) {
            let size = ring.descriptor.laneStride &- RingStorage.data
            return ValueRange(start: ring.descriptor.valuesStart, size: size, isWritable: true)
        }
        var index: UInt64 = 0
        while index < count {
            let descriptor = MapDescriptor(loading: memory, at: self.address(ofDescriptor: index))
            let values = anyLane ? descriptor.values : descriptor.values(ofLane: user.lane)
            if address >= values.start, address < values.end {
                // Lanes follow one another; where there is one, or one is meant, the remainder changes nothing.
                let stride = UInt64(descriptor.valueStride)
                let place = (address &- values.start) % descriptor.laneStride
                let element = place / stride
                let offset = place % stride
                // A lane's values end on a cache line: what lies between the last one and the line's end is nobody's.
                guard element < UInt64(descriptor.valueCount), offset < UInt64(descriptor.valueSize) else { return nil }
                return ValueRange(
                    start: address &- offset, size: UInt64(descriptor.valueSize),
                    isWritable: !descriptor.isReadOnlyForProgram)
            }
            index &+= 1
        }
        return nil
    }
}
