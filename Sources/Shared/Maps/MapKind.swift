/// The map types that a cell offers, under Linux's numbers (`enum bpf_map_type` in `include/uapi/linux/bpf.h`).
package enum MapKind: UInt32, Sendable {
    case hash = 1
    case array = 2
    case programArray = 3
    case perCPUArray = 6
}

extension MapKind {
    /// The flags that this kind understands; every other bit is refused when the map is planned.
    package var supportedFlags: MapFlags {
        switch self {
        case .hash: [.noPreallocation, .zeroSeed, .readOnlyForProgram, .writeOnlyForProgram]
        case .array: [.mappable, .readOnlyForProgram, .writeOnlyForProgram]
        case .programArray: []
        case .perCPUArray: [.readOnlyForProgram, .writeOnlyForProgram]
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
