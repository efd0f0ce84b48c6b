/// What a verifier must know of a type of maps.
package struct MapTraits: Sendable, Equatable {
    /// What bpf_map_lookup_elem finds.
    package enum Lookup: UInt8, Sendable {
        /// Nothing: the helper may not be called.
        case none
        /// The value, or 0.
        case value
        /// A map like the template that the outer map was made with, or 0.
        case innerMap
        /// A socket that has to be released, or 0.
        case socket
        /// An AF_XDP socket that only its map's helpers know, or 0.
        case expressSocket
    }

    package var lookup: Lookup
    /// The size that keys must have; nil where any from 1 on will do, 0 where the map has no keys.
    package var keySize: UInt32?
    /// Keys are the numbers below `max_entries`, and every element is there from the start: a look-up with a constant
    /// in range does not fail.
    package var isArray = false
    /// The value that a program sees is that of its processor.
    package var isPerCPU = false
    /// Programs may not write to what look-ups find, whatever the map's flags.
    package var isReadOnly = false
    /// What helpers take as a value is a socket (resolve_map_arg_type).
    package var takesSockets = false
    /// Values may hold a `struct bpf_spin_lock`, a `struct bpf_timer` (map_check_btf).
    package var mayHoldLock = false
    package var mayHoldTimer = false
    /// Values may be addressed without a look-up: by BPF_PSEUDO_MAP_VALUE (`map_direct_value_addr`).
    package var hasDirectValues = false
}

extension MapType {
    package var traits: MapTraits {
        switch self {
        case .unspecified: MapTraits(lookup: .none, keySize: 0)
        case .hash: MapTraits(lookup: .value, mayHoldLock: true, mayHoldTimer: true)
        case .lruHash: MapTraits(lookup: .value, mayHoldTimer: true)
        case .perCPUHash, .lruPerCPUHash: MapTraits(lookup: .value, isPerCPU: true)
        case .array:
            MapTraits(
                lookup: .value, keySize: 4, isArray: true, mayHoldLock: true, mayHoldTimer: true,
                hasDirectValues: true)
        case .perCPUArray: MapTraits(lookup: .value, keySize: 4, isArray: true, isPerCPU: true)
        // A prefix length and at least one byte.
        case .lpmTrie: MapTraits(lookup: .value)
        case .arrayOfMaps: MapTraits(lookup: .innerMap, keySize: 4)
        case .hashOfMaps: MapTraits(lookup: .innerMap)
        case .devmap, .devmapHash: MapTraits(lookup: .value, keySize: 4, isReadOnly: true)
        case .xskmap: MapTraits(lookup: .expressSocket, keySize: 4)
        case .sockmap: MapTraits(lookup: .socket, keySize: 4, takesSockets: true)
        case .sockhash: MapTraits(lookup: .socket, takesSockets: true)
        case .programArray, .perfEventArray, .cgroupArray, .cpumap, .reuseportSockarray, .stackTrace, .structOps:
            MapTraits(lookup: .none, keySize: 4)
        // A cgroup's id, alone or with an attach type.
        case .cgroupStorage: MapTraits(lookup: .none, mayHoldLock: true)
        case .perCPUCgroupStorage: MapTraits(lookup: .none, isPerCPU: true)
        case .queue, .stack, .ringbuf, .bloomFilter, .userRingbuf: MapTraits(lookup: .none, keySize: 0)
        case .skStorage, .inodeStorage, .taskStorage, .cgrpStorage:
            MapTraits(lookup: .none, keySize: 4, mayHoldLock: true)
        case .arena: MapTraits(lookup: .none, keySize: 0, hasDirectValues: true)
        }
    }
}
