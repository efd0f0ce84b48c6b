/// The map types that a cell offers, under Linux's numbers (`enum bpf_map_type` in `include/uapi/linux/bpf.h`).
package enum MapKind: UInt32, CaseIterable, Sendable {
    case hash = 1
    case array = 2
    case programArray = 3
    case perfEventArray = 4
    case perCPUHash = 5
    case perCPUArray = 6
    case lruHash = 9
    case lruPerCPUHash = 10
    case lpmTrie = 11
    case arrayOfMaps = 12
    case hashOfMaps = 13
    case devmap = 14
    case cpumap = 16
    case xskmap = 17
    case queue = 22
    case stack = 23
    case devmapHash = 25
    case ringbuf = 27
    case bloomFilter = 30
}

/// How the storage of a map is built; kinds that differ in rules only are built alike.
@frozen package enum MapStructure: UInt32, Sendable {
    /// Values in place, found by index.
    case array = 0
    /// Chains of nodes, found by the hash of the key.
    case hash
    /// Nodes of prefixes, found by the bits of the key.
    case trie
    /// Values in a ring, without keys.
    case queue
    /// Bits, which say whether a value may have been seen.
    case filter
    /// Records in the order in which room was made for them, for a reader outside.
    case ring
}

extension MapKind {
    package var structure: MapStructure {
        switch self {
        case .array, .programArray, .perCPUArray, .arrayOfMaps, .devmap, .cpumap, .xskmap: .array
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash, .hashOfMaps, .devmapHash: .hash
        case .lpmTrie: .trie
        case .queue, .stack: .queue
        case .bloomFilter: .filter
        case .ringbuf, .perfEventArray: .ring
        }
    }

    /// Whether every lane has values of its own.
    package var isPerCPU: Bool {
        switch self {
        case .perCPUHash, .perCPUArray, .lruPerCPUHash, .perfEventArray: true
        case .hash, .array, .programArray, .lruHash, .lpmTrie, .queue, .stack, .bloomFilter, .arrayOfMaps, .hashOfMaps,
            .devmap, .devmapHash, .cpumap, .xskmap, .ringbuf:
            false
        }
    }

    /// Whether a full map makes room by giving up an element that has not been used for long.
    package var isLRU: Bool {
        switch self {
        case .lruHash, .lruPerCPUHash: true
        case .hash, .array, .programArray, .perCPUHash, .perCPUArray, .lpmTrie, .queue, .stack, .bloomFilter,
            .arrayOfMaps, .hashOfMaps, .devmap, .devmapHash, .cpumap, .xskmap, .ringbuf, .perfEventArray:
            false
        }
    }

    /// Whether elements mean something to the host alone, which fills them: programs neither read nor write them, but name them.
    package var holdsReferences: Bool {
        switch self {
        case .programArray, .arrayOfMaps, .hashOfMaps, .cpumap, .xskmap: true
        case .hash, .array, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .queue, .stack, .bloomFilter,
            .devmap, .devmapHash, .ringbuf, .perfEventArray:
            false
        }
    }

    package var isMapOfMaps: Bool { self == .arrayOfMaps || self == .hashOfMaps }
}

extension MapKind {
    /// The flags that this kind understands; every other bit is refused when the map is planned.
    package var supportedFlags: MapFlags {
        switch self {
        case .hash, .perCPUHash: [.noPreallocation, .zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        case .lruHash, .lruPerCPUHash: [.noCommonLRU, .zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        case .array: [.mappable, .readOnlyForProgram, .writeOnlyForProgram]
        case .programArray, .arrayOfMaps, .cpumap, .xskmap, .ringbuf, .perfEventArray: []
        case .hashOfMaps: [.noPreallocation, .zeroSeed]
        case .devmap: .readOnlyForProgram
        case .devmapHash: [.zeroSeed, .readOnlyForProgram]
        case .perCPUArray, .queue, .stack: [.readOnlyForProgram, .writeOnlyForProgram]
        case .lpmTrie: [.noPreallocation, .readOnlyForProgram, .writeOnlyForProgram]
        case .bloomFilter: [.zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        }
    }
}

extension MapKind {
    /// Flags without which Linux makes no map of this kind (`trie_alloc`, kernel/bpf/lpm_trie.c).
    package var requiredFlags: MapFlags { self == .lpmTrie ? .noPreallocation : [] }

    /// Flags that every map of this kind has, said or not (`dev_map_init_map`, kernel/bpf/devmap.c).
    var impliedFlags: MapFlags { self == .devmap || self == .devmapHash ? .readOnlyForProgram : [] }

    /// The bits of `map_extra` that mean something (`bloom_map_alloc`, kernel/bpf/bloom_filter.c: how many hashes).
    package var supportedExtra: UInt64 { self == .bloomFilter ? 0xf : 0 }
}

/// What Linux calls a map type, known to us or not: a refusal names what the author wrote.
package func linuxNameOfMapType(_ number: UInt32) -> StaticString {
    switch number {
    case 0: "unspec"
    case 1: "hash"
    case 2: "array"
    case 3: "prog_array"
    case 4: "perf_event_array"
    case 5: "percpu_hash"
    case 6: "percpu_array"
    case 7: "stack_trace"
    case 8: "cgroup_array"
    case 9: "lru_hash"
    case 10: "lru_percpu_hash"
    case 11: "lpm_trie"
    case 12: "array_of_maps"
    case 13: "hash_of_maps"
    case 14: "devmap"
    case 15: "sockmap"
    case 16: "cpumap"
    case 17: "xskmap"
    case 18: "sockhash"
    case 19: "cgroup_storage"
    case 20: "reuseport_sockarray"
    case 21: "percpu_cgroup_storage"
    case 22: "queue"
    case 23: "stack"
    case 24: "sk_storage"
    case 25: "devmap_hash"
    case 26: "struct_ops"
    case 27: "ringbuf"
    case 28: "inode_storage"
    case 29: "task_storage"
    case 30: "bloom_filter"
    case 31: "user_ringbuf"
    case 32: "cgrp_storage"
    case 33: "arena"
    case 34: "insn_array"
    default: "unknown"
    }
}
