/// What the verifier says of a program.
package enum ProgramVerdict: String, CaseIterable, Hashable, Sendable {
    /// Safe, and ends.
    case accepted
    /// Safe; that it ends is left to its fuel.
    case needsFuel = "needs_fuel"
    case rejected
    /// The verifier's budget ended before its proof did.
    case tooComplex = "too_complex"

    package var isPass: Bool {
        switch self {
        case .accepted, .needsFuel: true
        case .rejected, .tooComplex: false
        }
    }
}

/// Which verifier spoke, and of what.
package struct VerifierIdentity: Equatable, Sendable {
    package static let namePrefix = "ringfence/"

    package var version: UInt32
    package var options: Options

    package init(version: UInt32, options: Options) {
        self.version = version
        self.options = options
    }

    /// Nil unless the id is one that ``id`` gives.
    package init?(id: String, options: Options) {
        guard id.utf8.starts(with: Self.namePrefix.utf8),
            let version = UInt32(id.dropFirst(Self.namePrefix.utf8.count)), "\(Self.namePrefix)\(version)" == id
        else { return nil }
        self.init(version: version, options: options)
    }

    /// The name in policies: `ringfence/4`.
    package var id: String { "\(Self.namePrefix)\(version)" }

    /// Of the options, those that change what a verdict means; a budget changes only whether there is one.
    package enum Options: String, CaseIterable, Hashable, Sendable {
        case strict
        /// Addresses may leave the program.
        case addressLeaks = "address_leaks"
    }
}

/// A kind of map, by the kernel's names (Linux UAPI, `enum bpf_map_type`, in lower case).
package enum MapKind: String, CaseIterable, Hashable, Sendable {
    case hash
    case array
    case progArray = "prog_array"
    case perfEventArray = "perf_event_array"
    case percpuHash = "percpu_hash"
    case percpuArray = "percpu_array"
    case stackTrace = "stack_trace"
    case cgroupArray = "cgroup_array"
    case lruHash = "lru_hash"
    case lruPercpuHash = "lru_percpu_hash"
    case lpmTrie = "lpm_trie"
    case arrayOfMaps = "array_of_maps"
    case hashOfMaps = "hash_of_maps"
    case devmap
    case sockmap
    case cpumap
    case xskmap
    case sockhash
    case cgroupStorage = "cgroup_storage"
    case reuseportSockarray = "reuseport_sockarray"
    case percpuCgroupStorage = "percpu_cgroup_storage"
    case queue
    case stack
    case skStorage = "sk_storage"
    case devmapHash = "devmap_hash"
    case structOps = "struct_ops"
    case ringbuf
    case inodeStorage = "inode_storage"
    case taskStorage = "task_storage"
    case bloomFilter = "bloom_filter"
    case userRingbuf = "user_ringbuf"
    case cgrpStorage = "cgrp_storage"
    case arena

    /// By its number in the UAPI, from 1; nil for one that has no name here.
    package init?(number: UInt32) {
        guard number >= 1, number <= Self.allCases.count else { return nil }
        self = Self.allCases[Int(number) - 1]
    }
}

/// What a map may be asked for beside its kind (Linux UAPI, `BPF_F_*` of `BPF_MAP_CREATE`, in lower case).
package enum MapFlag: String, CaseIterable, Hashable, Sendable {
    case noPrealloc = "no_prealloc"
    case noCommonLRU = "no_common_lru"
    case numaNode = "numa_node"
    case rdonly
    case wronly
    case stackBuildID = "stack_build_id"
    case zeroSeed = "zero_seed"
    case rdonlyProg = "rdonly_prog"
    case wronlyProg = "wronly_prog"
    case clone
    case mmapable
    case preserveElems = "preserve_elems"
    case innerMap = "inner_map"

    /// The flags of a set of bits; nil where a bit has no name here.
    package static func flags(_ bits: UInt32) -> Set<MapFlag>? {
        guard bits >> UInt32(allCases.count) == 0 else { return nil }
        return Set(allCases.enumerated().filter { bits >> UInt32($0.offset) & 1 == 1 }.map(\.element))
    }
}
