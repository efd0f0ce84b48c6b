/// The map types that a cell offers, under Linux's numbers (`enum bpf_map_type` in `include/uapi/linux/bpf.h`).
package enum MapKind: UInt32, CaseIterable, Sendable {
    case hash = 1
    case array = 2
    case programArray = 3
    case perCPUHash = 5
    case perCPUArray = 6
    case lruHash = 9
    case lruPerCPUHash = 10
    case lpmTrie = 11
    case queue = 22
    case stack = 23
    case bloomFilter = 30
}

/// How the storage of a map is built; kinds that differ in rules only are built alike.
package enum MapStructure: Sendable {
    /// Values in place, found by index.
    case array
    /// Chains of nodes, found by the hash of the key.
    case hash
    /// Nodes of prefixes, found by the bits of the key.
    case trie
    /// Values in a ring, without keys.
    case queue
    /// Bits, which say whether a value may have been seen.
    case filter
}

extension MapKind {
    package var structure: MapStructure {
        switch self {
        case .array, .programArray, .perCPUArray: .array
        case .hash, .perCPUHash, .lruHash, .lruPerCPUHash: .hash
        case .lpmTrie: .trie
        case .queue, .stack: .queue
        case .bloomFilter: .filter
        }
    }

    /// Whether every lane has values of its own.
    package var isPerCPU: Bool {
        switch self {
        case .perCPUHash, .perCPUArray, .lruPerCPUHash: true
        case .hash, .array, .programArray, .lruHash, .lpmTrie, .queue, .stack, .bloomFilter: false
        }
    }

    /// Whether a full map makes room by giving up an element that has not been used for long.
    package var isLRU: Bool {
        switch self {
        case .lruHash, .lruPerCPUHash: true
        case .hash, .array, .programArray, .perCPUHash, .perCPUArray, .lpmTrie, .queue, .stack, .bloomFilter: false
        }
    }
}

extension MapKind {
    /// The flags that this kind understands; every other bit is refused when the map is planned.
    package var supportedFlags: MapFlags {
        switch self {
        case .hash, .perCPUHash: [.noPreallocation, .zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        case .lruHash, .lruPerCPUHash: [.noCommonLRU, .zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        case .array: [.mappable, .readOnlyForProgram, .writeOnlyForProgram]
        case .programArray: []
        case .perCPUArray, .queue, .stack: [.readOnlyForProgram, .writeOnlyForProgram]
        case .lpmTrie: [.noPreallocation, .readOnlyForProgram, .writeOnlyForProgram]
        case .bloomFilter: [.zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        }
    }
}

extension MapKind {
    /// Flags without which Linux makes no map of this kind (`trie_alloc`, kernel/bpf/lpm_trie.c).
    package var requiredFlags: MapFlags {
        switch self {
        case .lpmTrie: .noPreallocation
        case .hash, .array, .programArray, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .queue, .stack,
            .bloomFilter:
            []
        }
    }

    /// The bits of `map_extra` that mean something (`bloom_map_alloc`, kernel/bpf/bloom_filter.c: how many hashes).
    package var supportedExtra: UInt64 {
        switch self {
        case .bloomFilter: 0xf
        case .hash, .array, .programArray, .perCPUHash, .perCPUArray, .lruHash, .lruPerCPUHash, .lpmTrie, .queue,
            .stack:
            0
        }
    }
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
